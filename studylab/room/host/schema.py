"""The tables of `room-host.db`: what a host reports, which benches its seats have, what was carried out for them."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator, Mapping
from typing import Any

from studylab.room.parts import PARTS, parts
from studylab.room.protocol import Report, as_told

SCHEMA = (
    PARTS
    + """
CREATE TABLE IF NOT EXISTS report (key TEXT PRIMARY KEY, version INTEGER NOT NULL, body TEXT NOT NULL) STRICT;

CREATE TABLE IF NOT EXISTS bench (
    seat TEXT PRIMARY KEY, epoch INTEGER NOT NULL, key TEXT NOT NULL,
    done INTEGER NOT NULL, begun INTEGER NOT NULL
) STRICT;

CREATE TRIGGER IF NOT EXISTS epochs_grow BEFORE UPDATE OF epoch ON bench
WHEN NEW.epoch < OLD.epoch
BEGIN SELECT RAISE(ABORT, 'the epoch of a seat never goes back'); END;

CREATE TABLE IF NOT EXISTS used (nonce TEXT PRIMARY KEY, at REAL NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS room (one INTEGER PRIMARY KEY CHECK (one = 1), id TEXT NOT NULL) STRICT;
"""
)
"""`done` is the number of the last instruction that was carried out for a seat, `begun` of the last that was begun."""


def read(db: sqlite3.Connection) -> Iterator[Mapping[str, Any]]:
    """Yield every row as it was told last: what a `kit.Source` reads."""
    for (body,) in db.execute("SELECT body FROM report"):
        yield json.loads(body)
    yield from parts(db)


def write_report(db: sqlite3.Connection, key: str, report: Report) -> dict[str, Any]:
    """Write a report in place of the one before, and return it as it is to be told."""
    found = db.execute("SELECT version FROM report WHERE key = ?", [key]).fetchone()
    told = as_told(key, found[0] + 1 if found else 1, report)
    db.execute("INSERT OR REPLACE INTO report VALUES (?, ?, ?)", [key, told["version"], json.dumps(told)])
    return told
