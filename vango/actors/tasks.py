"""Ending a background task reliably, keeping one running despite errors, and retrieving how one ended."""

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

    Once is not enough. On Python 3.11, `asyncio.wait_for` returns its result if that comes together with the
    cancellation, and the task continues as if it had not been cancelled.
    """
    while task is not None and not task.done():
        task.cancel()
        await asyncio.wait([task], timeout=AGAIN_S)


async def in_time(work: Coroutine[Any, Any, T], limit_s: float) -> T:
    """Do some work, but no longer than this. Raises `TimeoutError`. The work has then ended, and also when the caller
    is cancelled.

    `asyncio.wait_for` promises the same, but cancels only once (see `end`), and does not retrieve the error that it
    then meets.
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
    """Do some work in its own task: the caller may stop waiting, and the work still runs to its end."""
    task = asyncio.create_task(work, name=name)
    _at_work.add(task)
    task.add_done_callback(_at_work.discard)
    task.add_done_callback(look_at)
    return await asyncio.shield(task)


def look_at(task: asyncio.Future[Any]) -> None:
    """Retrieve a task's exception, so that asyncio does not log it as never retrieved."""
    if not task.cancelled():
        task.exception()


async def keep_going(work: Callable[[], Awaitable[None]], tell: Callable[[str], None], what: str) -> None:
    """Run something that never ends. After an unexpected error, report it and start again.

    `tell` gets a sentence once for each kind of failure, so that an error that repeats every second does not fill the
    journal.
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
