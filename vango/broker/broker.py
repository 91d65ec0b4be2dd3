"""One nats-server of one bench: started, killed, frozen, rolled back. The process itself belongs to the `Keeper`.

Started on a loopback port of the kernel's choice and on the same port ever after, with credentials and a store of its
own. An end that nobody asked for is told and mended; an asked one is left alone. It opens no connection: whether
JetStream answers is for those who connect to find out.
"""

from __future__ import annotations

import asyncio
import contextlib
import shutil
import signal
from collections import deque
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Literal

from vango.actors.errors import DiskFull, Refused, Unavailable
from vango.broker.folder import ANY_PORT, PORT_TAKEN, BrokerFolder
from vango.broker.keeper import Keeper

READY_WITHIN_S = 10.0
PORTS_POLL_S = 0.002
LOOK_AT_DISK_S = 1.0
CLOSE_PATIENCE_S = 2.0
BACK_OFF_S = (0.1, 0.5, 2.0, 5.0, 10.0)
TRIES_WINDOW_S = 60.0

State = Literal["up", "down", "frozen"]


def _silent(_sentence: str) -> None:
    return None


class Broker:
    """The broker of one bench. `on_exit` and `on_restart` get a sentence for the journal, on the loop."""

    def __init__(
        self,
        folder: Path,
        keeper: Keeper,
        *,
        name: str,
        on_exit: Callable[[str], None],
        on_restart: Callable[[str], None] = _silent,
    ) -> None:
        self.state: State = "down"
        self.reason = "it was not started yet"
        self.pid = 0
        self.restarts = 0
        self._files = BrokerFolder(folder)
        self._keeper, self._name = keeper, name
        self._on_exit, self._on_restart = on_exit, on_restart
        self._lock = asyncio.Lock()
        self._up = asyncio.Event()
        self._started_before = self._launching = self._ending = False
        self._tries: deque[float] = deque(maxlen=len(BACK_OFF_S))
        self._restarting: asyncio.Task[None] | None = None
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
        """Where clients connect; empty before the first start. It changes only if somebody took the port meanwhile."""
        return f"nats://127.0.0.1:{self._files.port}" if self._files.port != ANY_PORT else ""

    @property
    def kept(self) -> bool:
        """Whether there is a copy of the store to roll back to."""
        return self._files.kept.is_dir()

    async def start(self) -> None:
        """Start it, or do nothing when it is up. Raises Refused when frozen, Unavailable with the log's last line."""
        async with self._lock:
            if self.state == "frozen":
                raise Refused("The broker is frozen, not down: thaw it.")
            await self._stop_restarting()
            self._tries.clear()
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
        """Stop the process where it is: connections stay open and nothing answers. Raises Refused unless up."""
        async with self._lock:
            if self.state != "up":
                raise Refused(f"The broker is {self.state}: only one that is up can be frozen.")
            await self._stop_process()
            if self.pid == 0:
                raise Unavailable("The broker died before it could be frozen.")
            self._become("frozen", "it was frozen on request")

    async def thaw(self) -> None:
        """Let a frozen process go on. Raises Refused unless frozen."""
        async with self._lock:
            if self.state != "frozen":
                raise Refused(f"The broker is {self.state}: there is nothing to thaw.")
            await self._keeper.signal(self._id, "CONT")
            if self.pid == 0:
                raise Unavailable("The broker died before it could be thawed.")
            self._become("up", "")

    async def keep(self) -> None:
        """Copy the store while the process stands still; the copy replaces an earlier one."""
        async with self.standing_still():
            fresh = await asyncio.to_thread(self._files.copy, self._files.store, "kept")
            self._discard([self._files.kept])
            fresh.rename(self._files.kept)

    @asynccontextmanager
    async def standing_still(self) -> AsyncIterator[None]:
        """Nothing writes to the store within. Whoever waits for an answer waits meanwhile."""
        async with self._lock:
            running = self.state == "up"
            if running:
                await self._stop_process()
            try:
                yield
            finally:
                if running:
                    # If it died meanwhile, the restart is under way and there is nothing to let go on.
                    with contextlib.suppress(Unavailable):
                        await self._keeper.signal(self._id, "CONT")

    async def rollback(self) -> None:
        """Kill it, put the kept copy in the place of the store, start it. Raises Refused when nothing is kept."""
        async with self._lock:
            if not self.kept:
                raise Refused("No copy of the store is kept: keep one first.")
            fresh = await asyncio.to_thread(self._files.copy, self._files.kept, "store")
            await self._end("its store is being rolled back")
            self._discard([self._files.store])
            fresh.rename(self._files.store)
            await self._launch()

    async def stop(self) -> None:
        """Stop it cleanly, so that the server writes what it knows of its consumers. It stays down until it is started."""
        async with self._lock:
            await self._end("it was stopped", patience_s=CLOSE_PATIENCE_S)

    async def close(self) -> None:
        """Stop it cleanly, and wait until what was discarded is gone. The files stay."""
        await self.stop()
        if self._sweeps:
            await asyncio.wait(self._sweeps)

    @property
    def meant(self) -> State:
        """What it is meant to be: one that died by itself is meant to be up again."""
        return "up" if self._restarting is not None and not self._restarting.done() else self.state

    @property
    def _id(self) -> str:
        return str(self._files.path)

    def _become(self, state: State, reason: str) -> None:
        self.state, self.reason = state, reason
        if state == "up":
            self._up.set()
        else:
            self._up.clear()

    async def _stop_process(self) -> None:
        if not hasattr(signal, "SIGSTOP"):
            raise Refused("This system cannot freeze a process; kill the broker instead.")
        await self._keeper.signal(self._id, "STOP")

    async def _end(self, reason: str, *, patience_s: float = 0.0) -> None:
        await self._stop_restarting()
        self._ending = True
        try:
            await self._keeper.end(self._id, patience_s=patience_s)
        finally:
            self._ending = False
        self.pid = 0
        self._become("down", reason)

    async def _launch(self) -> None:
        self._discard([])
        self._launching = True
        try:
            try:
                await self._launch_on(self._files.port)
            except _PortTaken:
                await self._launch_on(ANY_PORT)
        except Unavailable as error:
            self._become("down", str(error))
            raise
        finally:
            self._launching = False
        self.restarts += self._started_before
        self._started_before = True
        self._become("up", "")

    async def _launch_on(self, port: int) -> None:
        self._files.prepare(self._name, port)
        gone = asyncio.Event()
        argv = [str(self._keeper.nats_server), "-c", str(self._files.config)]
        offset = self._files.log_size()
        try:
            self.pid = await self._keeper.launch(self._id, argv, self._files.log, lambda code: self._ended(code, gone))
            said = await self._listening(self.pid, gone)
        except BaseException as error:
            # Cancelled or failed: either way no half-started process may hold the store.
            await self._keeper.end(self._id)
            self.pid = 0
            log = self._files.log_since(offset)
            if isinstance(error, Unavailable) and port != ANY_PORT and any(words in log for words in PORT_TAKEN):
                raise _PortTaken from None
            raise
        self._files.remember_port(said)

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
            # It cannot say where it listens, and not why: its log is on the same disk.
            raise Unavailable(str(DiskFull("The broker could not start")))
        what = "ended at once" if gone.is_set() else f"was not ready within {READY_WITHIN_S:g} s"
        raise Unavailable(f"The broker {what}: {self._files.last_line()}")

    def _ended(self, code: int, gone: asyncio.Event) -> None:
        gone.set()
        if self._launching or self._ending:
            return
        how = f"killed by signal {-code}" if code < 0 else f"it ended with code {code} ({self._files.last_line()})"
        self.pid = 0
        self._become("down", how)
        self._restarting = asyncio.create_task(self._restart(), name=f"restart-{self._name}")
        self._restarting.add_done_callback(self._restart_ended)
        self._on_exit(f"The broker died: {how}.")

    async def _restart(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            while self._tries and self._tries[0] < loop.time() - TRIES_WINDOW_S:
                self._tries.popleft()
            if len(self._tries) == len(BACK_OFF_S):
                self.reason += f"; it was started {len(BACK_OFF_S)} times within a minute, so it stays down"
                self._on_exit(f"The broker stays down: {self.reason}.")
                return
            wait_s = BACK_OFF_S[len(self._tries)]
            await asyncio.sleep(wait_s)
            async with self._lock:
                if self.state != "down":
                    return
                self._tries.append(loop.time())
                try:
                    await self._launch()
                except Unavailable as error:
                    self._on_exit(f"The broker could not be started again: {error}")
                    continue
            self._on_restart(f"The broker was started again after {wait_s:g} s.")
            return

    def _restart_ended(self, task: asyncio.Task[None]) -> None:
        if not task.cancelled() and (error := task.exception()) is not None:
            self._become("down", f"it could not be started again ({error!r})")
            self._on_exit(f"The broker stays down: {self.reason}.")

    async def _stop_restarting(self) -> None:
        """Cancel a restart that waits. The caller holds the lock, so no launch is cut in half."""
        task, self._restarting = self._restarting, None
        if task is not None and not task.done():
            task.cancel()
            await asyncio.wait([task])

    def _discard(self, folders: Iterable[Path]) -> None:
        """Move folders out of the way at once and delete them, with what an earlier run left, in a thread."""
        for trash in self._files.move_away(folders):
            sweep = asyncio.create_task(asyncio.to_thread(shutil.rmtree, trash, True))
            self._sweeps.add(sweep)
            sweep.add_done_callback(self._sweeps.discard)


class _PortTaken(Exception):
    """Somebody else listens on the port of the last start."""
