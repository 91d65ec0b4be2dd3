"""The outbox as the relay sees it: rows in order, marks, the lease, and the high-water marks of the feeds.

It asks for a database with the tables of `vango.truth.schema.OUTBOX` and a table `event`, of which it reads `feed`,
`sequence`, `id`, `subject` and `body`. The truth of a bench is one; `vango.kit` puts these tables beside any other.
"""

from __future__ import annotations

import heapq
import sqlite3
import time
from collections.abc import Sequence
from itertools import islice
from typing import NamedTuple, Protocol

from sqlite_utils import Database

from vango.actors.sqlite import transaction
from vango.core.claims import Mark

LEASE_S = 10.0


class Outbox(Protocol):
    """A database whose transactions leave rows that wait to be published. `feeds` are published side by side."""

    @property
    def db(self) -> Database: ...
    @property
    def feeds(self) -> tuple[str, ...]: ...


class Waiting(NamedTuple):
    """One event that waits to be published, ready to send. `position` is its place in the order of publishing."""

    position: int
    event_id: str
    feed: str
    sequence: int
    subject: str
    body: bytes
    is_json: bool = True


def waiting(outbox: Outbox, *, limit: int, after: int = 0, feed: str = "") -> list[Waiting]:
    """Return the first rows that are not marked as published, in order, after a position; of one feed or of all."""
    if feed:
        return _waiting(outbox.db.conn, feed, limit, after)
    found = (_waiting(outbox.db.conn, one, limit, after) for one in outbox.feeds)
    return list(islice(heapq.merge(*found, key=lambda row: row.position), limit))


def _waiting(db: sqlite3.Connection, feed: str, limit: int, after: int) -> list[Waiting]:
    # A row's content is read as bytes: it is sent unchanged, or reported, and stops no other feed.
    rows = db.execute(
        "SELECT o.position, CAST(o.event_id AS BLOB), o.feed, o.sequence, CAST(e.subject AS BLOB),"
        " CAST(e.body AS BLOB), json_valid(CAST(e.body AS TEXT))"
        " FROM outbox AS o JOIN event AS e ON e.feed = o.feed AND e.sequence = o.sequence"
        " WHERE o.published_at IS NULL AND o.feed = ? AND o.position > ? ORDER BY o.position LIMIT ?",
        [feed, after, limit],
    )
    return [
        Waiting(position, _text(event_id), of, sequence, _text(subject), body or b"", _is_json(body or b"", valid))
        for position, event_id, of, sequence, subject, body, valid in rows
    ]


def _is_json(body: bytes, valid: int | None) -> bool:
    """SQLite checks the text up to its first NUL, and takes any bytes for text. It is faster than parsing the JSON."""
    try:
        body.decode()
    except UnicodeDecodeError:
        return False
    return bool(valid) and b"\0" not in body


def _text(value: bytes | None) -> str:
    return (value or b"").decode(errors="replace")


def count_waiting(outbox: Outbox) -> int:
    """Return how many rows wait."""
    return int(outbox.db.conn.execute("SELECT count(*) FROM outbox WHERE published_at IS NULL").fetchone()[0])


def mark_published(outbox: Outbox, acks: Sequence[tuple[Waiting, int]], *, token: int) -> list[str]:
    """Mark rows as published, many in one transaction. `acks` are pairs of row and stream seq.

    A mark names the event as well as the position: somebody may have deleted the row meanwhile, and in a database of an
    older version SQLite gives its position to the next event, which nobody has published.

    Returns the first statements as SQLite ran them. Raises `LeaseLost` when another relay has taken over since: it
    will publish and mark these rows itself.
    """
    now, heard = time.time(), list[str]()
    with transaction(outbox.db, heard) as connection:
        _hold(connection, token)
        connection.executemany(
            "UPDATE outbox SET published_at = ?, stream_seq = ? WHERE position = ? AND event_id = ?",
            [(now, stream_seq, row.position, row.event_id) for row, stream_seq in acks],
        )
        _move_marks(connection, outbox.feeds)
    return heard


def drop(outbox: Outbox, rows: Sequence[Waiting], *, token: int) -> None:
    """Forget rows without publishing them. Raises `LeaseLost` as `mark_published` does."""
    with transaction(outbox.db) as connection:
        _hold(connection, token)
        connection.executemany(
            "DELETE FROM outbox WHERE position = ? AND event_id = ?", [(row.position, row.event_id) for row in rows]
        )


