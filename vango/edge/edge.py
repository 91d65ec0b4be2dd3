"""An edge: a consumer that keeps a durable view and answers requests from it.

The actor that lives through every connection: its view, its starts and deaths. What it does over one connection is in
`follow`; how it handles messages is in `consume`, how it comes back in `recovery`. It trusts its own position and the
chain inside the events, never the broker's cursor. Any surprise ends in failed closed.
"""

from __future__ import annotations

import asyncio
import sqlite3
import time
from collections import deque
from collections.abc import Awaitable, Callable
from pathlib import Path as FilePath
from typing import Any, Generic

from vango.actors import tasks
from vango.actors.crash_points import EDGE_POINTS, Crashed, Pace, Point
from vango.actors.errors import DiskFull, NotThere, Refused, Unavailable, VangoError
from vango.actors.sqlite import is_full
from vango.broker.connection import Connection
from vango.core.causes import Cause, Reason
from vango.core.claims import Word
from vango.core.facts import Facts, R
from vango.core.judge import Position
from vango.core.modes import ANSWERS, Mode, Signal
from vango.core.recent_ids import RecentIds
from vango.core.rules import Answers, EdgeRules
from vango.edge import recovery
from vango.edge.follow import Following
from vango.edge.orders import Order, Work
from vango.edge.pull import ConsumerGone
from vango.edge.session import Session
from vango.edge.state import EdgeState
from vango.edge.telling import tell_replayed
from vango.edge.view import Table, View, destroy
from vango.journal.log import Log

RETRY_S = 0.25


