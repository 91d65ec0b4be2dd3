"""Ending a background task for good, keeping one going whatever it meets, and taking note of how one ended."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, TypeVar

AGAIN_S = 0.2
BEGIN_AGAIN_S = 0.5
T = TypeVar("T")
_at_work: set[asyncio.Task[Any]] = set()

log = logging.getLogger(__name__)


async def end(task: asyncio.Task[Any] | None) -> None:
    """Cancel a task until it has ended.

    Once is not enough: on Python 3.11 `asyncio.wait_for` returns its result when that comes together with the
    cancellation, and the task goes on as if nothing had been said.
    """
    while task is not None and not task.done():
        task.cancel()
        await asyncio.wait([task], timeout=AGAIN_S)


async def in_time(work: Coroutine[Any, Any, T], limit_s: float) -> T:
    """Do some work, but no longer than this. Raises `TimeoutError`; the work has ended then, and when the asker is cancelled.

    `asyncio.wait_for` promises the same, but does not ask twice (see `end`), and leaves the error that it then meets to nobody.
    """
    task = asyncio.create_task(work)
    task.add_done_callback(look_at)
    try:
        if not (await asyncio.wait([task], timeout=limit_s))[0]:
            raise TimeoutError
        return task.result()
    finally:
        await end(task)


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


async def keep_going(work: Callable[[], Awaitable[None]], tell: Callable[[str], None], what: str) -> None:
    """Run something that never ends; whenever it fails with an error that nobody foresaw, tell of it and begin again.

    `tell` gets a sentence once for each kind of failure, so that one that comes again every second fills no journal.
    """
    told = ""
    while True:
        try:
            await work()
            return
        except Exception as error:
            seen = f"{type(error).__name__}: {error}"
            if seen != told:
                told = seen
                log.exception("%s failed", what)
                tell(f"{what} failed with an unexpected error ({seen}); it starts again")
        await asyncio.sleep(BEGIN_AGAIN_S)
