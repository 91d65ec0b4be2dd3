"""Snapshots: a baseline of truth at a sequence, and the check that a loader makes before it believes one.

The checksum is the SHA-256 of the canonical JSON of everything else in the snapshot: keys sorted, no white space,
integers and strings only, so that two honest writers give the same bytes.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import asdict, dataclass, fields
from typing import Any, Generic, cast

from vango.core.causes import Cause
from vango.core.facts import NOT_IN_SNAPSHOTS, R
from vango.core.judge import Position


class BadSnapshot(ValueError):
    """A snapshot that must not be loaded. The message says why, `cause` in a word."""

    cause = Cause.BAD_SNAPSHOT


class WrongChecksum(BadSnapshot):
    """The bytes are not those that the checksum was computed over."""

    cause = Cause.CHECKSUM


@dataclass(frozen=True, slots=True)
class Snapshot(Generic[R]):
    """Truth as of `sequence`. Every event after it has a stream seq above `stream_seq`: follow from there."""

    sequence: int
    event_id: str
    stream_seq: int
    taken_at: str
    rows: tuple[R, ...]

    @property
    def position(self) -> Position:
        """The position of a view that has loaded this snapshot."""
        return Position(self.sequence, self.event_id, self.stream_seq)


def canonical(snapshot: Snapshot[R]) -> bytes:
    """Return the bytes that the checksum is computed over."""
    return json.dumps(_plain(snapshot), sort_keys=True, separators=(",", ":")).encode()


def checksum(snapshot: Snapshot[R]) -> str:
    """Return the SHA-256 of the canonical form, in hexadecimal."""
    return hashlib.sha256(canonical(snapshot)).hexdigest()


def seal(snapshot: Snapshot[R]) -> bytes:
    """Return the stored form: the snapshot and its checksum."""
    return json.dumps({"sha256": checksum(snapshot), "snapshot": _plain(snapshot)}, sort_keys=True).encode()


def _plain(snapshot: Snapshot[R]) -> dict[str, Any]:
    """Return the snapshot as plain values, without what an edge keeps of a row for itself."""
    plain, rows = asdict(snapshot), cast("tuple[Any, ...]", snapshot.rows)
    for one in fields(rows[0]) if rows else ():
        if one.metadata.keys() & NOT_IN_SNAPSHOTS.keys():
            for row in plain["rows"]:
                del row[one.name]
    return plain


def unseal(stored: bytes, read_row: Callable[[dict[str, Any]], R], *, verify: bool = True) -> Snapshot[R]:
    """Read a stored snapshot, each row with `read_row`.

    Raises `BadSnapshot` when it cannot be read or, with `verify`, fails its checksum.
    """
    try:
        document = json.loads(stored)
        snapshot = _read(document["snapshot"], read_row)
        claimed = document["sha256"]
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise BadSnapshot(f"the snapshot cannot be read: {type(error).__name__}: {error}") from error
    if not isinstance(claimed, str):
        raise BadSnapshot("the snapshot cannot be read: its checksum is not text")
    if verify and (computed := checksum(snapshot)) != claimed:
        raise WrongChecksum(f"the checksum says {claimed[:12]}…, the bytes give {computed[:12]}…")
    return snapshot


def _read(body: dict[str, Any], read_row: Callable[[dict[str, Any]], R]) -> Snapshot[R]:
    if type(body["rows"]) is not list:
        raise ValueError("rows must be a list")
    snapshot = Snapshot(**{**body, "rows": tuple(map(read_row, body["rows"]))})
    must_be_counts(sequence=snapshot.sequence, stream_seq=snapshot.stream_seq)
    must_be_texts(event_id=snapshot.event_id, taken_at=snapshot.taken_at)
    if len({row.key for row in snapshot.rows}) < len(snapshot.rows):
        raise ValueError("a key has two rows")
    return snapshot


def must_be_counts(**values: object) -> None:
    """Raise `ValueError` for a value that is no whole number from 0."""
    for name, value in values.items():
        if type(value) is not int or not 0 <= value < 2**53:
            raise ValueError(f"{name} must be a whole number from 0")


def must_be_texts(**values: object) -> None:
    """Raise `ValueError` for a value that is no text, or none that UTF-8 can hold."""
    for name, value in values.items():
        if not isinstance(value, str):
            raise ValueError(f"{name} must be text")
        value.encode()
