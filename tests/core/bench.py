"""A bench as plain values: one truth, one stream with one consumer, one edge.

All that decides is real: `take_in`, the claims, the modes, the snapshots and the audit. What is written here is what
surrounds them: rows and position are kept together, as the edge's database does, and memory dies at a crash.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace

from tests.core.model import Delivered, Owned, Stream, Truth
from vango.actors.crash_points import Point
from vango.core import telemetry
from vango.core.audit import Report, audit
from vango.core.claims import Step, Word, stand
from vango.core.events import Event, encode
from vango.core.intake import read_own, take_in
from vango.core.judge import Position, Row
from vango.core.modes import ANSWERS, Mode, Signal, after
from vango.core.recent_ids import RecentIds
from vango.core.records import Claim, Told, TruthRecord
from vango.core.routes import ROUTE_FACTS, read_row
from vango.core.rules import AckOrder, EdgeRules
from vango.core.snapshot import BadSnapshot, unseal

UNREADABLE = b"{"
SAMPLE = telemetry.encode("host-1", 7, at=1.5, sample_id="s1", shape=telemetry.Shape.AGREED)


class Edge:
    """One consumer of events. `rows` and `position` are its database; everything else dies with it."""

    def __init__(self, rules: EdgeRules, *, snapshot_must_chain: bool = True) -> None:
        self.rules = rules
        self.snapshot_must_chain = snapshot_must_chain
        self.rows: dict[str, Row] = {}
        self.position = Position()
        self.recent_ids = RecentIds()
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
        self.recent_ids = RecentIds(self.rules.remember_ids)
        self.hear(Signal.START)
        self.hear(Signal.RESUMED)

    def receive(self, messages: Sequence[Delivered], ack: Callable[[int], None], crash: Point | None = None) -> None:
        """Handle a batch in the order that the rules say, or stop dead at a point on the way."""
        if not self.answers or crash is Point.AFTER_RECEIVE:
            return self.hear(Signal.STOP) if crash else None
        if self.rules.ack is AckOrder.BEFORE_APPLY:
            for message in messages:
                ack(message.stream_seq)
            if crash is Point.AFTER_ACK:
                return self.hear(Signal.STOP)
        intake = take_in(ROUTE_FACTS, self.rows, self.position, messages, self._rules_now(), self.recent_ids)
        self.rows |= intake.rows
        self.position, self.recent_ids = intake.position, intake.recent_ids
        self.just_loaded = self.just_loaded and not intake.applied
        if crash is Point.AFTER_APPLY:
            return self.hear(Signal.STOP)
        for message in (*intake.done, *(refused for refused, _ in intake.poison)):
            ack(message.stream_seq)
        return self.hear(Signal.SURPRISE) if intake.stopped else None

    def _rules_now(self) -> EdgeRules:
        believes = self.just_loaded and not self.snapshot_must_chain
        return replace(self.rules, prove_continuity=False) if believes else self.rules

    def load(self, stored: bytes, *, crash: bool = False) -> bool:
        """Replace view and position by a snapshot's, both or neither; return whether it was done."""
        self.hear(Signal.REBUILD)
        if crash:
            self.hear(Signal.STOP)
            return False
        try:
            snapshot = unseal(stored, read_row, verify=self.rules.verify_checksum)
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
            self.stream.store(encode(self.unpublished.pop(0)))

    def tell(self, *routes: str) -> None:
        """Commit and publish."""
        self.commit(*routes)
        self.publish()

    def republish(self, sequence: int) -> None:
        """Store an old event once more, as a relay does that crashed before its mark, once the window is over."""
        self.stream.store(encode(self.truth.history[sequence - 1]))

    def deliver(self, crash: Point | None = None, *, most: int = 1) -> None:
        self.edge.receive(self.stream.deliver(most), self.stream.ack, crash)

    def deliver_all(self) -> None:
        while self.stream.pending():
            self.deliver()

    def redeliver(self, *seqs: int) -> None:
        self.edge.receive([Delivered(self.stream.stored[seq], seq, 2) for seq in seqs], self.stream.ack)

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
        nothing_left = not self.stream.pending() and not self.stream.outstanding
        if not self.edge.rules.ask_high_water_mark:
            return self.edge.hear(Signal.REACHED if nothing_left else Signal.BEHIND)
        mark = self.truth.mark(unpublished=len(self.unpublished))
        step = stand(self.edge.position, Word().answered(mark)).step
        if step is Step.FAIL or (step is Step.LOOK and nothing_left):
            return self.edge.hear(Signal.SURPRISE)
        return self.edge.hear(Signal.REACHED if step is Step.CLAIM else Signal.BEHIND)

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
    """Say what an edge that answers does not keep of its three promises; nothing, when its rules are correct."""
    edge, here = bench.edge, bench.edge.position.sequence
    broken = []
    if edge.answers and edge.said() != bench.truth.as_of(here):
        broken.append(f"its view {edge.said()} is not the truth at {here}, {bench.truth.as_of(here)}")
    if edge.mode is Mode.CURRENT and here < bench.latest_when_asked:
        broken.append(f"it says current at {here}, and truth was at {bench.latest_when_asked} when it asked")
    lost = [event.id for event in events_in(bench.stream.acked.values()) if event.sequence > here]
    if edge.mode is not Mode.FAILED_CLOSED and lost:
        broken.append(f"it acked {', '.join(lost)}, which is not in its view at {here}")
    return broken


def events_in(payloads: Iterable[bytes]) -> list[Event]:
    """Return the events among messages; what is unreadable or another domain's is none."""
    return [event for payload in payloads if payload != UNREADABLE and (event := read_own(payload))]


def corrupted(stored: bytes) -> bytes:
    """Change one owner in a stored snapshot and leave its checksum as it was."""
    document = json.loads(stored)
    document["snapshot"]["rows"][0]["owner"] = "alloc-never"
    return json.dumps(document).encode()
