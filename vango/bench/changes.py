"""Change: how a bench learns that a look is due, and who is notified.

The parts are not polled. A moment in the journal, an advisory of the server or a new connection notes a change. While
someone watches, one more look follows a change unless a look found everything at rest (acks settle after it). From
time to time one follows in any case. An idle bench costs no more than that.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from vango.actors import tasks
from vango.actors.wakeup import Wakeup

LOOK_AGAIN_S = 0.1
TICK_S = 1.0


class Changes:
    """The changes of one bench. `on_change` is called for each; `watched` says that someone has a page open.

    `noted` counts how often a look was asked for; the last look saw all of it up to `looked_as_of`. `rested` is called
    when an actor becomes idle, or a verb is finished.
    """

    def __init__(self) -> None:
        self.on_change: Callable[[], None] | None = None
        self.watched = False
        self.rested = Wakeup()
        self.noted, self.looked_as_of = 0, -1
        self._happened = asyncio.Event()
        self._look_again: asyncio.TimerHandle | None = None
        self._ticking: asyncio.Task[None] | None = None
        self._may_be_early = False
        self._still_s = 0.0
        self._ended = False

    def begin(self, patience_s: Callable[[], float]) -> None:
        """Start the clock. `patience_s` returns after how many seconds without a change to look in any case."""
        clock = tasks.keep_going(lambda: self._tick(patience_s), lambda _: self.note(), "the clock of a bench")
        self._ticking = asyncio.create_task(clock, name="bench clock")

    async def pause(self) -> None:
        """Stop the clock; changes are still noted."""
        task, self._ticking = self._ticking, None
        await tasks.end(task)

    async def end(self) -> None:
        """Stop the clock, and notify nobody any more."""
        self._ended = True
        self._spare_second_look()
        await self.pause()

    def note(self, *, early: bool = False) -> None:
        """A look is due now, and once more when the acks that follow have settled.

        `early` says that a look may come too early for this change, and find a bench at rest that is not.
        """
        if self._ended:
            return
        self._happened.set()
        self._still_s = 0.0
        self._tell()
        if self.watched and (early or self._look_again is None):
            self._spare_second_look()
            self._may_be_early |= early
            self._look_again = asyncio.get_running_loop().call_later(LOOK_AGAIN_S, self._look_once_more)

    def found_at_rest(self, noted: int) -> None:
        """A look that began after this number of changes found the bench at rest. If none came since, it need not be
        repeated.
        """
        if noted == self.noted and not self._may_be_early:
            self._spare_second_look()

    @property
    def was_looked_at(self) -> bool:
        """Whether there was a look at all."""
        return self.looked_as_of >= 0

    def clear(self) -> None:
        """Forget what was noted: `wait` waits for something new."""
        self._happened.clear()

    async def wait(self, timeout_s: float = LOOK_AGAIN_S) -> bool:
        """Wait for a change since `clear`, or until the time is over. Returns whether there was one."""
        try:
            await asyncio.wait_for(self._happened.wait(), timeout_s)
        except TimeoutError:
            return False
        return True

    def _tell(self) -> None:
        self.noted += 1
        if self.on_change is not None:
            self.on_change()

    def _spare_second_look(self) -> None:
        if self._look_again is not None:
            self._look_again.cancel()
            self._look_again = None

    def _look_once_more(self) -> None:
        self._look_again, self._may_be_early = None, False
        self._tell()

    async def _tick(self, patience_s: Callable[[], float]) -> None:
        while True:
            await asyncio.sleep(TICK_S)
            self._still_s += TICK_S
            if self.watched and self._still_s >= patience_s():
                self._still_s = 0.0
                self._tell()
