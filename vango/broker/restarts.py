"""Restarts: a server that died unexpectedly is started again, a little later each time, and not for ever."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable

from vango.actors.errors import Unavailable

BACK_OFF_S = (0.1, 0.5, 2.0, 5.0, 10.0)
TRIES_WINDOW_S = 60.0


class Restarts:
    """The restarts of one broker. `again` starts it and returns whether it did; `stays_down` gets the reason for giving
    up.
    """

    def __init__(
        self,
        name: str,
        again: Callable[[], Awaitable[bool]],
        on_failure: Callable[[str], None],
        on_restart: Callable[[str], None],
        stays_down: Callable[[str], None],
    ) -> None:
        self._name = name
        self._again = again
        self._on_failure, self._on_restart, self._stays_down = on_failure, on_restart, stays_down
        self._tries: deque[float] = deque(maxlen=len(BACK_OFF_S))
        self._task: asyncio.Task[None] | None = None

    @property
    def is_under_way(self) -> bool:
        """Whether a restart waits or is being tried."""
        return self._task is not None and not self._task.done()

    def begin(self, how: str) -> None:
        """Start it again. `how` says how it ended."""
        self._task = asyncio.create_task(self._run(how), name=f"restart-{self._name}")
        self._task.add_done_callback(self._ended)

    def forget_tries(self) -> None:
        """A person starts it: earlier failures no longer count."""
        self._tries.clear()

    async def stop(self) -> None:
        """Cancel a waiting restart. The caller holds the broker's lock, so no launch is interrupted."""
        task, self._task = self._task, None
        if task is not None and not task.done():
            task.cancel()
            await asyncio.wait([task])

    async def _run(self, how: str) -> None:
        loop = asyncio.get_running_loop()
        while True:
            while self._tries and self._tries[0] < loop.time() - TRIES_WINDOW_S:
                self._tries.popleft()
            if len(self._tries) == len(BACK_OFF_S):
                self._stays_down(f"{how}; it was started {len(BACK_OFF_S)} times within a minute, so it stays down")
                return
            wait_s = BACK_OFF_S[len(self._tries)]
            await asyncio.sleep(wait_s)
            self._tries.append(loop.time())
            try:
                is_started = await self._again()
            except Unavailable as error:
                how = str(error)
                self._on_failure(f"The broker could not be started again: {error}")
                continue
            if is_started:
                self._on_restart(f"The broker was started again after {wait_s:g} s.")
            return

    def _ended(self, task: asyncio.Task[None]) -> None:
        if not task.cancelled() and (error := task.exception()) is not None:
            self._stays_down(f"it could not be started again ({error!r})")
