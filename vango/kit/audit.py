"""The audit of a service of your own: is every view equal to your database as of the sequence that its edge claims?

Your table and the events that announced it are compared as well: what was changed and not told, no edge will ever hear.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from vango.actors.sqlite import reading
from vango.core import judge
from vango.core.accused import Accused, Part
from vango.core.audit import Report, Soundness, audit, say
from vango.core.findings import Finding, Kind
from vango.core.judge import Position
from vango.core.modes import Mode
from vango.core.records import Claim, Fact, Told, TruthRecord
from vango.kit.facts import Feed, Row, in_words
from vango.kit.outbox import not_told
from vango.kit.source import Source

_HISTORY = (
    "SELECT e.sequence, e.id, e.key, e.epoch, e.body, r.event_id IS NOT NULL, o.event_id IS NOT NULL AND o.published_at"
    " IS NULL FROM event AS e LEFT JOIN rowless AS r ON r.event_id = e.id LEFT JOIN outbox AS o ON o.event_id = e.id"
    " WHERE e.feed = ? ORDER BY e.sequence"
)


class Claimant(Protocol):
    """Who claims something of a feed: a `vango.kit.Edge`, or what asks one in another process."""

    @property
    def name(self) -> str: ...
    @property
    def mode(self) -> Mode: ...
    @property
    def stuck(self) -> str: ...

    async def backlog(self) -> tuple[int | None, int | None]:
        """Return the broker's numbers, pending and outstanding. It is asked first."""

    def committed(self) -> tuple[Sequence[Row], Position]:
        """Return rows and position, of one moment."""


async def examine(source: Source, feed: Feed, edges: Sequence[Claimant]) -> Report:
    """Compare your table, its events and the views of edges. It reads the whole history: it is for tests and checks.

    Raises `Refused` when the table cannot be read.
    """
    # Before the edges are asked: what is published meanwhile is not lost. After it: what they heard meanwhile is known.
    with reading(source.outbox.db) as db:
        before = _history(feed, db)
        findings = _untold(not_told(db, feed, source.tables[feed]))
    claims = [await claim(feed, edge) for edge in edges]
    with reading(source.outbox.db) as db:
        after = _history(feed, db)
    report = audit(truth_record(source, feed, before, after, claims), claims)
    if not findings:
        return report
    found = (*findings, *report.findings)
    return Report(Soundness.VIOLATED, found, say(found))


async def claim(feed: Feed, edge: Claimant) -> Claim:
    """Return what an edge claims now."""
    pending, outstanding = await edge.backlog()
    rows, position = edge.committed()
    shown = tuple(_shown(feed, row) for row in rows)
    return Claim(edge.name, edge.mode, position, shown, pending, outstanding, edge.stuck)


def truth_record(
    source: Source, feed: Feed, before: Sequence[Fact], after: Sequence[Fact], claims: Sequence[Claim]
) -> TruthRecord:
    """Return what the audit compares claims with: the history before they were made, and the one that they rest on."""
    ids = {fact.event_id for fact in after}
    stuck = tuple(row for row in source.relay.stuck if row.feed == feed.name)
    return TruthRecord(
        latest=before[-1].sequence if before else 0,
        now={fact.route: fact for fact in before},
        as_of={n: _as_of(after, n) for n in {claim.position.sequence for claim in claims}},
        known_ids=frozenset(row.event_id for claim in claims for row in claim.rows if row.event_id in ids),
        untold=tuple(fact for fact in before if fact.told is Told.NO_OUTBOX_ROW),
        waiting=sum(fact.told is Told.WAITING for fact in before),
        stuck=stuck,
        feed=feed.name,
        value="a value",
    )


def _history(feed: Feed, db: sqlite3.Connection) -> list[Fact]:
    return [_fact(feed, row) for row in db.execute(_HISTORY, [feed.name])]


def _as_of(history: Sequence[Fact], sequence: int) -> Mapping[str, Fact]:
    return {fact.route: fact for fact in history if fact.sequence <= sequence}


def _shown(feed: Feed, row: Row) -> judge.Row:
    """Return a row as the audit has it: what it says beside key and version stands where the lab has an owner."""
    return judge.Row(row.key, in_words(feed, row.data), row.epoch, row.event_id, 0, row.epoch)


def _fact(feed: Feed, row: tuple[Any, ...]) -> Fact:
    sequence, event_id, key, epoch, body, is_rowless, waits = row
    told = Told.NO_OUTBOX_ROW if is_rowless else Told.WAITING if waits else Told.PUBLISHED
    fact = feed.read(body)
    assert fact is not None, "the outbox holds what the feed wrote"
    return Fact(sequence, event_id, key, in_words(feed, fact.data), epoch, told)


def _untold(reasons: Sequence[str]) -> tuple[Finding, ...]:
    """Return what is to be said of rows that were changed and not told."""
    if not reasons:
        return ()
    said = f"The table was changed and no event announces it: {reasons[0]}"
    repair = "Tell each change in its own transaction."
    return (Finding(Kind.UNTOLD, "truth", said, repair, tuple(reasons), accused=(Accused(Part.DATABASE),)),)
