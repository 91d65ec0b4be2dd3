"""The relay: publishes the outbox, in order, then marks each row published. It also tells how far truth has come.

Woken by the commit. A batch is sent pipelined, with a message id each, and its rows are marked on their PubAcks in
one transaction; the broker stores the next batch meanwhile. An answer that does not come says nothing about what was
stored, so the row is published again under the same id; the broker's duplicate window and the edges' own checks absorb
the second copy. `vango.no_answer` has the two wrong ways beside this one.

Only the unbroken run of acks from the start of a batch is marked. What follows a missing ack, in its batch or the one
behind, is sent again with it, so that no row is ever marked before its predecessor.
"""

from __future__ import annotations

import asyncio
import json
import sqlite3
import time
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from typing import NamedTuple

from nats.aio.msg import Msg

from vango import high_water, tasks
from vango.awake import Awake
from vango.core.rules import RelayRules
from vango.database import patiently
from vango.errors import Refused, Unavailable
from vango.journal import Journal
from vango.no_answer import NoAnswer
from vango.outbox import (
    LEASE_S,
    LeaseLost,
    Waiting,
    mark_published,
    predecessor,
    renew_lease,
    take_lease,
    waiting,
)
from vango.points import RELAY_POINTS, Crashed, Pace, Path, Point
from vango.publisher import Outgoing, PubAck, Publisher, Sent
from vango.truth import Truth
from vango.wire import Wire

