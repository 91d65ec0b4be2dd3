"""Events: the notices of committed facts, as CloudEvents 1.0 in JSON, and the codec that trusts nothing.

An event carries three identities. Its `id` says "this very event". Its `epoch`, in the data, says "this owner and no
earlier one". Its `sequence` with `previousid` says "nothing is missing before me". Each guards against one thing and
none replaces another: see `vango.core.judge`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

SOURCE = "/vango/control-plane"
ROUTE_OWNER_UPDATED = "route.owner.updated"
MAX_EVENT_BYTES = 16 * 1024


class InvalidEvent(ValueError):
    """Bytes that are not an event. The message says what was seen and what was expected."""


@dataclass(frozen=True, slots=True)
class Event:
    """The notice of one committed fact.

    `sequence` counts the events of one feed from 1 without a gap; `previous_id` is the id of the event before it in
    that feed, empty for the first. The four fields after `revision` are set for `route.owner.updated` only.
    """

    id: str
    type: str
    subject: str
    time: str
    sequence: int
    previous_id: str
    revision: int
    route: str = ""
    owner: str = ""
    previous_owner: str = ""
    epoch: int = 0
    about: str = ""
    operation: str = ""

    @property
    def feed(self) -> str:
        """The domain whose events this one is counted with: the first word of its type."""
        return self.type.partition(".")[0]

    @property
    def key(self) -> str:
        """The route whose row it changes; empty for an event that changes none."""
        return self.route if self.type == ROUTE_OWNER_UPDATED else ""

    @property
    def words(self) -> str:
        """The change, for a person."""
        return f"{self.route} → {self.owner}"


_dumps = json.JSONEncoder(separators=(",", ":"), ensure_ascii=False, allow_nan=False).encode


def encode(event: Event) -> bytes:
    """Return the event as CloudEvents JSON, UTF-8, keys in a fixed order."""
    subject_data: dict[str, Any]
    if event.type == ROUTE_OWNER_UPDATED:
        subject_data = {
            "route": event.route,
            "owner": event.owner,
            "previous_owner": event.previous_owner,
            "epoch": event.epoch,
        }
    else:
        subject_data = {"about": event.about}
    return as_cloudevent(event, SOURCE, {**subject_data, "revision": event.revision, "operation": event.operation})


class Header(Protocol):
    """What a CloudEvent says beside its data."""

    @property
    def id(self) -> str: ...
    @property
    def type(self) -> str: ...
    @property
    def subject(self) -> str: ...
    @property
    def time(self) -> str: ...
    @property
    def sequence(self) -> int: ...
    @property
    def previous_id(self) -> str: ...


def as_cloudevent(header: Header, source: str, data: Mapping[str, Any]) -> bytes:
    """Return a CloudEvent with this data as JSON. Raises `ValueError` or `TypeError` for what JSON cannot hold."""
    document = {
        "specversion": "1.0",
        "id": header.id,
        "source": source,
        "type": header.type,
        "subject": header.subject,
        "time": header.time,
        "datacontenttype": "application/json",
        "sequence": header.sequence,
        "previousid": header.previous_id,
        "data": data,
    }
    return _dumps(document).encode()


def decode(payload: bytes) -> Event:
    """Read one event, refusing anything that a control plane could not have written. Raises `InvalidEvent`."""
    return from_document(parse(payload))


def parse(payload: bytes) -> Any:
    """Read the JSON of a message, whatever its content. Raises `InvalidEvent`."""
    if len(payload) > MAX_EVENT_BYTES:
        raise InvalidEvent(f"the message has {len(payload)} bytes; an event has at most {MAX_EVENT_BYTES}")
    try:
        return json.loads(payload)
    except (ValueError, RecursionError) as error:
        raise InvalidEvent(f"not JSON: {error}") from error


def domain_of(document: Any) -> str:
    """Return the domain that a document names, the first word of its type; empty when it names none."""
    kind = document.get("type") if isinstance(document, dict) else None
    return kind.partition(".")[0] if isinstance(kind, str) else ""


def from_document(document: Any) -> Event:
    """Read one event out of a parsed document. Raises `InvalidEvent`."""
    try:
        body = document["data"]
        event = Event(
            id=document["id"],
            type=document["type"],
            subject=document["subject"],
            time=document["time"],
            sequence=document["sequence"],
            previous_id=document["previousid"],
            revision=body["revision"],
            route=body.get("route", ""),
            owner=body.get("owner", ""),
            previous_owner=body.get("previous_owner", ""),
            epoch=body.get("epoch", 0),
            about=body.get("about", ""),
            operation=body.get("operation", ""),
        )
    except (TypeError, AttributeError, KeyError) as error:
        raise InvalidEvent(f"not one of our events: {_missing(error)}") from error
    _check(event, document.get("specversion"))
    return event


def _missing(error: Exception) -> str:
    return f"the field {error} is missing" if isinstance(error, KeyError) else "the JSON has the wrong structure"


def is_count(value: object) -> bool:
    """Return whether a value is a whole number from 1 that every JSON reader can hold."""
    return type(value) is int and 1 <= value < 2**53


def _seen(value: object) -> str:
    """Show a text or a number; of a list or an object, however deep, only that it is one."""
    return repr(value)[:60] if isinstance(value, str | int | float | None) else f"a {type(value).__name__}"


def check_header(header: Header, specversion: object, texts: Sequence[str]) -> None:
    """Check what a CloudEvent says beside its data. `texts` are all fields that must be text. Raises `InvalidEvent`."""
    if specversion != "1.0":
        raise InvalidEvent(f"specversion is {_seen(specversion)}, expected '1.0'")
    if not all(type(text) is str for text in texts):
        raise InvalidEvent("a field that must be text is not")
    try:
        "".join(texts).encode()
    except UnicodeEncodeError as error:
        raise InvalidEvent("a text holds half a surrogate pair, which UTF-8 cannot hold") from error
    if not (header.id and header.type):
        raise InvalidEvent("id and type must not be empty")


def _check(event: Event, specversion: object) -> None:
    texts = (event.id, event.type, event.subject, event.time, event.previous_id, event.route, event.owner,
             event.previous_owner, event.about, event.operation)  # fmt: skip
    check_header(event, specversion, texts)
    if not (is_count(event.sequence) and is_count(event.revision)):
        sequence, revision = _seen(event.sequence), _seen(event.revision)
        raise InvalidEvent(f"sequence {sequence} and revision {revision} must be whole numbers from 1")
    if not (is_count(event.epoch) or (type(event.epoch) is int and event.epoch == 0)):
        raise InvalidEvent(f"epoch {_seen(event.epoch)} must be a whole number, 0 when the event has none")
    if event.type == ROUTE_OWNER_UPDATED and not (event.route and event.owner and event.epoch):
        raise InvalidEvent(f"{ROUTE_OWNER_UPDATED} needs a route, an owner and an epoch from 1")
