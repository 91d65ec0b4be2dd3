"""The relay: publishes the outbox, in order, then marks each row published. It also tells how far truth has come.

Woken by the commit. A batch is sent pipelined, with a message id each, and its rows are marked on their PubAcks in
one transaction; the broker stores the next batch meanwhile. An answer that does not come says nothing about what was
stored, so the row is published again under the same id; the broker's duplicate window and the edges' own checks absorb
the second copy. `vango.relay.unanswered` has the two wrong ways beside this one.

Each feed goes its own way (`vango.relay.lane`), in order. A row that the broker does not take stops its feed, and nobody
else's: later rows of that feed wait behind it. What was under way behind it and was acked is marked all the same, so
that it is not sent twice. What may be refused, as far as is known, goes alone (`vango.relay.reception`).

The heartbeat and the lease have a timer of their own: however long a publish takes, others hear that the relay lives.
"""

from __future__ import annotations

import asyncio
import json
import sqlite3
import time
from collections import deque
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from typing import Any, NamedTuple

from nats.aio.msg import Msg

from vango.actors import tasks
from vango.actors.crash_points import RELAY_POINTS, Crashed, Pace, Path, Point
from vango.actors.errors import Refused, Unavailable
from vango.actors.sqlite import patiently
from vango.actors.wakeup import Wakeup
from vango.broker.connection import Wire
from vango.core.events import MAX_EVENT_BYTES
from vango.core.records import StuckRow
from vango.core.rules import RelayRules
from vango.journal.journal import Journal
from vango.relay import high_water
from vango.relay.lane import Lane
from vango.relay.pipeline import NO_STREAM, Outgoing, PubAck, Publisher, Sent
from vango.relay.reception import Reception, stuck_for_ever, stuck_until_changed, why_never
from vango.relay.unanswered import NoAnswer
from vango.truth.outbox import (
    FEEDS,
    LEASE_S,
    LeaseLost,
    Waiting,
    mark_published,
    predecessor,
    renew_lease,
    take_lease,
    waiting,
)
from vango.truth.store import Truth

BATCH = 400
UNDER_WAY = 2
"""Batches at a time. The second keeps the broker busy while the first is marked; more would be more to send again."""
BEAT_S = 1.0
IDLE_BEAT_S = 5.0
IDLE_AFTER_BEATS = 10
RETRY_S = 0.25
WRONG_LAST_MSG_ID = 10070
IDS_TOLD = 50
HEADERS_ALLOWED = 512
"""What the headers of a message take at most, when its size is held against a stream's limit."""
CHAINED_FEED = "route"
"""The feed that has a stream to itself, so that its predecessor is the stream's last message."""


class Batch(NamedTuple):
    """Rows that are under way to the broker, and what was heard of them so far."""

    rows: Sequence[Waiting]
    sent: Sent


