"""An edge's view: its own SQLite database of routes, with the position in the same transaction.

The position is the only proof of how far the view has come. The broker's cursor is not: a purge moves it, and so does
an ack that was sent too early (docs/nats-facts.md#ack-floor).
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from vango.actors.sqlite import connect, transaction
from vango.core.judge import Position, Row

_SCHEMA = """
BEGIN IMMEDIATE;
CREATE TABLE IF NOT EXISTS route (
    route TEXT PRIMARY KEY, owner TEXT NOT NULL, epoch INTEGER NOT NULL, event_id TEXT NOT NULL,
    drains INTEGER NOT NULL, highest_epoch INTEGER NOT NULL
) STRICT;
CREATE TABLE IF NOT EXISTS position (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    sequence INTEGER NOT NULL, event_id TEXT NOT NULL, stream_seq INTEGER NOT NULL
) STRICT;
INSERT OR IGNORE INTO position VALUES (1, 0, '', 0);
COMMIT;
"""


class View:
    """A view and its position. `rows` and `position` mirror what is committed, never what is not."""

    def __init__(self, path: Path) -> None:
        self._db = connect(path)
        try:
            if not self._db["position"].exists():
                self._db.conn.executescript(_SCHEMA)
            columns = "route, owner, epoch, event_id, drains, highest_epoch"
            found = self._db.conn.execute(f"SELECT {columns} FROM route")
            self.rows: dict[str, Row] = {row[0]: Row(*row) for row in found}
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

    def apply(self, rows: Iterable[Row], position: Position) -> list[str]:
        """Write changed rows and move the position, in one transaction. Returns the first statements, as SQLite ran them."""
        changed, heard = list(rows), list[str]()
        with transaction(self._db, heard) as connection:
            connection.executemany("INSERT OR REPLACE INTO route VALUES (?, ?, ?, ?, ?, ?)", map(_columns, changed))
            connection.execute(*_move(position))
        self.rows.update((row.route, row) for row in changed)
        self.position = position
        return heard

    def replace(self, halves: Iterable[Iterable[Row]], position: Position) -> None:
        """Replace everything by a snapshot's rows, in one transaction. Whatever stops it half-way changes nothing."""
        loaded: list[Row] = []
        with transaction(self._db) as connection:
            connection.execute("DELETE FROM route")
            for half in halves:
                rows = list(half)
                connection.executemany("INSERT INTO route VALUES (?, ?, ?, ?, ?, ?)", map(_columns, rows))
                loaded += rows
            connection.execute(*_move(position))
        self.rows = {row.route: row for row in loaded}
        self.position = position

    def close(self) -> None:
        """Close the database. An open transaction is rolled back, as a killed process would leave it."""
        self._db.close()


def _columns(row: Row) -> tuple[str, str, int, str, int, int]:
    return (row.route, row.owner, row.epoch, row.event_id, row.drains, row.highest_epoch)


def _move(position: Position) -> tuple[str, list[object]]:
    return (
        "UPDATE position SET sequence = ?, event_id = ?, stream_seq = ?",
        [position.sequence, position.event_id, position.stream_seq],
    )


def destroy(path: Path) -> None:
    """Delete a view's files."""
    for suffix in ("", "-wal", "-shm"):
        path.with_name(path.name + suffix).unlink(missing_ok=True)