class Edge(EdgeState, Generic[R]):
    """One edge. `mode` and the view's position are its claim; `orders` is what it is to do between two batches."""

    def __init__(
        self,
        name: str,
        folder: FilePath,
        facts: Facts[Any, R],
        table: Table[R],
        journal: Log,
        connect: Callable[[str], Awaitable[Connection]],
        rules: EdgeRules,
        pace: Pace | None = None,
    ) -> None:
        super().__init__(name, facts, journal, rules, pace)
        self.view: View[R] | None = None
        self._table = table
        self.orders: deque[Order] = deque()
        self._file = folder / f"{name}.db"
        self._connect = connect
        self._wire: Connection | None = None
        self._task: asyncio.Task[None] | None = None
        self._left: tuple[tuple[R, ...], Position] | None = None

    @property
    def is_connecting(self) -> bool:
        """Whether it runs and has no connection to the broker."""
        return self._task is not None and (self._wire is None or self._wire.broken.is_set())

    # What others may ask and tell.

    async def start(self) -> str:
        """Start from the view as it was committed."""
        if self._task is not None:
            return f"{self.name} is running already."
        self.forget_tries()
        self.signal(Signal.START, "")
        self._task = asyncio.create_task(self._run(), name=f"edge {self.name}")
        self.journal.write(self.name, "start", f"{self.name} started")
        return f"{self.name} was started."

    async def kill(self) -> str:
        """Stop dead: memory gone, socket aborted; only what was committed survives."""
        if self.mode is Mode.DOWN:
            return f"{self.name} is down already."
        await self.stop("killed")
        self.journal.write(self.name, "kill", f"{self.name} killed")
        return f"{self.name} was killed."

    def arm(self, point: Point | None) -> str:
        """Arm a crash at a point, or disarm. Raises `Refused` for a point that is not on an edge's path."""
        if point is not None and point not in EDGE_POINTS:
            raise Refused(f"An edge does not pass “{point}”; its points are: {', '.join(EDGE_POINTS)}.")
        self.path.armed = point
        return f"{self.name} will crash {point}." if point else f"{self.name} is not armed."

    def stumble(self) -> str:
        """Let the next message that comes fail, once: it stays unacked, and the edge goes on with those behind it."""
        self.stumbles = True
        return f"{self.name} will fail at the next message that it gets, and go on with those behind it."

    async def wipe(self) -> str:
        """Destroy view and position, and start again with nothing. The consumer stays where it is."""
        was_meant_to_run = self.mode is not Mode.DOWN
        await self.stop("wiped")
        destroy(self._file)
        self._left = None
        self.counters.clear()
        self.journal.write(self.name, "wipe", f"{self.name} lost its view and position")
        if was_meant_to_run:
            await self.start()
        return f"The view of {self.name} was destroyed."

    async def replay(self, from_seq: int) -> str:
        """Put the consumer back to a stream seq. View and position stay. Raises `Unavailable`, `Refused`."""

        async def move(session: Session) -> None:
            tell_replayed(session, from_seq)
            await recovery.follow_from(session, from_seq - 1)

        await self._between_batches(move)
        return f"{self.name} reads again from stream seq {from_seq}."

    async def rebuild_when_told(self) -> str:
        """Load the latest stored snapshot. A refused one leaves the edge failed closed, with the reason."""

        async def load(session: Session) -> None:
            await recovery.rebuild(session, fresh=False)

        refusal = await self._between_batches(load)
        return f"{self.name} refused it: {refusal}." if refusal else f"{self.name} loaded the latest snapshot."

    async def _between_batches(self, work: Work) -> str:
        """Let the edge's own task do something. Returns why a snapshot was refused, if so. Raises `Unavailable`."""
        if self._task is None or self._wire is None:
            raise Unavailable(f"{self.name} is {self.mode} and not connected; start it, and the broker, first.")
        order = Order(work)
        self.orders.append(order)
        self.wakeup.set()
        return await order.outcome_of(self.name)

    def answer(self, key: str) -> R:
        """Return a row of the view. Raises `Unavailable` when the edge must not or cannot answer."""
        if self.mode not in ANSWERS or self.view is None:
            raise Unavailable(f"{self.name} is {self.mode} and answers nothing.")
        if self.rules.answers is Answers.CURRENT_ONLY and self.mode is not Mode.CURRENT:
            raise Unavailable(f"{self.name} is {self.mode} and answers only when current.")
        silent_s = time.monotonic() - self.heard_at
        if 0 < self.rules.freshness_s < silent_s:
            raise Unavailable(f"{self.name} has heard nothing for {silent_s:.0f} s and refuses.")
        row = self.view.rows.get(key)
        if row is None:
            raise Unavailable(f"{self.name} knows no {self.facts.domain.feed} {key}.")
        return row

    def committed(self) -> tuple[tuple[R, ...], Position]:
        """Return rows and position as committed, also of an edge that is down; nothing where none can be read."""
        if self.view is not None:
            return tuple(self.view.rows.values()), self.view.position
        if self._left is None:
            self._left = self._read()
        return self._left

    def _read(self) -> tuple[tuple[R, ...], Position]:
        try:
            if self._file.exists():
                view = View(self._file, self._table)
                view.close()
                return tuple(view.rows.values()), view.position
        except sqlite3.Error:
            # The edge itself says so, with its reason, when it is started.
            pass
        return (), Position()

    # Life and death.

    async def stop(self, reason: str) -> None:
        """Crash and record why. Nothing is cleaned up that a killed process would leave."""
        task, self._task = self._task, None
        if self._wire is not None:
            self._wire.abort()
        await tasks.end(task)
        await self._drop()
        self.signal(Signal.STOP, reason)

    async def _drop(self) -> None:
        """Let go of everything that a killed process would lose."""
        wire, self._wire = self._wire, None
        view, self.view, self.word, self._left = self.view, None, Word(), None
        self.stuck = ""
        while self.orders:
            self.orders.popleft().lose(f"{self.name} stopped before it got to it.")
        if view is not None:
            view.close()
        if wire is not None:
            await wire.cut()

    def _say_why(self, reason: str) -> None:
        """Say why it hears nothing. What made it fail closed stands above that."""
        if self.mode is not Mode.FAILED_CLOSED and self.reason != reason:
            self.reason = reason
            # No moment of the journal, but an observer may look.
            self.journal.on_write()

    async def _run(self) -> None:
        """Own the edge's life: sessions with the broker one after another, and every way they end."""
        try:
            view = self.view = View(self._file, self._table)
            self.recent_ids = RecentIds(self.rules.remember_ids)
            while True:
                try:
                    self._wire = await self._connect(f"edge {self.name}")
                    await Following(Session(self, self._wire, view), self.orders).run()
                except (Unavailable, NotThere, ConsumerGone) as error:
                    self._say_why(str(error))
                wire, self._wire = self._wire, None
                if wire is not None:
                    await wire.cut()
                await asyncio.sleep(RETRY_S)
        except Crashed as crash:
            self._task = None
            await self._drop()
            self.signal(Signal.STOP, f"crashed {crash.point}")
            self.journal.write(self.name, "crash", f"crashed {crash.point}", point=crash.point)
        except Exception as error:  # noqa: BLE001 (the one place where an edge's death is noticed)
            # A view that cannot be read or written, or anything unforeseen: no claim survives it.
            words = str(error) if isinstance(error, VangoError) else f"{type(error).__name__}: {error}"
            self._task = None
            await self._drop()
            self.signal(Signal.SURPRISE, Reason(f"{words.rstrip('.')}. {_advice(error)}".rstrip(), Cause.ERROR))


def _advice(error: Exception) -> str:
    if isinstance(error, DiskFull):
        return ""
    if isinstance(error, sqlite3.Error) and is_full(error):
        return "Free some space, then restart it."
    return "Wipe the view to start again." if isinstance(error, sqlite3.Error) else "Restart it to try again."
