"""An edge's view: its own SQLite database of rows, with the position in the same transaction.

The position is the only proof of how far the view has come. The broker's cursor is not: a purge moves it, and so does
an ack that was sent too early (docs/nats-facts.md#ack-floor).
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from pathlib import Path
from typing import Generic, Protocol

from vango.actors.sqlite import connect, transaction
from vango.core.facts import R
from vango.core.judge import Position, Row

_POSITION = """
CREATE TABLE IF NOT EXISTS position (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    sequence INTEGER NOT NULL, event_id TEXT NOT NULL, stream_seq INTEGER NOT NULL
) STRICT;
INSERT OR IGNORE INTO position VALUES (1, 0, '', 0);
"""


class Table(Protocol[R]):
    """Where a view keeps its rows. Each method works on the view's connection, inside the view's transaction."""

    @property
    def schema(self) -> str:
        """The statements that create what the rows are kept in, unless it is there; each ends with a semicolon."""

    def read(self, db: sqlite3.Connection) -> Iterable[R]:
        """Return all rows."""

    def write(self, db: sqlite3.Connection, rows: Iterable[R]) -> None:
        """Write rows, each in place of the one of the same key."""

    def clear(self, db: sqlite3.Connection) -> None:
        """Delete all rows."""


class RouteTable:
    """The table of the routes."""

    schema = """
CREATE TABLE IF NOT EXISTS route (
    route TEXT PRIMARY KEY, owner TEXT NOT NULL, epoch INTEGER NOT NULL, event_id TEXT NOT NULL,
    drains INTEGER NOT NULL, highest_epoch INTEGER NOT NULL, doubled_at INTEGER NOT NULL DEFAULT 0
) STRICT;
"""

    def read(self, db: sqlite3.Connection) -> Iterable[Row]:
        if "doubled_at" not in {column[1] for column in db.execute("PRAGMA table_info(route)")}:
            # A view of an earlier version does not know when it drained too often.
            db.execute("ALTER TABLE route ADD COLUMN doubled_at INTEGER NOT NULL DEFAULT 0")
        found = db.execute("SELECT route, owner, epoch, event_id, drains, highest_epoch, doubled_at FROM route")
        return (Row(*columns) for columns in found)

    def write(self, db: sqlite3.Connection, rows: Iterable[Row]) -> None:
        db.executemany("INSERT OR REPLACE INTO route VALUES (?, ?, ?, ?, ?, ?, ?)", map(_columns, rows))

    def clear(self, db: sqlite3.Connection) -> None:
        db.execute("DELETE FROM route")


class View(Generic[R]):
    """A view and its position. `rows` and `position` mirror what is committed, never what is not."""

    def __init__(self, path: Path, table: Table[R]) -> None:
        self._table = table
        self._db = connect(path)
        try:
            if not self._db["position"].exists():
                self._db.conn.executescript(f"BEGIN IMMEDIATE; {table.schema} {_POSITION} COMMIT;")
            self.rows: dict[str, R] = {row.key: row for row in table.read(self._db.conn)}
            self.position = Position(
                *self._db.conn.execute("SELECT sequence, event_id, stream_seq FROM position").fetchone()
            )
        except BaseException:
            self._db.close()
            raise

    @property
    def is_empty(self) -> bool:
        """True when nothing was ever applied or loaded."""
        return self.position == Position() and not self.rows

    def apply(self, rows: Iterable[R], position: Position) -> list[str]:
        """Write changed rows and move the position in one transaction. Returns the first statements that ran."""
        changed, heard = list(rows), list[str]()
        with transaction(self._db, heard) as connection:
            self._table.write(connection, changed)
            _move(connection, position)
        self.rows.update((row.key, row) for row in changed)
        self.position = position
        return heard

    def replace(self, halves: Iterable[Iterable[R]], position: Position) -> None:
        """Replace everything by a snapshot's rows, in one transaction. Whatever stops it half-way changes nothing."""
        loaded: list[R] = []
        with transaction(self._db) as connection:
            self._table.clear(connection)
            for half in halves:
                rows = list(half)
                self._table.write(connection, rows)
                loaded += rows
            _move(connection, position)
        self.rows = {row.key: row for row in loaded}
        self.position = position

    def close(self) -> None:
        """Close the database. An open transaction is rolled back, as a killed process would leave it."""
        self._db.close()


def _columns(row: Row) -> tuple[str, str, int, str, int, int, int]:
    return (row.route, row.owner, row.epoch, row.event_id, row.drains, row.highest_epoch, row.doubled_at)


def _move(db: sqlite3.Connection, position: Position) -> None:
    db.execute(
        "UPDATE position SET sequence = ?, event_id = ?, stream_seq = ?",
        [position.sequence, position.event_id, position.stream_seq],
    )


def destroy(path: Path) -> None:
    """Delete a view's files."""
    for suffix in ("", "-wal", "-shm"):
        path.with_name(path.name + suffix).unlink(missing_ok=True)