BATCH = 1000
UNDER_WAY = 2
"""Batches at a time. The second keeps the broker busy while the first is marked; more would be more to send again."""
BEAT_S = 1.0
IDLE_BEAT_S = 5.0
IDLE_AFTER_BEATS = 10
RETRY_S = 0.25
WRONG_LAST_MSG_ID = 10070
IDS_TOLD = 50
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
        self.awake = Awake()
        self._task: asyncio.Task[None] | None = None
        self._wire: Wire | None = None
        self._quiet_beats = 0
        self._begins_chain = False
        self._no_answer = NoAnswer(truth)

    @property
    def is_running(self) -> bool:
        """True from its start to its end, also while it waits for the broker or for the lease."""
        return self._task is not None

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
        while not wire.broken.is_set():
            self.awake.clear()
            await self.publish(publisher)
            await self._beat(wire)
            await self._sleep()
        raise Unavailable("The connection to the broker broke.")

    async def _sleep(self) -> None:
        """Wait for a commit, a broken connection, or the next heartbeat."""
        pause = BEAT_S if self._quiet_beats < IDLE_AFTER_BEATS else IDLE_BEAT_S
        self._quiet_beats += 1
        await self.awake.rest(pause)

    async def publish(self, publisher: Publisher) -> None:
        """Publish what waits, in order, and mark what the broker acked, until nothing waits or the connection is gone."""
        under_way: deque[Batch] = deque()
        while not publisher.is_broken:
            while len(under_way) < UNDER_WAY and (rows := self._next_rows(under_way)):
                await self.path.reach(Point.BEFORE_PUBLISH)
                self._tell_publish(rows)
                under_way.append(Batch(rows, await publisher.send([self._outgoing(row) for row in rows])))
            if not under_way:
                return
            rows, sent = under_way.popleft()
            acks = await publisher.answers(sent, timeout_s=self.rules.ack_timeout_s)
            await self.path.reach(Point.BEFORE_MARK)
            if not await self._mark_acked(rows, acks):
                # What is under way behind it will be sent again with it.
                under_way.clear()
                publisher.forget()
                await asyncio.sleep(RETRY_S)

    def _next_rows(self, under_way: Sequence[Batch]) -> Sequence[Waiting]:
        """Return the rows behind those that are under way; while somebody watches the relay's points, one at a time."""
        if self.path.is_slowed:
            return [] if under_way else waiting(self.truth, limit=1)
        last = under_way[-1].rows[-1].position if under_way else 0
        return waiting(self.truth, after=last, limit=BATCH)

    async def _mark_acked(self, rows: Sequence[Waiting], acks: Sequence[PubAck | None]) -> bool:
        """Mark the rows that were acked, and say whether all were. Raises nothing for an answer that is missing."""
        marked = self._unbroken_run(rows, acks)
        if marked:
            stored = [(row.position, ack.seq) for row, ack in marked]
            sql = await patiently(mark_published, self.truth, stored, token=self._token)
            self._no_answer.settled([row for row, _ in marked])
            self._count(marked, sql)
        if len(marked) == len(rows):
            return True
        refusal = acks[len(marked)]
        if refusal is None:
            self._deal_with_silence([row for row, ack in zip(rows, acks, strict=True) if ack is None])
        else:
            self._tell_refusal(rows[len(marked)], refusal)
        return False

    def _deal_with_silence(self, rows: Sequence[Waiting]) -> None:
        what = self._no_answer.deal_with(rows, self.rules.on_no_answer, token=self._token)
        self.unanswered += len(rows)
        self.reason = f"no PubAck for {rows[0].event_id}: stored or not is unknown; {what}"
        ids = [row.event_id for row in rows[:IDS_TOLD]]
        self._journal.write("relay", "unanswered", self.reason, count=len(rows), event_ids=ids)

    def _outgoing(self, row: Waiting) -> Outgoing:
        headers: dict[str, str] = {}
        if self.rules.message_ids:
            headers["Nats-Msg-Id"] = self._no_answer.message_id(row)
        if self.rules.expect_predecessor and row.feed == CHAINED_FEED:
            if not self._begins_chain and (before := predecessor(self.truth, row)):
                headers["Nats-Expected-Last-Msg-Id"] = before
            self._begins_chain = False
        return Outgoing(row.subject, row.body, headers)

    def _unbroken_run(self, rows: Sequence[Waiting], acks: Sequence[PubAck | None]) -> list[tuple[Waiting, PubAck]]:
        run: list[tuple[Waiting, PubAck]] = []
        for row, ack in zip(rows, acks, strict=True):
            if ack is not None and ack.code == WRONG_LAST_MSG_ID and ack.error.endswith(f": {row.event_id}"):
                # The stream already ends in this very event: an earlier attempt was stored (NATS-FACTS 2.2).
                ack = PubAck(0, duplicate=True)
            if ack is None or ack.error:
                break
            run.append((row, ack))
        return run

    def _tell_publish(self, rows: Sequence[Waiting]) -> None:
        """Written before the messages leave, so that the journal has the cause above its effects."""
        first = rows[0]
        text = f"publish {first.event_id}" if len(rows) == 1 else f"publish {len(rows)} events"
        self._journal.write(
            "relay", "publish", text, subject=first.subject, count=len(rows), message=json.loads(first.body),
            headers={"Nats-Msg-Id": self._no_answer.message_id(first)} if self.rules.message_ids else {},
        )  # fmt: skip

    def _count(self, marked: Sequence[tuple[Waiting, PubAck]], sql: Sequence[str]) -> None:
        # What went wrong before is over, and not sooner: a row that was given up is worth more than a second's notice.
        self.reason = ""
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

    def _tell_refusal(self, row: Waiting, ack: PubAck) -> None:
        self.refused += 1
        self.reason = f"the broker refused {row.event_id}: {ack.code} {ack.error}"
        # The stream does not end in the predecessor: purged, restarted or rolled back. Begin a new chain there;
        # edges that miss what lies between will see it by the events' own links.
        self._begins_chain = ack.code == WRONG_LAST_MSG_ID
        self._journal.write("relay", "refused", self.reason)

    async def _beat(self, wire: Wire) -> None:
        if time.monotonic() - self._leased_at > LEASE_S / 3:
            await patiently(renew_lease, self.truth, self._token)
            self._leased_at = time.monotonic()
        await wire.publish(high_water.HEARTBEAT, high_water.write(self.truth))

    async def _answer_mark(self, request: Msg) -> None:
        await request.respond(high_water.write(self.truth))
