"""The outbox in a database of your own: the tables, and the row that is written in your transaction."""

from __future__ import annotations

import secrets
import sqlite3
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import closing
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple, TypeAlias

from sqlite_utils import Database

from vango.actors.errors import BadInput, Refused
from vango.actors.sqlite import connect
from vango.core.events import InvalidEvent
from vango.kit.facts import Fact, Feed, Row, in_words
from vango.relay.reception import why_never
from vango.truth.schema import OUTBOX

Read: TypeAlias = Callable[[sqlite3.Connection], Iterable[Mapping[str, Any]]]
"""Reads your table: for each row the same fields that you tell."""

EVENTS = """
CREATE TABLE IF NOT EXISTS event (
    feed TEXT NOT NULL,
    sequence INTEGER NOT NULL,
    id TEXT NOT NULL UNIQUE,
    subject TEXT NOT NULL,
    body BLOB NOT NULL,
    key TEXT NOT NULL,
    epoch INTEGER NOT NULL,
    PRIMARY KEY (feed, sequence)
) STRICT;
CREATE INDEX IF NOT EXISTS event_of_key ON event (feed, key, sequence);
"""
TABLES = ("event", "outbox", "published", "rowless", "lease")


def create(db: sqlite3.Connection) -> None:
    """Create the tables of the outbox in your database, unless they are there: `TABLES` names them.

    All is made, or nothing. Raises `Refused` when a table, an index or a trigger of yours has a name that it needs.
    It commits a transaction that is open.
    """
    wanted = _wanted()
    found = _shapes(db, wanted)
    for name, shape in wanted.items():
        if found.get(name, shape) != shape:
            raise Refused(
                f"This database has its own {found[name].kind} `{name}`, and the outbox needs that name. Rename yours "
                "and try again. Nothing was made."
            )
    db.commit()
    if not wanted.keys() <= found.keys():
        with db:
            db.executescript(f"BEGIN IMMEDIATE; {EVENTS} {OUTBOX} COMMIT;")


class _Shape(NamedTuple):
    """What a name stands for in a database. `columns` are those of a table, as SQLite describes them."""

    kind: str
    table: str
    columns: list[tuple[Any, ...]]


@cache
def _wanted() -> dict[str, _Shape]:
    """Return what the outbox makes in an empty database."""
    with closing(sqlite3.connect(":memory:")) as db:
        db.executescript(EVENTS + OUTBOX)
        names = [name for (name,) in db.execute("SELECT name FROM sqlite_schema WHERE name NOT LIKE 'sqlite_%'")]
        return _shapes(db, names)


def _shapes(db: sqlite3.Connection, names: Iterable[str]) -> dict[str, _Shape]:
    """Return what stands under these names in a database."""
    found = "SELECT type, lower(tbl_name) FROM sqlite_schema WHERE lower(name) = ?"
    return {
        name: _Shape(row[0], row[1], [tuple(column) for column in db.execute(f"PRAGMA table_info({name})")])
        for name in names
        if (row := db.execute(found, [name]).fetchone())
    }


def tell(db: sqlite3.Connection, feed: Feed, **data: Any) -> Fact:
    """Write the event of a change and its outbox row, in the transaction in which you made the change.

    `data` is the whole row as it is now. Raises `Refused` outside a transaction, or when the version did not grow;
    `BadInput` for data that no event can hold. Roll back then, as a `with db:` does.
    """
    if not db.in_transaction:
        raise Refused("No transaction is open: make the change first, and tell it in the same transaction.")
    fact = draft(db, feed, **data)
    told = db.execute(
        "SELECT epoch FROM event WHERE feed = ? AND key = ? ORDER BY sequence DESC LIMIT 1", [feed.name, fact.key]
    ).fetchone()
    if told is not None and fact.epoch <= told[0]:
        raise Refused(f"The {feed.version} of {fact.key} must grow with each change: {told[0]} was told before.")
    values = [feed.name, fact.sequence, fact.id, fact.subject, _body(feed, fact), fact.key, fact.epoch]
    db.execute("INSERT INTO event VALUES (?, ?, ?, ?, ?, ?, ?)", values)
    db.execute(
        "INSERT INTO outbox (event_id, feed, sequence, queued_at) VALUES (?, ?, ?, ?)",
        [fact.id, feed.name, fact.sequence, time.time()],
    )
    return fact


def draft(db: sqlite3.Connection, feed: Feed, **data: Any) -> Fact:
    """Return the fact that would be told now. Writes nothing. Raises `BadInput` for data that has no proper key."""
    row = db.execute(
        "SELECT sequence + 1, id FROM event WHERE feed = ? ORDER BY sequence DESC LIMIT 1", [feed.name]
    ).fetchone()
    sequence, previous_id = (1, "") if row is None else row
    now = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    try:
        return feed.fact(f"{feed.name}-{sequence}-{secrets.token_hex(3)}", now, sequence, previous_id, data)
    except InvalidEvent as error:
        raise BadInput(f"This is no fact of the feed {feed.name}: {error}.") from error


