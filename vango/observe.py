"""Observing: one pass over truth, broker and edges that gives one frozen picture.

The order of reading keeps a correct bench from looking wrong: truth first, then consumers, then edges, then the truth
as of what the edges claim. An event read as published is then pending, outstanding or already applied.
"""

from __future__ import annotations

import time
from collections import deque
from typing import TYPE_CHECKING, Any

from vango import snapshots, streams
from vango.core.audit import Claim, Fact, Told, TruthRecord, audit, why_row_differs
from vango.core.judge import Position
from vango.core.modes import Mode
from vango.core.rules import StreamRules, in_words
from vango.core.snapshot import BadSnapshot, unseal
from vango.errors import NotThere, StudyLabError, Unavailable
from vango.observation import (
    AllocationSeen,
    AuditSeen,
    BrokerSeen,
    ConsumerSeen,
    EdgeSeen,
    FactSeen,
    Observation,
    OutboxSeen,
    ProbeSeen,
    RelaySeen,
    RouteSeen,
    RowSeen,
    SnapshotSeen,
    StreamSeen,
    TruthSeen,
    WaitingSeen,
)
from vango.outbox import high_water_mark, waiting
from vango.tape import Tape, mark_known

if TYPE_CHECKING:
    from vango.bench import Bench
    from vango.edge import Edge
    from vango.wire import Wire

HISTORY = 30
PROBES = 24
WAITING_SHOWN = 8
MAX_UNTOLD = 50
COUNTERS = ("received", "redelivered", "applied", "duplicates", "stale", "gaps", "foreign", "invalid", "rebuilds")


