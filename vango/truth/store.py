"""The truth: the control plane's database, the only thing that decides.

Every command is one transaction that changes state, writes history and, with the outbox, queues its event. Nothing in
here knows that a broker exists.
"""

from __future__ import annotations

import secrets
import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from sqlite_utils import Database

from vango.actors.errors import BadInput, NotThere, Refused, Unavailable
from vango.actors.sqlite import connect, transaction, trouble
from vango.core.events import ROUTE_OWNER_UPDATED, Event, encode
from vango.truth.schema import REMEMBER_PUBLISHED, REMEMBER_ROWLESS, SCHEMA

MAX_CHANGES = 100_000
"""A truth of this many changes is about as large as the journal beside it may become; no lesson needs more."""


@dataclass(frozen=True, slots=True)
class Promotion:
    """Give a route to an allocation. `new` creates the route. `operation` makes asking twice do once; may be empty."""

    route: str
    to: str
    new: bool = False
    operation: str = ""


@dataclass(frozen=True, slots=True)
class AllocationChange:
    """Put an allocation into a state; `pending` creates it."""

    allocation: str
    state: str


Change = Promotion | AllocationChange


@dataclass(frozen=True, slots=True)
class Committed:
    """What a command did. `event` is None when the operation had been done before, at `revision`.

    `sql` are the statements that did it, as SQLite ran them.
    """

    revision: int
    event: Event | None
    sql: tuple[str, ...] = ()


class Truth:
    """The database of truth of one bench, with its outbox."""

    db: Database
    feeds = ("route", "allocation", "operation")

    def __init__(self, path: Path) -> None:
        self._path = path
        self.open()

    def open(self) -> None:
        """Open the existing database, or an empty one. Every holder of this object uses it from then on."""
        self.db = connect(self._path)
        knows_rowless = "rowless" in self.db.table_names() or "event" not in self.db.table_names()
        self.db.conn.executescript(SCHEMA)
        if not knows_rowless:
            self.db.conn.executescript(REMEMBER_ROWLESS)
        if self._is_of_an_older_version():
            self.db.conn.executescript(REMEMBER_PUBLISHED)

    def _is_of_an_older_version(self) -> bool:
        """Whether rows were published and no record says how far. Only reads: another program may hold the database."""
        some = "EXISTS (SELECT 1 FROM outbox WHERE published_at IS NOT NULL)"
        says = f"SELECT {some} AND NOT EXISTS (SELECT 1 FROM published)"
        return bool(self.db.conn.execute(says).fetchone()[0])

    def close(self) -> None:
        """Close the database. What was committed stays."""
        self.db.close()

    def commit(self, change: Change, *, queue: bool) -> Committed:
        """Make a change in one transaction: state, history and, with `queue`, the outbox row.

        Raises `Refused` with the database's message, `NotThere` for unknown names; then nothing has happened.
        """
        heard: list[str] = []
        with _in_words(change), transaction(self.db, heard) as connection:
            if (done := _already_done(connection, change)) is not None:
                return Committed(done, None)
            event = _draft(connection, change)
            _record(connection, change, event, queue=queue)
        return Committed(event.revision, event, tuple(heard))

    def draft(self, change: Change) -> Event:
        """Return the event that a change would make if it were committed now. Decides nothing, checks nothing."""
        return _draft(self.db.conn, change)

    def record(self, change: Change, event: Event) -> Committed:
        """Commit a change with an event that was drafted before. Raises `Refused` when the database refuses."""
        heard: list[str] = []
        with _in_words(change), transaction(self.db, heard) as connection:
            _record(connection, change, event, queue=False)
        return Committed(event.revision, event, tuple(heard))

    def ready_allocations(self) -> list[str]:
        """Return the names of the allocations that may own routes."""
        return [
            name for (name,) in self.db.conn.execute("SELECT name FROM allocation WHERE state = 'ready' ORDER BY name")
        ]

    def revision(self) -> int:
        """Return the number of the last commit; 0 before the first."""
        return int(self.db.conn.execute("SELECT coalesce(max(number), 0) FROM revision").fetchone()[0])

    def owners(self) -> dict[str, str]:
        """Return the present owner of every route."""
        return dict(self.db.conn.execute("SELECT name, owner FROM route ORDER BY rowid"))


@contextmanager
def _in_words(change: Change) -> Iterator[None]:
    """Turn the database's refusals into sentences for a person."""
    try:
        yield
    except sqlite3.IntegrityError as error:
        raise Refused(f"The database refused {describe(change)}: {error}. The database was not changed.") from error
    except sqlite3.Error as error:
        raise Unavailable(
            f"The database of truth cannot commit {describe(change)}: {error}. Nothing was changed. {trouble(error)}"
        ) from error


def describe(change: Change) -> str:
    """Return a change in words."""
    if isinstance(change, Promotion):
        return f"{'route' if change.new else 'promotion of'} {change.route} to {change.to}"
    return f"{change.allocation} becoming {change.state}"


