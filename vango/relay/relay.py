"""The relay: publishes the outbox, in order, then marks each row published. It also sends the high-water mark.

The commit wakes it. Each feed is published separately (`vango.relay.lane`), in order; `vango.relay.sending` sends and
marks its rows. The heartbeat and the lease have their own timer (`vango.relay.heartbeat`): however long a publish
takes, others hear that the relay lives.
"""

from __future__ import annotations

import asyncio
import sqlite3
import time
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any

from vango.actors import tasks
from vango.actors.crash_points import RELAY_POINTS, Crashed, Pace, Point
from vango.actors.errors import Refused, Unavailable
from vango.actors.sqlite import patiently
from vango.broker.connection import Connection
from vango.core.names import ROUTES, Control
from vango.core.records import StuckRow
from vango.journal.log import Log
from vango.relay.heartbeat import IDLE_BEAT_S, Heartbeat
from vango.relay.lane import Lane
from vango.relay.publisher import Publisher
from vango.relay.sending import Sending
from vango.relay.state import RelayState
from vango.truth.outbox import (
    LeaseLost,
    Outbox,
    is_leased,
    take_lease,
    waiting,
)

RETRY_S = 0.25
STANDBY_S = 1.0
"""How long a relay waits before it looks again whether another holds the lease."""


async def _hear_nothing_more(_: Connection) -> None:
    return


class Relay(RelayState):
    """One relay, from its start to its end.

    `connect` opens its connection. `hear` subscribes to what it answers beside marks, and is called under the lease.
    """

    def __init__(
        self,
        truth: Outbox,
        journal: Log,
        connect: Callable[[str], Awaitable[Connection]],
        name: str = "relay",
        pace: Pace | None = None,
        control: Control = ROUTES.control,
        hear: Callable[[Connection], Awaitable[None]] = _hear_nothing_more,
    ) -> None:
        super().__init__(truth, journal, name, pace, control)
        self._connect, self._hear = connect, hear
        self._task: asyncio.Task[None] | None = None
        self._wire: Connection | None = None
        self._lanes: tuple[Lane, ...] = ()
        self._sending = Sending(self)
        self._heartbeat: Heartbeat | None = None

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
        self.tell("start", "relay started")
        return "The relay was started."

    async def kill(self) -> str:
        """Stop dead: memory gone, socket aborted."""
        if self._task is None:
            return "The relay is down already."
        await self.stop("killed")
        self.tell("kill", "relay killed")
        return "The relay was killed."

    def arm(self, point: Point | None) -> str:
        """Arm a crash at a point, or disarm. Raises `Refused` for a point that is not on the relay's path."""
        if point is not None and point not in RELAY_POINTS:
            raise Refused(f"The relay does not pass “{point}”; its points are: {', '.join(RELAY_POINTS)}.")
        self.path.armed = point
        return f"The relay will crash {point}." if point else "The relay is not armed."

    def wake(self) -> None:
        """Tell the relay that something was committed."""
        if self._heartbeat is not None:
            self._heartbeat.quiet_beats = 0
        self.wakeup.set()

    def retry(self) -> None:
        """Tell the relay that the broker may take what it did not take before: a stream was made or changed."""
        self._sending.forget_reception()
        for lane in self._lanes:
            lane.retry()
        self.wakeup.set()

    async def stop(self, reason: str) -> None:
        """Crash and record why."""
        task, self._task = self._task, None
        if self._wire is not None:
            self._wire.abort()
        await tasks.end(task)
        await self._drop_wire()
        self.state, self.reason = "down", reason

    async def until_it_ends(self, at_most_s: float) -> None:
        """Wait until it has crashed or was stopped, or until the time is over."""
        if self._task is not None:
            await asyncio.wait([self._task], timeout=at_most_s)

    async def _drop_wire(self) -> None:
        """Cut the connection. It is forgotten last: if the task is cancelled within, `stop` cuts the rest."""
        if self._wire is not None:
            await self._wire.cut()
            self._wire = None

    async def _run(self) -> None:
        """Own the relay's life: reconnect after every break, and notice its death."""
        try:
            while True:
                pause_s = RETRY_S
                try:
                    await self._session()
                except LeaseLost:
                    self._wait_for("another relay holds the lease")
                    pause_s = STANDBY_S
                except (Unavailable, sqlite3.OperationalError) as error:
                    self._wait_for(str(error))
                await self._drop_wire()
                await asyncio.sleep(pause_s)
        except Crashed as crash:
            await self._drop_wire()
            self._task = None
            self.state, self.reason = "down", f"crashed {crash.point}"
            self.tell("crash", f"crashed {crash.point}", point=crash.point)
        except Exception as error:  # noqa: BLE001 (the one place where the relay's death is noticed)
            await self._drop_wire()
            self._task = None
            self.state, self.reason = "down", f"{type(error).__name__}: {error}"
            self.tell("crash", f"died: {self.reason}")

    def _wait_for(self, reason: str) -> None:
        if (self.state, self.reason) != ("waiting", reason):
            self.state, self.reason = "waiting", reason
            # No moment of the journal, but somebody may look.
            self.journal.on_write()

    async def _session(self) -> None:
        # Look first: who waits for the lease is no burden to the broker. Take it when connected: who does not reach the
        # broker keeps it from nobody.
        if is_leased(self.truth, self.name):
            raise LeaseLost
        wire = self._wire = await self._connect("relay")
        token = await patiently(take_lease, self.truth, self.name)
        if token is None:
            raise LeaseLost
        self.token = token
        heartbeat = self._heartbeat = Heartbeat(self, wire, time.monotonic())
        wire.wakes(self.wakeup)
        publisher = Publisher(wire)
        await publisher.open()
        await wire.subscribe(self.control.mark, heartbeat.answer_mark)
        await self._hear(wire)
        self.state, self.reason = "up", ""
        self._lanes = tuple(map(Lane, self.truth.feeds))
        self._sending.forget_reception()
        timer = self._begin_task(heartbeat.keep_time(), "relay timer")
        try:
            while not wire.broken.is_set():
                self.wakeup.clear()
                await self._turn(wire, publisher, heartbeat)
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
        self.wakeup.set()

    async def _turn(self, wire: Connection, publisher: Publisher, heartbeat: Heartbeat) -> None:
        """Look how the lanes stand, begin those that have something to send, and wait until somebody calls."""
        for lane in self._lanes:
            if lane.task is not None and lane.task.done():
                ended, lane.task = lane.task, None
                ended.result()
        await self._sending.ask_reception(wire)
        # Who is held now is looked at again when that is over; asked before the others begin, so that nobody is missed.
        pause_s = min((held for lane in self._lanes if (held := lane.held_s)), default=None)
        self._begin_lanes(publisher)
        self.reason = next((lane.trouble for lane in self._lanes if lane.trouble), "")
        if any(lane.task for lane in self._lanes):
            await self.wakeup.listen(pause_s)
        else:
            await heartbeat.beat()
            heartbeat.quiet_beats += 1
            # A crash after a commit woke nobody: look from time to time in any case.
            await self.wakeup.rest(min(pause_s or IDLE_BEAT_S, heartbeat.beat_s))

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
            lane.task = self._begin_task(self._sending.send(publisher, lane), f"relay of {lane.feed}")