class Observer:
    """Takes observations of one bench."""

    def __init__(self, bench: Bench) -> None:
        self._bench = bench
        self.tape = Tape()
        self._probes: dict[str, deque[ProbeSeen]] = {name: deque(maxlen=PROBES) for name in bench.edges}
        self._streams: tuple[StreamSeen, ...] = ()
        self._consumers: tuple[ConsumerSeen, ...] = ()
        self._snapshots: tuple[SnapshotSeen, ...] = ()
        self._bucket_seq = -1

    @property
    def is_unsettled(self) -> bool:
        """True while some answer in sight is not right, so that more requests would show more."""
        return any(probe.outcome != "right" for probes in self._probes.values() for probe in probes)

    def forget(self) -> None:
        """Forget everything that was seen of the broker."""
        self.tape.forget()
        self._streams, self._consumers, self._snapshots, self._bucket_seq = (), (), (), -1

    async def observe(self) -> Observation:
        """Take one observation. Never raises for a part that is down: that part says so."""
        facts = self._facts()
        await self._look_at_broker()
        for edge in self._bench.edges.values():
            self._probe(edge)
        truth = self._truth()
        record = self._record(facts)
        claims = {name: self._claim(edge) for name, edge in self._bench.edges.items()}
        report = audit(record, list(claims.values()))
        return Observation(
            at=time.time(),
            moment=self._bench.journal.last,
            truth=truth,
            outbox=self._outbox(),
            relay=self._relay(),
            streams=self._streams,
            consumers=self._consumers,
            edges=tuple(self._edge(edge, claims[name], record) for name, edge in self._bench.edges.items()),
            snapshots=self._snapshots,
            audit=AuditSeen(report.soundness, report.sentence, report.findings),
            broker=self._broker(),
        )

    # Truth.

    def _facts(self) -> dict[str, Fact]:
        """Return the present fact of every route, with how far its news has come."""
        rows = self._bench.truth.db.conn.execute(
            f"{_FACT} JOIN route AS r ON r.sequence = e.sequence WHERE e.feed = 'route' ORDER BY r.rowid"
        )
        return {row[2]: _fact(row) for row in rows}

    def _as_of(self, sequence: int) -> dict[str, Fact]:
        rows = self._bench.truth.db.conn.execute(
            f"{_FACT} WHERE e.feed = 'route' AND e.sequence IN"
            " (SELECT (SELECT max(h.sequence) FROM event AS h WHERE h.feed = 'route' AND h.route = r.name"
            "  AND h.sequence <= ?) FROM route AS r)",
            [sequence],
        )
        return {row[2]: _fact(row) for row in rows}

    def _record(self, facts: dict[str, Fact]) -> TruthRecord:
        truth = self._bench.truth
        views = [edge.committed() for edge in self._bench.edges.values()]
        claimed = {position.sequence for _, position in views}
        ids = {row.event_id for rows, _ in views for row in rows}
        untold = truth.db.conn.execute(
            f"{_FACT} WHERE e.feed = 'route' AND o.event_id IS NULL ORDER BY e.sequence LIMIT ?", [MAX_UNTOLD]
        )
        missing = tuple(fact for fact in map(_fact, untold) if fact.event_id not in self.tape.ids)
        return TruthRecord(
            latest=high_water_mark(truth, "route").sequence,
            now=facts,
            as_of={sequence: self._as_of(sequence) for sequence in claimed},
            known_ids=frozenset(event_id for event_id in ids if self._knows(event_id)),
            untold=missing,
            waiting=truth.db.conn.execute(
                "SELECT count(*) FROM outbox WHERE published_at IS NULL AND feed = 'route'"
            ).fetchone()[0],
        )

    def _knows(self, event_id: str) -> bool:
        found = self._bench.truth.db.conn.execute("SELECT 1 FROM event WHERE id = ?", [event_id])
        return found.fetchone() is not None

    def _truth(self) -> TruthSeen:
        db, control = self._bench.truth.db.conn, self._bench.control
        mark = high_water_mark(self._bench.truth, "route")
        history = db.execute(f"{_FACT} WHERE e.feed = 'route' ORDER BY e.sequence DESC LIMIT ?", [HISTORY])
        return TruthSeen(
            revision=db.execute("SELECT coalesce(max(number), 0) FROM revision").fetchone()[0],
            sequence=mark.sequence,
            event_id=mark.event_id,
            routes=tuple(RouteSeen(*row) for row in db.execute(
                "SELECT name, owner, epoch, sequence, revision FROM route ORDER BY rowid")),
            allocations=tuple(AllocationSeen(*row) for row in db.execute("SELECT name, state FROM allocation ORDER BY name")),
            history=tuple(FactSeen(row[0], row[1], row[2], row[3], row[4], row[6], _told(row[5])) for row in history),
            write_order=control.write_order,
            armed=control.path.armed or "",
            trouble="",
        )  # fmt: skip

    def _outbox(self) -> OutboxSeen:
        db = self._bench.truth.db.conn
        count, oldest = db.execute("SELECT count(*), min(queued_at) FROM outbox WHERE published_at IS NULL").fetchone()
        total = db.execute("SELECT count(*) FROM outbox").fetchone()[0]
        rows = waiting(self._bench.truth, limit=WAITING_SHOWN)
        return OutboxSeen(
            count, total - count, round(max(0.0, time.time() - oldest), 1) if oldest else 0.0,
            tuple(WaitingSeen(row.position, row.event_id, row.subject, row.sequence) for row in rows),
        )  # fmt: skip

    def _relay(self) -> RelaySeen:
        relay = self._bench.relay
        return RelaySeen(
            relay.state, relay.reason, relay.published, relay.duplicates, relay.unanswered, relay.refused, relay.rules,
            relay.path.armed or "",
        )  # fmt: skip

    # Broker.

    def _broker(self) -> BrokerSeen:
        broker = self._bench.broker
        return BrokerSeen(
            str(broker.state), broker.pid or 0, broker.url, broker.user, broker.password, broker.restarts, broker.kept,
            broker.reason,
        )  # fmt: skip

    async def _look_at_broker(self) -> None:
        """Look at every stream by itself, so that one that does not answer hides no other."""
        try:
            if self._bench.broker.state != "up":
                raise Unavailable(f"the broker is {self._bench.broker.state}")
            wire = self._bench.wire()
        except Unavailable as error:
            self._streams = tuple(_unseen(name, str(error)) for name in streams.SUBJECTS)
            return
        pairs = [await self._stream(wire, name) for name in streams.SUBJECTS]
        self._streams = tuple(stream for stream, _ in pairs)
        self._consumers = tuple(consumer for _, consumers in pairs for consumer in consumers)
        await self._look_at_bucket(wire)

    async def _stream(self, wire: Wire, name: str) -> tuple[StreamSeen, list[ConsumerSeen]]:
        try:
            info = await wire.api(f"STREAM.INFO.{name}", {"deleted_details": True})
            cells, holes = await self.tape.read(wire, name, info)
            consumers = await _consumers(wire, name)
        except NotThere:
            return _unseen(name, "the server has no such stream"), []
        except StudyLabError as error:
            return _unseen(name, str(error)), []
        state, config = info["state"], info["config"]
        return StreamSeen(
            name, True, "", tuple(config["subjects"]), state["messages"], state["bytes"], state["first_seq"],
            state["last_seq"], state.get("num_deleted", 0), streams.rules_of(config),
            mark_known(cells, self._knows), tuple(holes),
        ), consumers  # fmt: skip

    async def _look_at_bucket(self, wire: Wire) -> None:
        try:
            seq = (await wire.api(f"STREAM.INFO.{snapshots.BUCKET_STREAM}"))["state"]["last_seq"]
            if seq != self._bucket_seq:
                self._snapshots = tuple([await _snapshot(wire, name) for name in await snapshots.names(wire)])
                self._bucket_seq = seq
        except StudyLabError:
            # No bucket, or a snapshot that was deleted between listing and reading: the next look tells.
            self._snapshots, self._bucket_seq = (), -1

    # Edges.

    def _probe(self, edge: Edge) -> None:
        for route, owner in self._bench.truth.owners().items():
            try:
                answer = edge.answer(route)
            except Unavailable as error:
                self._probes[edge.name].append(ProbeSeen(route, "refused", str(error), owner))
            else:
                outcome = "right" if answer == owner else "wrong"
                self._probes[edge.name].append(ProbeSeen(route, outcome, answer, owner))

    def _claim(self, edge: Edge) -> Claim:
        consumer = next((c for c in self._consumers if c.stream == "ROUTES" and c.name == edge.name), None)
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
            edge.path.armed or "", edge.stuck,
        )  # fmt: skip


