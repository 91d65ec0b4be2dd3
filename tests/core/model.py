"""A bench as plain values: one truth, one stream with one consumer, one edge, each a few lines.

Only what decides is real: `judge`, `apply`, `advance`, `after`, the snapshot functions and the audit. The stream does
to messages what JetStream does; the edge keeps its view and its position together, as its database does.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from vango.actors.crash_points import Point
from vango.core.audit import Report, audit
from vango.core.events import ROUTE_OWNER_UPDATED, Event
from vango.core.judge import Outcome, Position, Row, advance, apply, judge
from vango.core.modes import ANSWERS, Mode, Signal, after
from vango.core.records import Claim, Fact, Told, TruthRecord
from vango.core.rules import AckOrder, EdgeRules
from vango.core.snapshot import BadSnapshot, Snapshot, seal, unseal

Owned = dict[str, tuple[str, int, int]]
"""Route → owner, epoch, and how often owners were drained: what a view must hold."""


class Truth:
    """What was committed: each commit is one event, chained to the one before it."""

    def __init__(self) -> None:
        self.history: list[Event] = []

    @property
    def latest(self) -> int:
        return len(self.history)

    def commit(self, route: str) -> Event:
        last = next((event for event in reversed(self.history) if event.route == route), None)
        sequence, epoch = self.latest + 1, last.epoch + 1 if last else 1
        event = Event(
            id=f"e{sequence}",
            type=ROUTE_OWNER_UPDATED,
            subject=f"{ROUTE_OWNER_UPDATED}.{route}",
            time="2026-01-01T00:00:00Z",
            sequence=sequence,
            previous_id=self.history[-1].id if self.history else "",
            revision=sequence,
            route=route,
            owner=f"alloc-{epoch}",
            previous_owner=last.owner if last else "",
            epoch=epoch,
        )
        self.history.append(event)
        return event

    def facts(self, sequence: int) -> dict[str, Fact]:
        told = self.history[:sequence]
        return {e.route: Fact(e.sequence, e.id, e.route, e.owner, e.epoch, Told.PUBLISHED) for e in told}

    def as_of(self, sequence: int) -> Owned:
        return {route: (fact.owner, fact.epoch, fact.epoch - 1) for route, fact in self.facts(sequence).items()}

    def snapshot(self, stream_seq: int) -> bytes:
        facts = self.facts(self.latest).values()
        rows = tuple(Row(f.route, f.owner, f.epoch, f.event_id, f.epoch - 1, f.epoch) for f in facts)
        last_id = self.history[-1].id if self.history else ""
        return seal(Snapshot(self.latest, last_id, stream_seq, "2026-01-01T00:00:00Z", rows))


@dataclass(slots=True)
class Stream:
    """Stored messages by stream seq, and the one consumer: where it reads, what it waits for, what was acked."""

    stored: dict[int, Event] = field(default_factory=dict)
    last_seq: int = 0
    next_seq: int = 1
    outstanding: dict[int, Event] = field(default_factory=dict)
    acked: dict[int, Event] = field(default_factory=dict)

    def store(self, event: Event) -> int:
        self.last_seq += 1
        self.stored[self.last_seq] = event
        return self.last_seq

    def pending(self) -> list[int]:
        return sorted(seq for seq in self.stored if seq >= self.next_seq)

    def deliver(self) -> tuple[int, Event]:
        seq = self.pending()[0]
        self.next_seq = seq + 1
        self.outstanding[seq] = self.stored[seq]
        return seq, self.stored[seq]

    def ack(self, seq: int) -> None:
        if seq in self.outstanding:
            self.acked[seq] = self.outstanding.pop(seq)

    def evict(self, *, keep: int) -> None:
        """Purge, or evict by a limit: the consumer is not told."""
        for seq in sorted(self.stored)[: len(self.stored) - keep]:
            self.delete(seq)

    def delete(self, seq: int) -> None:
        del self.stored[seq]
        self.outstanding.pop(seq, None)

    def consume_from(self, seq: int) -> None:
        """Put the consumer back, or create it again: it forgets every ack."""
        self.next_seq = seq
        self.outstanding, self.acked = {}, {}

    def copy(self) -> Stream:
        """Copy the store. A cursor that comes back with it is the store's word; the edge's own acks are not in it."""
        return Stream(dict(self.stored), self.last_seq, self.next_seq, dict(self.outstanding))


class Edge:
    """One consumer of events. `rows` and `position` are its database; everything else dies with it."""

    def __init__(self, rules: EdgeRules, *, snapshot_must_chain: bool = True) -> None:
        self.rules = rules
        self.snapshot_must_chain = snapshot_must_chain
        self.rows: dict[str, Row] = {}
        self.position = Position()
        self.mode = Mode.DOWN
        self.just_loaded = False

    @property
    def answers(self) -> bool:
        return self.mode in ANSWERS

    def said(self) -> Owned:
        return {row.route: (row.owner, row.epoch, row.drains) for row in self.rows.values()}

    def hear(self, signal: Signal) -> None:
        self.mode = after(self.mode, signal)

    def start(self) -> None:
        self.hear(Signal.START)
        self.hear(Signal.RESUMED)

    def receive(self, seq: int, event: Event, ack: Callable[[int], None], crash: Point | None = None) -> None:
        """Handle one delivery, or stop dead at a point on the way."""
        if not self.answers or crash is Point.AFTER_RECEIVE:
            return self.hear(Signal.STOP) if crash else None
        if self.rules.ack is AckOrder.BEFORE_APPLY:
            ack(seq)
            if crash is Point.AFTER_ACK:
                return self.hear(Signal.STOP)
        if not self._take_in(seq, event):
            return self.hear(Signal.SURPRISE)
        if crash is Point.AFTER_APPLY:
            return self.hear(Signal.STOP)
        return ack(seq)

    def _take_in(self, seq: int, event: Event) -> bool:
        rules = self.rules
        if self.just_loaded and not self.snapshot_must_chain:
            rules = replace(rules, prove_continuity=False)
        row = self.rows.get(event.route)
        outcome = judge(self.position, row, event, rules).outcome
        if outcome is Outcome.APPLY:
            self.rows[event.route] = apply(row, event)
            self.position = advance(self.position, event, seq)
            self.just_loaded = False
        return outcome is not Outcome.GAP

    def load(self, stored: bytes, *, crash: bool = False) -> bool:
        """Replace view and position by a snapshot's, both or neither; return whether it was done."""
        self.hear(Signal.REBUILD)
        if crash:
            self.hear(Signal.STOP)
            return False
        try:
            snapshot = unseal(stored, verify=self.rules.verify_checksum)
        except BadSnapshot:
            self.hear(Signal.SURPRISE)
            return False
        self.rows = {row.route: row for row in snapshot.rows}
        self.position = snapshot.position
        self.just_loaded = True
        self.hear(Signal.LOADED)
        return True


