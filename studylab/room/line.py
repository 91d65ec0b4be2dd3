"""A line: one connection to the room broker, opened again after each break. The owner prepares it each time."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable

from vango.actors import tasks
from vango.actors.errors import Unavailable, VangoError
from vango.broker.connection import Connection
from vango.kit import Connect

RETRY_S = 0.25
log = logging.getLogger(__name__)


class Line:
    """One connection after another. `trouble` says why there is none, empty while there is one."""

    def __init__(self, connect: Connect, name: str, prepare: Callable[[Connection], Awaitable[None]]) -> None:
        self.trouble = "it was not started"
        self._connect, self._name, self._prepare = connect, name, prepare
        self._wire: Connection | None = None
        self._task: asyncio.Task[None] | None = None

    @property
    def wire(self) -> Connection:
        """The open connection. Raises `Unavailable` while there is none."""
        if self._wire is None or self._wire.broken.is_set():
            raise Unavailable(f"The room's broker does not answer: {self.trouble or 'the connection broke'}")
        return self._wire

    async def start(self) -> None:
        """Begin to connect."""
        name = f"the line of {self._name}"
        self._task = asyncio.create_task(tasks.keep_going(self._run, log.error, name), name=name)

    async def stop(self) -> None:
        """Hang up."""
        task, self._task = self._task, None
        await tasks.end(task)

    async def _run(self) -> None:
        while True:
            try:
                await self._once()
            except VangoError as error:
                self.trouble = str(error)
            await asyncio.sleep(RETRY_S)

    async def _once(self) -> None:
        wire = await self._connect(self._name)
        try:
            await self._prepare(wire)
            self._wire, self.trouble = wire, ""
            await wire.broken.wait()
            self.trouble = "the connection broke"
        finally:
            self._wire = None
            await wire.cut()
