"""Ending a background task for good, and taking note of how one ended."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

AGAIN_S = 0.2
T = TypeVar("T")
_at_work: set[asyncio.Task[Any]] = set()


async def end(task: asyncio.Task[Any] | None) -> None:
    """Cancel a task until it has ended.

    Once is not enough: on Python 3.11 `asyncio.wait_for` returns its result when that comes together with the
    cancellation, and the task goes on as if nothing had been said.
    """
    while task is not None and not task.done():
        task.cancel()
        await asyncio.wait([task], timeout=AGAIN_S)


async def to_its_end(work: Coroutine[Any, Any, T], name: str) -> T:
    """Do some work in a task of its own: who asked for it may give up waiting, and it is done to its end."""
    task = asyncio.create_task(work, name=name)
    _at_work.add(task)
    task.add_done_callback(_at_work.discard)
    task.add_done_callback(look_at)
    return await asyncio.shield(task)


def look_at(task: asyncio.Future[Any]) -> None:
    """Take note of how a task ended whose asker may be gone by then, so that nothing calls its error unnoticed."""
    if not task.cancelled():
        task.exception()
