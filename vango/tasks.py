"""Ending a background task for good, and taking note of how one ended."""

from __future__ import annotations

import asyncio
from typing import Any

AGAIN_S = 0.2


async def end(task: asyncio.Task[Any] | None) -> None:
    """Cancel a task until it has ended.

    Once is not enough: on Python 3.11 `asyncio.wait_for` returns its result when that comes together with the
    cancellation, and the task goes on as if nothing had been said.
    """
    while task is not None and not task.done():
        task.cancel()
        await asyncio.wait([task], timeout=AGAIN_S)


def look_at(task: asyncio.Future[Any]) -> None:
    """Take note of how a task ended whose asker may be gone by then, so that nothing calls its error unnoticed."""
    if not task.cancelled():
        task.exception()
