"""One nats-server of one bench: its folder, its config, its life. The process itself belongs to the `Keeper`.

Started on a loopback port of the kernel's choice and on the same port ever after, with credentials and a store of its
own. An end that nobody asked for is told and mended; an asked one is left alone. It opens no connection: whether
JetStream answers is for those who connect to find out.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import secrets
import shutil
import signal
from collections import deque
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Literal

from vango.errors import Refused, Unavailable
from vango.keeper import Keeper

READY_WITHIN_S = 10.0
PORTS_POLL_S = 0.002
CLOSE_PATIENCE_S = 2.0
BACK_OFF_S = (0.1, 0.5, 2.0, 5.0, 10.0)
TRIES_WINDOW_S = 60.0
PORT_TAKEN = "address already in use"
ANY_PORT = -1

CONFIG = """\
listen: "127.0.0.1:{port}"
server_name: {name}
ports_file_dir: {ports}
log_file: {log}
logfile_size_limit: 1MB
logfile_max_num: 2
max_payload: 64KB
max_connections: 256
authorization {{ user: {user}, password: {password} }}
jetstream {{ store_dir: {store}, max_file_store: 256MB, max_memory_store: 16MB }}
"""

State = Literal["up", "down", "frozen"]


def _silent(_sentence: str) -> None:
    return None


class Broker:
    """The broker of one bench. Callbacks are called on the loop, with a sentence for the journal."""

    def __init__(
        self,
        folder: Path,
        keeper: Keeper,
        *,
        name: str,
        on_exit: Callable[[str], None],
        on_restart: Callable[[str], None] = _silent,
    ) -> None:
        self.folder = folder.resolve()
        self.state: State = "down"
        self.reason = "it was not started yet"
        self.pid = 0
        self.restarts = 0
        self._keeper, self._name = keeper, name.replace(" ", "-")
        self._on_exit, self._on_restart = on_exit, on_restart
        self._store, self._kept = self.folder / "store", self.folder / "kept"
        self._log, self._ports = self.folder / "server.log", self.folder / "ports"
        self._lock = asyncio.Lock()
        self._up = asyncio.Event()
        self._started_before = self._launching = self._ending = False
        self._tries: deque[float] = deque(maxlen=len(BACK_OFF_S))
        self._restarting: asyncio.Task[None] | None = None
        self._sweeps: set[asyncio.Task[None]] = set()
        self._ports.mkdir(parents=True, exist_ok=True)
        self.user, self.password = _credentials(self.folder / "credentials.json")
        self._port = _read_port(self.folder / "port")

    @property
    def url(self) -> str:
        """Where clients connect; empty before the first start. The port stays the same unless somebody took it."""
        return f"nats://127.0.0.1:{self._port}" if self._port != ANY_PORT else ""

    @property
    def kept(self) -> bool:
        """Whether there is a copy of the store to roll back to."""
        return self._kept.is_dir()

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
            self._become("frozen", "it was frozen on request")

    async def thaw(self) -> None:
        """Let a frozen process go on. Raises Refused unless frozen."""
        async with self._lock:
            if self.state != "frozen":
                raise Refused(f"The broker is {self.state}: there is nothing to thaw.")
            await self._keeper.signal(self._id, "CONT")
            self._become("up", "")

    async def keep(self) -> None:
        """Copy the store while the process stands still; the copy replaces an earlier one."""
        async with self._lock:
            running = self.state == "up"
            if running:
                await self._stop_process()
            try:
                fresh = self.folder / "kept.new"
                await asyncio.to_thread(_copy, self._store, fresh)
                self._discard([self._kept])
                fresh.rename(self._kept)
            finally:
                if running and self.state == "up":
                    await self._keeper.signal(self._id, "CONT")

    async def rollback(self) -> None:
        """Kill it, put the kept copy in the place of the store, start it. Raises Refused when nothing is kept."""
        async with self._lock:
            if not self.kept:
                raise Refused("No copy of the store is kept: keep one first.")
            await self._end("its store is being rolled back")
            fresh = self.folder / "store.new"
            await asyncio.to_thread(_copy, self._kept, fresh)
            self._discard([self._store])
            fresh.rename(self._store)
            await self._launch()

    async def wipe(self) -> None:
        """Kill it and delete the store and the kept copy. It stays down."""
        async with self._lock:
            await self._end("its store was wiped")
            self._discard([self._store, self._kept])

    async def close(self) -> None:
        """Stop it cleanly, so that the server writes what it knows of its consumers. The files stay."""
        async with self._lock:
            await self._end("it was closed", patience_s=CLOSE_PATIENCE_S)
            if self._sweeps:
                await asyncio.wait(self._sweeps)

    @property
    def _id(self) -> str:
        return str(self.folder)

    def _become(self, state: State, reason: str) -> None:
        self.state, self.reason = state, reason
        self._up.set() if state == "up" else self._up.clear()

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
        self._discard(self.folder.glob("*.new"))
        self._discard(self.folder.glob("trash-*"))
        self._launching = True
        try:
            try:
                await self._launch_on(self._port)
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
        for stale in self._ports.glob("*.ports"):
            stale.unlink()
        config = self.folder / "nats.conf"
        _write_private(config, self._config(port))
        gone = asyncio.Event()
        argv = [str(self._keeper.nats_server), "-c", str(config)]
        offset = self._log.stat().st_size if self._log.exists() else 0
        try:
            self.pid = await self._keeper.launch(self._id, argv, self._log, lambda code: self._ended(code, gone))
            self._port = await self._listening(self.pid, gone)
        except BaseException:
            await self._keeper.end(self._id)
            self.pid = 0
            if port != ANY_PORT and PORT_TAKEN in _tail(self._log, offset):
                raise _PortTaken from None
            raise
        _write_private(self.folder / "port", str(self._port))

    def _config(self, port: int) -> str:
        values = {
            "name": self._name,
            "ports": str(self._ports),
            "log": str(self._log),
            "user": self.user,
            "password": self.password,
            "store": str(self._store),
        }
        return CONFIG.format(port=port, **{key: json.dumps(v, ensure_ascii=False) for key, v in values.items()})

    async def _listening(self, pid: int, gone: asyncio.Event) -> int:
        loop = asyncio.get_running_loop()
        deadline = loop.time() + READY_WITHIN_S
        while loop.time() < deadline and not gone.is_set():
            port = _ports_file(self._ports, pid)
            if port:
                return port
            await asyncio.sleep(PORTS_POLL_S)
        what = "ended at once" if gone.is_set() else f"was not ready within {READY_WITHIN_S:g} s"
        raise Unavailable(f"The broker {what}: {_last_line(self._log)}")

    def _ended(self, code: int, gone: asyncio.Event) -> None:
        gone.set()
        if self._launching or self._ending:
            return
        how = f"killed by signal {-code}" if code < 0 else f"it ended with code {code}: {_last_line(self._log)}"
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
            self._tries.append(loop.time() + wait_s)
            await asyncio.sleep(wait_s)
            async with self._lock:
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
            with contextlib.suppress(asyncio.CancelledError):
                await task

    def _discard(self, folders: Iterable[Path]) -> None:
        """Move folders out of the way at once and delete them in a thread."""
        for folder in list(folders):
            if not folder.exists():
                continue
            trash = self.folder / f"trash-{secrets.token_hex(4)}"
            folder.rename(trash)
            sweep = asyncio.create_task(asyncio.to_thread(shutil.rmtree, trash, True))
            self._sweeps.add(sweep)
            sweep.add_done_callback(self._sweeps.discard)


class _PortTaken(Exception):
    """Somebody else listens on the port of the last start."""


def _credentials(path: Path) -> tuple[str, str]:
    with contextlib.suppress(OSError, ValueError, KeyError):
        found = json.loads(path.read_text("utf-8"))
        return str(found["user"]), str(found["password"])
    made = {"user": "bench", "password": secrets.token_urlsafe(18)}
    _write_private(path, json.dumps(made))
    return made["user"], made["password"]


def _write_private(path: Path, text: str) -> None:
    fresh = path.with_suffix(".tmp")
    with open(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as file:
        file.write(text)
    fresh.replace(path)


def _read_port(path: Path) -> int:
    with contextlib.suppress(OSError, ValueError):
        port = int(path.read_text("utf-8"))
        return port if 0 < port < 65536 else ANY_PORT
    return ANY_PORT


def _ports_file(folder: Path, pid: int) -> int:
    """Return the port from the file the server writes, 0 while it is missing or half written (NATS-FACTS 1.1)."""
    for path in folder.glob(f"*_{pid}.ports"):
        with contextlib.suppress(OSError, ValueError, LookupError):
            return int(json.loads(path.read_text("utf-8"))["nats"][0].rpartition(":")[2])
    return 0


def _copy(source: Path, target: Path) -> None:
    if source.is_dir():
        shutil.copytree(source, target)
    else:
        target.mkdir()


def _tail(log: Path, offset: int) -> str:
    with contextlib.suppress(OSError), log.open("rb") as file:
        file.seek(offset if offset <= log.stat().st_size else 0)
        return file.read(16_384).decode("utf-8", "replace")
    return ""


def _last_line(log: Path) -> str:
    size = log.stat().st_size if log.exists() else 0
    lines = _tail(log, max(0, size - 4096)).strip().splitlines()
    return lines[-1] if lines else "its log is empty."
