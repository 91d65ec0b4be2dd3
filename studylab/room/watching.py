"""Links by which the teacher's browser comes from the desk to a seat's bench at its host. Signed, good for a minute.

    location = f"{desk.host_url(seat)}/room/watch?ticket={watching.write(key, seat.id, seat.host, desk.room.id)}"

They open a view to look at. To act there, the learner must agree first. Desk and hosts share the key that signs.
"""

from __future__ import annotations

import secrets
from dataclasses import asdict, dataclass

import msgspec
from itsdangerous import BadData, URLSafeTimedSerializer

from vango.kit import Refused

GOOD_FOR_S = 60
_SALT = "study-lab room watch"
WRONG = "This link to a seat is not valid, or older than a minute. Go back to the wall and open the seat again."


@dataclass(frozen=True, slots=True)
class Watch:
    """Which seat the teacher of which room wants to see, and at which host. `nonce`: used once."""

    seat: str
    host: str
    room: str
    nonce: str = ""


def write(key: str, seat: str, host: str, room: str) -> str:
    """Return a link's ticket as text that fits into an address."""
    return _signer(key).dumps(asdict(Watch(seat, host, room, secrets.token_urlsafe(9))))


def read(key: str, text: str, host: str) -> Watch:
    """Return the ticket of a link to this host. Raises `Refused`."""
    try:
        watch = msgspec.convert(_signer(key).loads(text, max_age=GOOD_FOR_S), Watch)
    except (BadData, msgspec.ValidationError) as error:
        raise Refused(WRONG) from error
    if watch.host != host:
        raise Refused(WRONG)
    return watch


def _signer(key: str) -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(key, salt=_SALT)