def _body(feed: Feed, fact: Fact) -> bytes:
    try:
        body = feed.encode(fact)
        feed.read(body)
    except (ValueError, TypeError, RecursionError) as error:
        raise BadInput(f"{fact.key} cannot be told: {error}.") from error
    if reason := why_never(fact.subject, body, {"Nats-Msg-Id": fact.id}):
        raise BadInput(f"{fact.key} cannot be told: {reason}.")
    return body


def select(sql: str) -> Read:
    """Return what reads your table with one SELECT: each column is a field of the row."""

    def read(db: sqlite3.Connection) -> Iterable[Mapping[str, Any]]:
        found = db.execute(sql)
        names = [column[0] for column in found.description]
        return (dict(zip(names, row, strict=True)) for row in found)

    return read


def prune(db: sqlite3.Connection, *, keep: int = 0) -> int:
    """Delete the events that were published and followed by a newer one of the same key; return how many.

    The audit then knows nothing of the states before, so do it while no edge is behind, or `keep` the last events of
    each feed: as many as an edge may be behind. It commits.
    """
    with db:
        db.execute("CREATE TEMP TABLE IF NOT EXISTS old (feed TEXT PRIMARY KEY, sequence INTEGER)")
        db.execute("INSERT OR REPLACE INTO old SELECT feed, max(sequence) - ? FROM event GROUP BY feed", [keep])
        is_old = "sequence <= (SELECT old.sequence FROM old WHERE old.feed = {0}.feed)"
        db.execute(f"DELETE FROM outbox WHERE published_at IS NOT NULL AND {is_old.format('outbox')}")
        return db.execute(
            "DELETE FROM event WHERE sequence < (SELECT max(newer.sequence) FROM event AS newer"
            " WHERE newer.feed = event.feed AND newer.key = event.key AND newer.sequence <="
            " (SELECT old.sequence FROM old WHERE old.feed = event.feed))"
            " AND id NOT IN (SELECT event_id FROM outbox) AND id NOT IN (SELECT event_id FROM rowless)"
        ).rowcount


class Outbox:
    """The relay's own connection to your database. It never shares yours, so no transaction is mixed with another."""

    db: Database

    def __init__(self, path: Path | str, feeds: Sequence[Feed]) -> None:
        self._path = Path(path)
        self.feeds = tuple(feed.name for feed in feeds)
        self.is_open = False
        self.open()

    def open(self) -> None:
        """Open the connection, unless it is open. Raises `Refused` as `create` does."""
        if self.is_open:
            return
        self.db = connect(self._path)
        try:
            create(self.db.conn)
        except BaseException:
            self.db.close()
            raise
        self.is_open = True

    def close(self) -> None:
        """Close the connection."""
        self.is_open = False
        self.db.close()


def rows_of(feed: Feed, read: Read) -> Callable[[sqlite3.Connection], Iterable[Row]]:
    """Return what reads the rows of a snapshot: your table, each row with the event that last announced it.

    It raises `Refused` for a row that was changed or deleted and not told: no sequence stands for such a state.
    """

    def rows(db: sqlite3.Connection) -> Iterable[Row]:
        told = last_told(db, feed)
        if reasons := _differences(db, feed, read, told):
            raise Refused(reasons[0])
        return (Row(fact.key, fact.epoch, fact.id, fact.data) for _, fact in sorted(told.items()))

    return rows


def not_told(db: sqlite3.Connection, feed: Feed, read: Read) -> list[str]:
    """Say of each row how your table and the last event that announced it differ; empty when none does.

    Raises `Refused` when the table cannot be read, or a row has no key or version.
    """
    return _differences(db, feed, read, last_told(db, feed))


def _differences(db: sqlite3.Connection, feed: Feed, read: Read, told: Mapping[str, Fact]) -> list[str]:
    try:
        found = {data[feed.key]: dict(data) for data in read(db)}
        keys = sorted(told.keys() | found.keys())
        return [reason for key in keys if (reason := _differs(feed, key, found.get(key), told.get(key)))]
    except (sqlite3.Error, KeyError, TypeError) as error:
        what = f"{type(error).__name__} {error}"
        raise Refused(f"The table of the feed {feed.name} cannot be read as it was told: {what}.") from error


def _differs(feed: Feed, key: str, data: Mapping[str, Any] | None, fact: Fact | None) -> str:
    if fact is None:
        return f"{key} is in the table, and no event announces it."
    if data is None:
        return f"{key} was deleted from the table, and no event announces it; mark a row as deleted instead."
    if data[feed.version] != fact.epoch:
        return f"{key} has {feed.version} {data[feed.version]} in the table; the last that was told is {fact.epoch}."
    if data != fact.data:
        return f"{key} has {in_words(feed, data)} in the table; the last that was told is {in_words(feed, fact.data)}."
    return ""


def last_told(db: sqlite3.Connection, feed: Feed) -> dict[str, Fact]:
    """Return for each key the last fact that was announced for it."""
    found = db.execute("SELECT key, body, max(sequence) FROM event WHERE feed = ? GROUP BY key", [feed.name])
    return {key: fact for key, body, _ in found if (fact := feed.read(body)) is not None}
