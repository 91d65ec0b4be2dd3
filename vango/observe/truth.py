"""Observing the truth: the database now, the database at any sequence, and the waiting rows of the outbox."""

from __future__ import annotations

import json
import sqlite3
import time
from collections.abc import Collection
from dataclasses import replace
from itertools import islice
from typing import Any

from vango.core.judge import Position, Row
from vango.core.records import Fact, StuckRow, Told, TruthRecord
from vango.journal.seen_stored import SeenStored
from vango.observe.model import AllocationSeen, FactSeen, OutboxSeen, RouteSeen, TruthSeen, WaitingSeen
from vango.relay.reception import stuck_for_ever, why_never
from vango.truth.control_plane import ControlPlane
from vango.truth.outbox import count_waiting, high_water_mark, waiting
from vango.truth.store import Truth

HISTORY = 30
WAITING_SHOWN = 8
MAX_UNTOLD = 50
READ_AT_ONCE = 10_000
MAX_KNOWN = 20_000


class TruthObserver:
    """Reads the truth of one bench, and writes nothing into it. `seen_stored` remembers what the streams forget."""

    def __init__(self, truth: Truth, control: ControlPlane, seen_stored: SeenStored) -> None:
        self._truth = truth
        self._control = control
        self._seen_stored = seen_stored
        self._rowless: dict[str, None] = {}
        self._read_to = 0
        self._read_from = truth.db
        self._known_in: tuple[sqlite3.Connection, int] | None = None
        self._known: set[str] = set()

    def facts(self) -> dict[str, Fact]:
        """Return the present fact of every route, with how far its event has come."""
        rows = self._truth.db.conn.execute(
            f"{_FACT} JOIN route AS r ON r.sequence = e.sequence WHERE e.feed = 'route' ORDER BY r.rowid"
        )
        return {row[2]: _fact(row) for row in rows}

    def _as_of(self, sequence: int) -> dict[str, Fact]:
        rows = self._truth.db.conn.execute(
            f"{_FACT} WHERE e.feed = 'route' AND e.sequence IN"
            " (SELECT (SELECT max(h.sequence) FROM event AS h WHERE h.feed = 'route' AND h.route = r.name"
            "  AND h.sequence <= ?) FROM route AS r)",
            [sequence],
        )
        return {row[2]: _fact(row) for row in rows}

    def record(
        self,
        facts: dict[str, Fact],
        views: Collection[tuple[tuple[Row, ...], Position]],
        stored_ids: Collection[str],
    ) -> TruthRecord:
        """Return what the audit compares views with. `stored_ids` are the event ids that the tape has seen stored."""
        truth = self._truth
        claimed = {position.sequence for _, position in views}
        ids = {row.event_id for rows, _ in views for row in rows}
        return TruthRecord(
            latest=high_water_mark(truth, "route").sequence,
            now={route: _stored(fact) if fact.event_id in stored_ids else fact for route, fact in facts.items()},
            as_of={sequence: self._as_of(sequence) for sequence in claimed},
            known_ids=self.known(ids),
            untold=self._untold(stored_ids),
            waiting=truth.db.conn.execute(
                "SELECT count(*) FROM outbox INDEXED BY outbox_waiting_feed"
                " WHERE published_at IS NULL AND feed = 'route'"
            ).fetchone()[0],
            stuck=self._stuck(),
        )

    def _stuck(self) -> tuple[StuckRow, ...]:
        """Return the rows at the head of a feed that no broker will ever store."""
        heads = [row for feed in self._truth.feeds for row in waiting(self._truth, limit=1, feed=feed)]
        judged = ((row, why_never(row.subject, row.body, {"Nats-Msg-Id": row.event_id})) for row in heads)
        return tuple(stuck_for_ever(row, reason) for row, reason in judged if reason)

    def _untold(self, stored_ids: Collection[str]) -> tuple[Fact, ...]:
        """Return the first facts without an outbox row that were never seen stored."""
        self._read_rowless()
        for event_id in [one for one in self._rowless if one in stored_ids or one in self._seen_stored]:
            self._seen_stored.add(event_id)
            del self._rowless[event_id]
        first = self._first_rowless()
        if not first:
            return ()
        # It may have got a row since it was read.
        found = self._truth.db.conn.execute(
            f"{_FACT} WHERE bare.event_id IN (SELECT value FROM json_each(?)) ORDER BY e.sequence", [json.dumps(first)]
        )
        facts = tuple(_fact(row) for row in found)
        for event_id in {*first} - {fact.event_id for fact in facts}:
            del self._rowless[event_id]
        return facts

    def _first_rowless(self) -> list[str]:
        """Return the facts to look at: those that a route has now before the ones that were overtaken, which are past."""
        if len(self._rowless) <= MAX_UNTOLD:
            return [*self._rowless]
        found = self._truth.db.conn.execute(
            "SELECT e.id FROM route AS r JOIN event AS e ON e.feed = 'route' AND e.sequence = r.sequence"
        )
        now = [event_id for (event_id,) in found if event_id in self._rowless]
        return [*islice(dict.fromkeys((*now, *self._rowless)), MAX_UNTOLD)]

    def _read_rowless(self) -> None:
        """Read which facts have lost their row. Those that were seen stored do not matter."""
        if self._read_from is not self._truth.db:
            # The database was rebuilt, or restored.
            self._rowless, self._read_to, self._read_from = {}, 0, self._truth.db
        found = self._truth.db.conn.execute(
            "SELECT r.position, r.event_id FROM rowless AS r JOIN event AS e ON e.id = r.event_id"
            " WHERE r.position > ? AND e.feed = 'route' ORDER BY r.position LIMIT ?", [self._read_to, READ_AT_ONCE]
        ).fetchall()  # fmt: skip
        if found:
            self._read_to = found[-1][0]
            stored = self._seen_stored.of(event_id for _, event_id in found)
            self._rowless |= {event_id: None for _, event_id in found if event_id not in stored}

    def known(self, event_ids: Collection[str]) -> frozenset[str]:
        """Return those of some event ids that the history has."""
        db = self._truth.db.conn
        # The history only grows, unless another program edits it, or another database takes its place.
        version = db, db.execute("PRAGMA data_version").fetchone()[0]
        if version != self._known_in or len(self._known) > MAX_KNOWN:
            self._known_in, self._known = version, set()
        if asked := [one for one in event_ids if one not in self._known]:
            found = db.execute("SELECT id FROM event WHERE id IN (SELECT value FROM json_each(?))", [json.dumps(asked)])
            self._known.update(row[0] for row in found)
        return frozenset(self._known.intersection(event_ids))

    def event_at(self, sequence: int) -> str:
        """Return the id of the event at a sequence of the route feed; empty when there is none."""
        found = self._truth.db.conn.execute("SELECT id FROM event WHERE feed = 'route' AND sequence = ?", [sequence])
        row = found.fetchone()
        return str(row[0]) if row else ""

    def event_of(self, route: str, owner: str, epoch: int) -> str:
        """Return the id of the event that gave a route to an owner under an epoch; empty when none ever did."""
        found = self._truth.db.conn.execute(
            "SELECT id FROM event WHERE feed = 'route' AND route = ? AND owner = ? AND epoch = ?", [route, owner, epoch]
        )
        row = found.fetchone()
        return str(row[0]) if row else ""

    def truth(self) -> TruthSeen:
        """Return the database as the panel shows it."""
        db, control = self._truth.db.conn, self._control
        mark = high_water_mark(self._truth, "route")
        history = db.execute(f"{_FACT} WHERE e.feed = 'route' ORDER BY e.sequence DESC LIMIT ?", [HISTORY]).fetchall()
        asked = dict(db.execute("SELECT revision, id FROM operation ORDER BY rowid DESC LIMIT ?", [HISTORY]))
        return TruthSeen(
            revision=db.execute("SELECT coalesce(max(number), 0) FROM revision").fetchone()[0],
            sequence=mark.sequence,
            event_id=mark.event_id,
            routes=tuple(RouteSeen(*row) for row in db.execute(
                "SELECT name, owner, epoch, sequence, revision FROM route ORDER BY rowid")),
            allocations=tuple(AllocationSeen(*row) for row in db.execute(
                "SELECT name, state FROM allocation ORDER BY name")),
            history=tuple(FactSeen(row[0], row[1], row[2], row[3], row[4], row[6], _told(row[5]), asked.get(row[6], ""))
                          for row in history),
            write_order=control.write_order,
            armed=control.path.armed or "",
            trouble="",
        )  # fmt: skip

    def outbox(self) -> OutboxSeen:
        """Return how many rows wait, for how long, and the first of them."""
        db = self._truth.db.conn
        count = count_waiting(self._truth)
        first = db.execute(
            "SELECT queued_at FROM outbox WHERE published_at IS NULL ORDER BY position LIMIT 1"
        ).fetchone()
        total = db.execute("SELECT count(*) FROM outbox").fetchone()[0]
        rows = waiting(self._truth, limit=WAITING_SHOWN)
        return OutboxSeen(
            count, total - count, round(max(0.0, time.time() - first[0]), 1) if first else 0.0,
            tuple(WaitingSeen(row.position, row.event_id, row.subject, row.sequence) for row in rows),
        )  # fmt: skip


_FACT = (
    "SELECT e.sequence, e.id, e.route, e.owner, e.epoch,"
    # Neither a row nor without one: its row was published, and then deleted.
    " CASE WHEN bare.event_id IS NOT NULL THEN 0"
    " WHEN o.event_id IS NOT NULL AND o.published_at IS NULL THEN 1 ELSE 2 END,"
    " e.revision FROM event AS e LEFT JOIN outbox AS o ON o.feed = e.feed AND o.sequence = e.sequence"
    " LEFT JOIN rowless AS bare ON bare.event_id = e.id"
)


def _stored(fact: Fact) -> Fact:
    """An event that is in the stream was published, even before the relay marks its row."""
    return replace(fact, told=Told.PUBLISHED) if fact.told is Told.WAITING else fact


def _told(code: int) -> Told:
    return (Told.NO_OUTBOX_ROW, Told.WAITING, Told.PUBLISHED)[code]


def _fact(row: tuple[Any, ...]) -> Fact:
    return Fact(row[0], row[1], row[2], row[3], row[4], _told(row[5]))
