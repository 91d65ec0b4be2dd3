"""Launching: a server process is started on its old port, or on a free one, and waited for until it listens."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from vango.actors.errors import DiskFull, Unavailable
from vango.broker.folder import ANY_PORT, PORT_TAKEN, BrokerFolder
from vango.broker.keeper import Keeper

READY_WITHIN_S = 10.0
PORTS_POLL_S = 0.002
LOOK_AT_DISK_S = 1.0


class Launcher:
    """Starts the server of one bench's folder. `is_under_way` is true from the start of a launch to its end."""

    def __init__(self, files: BrokerFolder, keeper: Keeper, name: str) -> None:
        self.is_under_way = False
        self._files = files
        self._keeper = keeper
        self._name = name

    @property
    def id(self) -> str:
        """The name under which the keeper has the process."""
        return str(self._files.path)

    async def start(self, on_exit: Callable[[int], None]) -> int:
        """Start a process and return its pid when it listens. `on_exit` gets its exit code. Raises `Unavailable`."""
        self.is_under_way = True
        try:
            try:
                return await self._start_on(self._files.port, on_exit)
            except _PortTaken:
                return await self._start_on(ANY_PORT, on_exit)
        finally:
            self.is_under_way = False

    async def _start_on(self, port: int, on_exit: Callable[[int], None]) -> int:
        self._files.prepare(self._name, port, self._keeper.listens_on)
        gone = asyncio.Event()
        argv = [str(self._keeper.nats_server), "-c", str(self._files.config)]
        offset = self._files.log_size()

        def ended(code: int) -> None:
            gone.set()
            on_exit(code)

        try:
            pid = await self._keeper.launch(self.id, argv, self._files.log, ended)
            said = await self._listening(pid, gone)
        except BaseException as error:
            # Cancelled or failed: in either case no half-started process may hold the store.
            await self._keeper.end(self.id)
            log = self._files.log_since(offset)
            if isinstance(error, Unavailable) and port != ANY_PORT and any(words in log for words in PORT_TAKEN):
                raise _PortTaken from None
            raise
        self._files.remember_port(said)
        return pid

    async def _listening(self, pid: int, gone: asyncio.Event) -> int:
        loop = asyncio.get_running_loop()
        deadline, look_at_disk_at = loop.time() + READY_WITHIN_S, loop.time() + LOOK_AT_DISK_S
        while loop.time() < deadline and not gone.is_set():
            if port := self._files.said_port(pid):
                return port
            await asyncio.sleep(PORTS_POLL_S)
            if loop.time() > look_at_disk_at:
                look_at_disk_at = loop.time() + LOOK_AT_DISK_S
                if self._files.is_full():
                    break
        if self._files.is_full():
            # It cannot report its port, and not why: its log is on the same disk.
            raise Unavailable(str(DiskFull("The broker could not start")))
        what = "ended at once" if gone.is_set() else f"was not ready within {READY_WITHIN_S:g} s"
        raise Unavailable(f"The broker {what}: {self._files.last_line()}")


class _PortTaken(Exception):
    """Another program listens on the port of the last start."""
