"""Observing: one pass over truth, broker and edges that gives one frozen picture.

The order of reading keeps a correct bench from looking wrong: truth first, then consumers, then edges, then the truth
as of what the edges claim. An event read as published is then pending, outstanding or already applied.
"""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from vango.actors.errors import Unavailable
from vango.actors.pace import Pace
from vango.actors.progress import Progress
from vango.broker import streams
from vango.broker.broker import Broker
from vango.broker.connection import Connection
from vango.core.ages import Item
from vango.core.audit import audit
from vango.core.judge import Position, Row
from vango.core.modes import Mode
from vango.core.records import Claim, StuckRow, TruthRecord
from vango.core.rules import EdgeRules, in_words
from vango.edge.edge import Edge
from vango.guests.guests import Guests
from vango.journal.journal import Journal
from vango.observe.accusing import accusing
from vango.observe.broker import BrokerObserver
from vango.observe.edges import ProbeLog, rows_seen
from vango.observe.guests import GuestObserver
from vango.observe.model import (
    AuditSeen,
    BrokerSeen,
    EdgeSeen,
    LossSeen,
    Observation,
    PaceSeen,
    ProbeSeen,
    RelaySeen,
    StormSeen,
)
from vango.observe.truth import TruthObserver
from vango.relay.relay import Relay
from vango.truth.control_plane import ControlPlane
from vango.truth.store import Truth

SILENT_S = 6.0
"""An idle relay sends every five seconds: an edge that hears nothing for longer is cut off."""
TROUBLED_S, AGEING_S, STILL_S = 1.0, 5.0, 15.0
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


@dataclass(frozen=True, slots=True)
class Parts:
    """What is observed. `wire` raises `Unavailable` without a broker; `lost` compares a destroyed database with its
    replacement.

    `last_storm`, `missing` and `undo` are what the bench knows of itself: its last storm, the protections that are
    off, and what undo would undo.
    """

    truth: Truth
    control: ControlPlane
    relay: Relay
    edges: Mapping[str, Edge[Row]]
    guests: Guests
    broker: Broker
    journal: Journal
    pace: Pace
    progress: Progress
    wire: Callable[[], Connection]
    lost: Callable[[], Awaitable[LossSeen | None]]
    last_storm: Callable[[], StormSeen | None]
    missing: Callable[[], tuple[str, ...]]
    undo: Callable[[], str]