_FACT = (
    "SELECT e.sequence, e.id, e.route, e.owner, e.epoch,"
    " CASE WHEN o.event_id IS NULL THEN 0 WHEN o.published_at IS NULL THEN 1 ELSE 2 END, e.revision"
    " FROM event AS e LEFT JOIN outbox AS o ON o.feed = e.feed AND o.sequence = e.sequence"
)


def _told(code: int) -> Told:
    return (Told.NO_OUTBOX_ROW, Told.WAITING, Told.PUBLISHED)[code]


def _fact(row: tuple[Any, ...]) -> Fact:
    return Fact(row[0], row[1], row[2], row[3], row[4], _told(row[5]))


def _say_claim(edge: Edge, position: Position) -> str:
    if edge.mode is Mode.CURRENT:
        return f"current at {position.sequence}"
    if edge.mode is Mode.CATCHING_UP:
        return f"catching up from {position.sequence}"
    if edge.mode is Mode.FAILED_CLOSED:
        return f"failed closed: {edge.reason}"
    return edge.mode.value


def _unseen(name: str, trouble: str) -> StreamSeen:
    """A stream that cannot be read: an empty one. What was seen before is not shown as if it were now."""
    return StreamSeen(name, False, trouble, streams.SUBJECTS[name], 0, 0, 0, 0, 0, StreamRules(), (), ())


async def _consumers(wire: Wire, stream: str) -> list[ConsumerSeen]:
    found = (await wire.api(f"CONSUMER.LIST.{stream}"))["consumers"] or []
    return sorted((_consumer(info) for info in found), key=lambda seen: seen.name)


def _consumer(info: dict[str, Any]) -> ConsumerSeen:
    config = info["config"]
    return ConsumerSeen(
        info["stream_name"], info["name"], bool(config.get("durable_name")), config.get("filter_subject", ">"),
        info["delivered"]["stream_seq"], info["ack_floor"]["stream_seq"], info["num_pending"], info["num_ack_pending"],
        info["num_redelivered"], info.get("num_waiting", 0),
    )  # fmt: skip


async def _snapshot(wire: Wire, name: str) -> SnapshotSeen:
    stored = await snapshots.fetch(wire, name)
    try:
        loose = unseal(stored, verify=False)
        unseal(stored)
        sound = True
    except BadSnapshot:
        try:
            loose, sound = unseal(stored, verify=False), False
        except BadSnapshot:
            return SnapshotSeen(name, 0, 0, 0, "", False)
    return SnapshotSeen(name, loose.sequence, loose.stream_seq, len(loose.rows), snapshots.claimed_sum(stored), sound)
