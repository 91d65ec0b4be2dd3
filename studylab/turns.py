"""Turns: when many benches need the same at once, a few are at it and the others wait, first come, first served.

A crowd of benches that are all half done keeps everybody waiting. So a bench waits before it is opened, and before it
is observed and drawn: what is drawn then stands for all that happened while it waited.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager

LONGEST_S = 1.0


class Turns:
    """A number of turns `at_once`. Who holds one for longer than `LONGEST_S`, as when a broker is silent, loses it."""

    def __init__(self, at_once: int) -> None:
        self._free = asyncio.Semaphore(at_once)

    @asynccontextmanager
    async def take(self) -> AsyncIterator[None]:
        """Wait for a turn, and hold it."""
        await self._free.acquire()
        is_held = True

        def give_back() -> None:
            nonlocal is_held
            if is_held:
                is_held = False
                self._free.release()

        lost = asyncio.get_running_loop().call_later(LONGEST_S, give_back)
        try:
            yield
        finally:
            lost.cancel()
            give_back()


class Drawing(Turns):
    """The turns of being observed and drawn, and the one thread that draws."""

    def __init__(self) -> None:
        super().__init__(3)
        self.thread = ThreadPoolExecutor(1, thread_name_prefix="drawing")
