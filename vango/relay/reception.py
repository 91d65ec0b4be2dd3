"""Reception: what the broker can take, and what it is known to take, judged before anything is sent.

What no broker can store (too long, no subject) must not even be sent: the server closes the connection over it. What a
stream may refuse while it takes the next must go alone, because whatever is sent behind it would be stored past it.
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from vango.actors.errors import VangoError
from vango.broker import streams
from vango.broker.connection import Connection
from vango.core.accused import Part
from vango.core.records import StuckRow
from vango.truth.outbox import Waiting

MAX_PAYLOAD = 64 * 1024
"""The bytes of a message, headers and body, that a bench's broker takes (`vango.broker.folder`)."""
MAX_SUBJECT = 2048
"""The server ends a connection over a protocol line of more than 4,096 bytes; the reply subject needs its share."""
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_NO_TEXT = "\N{REPLACEMENT CHARACTER}"
"""Stands where a row's bytes are no UTF-8."""
_UNFIT_FOR_HEADER = re.compile(rf"[\x00-\x1f\x7f{_NO_TEXT}]").search
HEADERS_ALLOWED = 512
"""The bytes that the headers of a message take at most, when its size is held against a stream's limit."""
_HEADER_BYTES = len(b"NATS/1.0\r\n\r\n")


def why_never(subject: str, body: bytes, headers: Mapping[str, str], max_payload: int = MAX_PAYLOAD) -> str:
    """Return why a message can never be stored, whatever the broker holds; empty when it can."""
    if reason := _subject_fault(subject):
        return reason
    for value in headers.values():
        if _UNFIT_FOR_HEADER(value):
            return "its id is no text that a header can hold"
    size = len(body) + _headers_size(headers)
    if size > max_payload:
        extra = f" and {size - len(body):,} of headers" if headers else ""
        return f"its body has {len(body):,} bytes{extra}; the broker takes {max_payload:,} in all"
    return ""


def stuck_for_ever(row: Waiting, reason: str) -> StuckRow:
    """Return what would correct a row that can never be stored."""
    what = reason.split()[1]
    cure = (
        f"No retry will store it. Correct the {what} of {row.event_id} in the table event of truth.db; "
        "the relay then sends it, and what waits behind it."
    )
    return StuckRow(row.event_id, row.feed, row.position, f"it can never be stored, {reason}", cure)


def stuck_until_changed(row: Waiting, refusal: str) -> StuckRow:
    """Return what would help a row that the broker refused, and would accept under other settings."""
    cure = (
        f"It was not stored. Let a stream store {row.subject}, within the stream's limits; "
        "the relay tries again, and what waits behind it follows."
    )
    return StuckRow(row.event_id, row.feed, row.position, f"the broker says {refusal}", cure, Part.STREAM)


@lru_cache(maxsize=4096)
def _subject_fault(subject: str) -> str:
    length, shown = len(subject.encode()), repr(subject[:60])
    if not subject:
        return "its subject is empty"
    if _NO_TEXT in subject:
        return f"its subject {shown} is no valid text"
    if length > MAX_SUBJECT:
        return f"its subject has {length:,} bytes, more than the {MAX_SUBJECT:,} that a subject may have"
    if " " in subject or _is_odd(subject):
        return f"its subject {shown} has a space or a control character, which no subject may have"
    tokens = subject.split(".")
    if "" in tokens:
        return f"its subject {shown} has an empty token, which no subject may have"
    if "*" in tokens or ">" in tokens:
        return f"its subject {shown} has a wildcard, which is for reading only"
    if subject.startswith(("$", "_INBOX.")):
        return f"its subject {shown} belongs to the server, and no stream of facts may hold it"
    return ""


def _is_odd(text: str) -> bool:
    return _CONTROL.search(text) is not None


def _headers_size(headers: Mapping[str, str]) -> int:
    if not headers:
        return 0
    return _HEADER_BYTES + sum([len(f"{name}: {value}\r\n".encode()) for name, value in headers.items()])


@dataclass(frozen=True, slots=True)
class Intake:
    """What one stream takes: the subjects, and the bytes of a message, -1 for no limit."""

    subjects: tuple[tuple[str, ...], ...]
    max_bytes: int


class Reception:
    """What the streams were set to take when last asked. While that is unknown, nothing is expected to be taken."""

    def __init__(self) -> None:
        self._intakes: tuple[Intake, ...] | None = None
        self._may_ask = True
        self._known: dict[str, int] = {}

    async def ask(self, wire: Connection) -> None:
        """Ask the server, if the answer is unknown and may be another than last time. No answer leaves it unknown."""
        if self._intakes is not None or not self._may_ask:
            return
        self._may_ask = False
        with contextlib.suppress(VangoError):
            listed = await streams.listed(wire)
            self._intakes = tuple(_intake(info["config"]) for info in listed.values() if _is_steady(info["config"]))

    def expects(self, row: Waiting) -> bool:
        """Whether a row will be taken, so that the next may be sent before its answer is here."""
        if self._intakes is None:
            return False
        limit = self._known.get(row.subject)
        if limit is None:
            tokens = row.subject.split(".")
            found = (intake for intake in self._intakes if any(_matches(one, tokens) for one in intake.subjects))
            limit = self._known[row.subject] = next((intake.max_bytes for intake in found), 0)
        return limit < 0 or len(row.body) + HEADERS_ALLOWED <= limit

    def forget(self) -> None:
        """Another connection, or other streams: what was known holds no longer."""
        self.doubt()
        self.may_have_changed()

    def doubt(self) -> None:
        """A row did not go: what was known explains nothing."""
        self._intakes = None
        self._known.clear()

    def may_have_changed(self) -> None:
        """The broker answered a publish: ask it again as soon as nothing is known."""
        self._may_ask = True

    def is_silent(self) -> None:
        """The broker did not answer a publish: do not ask it until something has happened."""
        self._may_ask = False


def _is_steady(config: dict[str, Any]) -> bool:
    """A full stream that discards what is new refuses one message and takes the next."""
    return config.get("discard") != "new" and not config.get("sealed") and not config.get("mirror")


def _intake(config: dict[str, Any]) -> Intake:
    return Intake(
        tuple(tuple(subject.split(".")) for subject in config.get("subjects") or ()),
        config.get("max_msg_size", -1) or -1,
    )


def _matches(pattern: tuple[str, ...], tokens: list[str]) -> bool:
    for index, part in enumerate(pattern):
        if part == ">":
            return len(tokens) > index
        if index >= len(tokens) or part not in ("*", tokens[index]):
            return False
    return len(pattern) == len(tokens)
