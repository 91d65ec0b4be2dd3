"""Snapshots: a baseline of truth at a sequence, and the check that a loader makes before it believes one.

The checksum is the SHA-256 of the canonical JSON of everything else in the snapshot: keys sorted, no white space,
integers and strings only, so that two honest writers give the same bytes.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass
from typing import Any

from vango.core.causes import Cause
from vango.core.judge import Position, Row


class BadSnapshot(ValueError):
    """A snapshot that must not be loaded. The message says why, `cause` in a word."""

    cause = Cause.BAD_SNAPSHOT


class WrongChecksum(BadSnapshot):
    """The bytes are not those that the checksum was computed over."""

    cause = Cause.CHECKSUM


@dataclass(frozen=True, slots=True)
class Snapshot:
    """Truth as of `sequence`. Every event after it has a stream seq above `stream_seq`: follow from there."""

    sequence: int
    event_id: str
    stream_seq: int
    taken_at: str
    rows: tuple[Row, ...]

    @property
    def position(self) -> Position:
        """Where a view stands that has loaded this snapshot."""
        return Position(self.sequence, self.event_id, self.stream_seq)


def canonical(snapshot: Snapshot) -> bytes:
    """Return the bytes that the checksum is computed over."""
    return json.dumps(asdict(snapshot), sort_keys=True, separators=(",", ":")).encode()


def checksum(snapshot: Snapshot) -> str:
    """Return the SHA-256 of the canonical form, in hexadecimal."""
    return hashlib.sha256(canonical(snapshot)).hexdigest()


def seal(snapshot: Snapshot) -> bytes:
    """Return the stored form: the snapshot and its checksum."""
    return json.dumps({"sha256": checksum(snapshot), "snapshot": asdict(snapshot)}, sort_keys=True).encode()


def unseal(stored: bytes, *, verify: bool = True) -> Snapshot:
    """Read a stored snapshot. Raises `BadSnapshot` when it cannot be read or, with `verify`, fails its checksum."""
    try:
        document = json.loads(stored)
        snapshot = _read(document["snapshot"])
        claimed = document["sha256"]
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise BadSnapshot(f"the snapshot cannot be read: {type(error).__name__}: {error}") from error
    if not isinstance(claimed, str):
        raise BadSnapshot("the snapshot cannot be read: its checksum is not text")
    if verify and (computed := checksum(snapshot)) != claimed:
        raise WrongChecksum(f"the checksum says {claimed[:12]}…, the bytes give {computed[:12]}…")
    return snapshot


def _read(body: dict[str, Any]) -> Snapshot:
    if type(body["rows"]) is not list:
        raise ValueError("rows must be a list")
    snapshot = Snapshot(**{**body, "rows": tuple(Row(**row) for row in body["rows"])})
    _check(snapshot, counts=("sequence", "stream_seq"), texts=("event_id", "taken_at"))
    for row in snapshot.rows:
        _check(row, counts=("epoch", "drains", "highest_epoch"), texts=("route", "owner", "event_id"))
    if len({row.route for row in snapshot.rows}) < len(snapshot.rows):
        raise ValueError("a route has two rows")
    return snapshot


def _check(record: Snapshot | Row, *, counts: tuple[str, ...], texts: tuple[str, ...]) -> None:
    for name in counts:
        value = getattr(record, name)
        if type(value) is not int or not 0 <= value < 2**53:
            raise ValueError(f"{name} must be a whole number from 0")
    for name in texts:
        value = getattr(record, name)
        if not isinstance(value, str):
            raise ValueError(f"{name} must be text")
        value.encode()
