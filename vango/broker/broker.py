"""One nats-server of one bench: started, killed, frozen, rolled back. The process itself belongs to the `Keeper`.

It is started on a loopback port of the kernel's choice and later on the same port, with its own credentials and
store. After an unexpected end it is reported and started again; after a requested end it stays down. It opens no
connection: those who connect find out whether JetStream answers.
"""

from __future__ import annotations

import asyncio
import contextlib
import shutil
import signal
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Literal

from vango.actors.errors import Refused, Unavailable
from vango.broker.folder import LOOPBACK, BrokerFolder
from vango.broker.keeper import Keeper
from vango.broker.launch import READY_WITHIN_S, Launcher
from vango.broker.restarts import Restarts

CLOSE_PATIENCE_S = 2.0

State = Literal["up", "down", "frozen"]


def _silent(_sentence: str) -> None:
    return None


class Broker:
    """The broker of one bench, or of a `BrokerFolder`. `on_exit` and `on_restart` get a sentence, on the loop."""

    def __init__(
        self,
        folder: Path | BrokerFolder,
        keeper: Keeper,
        *,
        name: str,
        on_exit: Callable[[str], None],
        on_restart: Callable[[str], None] = _silent,
    ) -> None:
        self.state: State = "down"
        self.reason = "it has not been started yet"
        self.pid = 0
        self.restarts = 0
        self._files, self._keeper = folder if isinstance(folder, BrokerFolder) else BrokerFolder(folder), keeper
        self._launcher = Launcher(self._files, keeper, name)
        self._on_exit = on_exit
        self._lock = asyncio.Lock()
        self._up = asyncio.Event()
        self._started_before = self._ending = False
        self._restarts = Restarts(name, self._start_again, on_exit, on_restart, self._stays_down)
        self._sweeps: set[asyncio.Task[None]] = set()

    @property
    def folder(self) -> Path:
        """The folder that holds the config, the log, the store and the kept copy."""
        return self._files.path

    @property
    def user(self) -> str:
        """The user that clients connect as."""
        return self._files.user

    @property
    def password(self) -> str:
        """The random password of this broker."""
        return self._files.password

    @property
    def edge_user(self) -> str:
        """The user for edges from outside, with the rights of `vango.broker.permissions`."""
        return self._files.edge_user

    @property
    def edge_password(self) -> str:
        """The random password of that user."""
        return self._files.edge_password

    @property
    def url(self) -> str:
        """Where clients connect; empty before the first start. It changes only if another program took the port."""
        return self._files.url_at(LOOPBACK)

    @property
    def open_url(self) -> str:
        """Where programs on other machines connect; empty unless the keeper's servers are open to them."""
        return self._files.url_at(self._keeper.open_at) if self._keeper.open_at else ""

    @property
    def kept(self) -> bool:
        """Whether there is a copy of the store to roll back to."""
        return self._files.kept.is_dir()

    async def start(self) -> None:
        """Start it, or do nothing when it is up. Raises Refused when frozen, Unavailable with the log's last line."""
        async with self._lock:
            if self.state == "frozen":
                raise Refused("The broker is frozen, not down: thaw it.")
            await self._restarts.stop()
            self._restarts.forget_tries()
            if self.state == "down":
                await self._launch()

    async def ready(self, timeout_s: float = READY_WITHIN_S) -> None:
        """Wait until it is up and listens. Raises Unavailable with the reason why it is not."""
        try:
            async with asyncio.timeout(timeout_s):
                await self._up.wait()
        except TimeoutError as error:
            raise Unavailable(f"The broker is {self.state} after {timeout_s:g} s: {self.reason}.") from error

    async def kill(self) -> None:
        """Kill it with SIGKILL; it stays down until it is started."""
        async with self._lock:
            await self._end("it was killed on request")

    async def freeze(self) -> None:
        """Suspend the process: connections stay open and nothing answers. Raises Refused unless up."""
        async with self._lock:
            if self.state != "up":
                raise Refused(f"The broker is {self.state}: only a running broker can be frozen.")
            await self._stop_process()
            if self.pid == 0:
                raise Unavailable("The broker died before it could be frozen.")
            self._become("frozen", "it was frozen on request")

    async def thaw(self) -> None:
        """Resume a frozen process. Raises Refused unless frozen."""
        async with self._lock:
            if self.state != "frozen":
                raise Refused(f"The broker is {self.state}: there is nothing to thaw.")
            await self._keeper.signal(self._launcher.id, "CONT")
            if self.pid == 0:
                raise Unavailable("The broker died before it could be thawed.")
            self._become("up", "")

    async def keep(self) -> None:
        """Copy the store while the process is suspended; the copy replaces an earlier one."""
        async with self.standing_still():
            fresh = await asyncio.to_thread(self._files.copy, self._files.store, "kept")
            self._discard([self._files.kept])
            fresh.rename(self._files.kept)

    @asynccontextmanager
    async def standing_still(self) -> AsyncIterator[None]:
        """Nothing writes to the store within. Requests to the server wait meanwhile."""
        async with self._lock:
            running = self.state == "up"
            if running:
                await self._stop_process()
            try:
                yield
            finally:
                if running:
                    # If it died meanwhile, the restart is running and there is nothing to resume.
                    with contextlib.suppress(Unavailable):
                        await self._keeper.signal(self._launcher.id, "CONT")

    async def rollback(self) -> None:
        """Kill it, replace the store by the kept copy, start it. Raises Refused when there is no copy."""
        async with self._lock:
            if not self.kept:
                raise Refused("No copy of the store exists: keep one first.")
            fresh = await asyncio.to_thread(self._files.copy, self._files.kept, "store")
            await self._end("its store is being rolled back")
            self._discard([self._files.store])
            fresh.rename(self._files.store)
            await self._launch()

    async def stop(self) -> None:
        """Stop it cleanly, so that the server writes the state of its consumers. It stays down until it is started."""
        async with self._lock:
            await self._end("it was stopped", patience_s=CLOSE_PATIENCE_S)

    async def close(self) -> None:
        """Stop it cleanly, and wait until the discarded files are deleted. The others stay."""
        await self.stop()
        if self._sweeps:
            await asyncio.wait(self._sweeps)

    @property
    def meant(self) -> State:
        """Its intended state: one that died unexpectedly is meant to be up again."""
        return "up" if self._restarts.is_under_way else self.state

    def _become(self, state: State, reason: str) -> None:
        self.state, self.reason = state, reason
        if state == "up":
            self._up.set()
        else:
            self._up.clear()

    async def _stop_process(self) -> None:
        if not hasattr(signal, "SIGSTOP"):
            raise Refused("This system cannot freeze a process; kill the broker instead.")
        await self._keeper.signal(self._launcher.id, "STOP")

    async def _end(self, reason: str, *, patience_s: float = 0.0) -> None:
        await self._restarts.stop()
        self._ending = True
        try:
            await self._keeper.end(self._launcher.id, patience_s=patience_s)
        finally:
            self._ending = False
        self.pid = 0
        self._become("down", reason)

    async def _launch(self) -> None:
        self._discard([])
        try:
            self.pid = await self._launcher.start(self._ended)
        except Unavailable as error:
            self._become("down", str(error))
            raise
        self.restarts += self._started_before
        self._started_before = True
        self._become("up", "")

    def _ended(self, code: int) -> None:
        if self._launcher.is_under_way or self._ending:
            return
        how = f"killed by signal {-code}" if code < 0 else f"it ended with code {code} ({self._files.last_line()})"
        self.pid = 0
        self._become("down", how)
        self._restarts.begin(how)
        self._on_exit(f"The broker died: {how}.")

    async def _start_again(self) -> bool:
        """Start it, unless that is no longer wanted; returns whether it was. Raises `Unavailable`."""
        async with self._lock:
            if self.state != "down":
                return False
            await self._launch()
            return True

    def _stays_down(self, why: str) -> None:
        self._become("down", why)
        self._on_exit(f"The broker stays down: {why}.")

    def _discard(self, folders: Iterable[Path]) -> None:
        """Move folders out of the way at once and delete them, with remains of earlier runs, in a thread."""
        for trash in self._files.move_away(folders):
            sweep = asyncio.create_task(asyncio.to_thread(shutil.rmtree, trash, True))
            self._sweeps.add(sweep)
            sweep.add_done_callback(self._sweeps.discard)