class Bench:
    """Truth, stream and edge, and what can be done to them."""

    def __init__(self, rules: EdgeRules | None = None, *, snapshot_must_chain: bool = True) -> None:
        self.truth, self.stream = Truth(), Stream()
        self.edge = Edge(rules or EdgeRules(), snapshot_must_chain=snapshot_must_chain)
        self.edge.start()
        self.unpublished: list[Event] = []
        self.latest_when_asked = 0

    def commit(self, *routes: str) -> None:
        self.unpublished += [self.truth.commit(route) for route in routes]

    def publish(self) -> None:
        while self.unpublished:
            self.stream.store(self.unpublished.pop(0))

    def tell(self, *routes: str) -> None:
        """Commit and publish."""
        self.commit(*routes)
        self.publish()

    def republish(self, sequence: int) -> None:
        """Store an old event once more, as a relay does that crashed before its mark, once the window is over."""
        self.stream.store(self.truth.history[sequence - 1])

    def deliver(self, crash: Point | None = None) -> None:
        self.edge.receive(*self.stream.deliver(), self.stream.ack, crash)

    def deliver_all(self) -> None:
        while self.stream.pending():
            self.deliver()

    def redeliver(self, seq: int) -> None:
        self.edge.receive(seq, self.stream.stored[seq], self.stream.ack)

    def recreate_stream(self) -> None:
        """The stream and its consumer are gone; the edge asks for what comes after its position."""
        self.stream = Stream(next_seq=self.edge.position.stream_seq + 1)

    def load(self, stored: bytes, *, crash: bool = False) -> None:
        if self.edge.load(stored, crash=crash):
            self.stream.consume_from(self.edge.position.stream_seq + 1)

    def snapshot(self) -> bytes:
        return self.truth.snapshot(self.stream.last_seq)

    def ask(self) -> None:
        """Let the edge find out whether it is current: by the high-water mark, or by "nothing pending"."""
        self.latest_when_asked = self.truth.latest
        if self.edge.rules.ask_high_water_mark:
            reached = self.edge.position.sequence == self.truth.latest
        else:
            reached = not self.stream.pending() and not self.stream.outstanding
        self.edge.hear(Signal.REACHED if reached else Signal.BEHIND)

    def audit(self) -> Report:
        edge, now = self.edge, self.truth.facts(self.truth.latest)
        untold = {event.sequence for event in self.unpublished}
        record = TruthRecord(
            latest=self.truth.latest,
            now={r: replace(f, told=Told.WAITING) if f.sequence in untold else f for r, f in now.items()},
            as_of={edge.position.sequence: self.truth.facts(edge.position.sequence)},
            known_ids=frozenset(event.id for event in self.truth.history),
            waiting=len(self.unpublished),
        )
        rows, waiting = tuple(edge.rows.values()), len(self.stream.outstanding)
        return audit(record, [Claim("fra", edge.mode, edge.position, rows, len(self.stream.pending()), waiting)])


def broken_promises(bench: Bench) -> list[str]:
    """Return what an edge that answers does not keep of its three promises; nothing, when its rules are correct."""
    edge, here = bench.edge, bench.edge.position.sequence
    broken = []
    if edge.answers and edge.said() != bench.truth.as_of(here):
        broken.append(f"its view {edge.said()} is not the truth at {here}, {bench.truth.as_of(here)}")
    if edge.mode is Mode.CURRENT and here < bench.latest_when_asked:
        broken.append(f"it says current at {here}, and truth was at {bench.latest_when_asked} when it asked")
    lost = [event.id for event in bench.stream.acked.values() if event.sequence > here]
    if edge.mode is not Mode.FAILED_CLOSED and lost:
        broken.append(f"it acked {', '.join(lost)}, which is not in its view at {here}")
    return broken


def corrupted(stored: bytes) -> bytes:
    """Change one owner in a stored snapshot and leave its checksum as it was."""
    document = json.loads(stored)
    document["snapshot"]["rows"][0]["owner"] = "alloc-never"
    return json.dumps(document).encode()