class Relay:
    """One relay. `state` is up, down or waiting (for the broker or for the lease); `reason` says why.

    `stored_seq` is where the stream of the routes has the last event that it published there.
    """

    def __init__(
        self,
        truth: Truth,
        journal: Journal,
        connect: Callable[[str], Awaitable[Wire]],
        name: str = "relay",
        pace: Pace | None = None,
    ) -> None:
        self.truth = truth
        self.rules = RelayRules()
        self.path = Path(name, pace)
        self.state, self.reason = "down", "not started"
        self.published = self.duplicates = self.unanswered = self.refused = 0
        self._journal = journal
        self._connect = connect
        self._name = name
        self._token, self._leased_at = 0, 0.0
        self.stored_seq = 0
        self.awake = Wakeup()
        self._task: asyncio.Task[None] | None = None
        self._wire: Wire | None = None
        self._quiet_beats, self._beaten_at = 0, 0.0
        self._begins_chain = False
        self._lanes: tuple[Lane, ...] = ()
        self._reception: Reception | None = None
        self._may_ask = True
        self._no_answer = NoAnswer(truth)

    @property
    def is_running(self) -> bool:
        """True from its start to its end, also while it waits for the broker or for the lease."""
        return self._task is not None

    @property
    def stuck(self) -> tuple[StuckRow, ...]:
        """The rows that the broker did not take, one for each feed that is stopped by such a row."""
        return tuple(lane.stuck for lane in self._lanes if lane.stuck) if self.state == "up" else ()

    async def start(self) -> str:
        """Start publishing where the marks end."""
        if self._task is not None:
            return "The relay is running already."
        self._task = asyncio.create_task(self._run(), name="relay")
        self._journal.write("relay", "start", "relay started")
        return "The relay was started."

    async def kill(self) -> str:
        """Stop dead: memory gone, socket aborted."""
        if self._task is None:
            return "The relay is down already."
        await self.stop("killed")
        self._journal.write("relay", "kill", "relay killed")
        return "The relay was killed."

    def arm(self, point: Point | None) -> str:
        """Arm a crash at a point, or disarm. Raises `Refused` for a point that is not on the relay's path."""
        if point is not None and point not in RELAY_POINTS:
            raise Refused(f"The relay does not pass “{point}”; its points are: {', '.join(RELAY_POINTS)}.")
        self.path.armed = point
        return f"The relay will crash {point}." if point else "The relay is not armed."

    def wake(self) -> None:
        """Tell the relay that something was committed."""
        self._quiet_beats = 0
        self.awake.set()

    def retry(self) -> None:
        """Tell the relay that the broker may take what it did not take before: a stream was made or changed."""
        self._reception, self._may_ask = None, True
        for lane in self._lanes:
            lane.retry()
        self.awake.set()

    async def stop(self, reason: str) -> None:
        """Stop dead and say why."""
        task, self._task = self._task, None
        if self._wire is not None:
            self._wire.abort()
        await tasks.end(task)
        await self._drop_wire()
        self.state, self.reason = "down", reason

    async def _drop_wire(self) -> None:
        wire, self._wire = self._wire, None
        if wire is not None:
            await wire.cut()

    async def _run(self) -> None:
        """Own the relay's life: reconnect after every break, and notice its death."""
        try:
            while True:
                try:
                    await self._session()
                except (Unavailable, LeaseLost, sqlite3.OperationalError) as error:
                    self.state, self.reason = "waiting", str(error) or "another relay holds the lease"
                    await self._drop_wire()
                await asyncio.sleep(RETRY_S)
        except Crashed as crash:
            await self._drop_wire()
            self._task = None
            self.state, self.reason = "down", f"crashed {crash.point}"
            self._journal.write("relay", "crash", f"crashed {crash.point}")
        except Exception as error:  # noqa: BLE001 (the one place where the relay's death is noticed)
            await self._drop_wire()
            self._task = None
            self.state, self.reason = "down", f"{type(error).__name__}: {error}"
            self._journal.write("relay", "crash", f"died: {self.reason}")

    async def _session(self) -> None:
        wire = self._wire = await self._connect("relay")
        token = await patiently(take_lease, self.truth, self._name)
        if token is None:
            raise LeaseLost
        self._token, self._leased_at = token, time.monotonic()
        wire.wakes(self.awake)
        publisher = Publisher(wire)
        await publisher.open()
        await wire.subscribe(high_water.REQUEST, self._answer_mark)
        self.state, self.reason = "up", ""
        self._lanes, self._reception, self._may_ask = tuple(map(Lane, FEEDS)), None, True
        timer = self._begin_task(self._keep_time(wire), "relay timer")
        try:
            while not wire.broken.is_set():
                self.awake.clear()
                await self._turn(wire, publisher)
                if timer.done():
                    timer.result()
            raise Unavailable("The connection to the broker broke.")
        finally:
            for task in (timer, *(lane.task for lane in self._lanes)):
                await tasks.end(task)

    def _begin_task(self, work: Coroutine[Any, Any, None], name: str) -> asyncio.Task[None]:
        """Begin a task whose end wakes the relay, which then looks how it ended."""
        task = asyncio.create_task(work, name=name)
        task.add_done_callback(self._hear_end)
        return task

    def _hear_end(self, task: asyncio.Task[None]) -> None:
        tasks.look_at(task)
        self.awake.set()

    async def _turn(self, wire: Wire, publisher: Publisher) -> None:
        """Look how the lanes stand, begin those that have something to send, and wait until somebody calls."""
        for lane in self._lanes:
            if lane.task is not None and lane.task.done():
                ended, lane.task = lane.task, None
                ended.result()
        if self._reception is None and self._may_ask:
            self._may_ask = False
            self._reception = await Reception.ask(wire)
        # Who is held now is looked at again when that is over; asked before the others begin, so that nobody is missed.
        pause_s = min((held for lane in self._lanes if (held := lane.held_s)), default=None)
        self._begin_lanes(publisher)
        self.reason = next((lane.trouble for lane in self._lanes if lane.trouble), "")
        if any(lane.task for lane in self._lanes):
            await self.awake.listen(pause_s)
        else:
            await self._beat(wire)
            self._quiet_beats += 1
            # Whoever crashed behind a commit woke nobody: look now and then in any case.
            await self.awake.rest(min(pause_s or IDLE_BEAT_S, self._beat_s))

    def _begin_lanes(self, publisher: Publisher) -> None:
        """Begin the lanes that may go; while somebody watches the relay's points, only the one whose turn it is."""
        heads = [
            (rows[0].position, lane)
            for lane in self._lanes
            if lane.task is None and not lane.held_s and (rows := waiting(self.truth, limit=1, feed=lane.feed))
        ]
        heads.sort(key=lambda head: head[0])
        if self.path.is_slowed:
            heads = [] if any(lane.task for lane in self._lanes) else heads[:1]
        for _, lane in heads:
            lane.task = self._begin_task(self.publish(publisher, lane), f"relay of {lane.feed}")

    async def publish(self, publisher: Publisher, lane: Lane) -> None:
        """Publish what waits in one feed, in order, and mark what the broker acked, until nothing waits or a row cannot go."""
        under_way: deque[Batch] = deque()
        stopped = False
        while not publisher.is_broken:
            while not stopped and len(under_way) < UNDER_WAY and (rows := self._next_rows(lane, under_way, publisher)):
                await self.path.reach(Point.BEFORE_PUBLISH)
                self._tell_publish(rows)
                under_way.append(Batch(rows, await publisher.send([self._outgoing(row) for row in rows])))
                # Every other bench has its turn between two batches.
                await asyncio.sleep(0)
            if not under_way:
                return
            rows, sent = under_way.popleft()
            acks = await publisher.answers(sent, timeout_s=self.rules.ack_timeout_s)
            await self.path.reach(Point.BEFORE_MARK)
            # Behind a row that did not go nothing is sent. What is under way behind it is still heard out.
            stopped = not await self._mark_acked(lane, rows, acks) or stopped or self.path.is_slowed

    def _next_rows(self, lane: Lane, under_way: Sequence[Batch], publisher: Publisher) -> Sequence[Waiting]:
        """Return the rows of a feed behind those that are under way, as many as may be sent before an answer is heard."""
        goes_alone = self.path.is_slowed or bool(lane.trouble)
        if under_way and (goes_alone or not self._is_expected(under_way[-1].rows[-1])):
            return []
        last = under_way[-1].rows[-1].position if under_way else 0
        rows = waiting(self.truth, after=last, limit=1 if goes_alone else BATCH, feed=lane.feed)
        for index, row in enumerate(rows):
            if reason := why_never(row.subject, row.body, self._headers(row), publisher.max_payload):
                if index == 0 and not under_way:
                    self._tell_never(lane, row, reason)
                return rows[:index]
            if not self._is_expected(row):
                return rows[:index] if index or under_way else rows[:1]
        return rows

    def _is_expected(self, row: Waiting) -> bool:
        size = len(row.body) + HEADERS_ALLOWED
        return self._reception is not None and self._reception.expects(row.subject, size)

    async def _mark_acked(self, lane: Lane, rows: Sequence[Waiting], acks: Sequence[PubAck | None]) -> bool:
        """Mark the rows that were acked, and say whether all were. Raises nothing for an answer that is missing."""
        read = [(row, _as_stored(row, ack)) for row, ack in zip(rows, acks, strict=True)]
        marked = [(row, ack) for row, ack in read if ack is not None and not ack.error]
        others = [] if len(marked) == len(rows) else read
        refused = [(row, ack) for row, ack in others if ack is not None and ack.error]
        silent = [row for row, ack in others if ack is None]
        if marked:
            stored = [(row.position, ack.seq) for row, ack in marked]
            sql = await patiently(mark_published, self.truth, stored, token=self._token)
            self._no_answer.settled([row for row, _ in marked])
            lane.went()
            self._may_ask = True
            self._count(marked, sql)
        if silent:
            self._deal_with_silence(lane, silent)
        if refused:
            self._tell_refusal(lane, *refused[0])
        return len(marked) == len(rows)

    def _deal_with_silence(self, lane: Lane, rows: Sequence[Waiting]) -> None:
        what = self._no_answer.deal_with(rows, self.rules.on_no_answer, token=self._token)
        self.unanswered += len(rows)
        self._may_ask = False
        self._hold(lane, f"no PubAck for {rows[0].event_id}: stored or not is unknown; {what}")
        ids = [row.event_id for row in rows[:IDS_TOLD]]
        self._journal.write("relay", "unanswered", lane.trouble, count=len(rows), event_ids=ids)

    def _hold(self, lane: Lane, trouble: str, stuck: StuckRow | None = None) -> None:
        lane.hold(trouble, stuck)
        self.reason, self._reception = trouble, None

    def _outgoing(self, row: Waiting) -> Outgoing:
        headers = self._headers(row)
        if self.rules.expect_predecessor and row.feed == CHAINED_FEED:
            if not self._begins_chain and (before := predecessor(self.truth, row)):
                headers["Nats-Expected-Last-Msg-Id"] = before
            self._begins_chain = False
        return Outgoing(row.subject, row.body, headers)

    def _headers(self, row: Waiting) -> dict[str, str]:
        return {"Nats-Msg-Id": self._no_answer.message_id(row)} if self.rules.message_ids else {}

    def _tell_publish(self, rows: Sequence[Waiting]) -> None:
        """Written before the messages leave, so that the journal has the cause above its effects."""
        first = rows[0]
        text = f"publish {first.event_id}" if len(rows) == 1 else f"publish {len(rows)} events"
        self._journal.write(
            "relay", "publish", text, subject=first.subject, count=len(rows), message=_readable(first.body),
            headers=self._headers(first),
        )  # fmt: skip
        if odd := [row for row in rows if not row.is_json]:
            more = f" and {len(odd) - 1} more" if len(odd) > 1 else ""
            text = f"the body of {odd[0].event_id} (outbox row {odd[0].position}){more} is no JSON; the bytes go as they are"
            self._journal.write("relay", "unreadable", text, positions=[row.position for row in odd[:IDS_TOLD]])

    def _count(self, marked: Sequence[tuple[Waiting, PubAck]], sql: Sequence[str]) -> None:
        self.published += len(marked)
        self.stored_seq = next((ack.seq for row, ack in reversed(marked) if row.feed == CHAINED_FEED), self.stored_seq)
        duplicates = sum(ack.duplicate for _, ack in marked)
        self.duplicates += duplicates
        (first, _), (last, last_ack) = marked[0], marked[-1]
        what = f"{first.event_id}" if first is last else f"{len(marked)} events, the last"
        said = (
            f", {duplicates} of them duplicates"
            if duplicates and first is not last
            else ", duplicate" * bool(duplicates)
        )
        self._journal.write(
            "relay", "duplicate" if duplicates else "mark", f"mark {what}: acked as seq {last_ack.seq}{said}",
            count=len(marked), duplicates=duplicates, first_position=first.position, last_position=last.position,
            stored={row.event_id: ack.seq for row, ack in marked[:IDS_TOLD]}, sql=sql,
        )  # fmt: skip

    def _tell_refusal(self, lane: Lane, row: Waiting, ack: PubAck) -> None:
        self.refused += 1
        refusal = f"{ack.code}: {ack.error}" if ack.code == NO_STREAM else f"{ack.code} {ack.error}"
        self._may_ask = True
        is_chain = ack.code == WRONG_LAST_MSG_ID
        stuck = None if is_chain else stuck_until_changed(row, refusal)
        self._hold(lane, f"the broker refused {row.event_id}: {refusal}; it was not stored", stuck)
        # The stream does not end in the predecessor: purged, restarted or rolled back. Begin a new chain there;
        # edges that miss what lies between will see it by the events' own links.
        self._begins_chain = is_chain
        if lane.is_news(row.event_id, refusal):
            self._journal.write("relay", "refused", self.reason, subject=row.subject, code=ack.code, definite=True)

    def _tell_never(self, lane: Lane, row: Waiting, reason: str) -> None:
        """Of a row that no broker can store: it is not sent, and all that follows it in its feed waits."""
        text = f"{row.event_id} (outbox row {row.position}) can never be stored: {reason}"
        self._hold(lane, text, stuck_for_ever(row, reason))
        if lane.is_news(row.event_id, reason):
            self._journal.write("relay", "refused", self.reason, position=row.position, definite=True)

    @property
    def _beat_s(self) -> float:
        return BEAT_S if self._quiet_beats < IDLE_AFTER_BEATS else IDLE_BEAT_S

    async def _keep_time(self, wire: Wire) -> None:
        """Beat when nobody else did for too long: whatever the lanes do meanwhile, it is heard that the relay lives."""
        while True:
            await asyncio.sleep(BEAT_S)
            if time.monotonic() - self._beaten_at > self._beat_s:
                await self._beat(wire)

    async def _beat(self, wire: Wire) -> None:
        if time.monotonic() - self._leased_at > LEASE_S / 3:
            await patiently(renew_lease, self.truth, self._token)
            self._leased_at = time.monotonic()
        self._beaten_at = time.monotonic()
        await wire.publish(high_water.HEARTBEAT, high_water.write(self.truth))

    async def _answer_mark(self, request: Msg) -> None:
        await request.respond(high_water.write(self.truth))


def _as_stored(row: Waiting, ack: PubAck | None) -> PubAck | None:
    """The stream already ends in this very event: an earlier attempt was stored (NATS-FACTS 2.2)."""
    if ack is None or ack.code != WRONG_LAST_MSG_ID or not ack.error.endswith(f": {row.event_id}"):
        return ack
    return PubAck(0, duplicate=True)


def _readable(body: bytes) -> Any:
    """Return what a body says, for people: its JSON, or its text."""
    try:
        document = json.loads(body.decode())
        json.dumps(document, allow_nan=False, ensure_ascii=False).encode()
    except (ValueError, RecursionError):
        return body[:MAX_EVENT_BYTES].decode(errors="replace")
    return document