def predecessor(outbox: Outbox, row: Waiting) -> str:
    """Return the id of the event published before this one in the same feed; empty when there is none."""
    found = outbox.db.conn.execute(
        "SELECT event_id FROM outbox WHERE feed = ? AND sequence < ? ORDER BY sequence DESC LIMIT 1",
        [row.feed, row.sequence],
    ).fetchone()
    return found[0] if found else ""


def high_water_mark(outbox: Outbox, feed: str) -> Mark:
    """Return the latest sequence and id of a feed, and the last sequence up to which the broker has acked."""
    db = outbox.db.conn
    latest = db.execute(
        "SELECT sequence, id FROM event WHERE feed = ? ORDER BY sequence DESC LIMIT 1", [feed]
    ).fetchone()
    if latest is None:
        return Mark(0, "", 0)
    row = db.execute("SELECT sequence FROM published WHERE feed = ?", [feed]).fetchone()
    known = row[0] if row else 0
    return Mark(latest[0], latest[1], max(known, _told(db, feed, latest[0])))


def _told(db: sqlite3.Connection, feed: str, latest: int) -> int:
    """Return up to which sequence a feed was published, by the rows that are left in the outbox."""
    first_waiting = db.execute(
        "SELECT min(sequence) FROM outbox INDEXED BY outbox_waiting_feed WHERE published_at IS NULL AND feed = ?",
        [feed],
    ).fetchone()[0]
    bound = latest + 1 if first_waiting is None else first_waiting
    told = db.execute("SELECT max(sequence) FROM outbox WHERE feed = ? AND sequence < ?", [feed, bound]).fetchone()[0]
    return told or 0


def _move_marks(connection: sqlite3.Connection, feeds: Sequence[str]) -> None:
    """Keep how far each feed was published in a row of its own: the rows of the outbox may be cleared away."""
    for feed in feeds:
        latest = connection.execute("SELECT coalesce(max(sequence), 0) FROM event WHERE feed = ?", [feed]).fetchone()[0]
        connection.execute(
            "INSERT INTO published VALUES (?, ?) ON CONFLICT (feed)"
            " DO UPDATE SET sequence = excluded.sequence WHERE excluded.sequence > sequence",
            [feed, _told(connection, feed, latest)],
        )


class LeaseLost(Exception):
    """Another relay holds the lease."""


def is_leased(outbox: Outbox, holder: str) -> bool:
    """Return whether another holder has the lease. Only reads: what is so a moment later, `take_lease` decides."""
    now = time.time()
    # One that would last longer than a lease is not passed over in silence: `take_lease` sets it right.
    found = outbox.db.conn.execute(
        "SELECT 1 FROM lease WHERE name = 'relay' AND holder <> ? AND expires_at > ? AND expires_at <= ?",
        [holder, now, now + LEASE_S],
    )
    return found.fetchone() is not None


def take_lease(outbox: Outbox, holder: str) -> int | None:
    """Take the relay's lease and return its token, or None while another holder's has not expired.

    The same holder may take its lease again at once: its supervisor knows that the one before is dead. The token
    grows each time, so that a relay which only thinks it still holds the lease can mark nothing.
    """
    now = time.time()
    with transaction(outbox.db) as connection:
        row = connection.execute("SELECT holder, token, expires_at FROM lease WHERE name = 'relay'").fetchone()
        if row is not None and row[0] != holder and row[2] > now:
            if row[2] > now + LEASE_S:
                # Nobody holds it for so long: the clock was set back since.
                connection.execute("UPDATE lease SET expires_at = ? WHERE name = 'relay'", [now + LEASE_S])
            return None
        token = 1 if row is None else row[1] + 1
        connection.execute("INSERT OR REPLACE INTO lease VALUES ('relay', ?, ?, ?)", [holder, token, now + LEASE_S])
        return int(token)


def renew_lease(outbox: Outbox, token: int) -> None:
    """Keep the lease for another while. Raises `LeaseLost`."""
    with transaction(outbox.db) as connection:
        _hold(connection, token)


def release_lease(outbox: Outbox, token: int) -> None:
    """Let the lease go, if it is still held under this token: another relay need not wait until it runs out."""
    with transaction(outbox.db) as connection:
        connection.execute("UPDATE lease SET expires_at = 0 WHERE name = 'relay' AND token = ?", [token])


def _hold(connection: sqlite3.Connection, token: int) -> None:
    held = connection.execute(
        "UPDATE lease SET expires_at = ? WHERE name = 'relay' AND token = ?", [time.time() + LEASE_S, token]
    )
    if held.rowcount == 0:
        raise LeaseLost
