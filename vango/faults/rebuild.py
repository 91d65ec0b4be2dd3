"""Rebuilding a database of truth from the events that the streams still hold, and comparing it with the lost one.

It does the best possible: it applies the events of all feeds in the order of their revisions, each once, whatever
order they were stored in. Rows that the database's own constraints refuse are left out and listed with the database's
message.
"""

from __future__ import annotations

import sqlite3
from collections.abc import AsyncIterator, Callable, Iterator, Sequence

from sqlite_utils import Database

from vango.actors.sqlite import transaction
from vango.broker.connection import Connection
from vango.core.events import ROUTE_OWNER_UPDATED, Event, InvalidEvent, decode, encode
from vango.observe.model import Constraint, RefusedRow, TableSeen
from vango.observe.tape import read_bodies
from vango.truth.store import AllocationChange, Promotion, describe

STREAMS = ("ROUTES", "ALLOCATIONS")
MAX_LINES = 12
WAITED = "waiting"
_SEQUENCE = "feed || ' ' || sequence"
KEYS = {
    "allocation": "name",
    "route": "name",
    "operation": "id",
    "event": _SEQUENCE,
    "revision": "number",
    "outbox": _SEQUENCE,
}
TABLES = {
    "allocation": {"state": "state"},
    "route": {"owner": "owner", "epoch": "epoch", "event": "sequence", "revision": "revision"},
    "operation": {"done:": "command", "revision": "revision"},
    "event": {"id": "id", "route": "route", "owner": "owner", "epoch": "epoch", "revision": "revision"},
    "revision": {"at": "at", "commit:": "summary"},
    "outbox": {"id": "event_id", "news": f"CASE WHEN published_at IS NULL THEN '{WAITED}' ELSE 'published' END"},
}
"""What is compared: the columns that must agree, each with its word. Clock times of the outbox need not."""


async def stored_bodies(wire: Connection) -> AsyncIterator[list[tuple[int, bytes]]]:
    """Read everything that the streams of facts hold, in batches: stream seq and body."""
    for stream in STREAMS:
        async for bodies in read_bodies(wire, stream):
            yield bodies


def in_order(bodies: Sequence[tuple[int, bytes]]) -> list[tuple[int, Event]]:
    """Return stream seq and event of each stored message, in the order of the commits. Other messages are skipped."""
    found: dict[str, tuple[int, Event]] = {}
    for seq, body in bodies:
        try:
            event = decode(body)
        except InvalidEvent:
            continue
        found.setdefault(event.id, (seq, event))
    return sorted(found.values(), key=lambda stored: (stored[1].revision, stored[1].feed != "route"))


def rebuild(
    db: Database, stored: Sequence[tuple[int, Event]], on_event: Callable[[int], None]
) -> tuple[RefusedRow, ...]:
    """Write events into an empty database, and return each row that it refused, with its words; that stops no other."""
    commands = {event.revision: _command(event) for _, event in stored if event.type == ROUTE_OWNER_UPDATED}
    refused: list[RefusedRow] = []
    with transaction(db) as connection:
        for done, (seq, event) in enumerate(stored):
            on_event(done)
            for table, sql, values in _rows(seq, event, commands.get(event.revision)):
                try:
                    connection.execute(sql, values)
                except sqlite3.IntegrityError as error:
                    # The statement was undone, and nothing else: what the transaction wrote before stays.
                    sentence = f"{table} of event {event.id}: {error}"
                    refused.append(RefusedRow(table, event.id, _constraint(error), sentence))
    return tuple(refused)


def _constraint(error: sqlite3.IntegrityError) -> Constraint:
    """Return what a row broke: a trigger of the schema raises its own words (`vango.truth.schema`)."""
    return Constraint.NO_HOLES if str(error) == Constraint.NO_HOLES.value else Constraint.OTHER


def _rows(seq: int, event: Event, command: str | None) -> Iterator[tuple[str, str, list[object]]]:
    """Yield the rows that an event implies, in the order in which they depend on each other."""
    yield (
        "revision",
        "INSERT OR IGNORE INTO revision VALUES (?, ?, ?)",
        [event.revision, event.time, command or _command(event)],
    )
    if event.type == ROUTE_OWNER_UPDATED:
        yield "route", "INSERT OR REPLACE INTO route (name, owner, epoch, sequence, revision) VALUES (?, ?, ?, ?, ?)", [
            event.route, event.owner, event.epoch, event.sequence, event.revision]  # fmt: skip
    elif event.feed == "allocation":
        yield (
            "allocation",
            "INSERT OR REPLACE INTO allocation VALUES (?, ?)",
            [event.about, event.type.partition(".")[2]],
        )
    elif event.feed == "operation":
        yield "operation", "INSERT INTO operation VALUES (?, ?, ?)", [event.operation, command, event.revision]
    yield "event", "INSERT INTO event VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", [
        event.feed, event.sequence, event.id, event.subject, encode(event), event.route, event.owner, event.epoch,
        event.revision]  # fmt: skip
    # A message in a stream was published, so its outbox row is a published one.
    insert = (
        "INSERT INTO outbox (event_id, feed, sequence, stream_seq, published_at, queued_at) VALUES (?, ?, ?, ?, 0, 0)"
    )
    yield "outbox", insert, [event.id, event.feed, event.sequence, seq]


def _command(event: Event) -> str:
    if event.type == ROUTE_OWNER_UPDATED:
        return describe(Promotion(event.route, event.owner, new=not event.previous_owner))
    return describe(AllocationChange(event.about, event.type.partition(".")[2]))


def compare(kept: Database, found: Database) -> tuple[TableSeen, ...]:
    """Compare two databases of truth row by row: for each table the number of equal rows, and a line for each other."""
    return tuple(_compare(kept, found, table) for table in TABLES)


def _compare(kept: Database, found: Database, table: str) -> TableSeen:
    before, after = _read(kept, table), _read(found, table)
    lines = [
        f"{table} {key}: was {_say(table, before.get(key))}; is {_say(table, after.get(key))}"
        for key in dict.fromkeys((*before, *after))
        if before.get(key) != after.get(key)
    ]
    missing = sum(key not in after for key in before)
    equal = sum(after.get(key) == row for key, row in before.items())
    untold = [
        str(row[0]) for key, row in before.items() if table == "outbox" and row[1] == WAITED and after.get(key) != row
    ]
    return TableSeen(
        table, len(before), equal, missing, tuple(lines[:MAX_LINES]), max(0, len(lines) - MAX_LINES),
        tuple(untold[:MAX_LINES]),
    )  # fmt: skip


def _read(db: Database, table: str) -> dict[str, tuple[object, ...]]:
    key, columns = KEYS[table], ", ".join(TABLES[table].values())
    return {str(row[0]): row[1:] for row in db.conn.execute(f"SELECT {key}, {columns} FROM {table} ORDER BY 1")}


def _say(table: str, row: tuple[object, ...] | None) -> str:
    if row is None:
        return "no row"
    return ", ".join(f"{label} {value}" for label, value in zip(TABLES[table], row, strict=True) if value != "")
