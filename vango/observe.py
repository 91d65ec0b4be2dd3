"""Observing: one pass over truth, broker and edges that gives one frozen picture.

The order of reading keeps a correct bench from looking wrong: truth first, then consumers, then edges, then the truth
as of what the edges claim. An event read as published is then pending, outstanding or already applied.
"""

from __future__ import annotations

import time
from collections import Counter, deque
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from vango import loss
from vango.core.audit import Claim, TruthRecord, audit, why_row_differs
from vango.core.judge import Position
from vango.core.modes import Mode
from vango.core.rules import EdgeRules, in_words
from vango.errors import Unavailable
from vango.observation import AuditSeen, BrokerSeen, EdgeSeen, Observation, PaceSeen, ProbeSeen, RelaySeen, RowSeen
from vango.observe_broker import BrokerObserver
from vango.observe_truth import TruthObserver

if TYPE_CHECKING:
    from vango.bench import Bench
    from vango.edge import Edge
    from vango.wire import Wire

PROBES = 24
COUNTERS = (
    "received",
    "bytes",
    "redelivered",
    "applied",
    "duplicates",
    "stale",
    "gaps",
    "foreign",
    "invalid",
    "rebuilds",
)
OUTCOMES = ("right", "wrong", "refused", "late")
# Without a cause the truth has moved on while it was looked at.
UNDER_WAY = ("not published", "not delivered", "delivered, unacked", "")


class Observer:
    """Takes observations of one bench. `broker` is what was last seen of its broker."""

    def __init__(self, bench: Bench) -> None:
        self._bench = bench
        self._truth = TruthObserver(bench.truth, bench.control)
        self.broker = BrokerObserver(self._truth.knows)
        self._probes: dict[str, deque[ProbeSeen]] = {name: deque(maxlen=PROBES) for name in bench.edges}
        self._asked: dict[str, tuple[EdgeRules, Counter[str]]] = {}

    @property
    def is_unsettled(self) -> bool:
        """True while some answer in sight is not right, so that more requests would show more."""
        return any(probe.outcome != "right" for probes in self._probes.values() for probe in probes)

    async def observe(self) -> Observation:
        """Take one observation. Never raises for a part that is down: that part says so."""
        edges = self._bench.edges.values()
        facts = self._truth.facts()
        await self.broker.look(self._connection)
        probes = {edge.name: self._probe(edge) for edge in edges}
        truth = replace(self._truth.truth(), loss=loss.look(self._bench))
        record = self._truth.record(facts, [edge.committed() for edge in edges], self.broker.tape.ids)
        if not self._sees_routes():
            # What lies in a broker that nobody can look into is not known to be untold.
            record = replace(record, untold=())
        claims = [self._claim(edge) for edge in edges]
        for edge, claim in zip(edges, claims, strict=True):
            self._count(edge, claim, record, probes[edge.name])
        report = audit(record, claims)
        return Observation(
            at=time.time(),
            moment=self._bench.journal.last,
            truth=truth,
            outbox=self._truth.outbox(),
            relay=self._relay(),
            streams=self.broker.streams,
            consumers=self.broker.consumers,
            edges=tuple(self._edge(edge, claim, record) for edge, claim in zip(edges, claims, strict=True)),
            snapshots=self.broker.snapshots,
            pace=PaceSeen(self._bench.pace.tempo, self._bench.pace.waiting),
            audit=AuditSeen(report.soundness, report.sentence, report.findings),
            broker=self._broker(),
            storm=self._bench.trials.last_storm,
            missing=self._bench.trials.missing(),
        )

    def _sees_routes(self) -> bool:
        return any(stream.name == "ROUTES" and stream.available for stream in self.broker.streams)

    # Parts.

    def _relay(self) -> RelaySeen:
        relay = self._bench.relay
        return RelaySeen(
            relay.state, relay.reason, relay.published, relay.duplicates, relay.unanswered, relay.refused, relay.rules,
            relay.path.armed or "",
        )  # fmt: skip

    def _broker(self) -> BrokerSeen:
        broker = self._bench.broker
        return BrokerSeen(
            str(broker.state), broker.pid or 0, broker.url, broker.user, broker.password, broker.restarts, broker.kept,
            broker.reason,
        )  # fmt: skip

    def _connection(self) -> Wire:
        state = self._bench.broker.state
        if state != "up":
            raise Unavailable(f"the broker is {state}")
        return self._bench.wire()

    # Edges.

    def _probe(self, edge: Edge) -> list[ProbeSeen]:
        """Ask an edge for every route, now."""
        asked = []
        for route, owner in self._bench.truth.owners().items():
            try:
                answer = edge.answer(route)
            except Unavailable as error:
                asked.append(ProbeSeen(route, "refused", str(error), owner))
            else:
                outcome = "right" if answer == owner else "wrong"
                asked.append(ProbeSeen(route, outcome, answer, owner))
        return asked

    def _count(self, edge: Edge, claim: Claim, record: TruthRecord, probes: Sequence[ProbeSeen]) -> None:
        """Add to what has become of all requests under the edge's present rules. Nobody is asked while it is down."""
        rules, counts = self._asked.get(edge.name, (edge.rules, Counter[str]()))
        if rules != edge.rules:
            counts = Counter()
        for probe in probes:
            late = probe.outcome == "wrong" and why_row_differs(record, claim, probe.route) in UNDER_WAY
            self._probes[edge.name].append(replace(probe, late=late))
            if edge.mode is not Mode.DOWN:
                counts["late" if late else probe.outcome] += 1
        self._asked[edge.name] = (edge.rules, counts)

    def _claim(self, edge: Edge) -> Claim:
        consumer = next((c for c in self.broker.consumers if c.stream == "ROUTES" and c.name == edge.consumer), None)
        rows, position = edge.committed()
        pending = consumer.num_pending if consumer else None
        outstanding = consumer.num_ack_pending if consumer else None
        return Claim(edge.name, edge.mode, position, rows, pending, outstanding, edge.stuck)

    def _edge(self, edge: Edge, claim: Claim, record: TruthRecord) -> EdgeSeen:
        position = claim.position
        truthful = record.as_of.get(position.sequence, {})
        order = {name: place for place, name in enumerate(record.now)}
        rows = []
        for row in sorted(claim.rows, key=lambda row: (order.get(row.route, len(order)), row.route)):
            fact = truthful.get(row.route)
            lie = fact is None or (fact.owner, fact.epoch) != (row.owner, row.epoch)
            cause = why_row_differs(record, claim, row.route)
            rows.append(RowSeen(row.route, row.owner, row.epoch, row.event_id, row.drains, cause, lie))
        return EdgeSeen(
            edge.name, edge.mode, _say_claim(edge, position), edge.reason, position.sequence, position.event_id,
            position.stream_seq, edge.mark.sequence if edge.mark else 0, tuple(rows), tuple(self._probes[edge.name]),
            {name: edge.counters[name] for name in COUNTERS}, edge.rules, in_words(edge.rules),
            edge.path.armed or "", edge.stuck, edge.stumbles, len(edge.recall),
            {word: self._asked[edge.name][1][word] for word in OUTCOMES}, round(time.monotonic() - edge.heard_at, 1),
        )  # fmt: skip


def _say_claim(edge: Edge, position: Position) -> str:
    if edge.mode is Mode.CURRENT:
        return f"current at {position.sequence}"
    if edge.mode is Mode.CATCHING_UP:
        return f"catching up from {position.sequence}"
    if edge.mode is Mode.FAILED_CLOSED:
        return f"failed closed: {edge.reason}"
    return edge.mode.value
