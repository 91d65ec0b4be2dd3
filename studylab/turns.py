"""Turns: when more benches change than one thread can draw, each waits before it is observed, and not after.

What it then draws stands for all that happened while it waited, so a crowded app draws less and shows what is newer.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager

AT_ONCE = 3
PATIENCE_S = 2.0


class Turns:
    """The turns of one app's benches, first come, first served, and the thread that draws them.

    A bench has one at a time. One whose broker does not answer may hold it for long, so nobody waits for more than
    `PATIENCE_S`.
    """

    def __init__(self) -> None:
        self.thread = ThreadPoolExecutor(1, thread_name_prefix="drawing")
        self._free = asyncio.Semaphore(AT_ONCE)

    @asynccontextmanager
    async def take(self) -> AsyncIterator[None]:
        """Wait for a turn, and hold it."""
        try:
            async with asyncio.timeout(PATIENCE_S):
                await self._free.acquire()
        except TimeoutError:
            yield
            return
        try:
            yield
        finally:
            self._free.release()
