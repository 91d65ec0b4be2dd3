"""Wakes an idle actor, and tells whether it is idle now."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable


class Wakeup:
    """An event that one actor waits for. `is_idle` is true while it waits and no call has come; `on_rest` is called
    when that begins.
    """

    def __init__(self) -> None:
        self.on_rest: Callable[[], None] | None = None
        self._called = asyncio.Event()
        self._is_idle = False

    def set(self) -> None:
        """Wake the actor, or keep it from waiting."""
        self._called.set()

    def clear(self) -> None:
        """Start looking for work. Calls from now on are noticed."""
        self._called.clear()

    async def rest(self, at_most_s: float | None = None) -> None:
        """Wait until a call comes, or until the time is over."""
        self._is_idle = True
        if self.on_rest is not None and self.is_idle:
            self.on_rest()
        try:
            await self.listen(at_most_s)
        finally:
            self._is_idle = False

    async def listen(self, at_most_s: float | None = None) -> None:
        """Wait as `rest` does, while something is still pending: this does not count as rest."""
        if at_most_s is None:
            await self._called.wait()
            return
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(at_most_s):
                await self._called.wait()

    @property
    def is_idle(self) -> bool:
        """Whether the actor waits and no call has come."""
        return self._is_idle and not self._called.is_set()