def _already_done(connection: sqlite3.Connection, change: Change) -> int | None:
    if not (isinstance(change, Promotion) and change.operation):
        return None
    row = connection.execute("SELECT command, revision FROM operation WHERE id = ?", [change.operation]).fetchone()
    if row is None:
        return None
    if row[0] != describe(change):
        raise BadInput(
            f"Operation {change.operation} was {row[0]}; it cannot also be {describe(change)}. Use another id."
        )
    return int(row[1])


def _draft(connection: sqlite3.Connection, change: Change) -> Event:
    now = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    revision = connection.execute("SELECT coalesce(max(number), 0) + 1 FROM revision").fetchone()[0]
    feed = "route" if isinstance(change, Promotion) else "allocation"
    if revision > MAX_CHANGES:
        raise Refused(
            f"This truth holds {MAX_CHANGES:,} changes, which is the limit. Nothing was changed. Reset the bench to "
            "start again."
        )
    sequence, previous_id = _next_link(connection, feed)
    event_id = f"{feed}-{sequence}-{secrets.token_hex(3)}"
    if isinstance(change, AllocationChange):
        kind = f"allocation.{change.state}"
        return Event(event_id, kind, f"{kind}.{change.allocation}", now, sequence, previous_id, revision,
                     about=change.allocation)  # fmt: skip
    owner, epoch = _present_owner(connection, change)
    return Event(event_id, ROUTE_OWNER_UPDATED, f"{ROUTE_OWNER_UPDATED}.{change.route}", now, sequence, previous_id,
                 revision, change.route, change.to, owner, epoch + 1, operation=change.operation)  # fmt: skip


def _next_link(connection: sqlite3.Connection, feed: str) -> tuple[int, str]:
    row = connection.execute(
        "SELECT sequence + 1, id FROM event WHERE feed = ? ORDER BY sequence DESC LIMIT 1", [feed]
    ).fetchone()
    return (1, "") if row is None else (row[0], row[1])


def _present_owner(connection: sqlite3.Connection, change: Promotion) -> tuple[str, int]:
    row = connection.execute("SELECT owner, epoch FROM route WHERE name = ?", [change.route]).fetchone()
    if row is None and not change.new:
        raise NotThere(f"There is no route {change.route}. Create it first, or promote one that exists.")
    if row is not None and change.new:
        raise Refused(f"The route {change.route} exists already; its owner is {row[0]}. Promote it instead.")
    return ("", 0) if row is None else (row[0], row[1])


def _record(connection: sqlite3.Connection, change: Change, event: Event, *, queue: bool) -> None:
    summary = describe(change)
    connection.execute("INSERT INTO revision VALUES (?, ?, ?)", [event.revision, event.time, summary])
    if isinstance(change, Promotion):
        _set_owner(connection, change, event)
    else:
        _set_state(connection, change)
    _write_history(connection, event, queue=queue)
    if isinstance(change, Promotion) and change.operation:
        connection.execute("INSERT INTO operation VALUES (?, ?, ?)", [change.operation, summary, event.revision])
        _write_history(connection, _completion(connection, event), queue=queue)


def _completion(connection: sqlite3.Connection, event: Event) -> Event:
    sequence, previous_id = _next_link(connection, "operation")
    event_id = f"operation-{sequence}-{secrets.token_hex(3)}"
    subject = f"operation.completed.{event.operation.replace('.', '_').replace(' ', '_')}"
    return Event(event_id, "operation.completed", subject, event.time, sequence, previous_id, event.revision,
                 about=event.operation, operation=event.operation)  # fmt: skip


def _set_owner(connection: sqlite3.Connection, change: Promotion, event: Event) -> None:
    values = [change.to, event.epoch, event.sequence, event.revision, change.route]
    if change.new:
        connection.execute("INSERT INTO route (owner, epoch, sequence, revision, name) VALUES (?, ?, ?, ?, ?)", values)
    else:
        connection.execute("UPDATE route SET owner = ?, epoch = ?, sequence = ?, revision = ? WHERE name = ?", values)


def _set_state(connection: sqlite3.Connection, change: AllocationChange) -> None:
    known = connection.execute("SELECT state FROM allocation WHERE name = ?", [change.allocation]).fetchone()
    if change.state == "pending":
        connection.execute("INSERT INTO allocation VALUES (?, 'pending')", [change.allocation])
    elif known is None:
        raise NotThere(f"There is no allocation {change.allocation}. Create it first.")
    else:
        connection.execute("UPDATE allocation SET state = ? WHERE name = ?", [change.state, change.allocation])


def _write_history(connection: sqlite3.Connection, event: Event, *, queue: bool) -> None:
    connection.execute(
        "INSERT INTO event VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        [event.feed, event.sequence, event.id, event.subject, encode(event),
         event.route, event.owner, event.epoch, event.revision],
    )  # fmt: skip
    if queue:
        connection.execute(
            "INSERT INTO outbox (event_id, feed, sequence, queued_at) VALUES (?, ?, ?, ?)",
            [event.id, event.feed, event.sequence, time.time()],
        )