class Observer:
    """Takes observations of one bench. `broker` is the last observation of its broker."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._truth = TruthObserver(parts.truth, parts.control, parts.journal.seen_stored)
        self.broker = BrokerObserver(self._truth.known)
        self._guests = GuestObserver(parts.guests, self._truth)
        self._probes = {name: ProbeLog() for name in parts.edges}
        self._rules: dict[str, EdgeRules] = {}
        self._met: dict[Item, int] = {}

    def patience_s(self) -> float:
        """Return for how many seconds a look is good when no change is known since.

        It is shortest while some visible answer is not right, so that more requests would show more, or while a
        guest's claim ages.
        """
        if self._parts.guests.is_ageing or any(log.shows_trouble for log in self._probes.values()):
            return TROUBLED_S
        now = time.monotonic()
        is_silent = any(now - edge.heard_at > SILENT_S for edge in self._parts.edges.values())
        return AGEING_S if is_silent else STILL_S

    async def observe(self) -> Observation:
        """Take one observation. Never raises for a part that is down: that part says so."""
        edges = self._parts.edges.values()
        facts = self._truth.facts()
        await self.broker.look(self._connection)
        lost = await self._parts.lost()
        owners = self._parts.truth.owners()
        probes = {edge.name: self._probe(edge, owners) for edge in edges}
        truth = replace(self._truth.truth(), loss=lost)
        heard = self._guests.heard()
        views = [edge.committed() for edge in edges] + [((), at) for at in self._guests.positions(heard)]
        record = self._truth.record(facts, views, self.broker.tape.ids)
        if not self._sees_routes():
            # While the broker cannot be observed, its content is not known to be untold.
            record = replace(record, untold=())
        record = replace(self._on_tape(record), stuck=self._stuck(record))
        claims = [self._claim(edge) for edge in edges]
        for edge, claim in zip(edges, claims, strict=True):
            self._count(edge, claim, record, probes[edge.name])
        report = audit(record, claims)
        seen = Observation(
            at=time.time(),
            moment=self._parts.journal.last,
            truth=truth,
            outbox=self._truth.outbox(),
            relay=self._relay(),
            streams=self.broker.streams,
            consumers=self.broker.consumers,
            edges=tuple(self._edge(edge, claim, record) for edge, claim in zip(edges, claims, strict=True)),
            snapshots=self.broker.snapshots,
            pace=PaceSeen(self._parts.pace.tempo, self._parts.pace.waiting),
            audit=AuditSeen(report.soundness, report.sentence, report.findings),
            broker=self._broker(),
            storm=self._parts.last_storm(),
            missing=self._parts.missing(),
            guests=self._guests.see(heard, record, self.broker.consumers, owners),
            turned_away=self._guests.turned_away(),
            outside=self.broker.outside,
            work=self._parts.progress.see(),
            undo=self._parts.undo(),
        )
        seen, self._met = accusing(seen, self._met)
        return seen

    def _sees_routes(self) -> bool:
        return any(stream.name == "ROUTES" and stream.available for stream in self.broker.streams)

    def _on_tape(self, record: TruthRecord) -> TruthRecord:
        """Add which events the stream of the routes holds, if it answers."""
        for stream in self.broker.streams:
            if stream.name == "ROUTES" and stream.available:
                stored = {cell.event_id: cell.seq for cell in reversed(stream.cells)}
                return replace(record, stored=stored, tape_is_whole=stream.messages == len(stream.cells))
        return record

    def _stuck(self, record: TruthRecord) -> tuple[StuckRow, ...]:
        """Add the rows that the broker refuses. If their stream is missing, the panel of the broker says so."""
        known = {row.event_id for row in record.stuck}
        there = {stream.name for stream in self.broker.streams if stream.available}
        refused = (row for row in self._parts.relay.stuck if row.event_id not in known)
        return (*record.stuck, *(row for row in refused if streams.of_feed(row.feed) in there))

    # Parts.

    def _relay(self) -> RelaySeen:
        relay = self._parts.relay
        return RelaySeen(
            relay.state, relay.reason, relay.published, relay.duplicates, relay.unanswered, relay.refused, relay.rules,
            relay.path.armed or "", relay.last_unanswered, relay.gave_up,
        )  # fmt: skip

    def _broker(self) -> BrokerSeen:
        broker = self._parts.broker
        return BrokerSeen(
            str(broker.state), broker.pid or 0, broker.url, broker.user, broker.password, broker.restarts, broker.kept,
            broker.reason, broker.edge_user, broker.edge_password, broker.open_url,
        )  # fmt: skip

    def _connection(self) -> Connection:
        state = self._parts.broker.state
        if state != "up":
            raise Unavailable(f"the broker is {state}")
        return self._parts.wire()

    # Edges.

    def _probe(self, edge: Edge[Row], owners: dict[str, str]) -> list[ProbeSeen]:
        """Ask an edge for every route, now, if it is due."""
        asked: list[ProbeSeen] = []
        if not self._probes[edge.name].is_due((edge.mode, edge.rules, edge.committed(), owners)):
            return asked
        for route, owner in owners.items():
            try:
                answer = edge.answer(route).owner
            except Unavailable as error:
                asked.append(ProbeSeen(route, "refused", str(error), owner))
            else:
                outcome = "right" if answer == owner else "wrong"
                asked.append(ProbeSeen(route, outcome, answer, owner))
        return asked

    def _count(self, edge: Edge[Row], claim: Claim, record: TruthRecord, probes: Sequence[ProbeSeen]) -> None:
        """Add to what has become of all requests under the edge's present rules. Nobody is asked while it is down."""
        log = self._probes[edge.name]
        if self._rules.setdefault(edge.name, edge.rules) != edge.rules:
            self._rules[edge.name] = edge.rules
            log.begin_counting()
        log.add(probes, record, claim, is_there=edge.mode is not Mode.DOWN)

    def _claim(self, edge: Edge[Row]) -> Claim:
        consumer = next((c for c in self.broker.consumers if c.stream == "ROUTES" and c.name == edge.consumer), None)
        rows, position = edge.committed()
        pending = consumer.num_pending if consumer else None
        outstanding = consumer.num_ack_pending if consumer else None
        delivered = consumer.last_delivered if consumer else None
        return Claim(edge.name, edge.mode, position, rows, pending, outstanding, edge.stuck, delivered)

    def _edge(self, edge: Edge[Row], claim: Claim, record: TruthRecord) -> EdgeSeen:
        position = claim.position
        return EdgeSeen(
            edge.name, edge.mode, _say_claim(edge, position), edge.reason, position.sequence, position.event_id,
            position.stream_seq, edge.mark.sequence if edge.mark else 0, rows_seen(claim, record),
            tuple(self._probes[edge.name].last),
            {name: edge.counters[name] for name in COUNTERS}, edge.rules, in_words(edge.rules),
            edge.path.armed or "", edge.stuck, edge.stumbles, len(edge.recent_ids),
            self._probes[edge.name].asked, int(time.monotonic() - edge.heard_at), edge.cause,
        )  # fmt: skip


def _say_claim(edge: Edge[Row], position: Position) -> str:
    if edge.mode is Mode.CURRENT:
        return f"current at {position.sequence}"
    if edge.mode is Mode.CATCHING_UP:
        return f"catching up from {position.sequence}"
    if edge.mode is Mode.FAILED_CLOSED:
        return f"failed closed: {edge.reason}"
    return edge.mode.value
