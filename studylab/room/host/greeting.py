"""The greeting: each second a host says to the desk that it is there. The answer proves that the room answers."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable

import msgspec

from studylab.room import silence
from studylab.room.line import Line
from studylab.room.protocol import HostRow, hello
from vango import kit
from vango.actors import tasks

EACH_S = 1.0
log = logging.getLogger(__name__)


class Greeting:
    """Greets for one host. `what` is said of it; `after` is awaited after each time, with whether it was ever heard."""

    def __init__(
        self, host: str, line: Line, what: Callable[[], HostRow], after: Callable[[bool], Awaitable[None]]
    ) -> None:
        self._host, self._line, self._what, self._after = host, line, what, after
        self._was_heard = False
        self._answered = time.monotonic()
        self._task: asyncio.Task[None] | None = None

    @property
    def silent_since(self) -> float | None:
        """The Unix time at which the desk answered last, when that is too long ago; None while it answers."""
        return silence.since(self._answered)

    async def start(self) -> None:
        """Begin to greet."""
        name = f"the greeting of {self._host}"
        self._task = asyncio.create_task(tasks.keep_going(self._run, log.error, name), name=name)

    async def stop(self) -> None:
        """Say no more."""
        await tasks.end(self._task)

    async def _run(self) -> None:
        while True:
            if await self._is_answered():
                self._was_heard, self._answered = True, time.monotonic()
            await self._after(self._was_heard)
            await asyncio.sleep(EACH_S)

    async def _is_answered(self) -> bool:
        said = msgspec.json.encode(self._what())
        try:
            answer = await self._line.wire.request(hello(self._host), said, timeout_s=EACH_S)
            return "at" in msgspec.json.decode(answer.data, type=dict[str, object])
        except (kit.VangoError, msgspec.MsgspecError):
            return False
