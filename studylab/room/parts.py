"""The table in which desk and hosts keep the parts of carries (`studylab.room.carrying`)."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping
from typing import Any

from studylab.room.carrying import Part
from studylab.room.protocol import as_told

PARTS = """
CREATE TABLE IF NOT EXISTS carry (
    key TEXT PRIMARY KEY, version INTEGER NOT NULL, seat TEXT NOT NULL, epoch INTEGER NOT NULL,
    part INTEGER NOT NULL, parts INTEGER NOT NULL, stamp TEXT NOT NULL, text TEXT NOT NULL
) STRICT;
"""


def parts(db: sqlite3.Connection) -> Iterator[Mapping[str, Any]]:
    """Yield the parts of carries as they were told."""
    found = db.execute("SELECT key, version, seat, epoch, part, parts, stamp, text FROM carry")
    for key, version, *columns in found:
        yield as_told(key, version, Part(*columns))


def write_part(db: sqlite3.Connection, part: Part) -> dict[str, Any]:
    """Write a part of a carry and return it as it is to be told."""
    columns = [part.key, part.seat, part.epoch, part.part, part.parts, part.stamp, part.text]
    (version,) = db.execute(
        "INSERT INTO carry VALUES (?1, 1, ?2, ?3, ?4, ?5, ?6, ?7) ON CONFLICT (key) DO UPDATE SET"
        " version = version + 1, seat = ?2, epoch = ?3, part = ?4, parts = ?5, stamp = ?6, text = ?7 RETURNING version",
        columns,
    ).fetchone()
    return as_told(part.key, version, part)
