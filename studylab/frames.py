"""When the pages of a bench are drawn: after a change, once its story is told, at most 20 times a second.

One observation serves every page. It also serves what happened while it was taken, if it found the bench at rest.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Protocol

from studylab.turns import Turns
from vango.actors.errors import VangoError
from vango.bench.bench import Bench
from vango.observe.model import Observation

FRAME_S = 0.05
QUIET_S = 0.005
QUIET_AT_MOST_S = 0.025

log = logging.getLogger(__name__)


class Shown(Protocol):
    """Whom the frames are for: the pages of a bench."""

    @property
    def is_watched(self) -> bool:
        """Whether one is open."""

    @property
    def is_being_made_ready(self) -> bool:
        """Whether somebody brings the bench to where its learner begins."""


class Frames:
    """The frames of one bench. `draw` draws all open pages from an observation.

    While the bench is being made ready its own changes are not drawn: `mark` draws them when it is.
    `is_marked`: another frame is to be drawn in any case.
    """

    def __init__(
        self, shown: Shown, bench: Bench, draw: Callable[[Observation], Awaitable[None]], turns: Turns
    ) -> None:
        self._shown = shown
        self._bench = bench
        self._turns = turns
        self._draw = draw
        self._loop = asyncio.get_running_loop()
        self._framing: asyncio.Task[None] | None = None
        self.is_marked = False
        self._drawn_as_of = -1
        self._marked_at = self._took_s = 0.0
        bench.changes.on_change = self.changed

    def mark(self) -> None:
        """Something changed that is not the bench's own: draw another frame in any case."""
        self.is_marked = True
        self.changed()

    def changed(self) -> None:
        """The bench noted a change: draw another frame, unless an observation shows the change already."""
        self._marked_at = self._loop.time()
        if self._framing is None and self._is_due():
            self._framing = asyncio.ensure_future(self._frames())

    def end(self) -> None:
        """The bench is being parked: its changes are drawn no more."""
        self._bench.changes.on_change = None

    def _is_due(self) -> bool:
        is_news = not self._shown.is_being_made_ready and self._drawn_as_of != self._bench.changes.noted
        return (self.is_marked or is_news) and self._shown.is_watched

    async def _frames(self) -> None:
        """Draw until nothing is due. Owned by `changed`, which starts another when needed."""
        try:
            while self._is_due():
                began = self._loop.time()
                try:
                    await self._until_told()
                    async with self._turns.take():
                        began = self._loop.time()
                        await self._frame()
                except VangoError as error:
                    log.warning("a frame could not be drawn: %s", error)
                except Exception:
                    log.exception("a frame could not be drawn")
                self._took_s = self._loop.time() - began
                await asyncio.sleep(FRAME_S)
        finally:
            self._framing = None
        if self._is_due():
            self.changed()

    async def _frame(self) -> None:
        changes = self._bench.changes
        self.is_marked, self._drawn_as_of = False, changes.noted
        seen = self._bench.fresh() or await self._bench.observe()
        self._drawn_as_of = changes.looked_as_of
        await self._draw(seen)

    async def _until_told(self) -> None:
        """Debounce: wait until in-flight work settles, at most as long as a frame takes.

        The bench's own actors announce the end of their work. For other changes, silence for a while counts as the
        end.
        """
        at_most = self._loop.time() + max(QUIET_AT_MOST_S, self._took_s)
        was_under_way, rested = False, self._bench.changes.rested
        while (now := self._loop.time()) < at_most:
            rested.clear()
            if self._bench.is_under_way:
                was_under_way = True
                await rested.rest(at_most - now)
            elif was_under_way or now >= self._marked_at + QUIET_S:
                return
            else:
                await asyncio.sleep(self._marked_at + QUIET_S - now)
