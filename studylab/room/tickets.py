"""Tickets: what a learner's browser brings from the front desk to a host. Signed, one use, for a minute.

A ticket alone is enough to be served: the fact that gave the seat to the host may come later. Desk and hosts share the
key that signs. A ticket is good for one host only, and a host takes each once (`HostLink.admit`).
"""

from __future__ import annotations

import secrets
from dataclasses import asdict, dataclass

import msgspec
from itsdangerous import BadData, SignatureExpired, URLSafeTimedSerializer

from vango.kit import Refused

GOOD_FOR_S = 60
_SALT = "study-lab room ticket"
WRONG = "This link into the room is not valid. Go back to the room's first page; your seat is kept."
OLD = "This link into the room is older than a minute. Go back to the room's first page; your seat is kept."
USED = "This link into the room was used before. Go back to the room's first page; your seat is kept."


@dataclass(frozen=True, slots=True)
class Ticket:
    """What a host needs to serve a seat. `carried`: the bench is to be rebuilt out of a `Carry`. `nonce`: used once."""

    seat: str
    number: int
    name: str
    epoch: int
    host: str
    resume: str = ""
    carried: bool = False
    after: int = 0
    nonce: str = ""


class Tickets:
    """Writes and reads tickets under one key."""

    def __init__(self, key: str) -> None:
        if len(key) < 32:
            raise ValueError("the key that signs tickets must have at least 32 characters")
        self._signer = URLSafeTimedSerializer(key, salt=_SALT)

    def write(self, ticket: Ticket) -> str:
        """Return a ticket as text that fits into an address. It gets a nonce of its own."""
        return self._signer.dumps({**asdict(ticket), "nonce": secrets.token_urlsafe(9)})

    def read(self, text: str, host: str) -> Ticket:
        """Return a ticket for this host. Raises `Refused` with a sentence: forged, too old, or another host's."""
        try:
            ticket = msgspec.convert(self._signer.loads(text, max_age=GOOD_FOR_S), Ticket)
        except SignatureExpired as error:
            raise Refused(OLD) from error
        except (BadData, msgspec.ValidationError) as error:
            raise Refused(WRONG) from error
        if ticket.host != host:
            raise Refused(WRONG)
        return ticket
