"""Progress: how far a long verb has come, and a person's request to stop it.

All benches share one event loop, so a long verb works in short slices and lets the loop turn between them. After each
slice it asks whether to stop, and ends in a consistent state. What it has done stays and is reported, or is undone.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

from vango.actors.errors import Refused
from vango.actors.work import WorkSeen

T = TypeVar("T")
SLICE_S = 0.002
TELL_EVERY_S = 0.1


class Stopped(Exception):
    """A person stopped the verb. The code that performs it leaves a consistent state and reports what was done."""


class Progress:
    """The progress of one bench's verb. `on_step` is called from time to time while it grows."""

    def __init__(self, on_step: Callable[[], None] = lambda: None) -> None:
        self._on_step = on_step
        self._verbs: list[str] = []
        self._of = ""
        self._done = self._total = 0
        self.is_stopping = False
        self._turned_at = self._told_at = 0.0

    @contextmanager
    def of(self, verb: str) -> Iterator[None]:
        """A verb is running, or a script of several, whose name is shown until its end."""
        self.is_stopping = self.is_stopping and bool(self._verbs)
        self._verbs.append(verb)
        try:
            yield
        finally:
            self._verbs.remove(verb)
            self.is_stopping = self.is_stopping and bool(self._verbs)

    @property
    def _verb(self) -> str:
        return self._verbs[0] if self._verbs else ""

    def stop(self) -> str:
        """Ask the running verb to stop. Raises `Refused` when none runs, or when it cannot be stopped."""
        if not self._verb:
            raise Refused("No verb is running, so there is nothing to stop.")
        if not self._of:
            raise Refused(f"{self._verb} is short and cannot be stopped. Wait for its end.")
        self.is_stopping = True
        self._on_step()
        return f"{self._verb} stops as soon as it can."

    @contextmanager
    def counting(self, total: int, of: str) -> Iterator[None]:
        """Count a verb's steps. Verbs that it issues count no steps of their own; `total` 0 means unknown."""
        if self._of:
            yield
            return
        self._done, self._total, self._of = 0, total, of
        try:
            yield
        finally:
            self._of = ""

    async def step(self, done: int, of: str) -> bool:
        """Report progress. Lets the loop turn when a slice is used up. Returns whether to stop."""
        now = time.monotonic()
        if of == self._of:
            self._done = done
        if now - self._told_at >= TELL_EVERY_S:
            self._told_at = now
            self._on_step()
        if now - self._turned_at >= SLICE_S:
            await asyncio.sleep(0)
            self._turned_at = time.monotonic()
        return self.is_stopping

    async def in_thread(self, of: str, work: Callable[..., T], *arguments: object) -> T:
        """Do one long piece of work in a thread. The first argument of `work` is a function that it calls at each step.

        That function raises `Stopped` in the thread when the verb is to stop.
        """
        counted, is_left = 0, False

        def told(done: int) -> None:
            nonlocal counted
            counted = done
            if self.is_stopping or is_left:
                raise Stopped

        at_work = asyncio.ensure_future(asyncio.to_thread(work, told, *arguments))
        try:
            while not at_work.done():
                await asyncio.wait([at_work], timeout=TELL_EVERY_S)
                await self.step(counted, of)
            return at_work.result()
        finally:
            is_left = True

    def see(self) -> WorkSeen | None:
        """Return the progress of the running verb; None when none runs, or when it is not counted."""
        return WorkSeen(self._verb, self._done, self._total, self._of, self.is_stopping) if self._of else None
