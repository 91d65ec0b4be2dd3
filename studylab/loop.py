"""The one thread with an event loop, and its one entry point. Flask's threads wait outside."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Coroutine
from typing import Any, TypeVar

from vango.actors.errors import Unavailable

T = TypeVar("T")
CLOSE_WITHIN_S = 5.0
NO_THREADS = (
    "this machine does not allow more threads. Allow more processes (`ulimit -u`, or the pids limit of the container)."
)


class LoopThread:
    """A daemon thread that runs an asyncio loop until `close`."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="event loop", daemon=True)
        try:
            self._thread.start()
        except RuntimeError as error:
            self._loop.close()
            raise Unavailable(NO_THREADS) from error

    def call(self, work: Coroutine[Any, Any, T], *, timeout_s: float) -> T:
        """Run a coroutine on the loop and return what it returns, or raise what it raises.

        Raises `Unavailable` when it takes longer, and RuntimeError when called from the loop itself: it would wait
        for itself for ever.
        """
        if threading.current_thread() is self._thread:
            work.close()
            raise RuntimeError("LoopThread.call was called from its own loop; await the coroutine instead")
        future = asyncio.run_coroutine_threadsafe(work, self._loop)
        try:
            return future.result(timeout_s)
        except TimeoutError as error:
            if not future.cancel():
                # It came to its end meanwhile, or the time-out is its own.
                return future.result()
            raise Unavailable(f"The bench did not answer within {timeout_s:g} s.", definite=False) from error

    def close(self) -> None:
        """Cancel what is left, stop the loop and end the thread."""
        if self._loop.is_closed():
            return
        asyncio.run_coroutine_threadsafe(_cancel_all(), self._loop).result(CLOSE_WITHIN_S)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(CLOSE_WITHIN_S)
        self._loop.close()


async def _cancel_all() -> None:
    others = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
    for task in others:
        task.cancel()
    await asyncio.gather(*others, return_exceptions=True)
