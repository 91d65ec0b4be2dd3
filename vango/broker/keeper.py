"""The keeper owns all nats-server processes of one app, in its own process that ends them when the app ends.

However the app dies, its pipe to the keeper closes and the keeper kills every broker. A parent-death signal alone
would be tied to the thread that forked. If the keeper dies, its brokers die with it, their `on_exit` is called, and
the next launch starts another keeper. One `Keeper` belongs to one event loop.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from vango.actors.errors import Unavailable
from vango.broker.binary import check_version, find_nats_server
from vango.broker.folder import EVERYWHERE, LOOPBACK
from vango.broker.keeper_child import GIVES_WAY

CHILD = Path(__file__).with_name("keeper_child.py")
ANSWER_WITHIN_S = 10.0
GONE_WITHIN_S = 5.0
GONE_POLL_S = 0.005
KILLED = -9
NEVER_RAN = 127


@dataclass(slots=True)
class _Charge:
    on_exit: Callable[[int], None]
    gone: asyncio.Future[int]
    pid: int = 0


class Keeper:
    """The parent's side of the keeper process. Make one with `await Keeper.start()`."""

    def __init__(self, nats_server: Path, open_at: str = "", *, gives_way: bool = False) -> None:
        self.nats_server = nats_server
        self.open_at = open_at
        self._options = [GIVES_WAY] if gives_way else []
        self._process: asyncio.subprocess.Process | None = None
        self._reader: asyncio.Task[None] | None = None
        self._starting = asyncio.Lock()
        self._answers: dict[int, asyncio.Future[dict[str, Any]]] = {}
        self._charges: dict[str, _Charge] = {}
        self._orders = 0
        self._closed = False

    @classmethod
    async def start(cls, nats_server: Path | None = None, open_at: str = "", *, gives_way: bool = False) -> Keeper:
        """Find the nats-server binary, check that it runs, and start the keeper process.

        Its servers listen on the loopback address only. With `open_at`, an address of this machine, they listen on
        all of its addresses, and programs elsewhere are told to connect to that one. On Linux a server that
        `gives_way` has a lower priority than the app.

        Raises Unavailable with one sentence when there is no binary, or it does not work.
        """
        binary = find_nats_server(nats_server)
        await check_version(binary)
        keeper = cls(binary, open_at, gives_way=gives_way)
        await keeper._running()
        return keeper

    @property
    def listens_on(self) -> str:
        """The address that servers listen on."""
        return EVERYWHERE if self.open_at else LOOPBACK

    @property
    def pid(self) -> int:
        """The process id of the keeper, 0 when none runs."""
        return self._process.pid if self._process is not None else 0

    async def launch(self, broker_id: str, argv: list[str], log: Path, on_exit: Callable[[int], None]) -> int:
        """Start a process whose output goes to `log` and return its pid.

        `on_exit` is called on the loop with the exit code, negative for a signal, when it ends. Raises Unavailable.
        """
        await self._running()
        if broker_id in self._charges:
            raise Unavailable(f"{broker_id} still runs as process {self._charges[broker_id].pid}.")
        self._charges[broker_id] = _Charge(on_exit, asyncio.get_running_loop().create_future())
        return int((await self._ask(do="start", id=broker_id, argv=argv, log=str(log)))["pid"])

    async def signal(self, broker_id: str, name: str) -> None:
        """Send KILL, TERM, STOP or CONT to a broker; a STOP has taken effect on return. Raises Unavailable."""
        await self._ask(do="signal", id=broker_id, signal=name)

    async def end(self, broker_id: str, *, patience_s: float = 0.0) -> None:
        """End a broker and wait until it has ended: at once with KILL, or first with TERM and this long a wait."""
        charge = self._charges.get(broker_id)
        if charge is None:
            return
        with contextlib.suppress(Unavailable):
            if patience_s > 0 and hasattr(signal, "SIGCONT"):
                await self.signal(broker_id, "TERM")
                await self.signal(broker_id, "CONT")
                await asyncio.wait([charge.gone], timeout=patience_s)
            if not charge.gone.done():
                await self.signal(broker_id, "KILL")
        _done, pending = await asyncio.wait([charge.gone], timeout=GONE_WITHIN_S)
        if pending:
            raise Unavailable(f"Process {charge.pid} of {broker_id} did not end within {GONE_WITHIN_S:g} s.")

    async def close(self) -> None:
        """End the keeper and every broker it still has. Their `on_exit` is not called any more."""
        self._closed = True
        async with self._starting:
            for charge in self._charges.values():
                charge.on_exit = _unheard
            if self._process is not None and self._process.stdin is not None:
                self._process.stdin.close()
            if self._reader is not None:
                await self._reader
                self._reader = None

    async def _running(self) -> None:
        async with self._starting:
            if self._closed:
                raise Unavailable("The keeper is closed: the app is ending.")
            if self._process is not None and self._process.returncode is None and not self._reader_ended():
                return
            if self._reader is not None:
                await self._reader
            flags = getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0)
            try:
                # A process group of its own: Ctrl-C is for the app. No session: Linux gives each the same share of
                # the processors, whatever the priority of those in it.
                self._process = await asyncio.create_subprocess_exec(
                    sys.executable, *("-I", "-S", str(CHILD), *self._options), process_group=0,
                    stdin=subprocess.PIPE, stdout=subprocess.PIPE, creationflags=flags,
                )  # fmt: skip
            except (OSError, RuntimeError) as error:
                if isinstance(error, RuntimeError):
                    # No thread is available: asyncio gives up half-way and would log its own future after our one
                    # line.
                    asyncio.get_running_loop().set_exception_handler(lambda *_: None)
                raise Unavailable(f"The keeper of the brokers cannot be started: {error}.") from error
            self._reader = asyncio.create_task(self._read(self._process), name="keeper-reader")

    def _reader_ended(self) -> bool:
        return self._reader is None or self._reader.done()

    async def _ask(self, **order: object) -> dict[str, Any]:
        process = self._process
        if process is None or process.stdin is None or self._reader_ended():
            raise Unavailable("The keeper process is not running.")
        self._orders += 1
        number = self._orders
        answer: asyncio.Future[dict[str, Any]] = asyncio.get_running_loop().create_future()
        self._answers[number] = answer
        process.stdin.write(json.dumps({"n": number, **order}).encode() + b"\n")
        try:
            async with asyncio.timeout(ANSWER_WITHIN_S):
                return await answer
        except TimeoutError as error:
            raise Unavailable(
                f"The keeper did not answer `{order['do']}` within {ANSWER_WITHIN_S:g} s.", definite=False
            ) from error
        finally:
            self._answers.pop(number, None)

    async def _read(self, process: asyncio.subprocess.Process) -> None:
        assert process.stdout is not None
        try:
            while line := await process.stdout.readline():
                self._hear(json.loads(line))
        finally:
            # Even if a line was unexpected: with its input closed the keeper ends, and so is noticed.
            if process.stdin is not None:
                process.stdin.close()
            await process.wait()
            await self._lose_all(process.pid)

    def _hear(self, event: dict[str, Any]) -> None:
        if event["event"] == "exited":
            self._gone(event["id"], event["code"])
            return
        charge = self._charges.get(event["id"])
        if event["do"] == "start" and charge is not None:
            charge.pid = event.get("pid", 0)
            if event["event"] == "failed":
                charge.on_exit = _unheard
                self._gone(event["id"], NEVER_RAN)
        answer = self._answers.get(event["n"])
        if answer is None or answer.done():
            return
        if event["event"] == "failed":
            answer.set_exception(Unavailable(f"The keeper failed: {event['error']}."))
        else:
            answer.set_result(event)

    def _gone(self, broker_id: str, code: int) -> None:
        charge = self._charges.pop(broker_id, None)
        if charge is not None:
            asyncio.get_running_loop().call_soon(charge.on_exit, code)
            charge.gone.set_result(code)

    async def _lose_all(self, keeper_pid: int) -> None:
        """The keeper has ended. Wait until its brokers have too, because two servers on one store would both accept."""
        self._process = None
        if sys.platform != "linux" and hasattr(os, "killpg"):
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(keeper_pid, signal.SIGKILL)
        for charge in self._charges.values():
            await _until_gone(charge.pid)
        for answer in self._answers.values():
            if not answer.done():
                answer.set_exception(Unavailable("The keeper process ended; its brokers ended with it."))
        for broker_id in list(self._charges):
            self._gone(broker_id, KILLED)


def _unheard(_code: int) -> None:
    return None


async def _until_gone(pid: int) -> None:
    for _ in range(int(GONE_WITHIN_S / GONE_POLL_S)):
        if not is_running(pid):
            return
        await asyncio.sleep(GONE_POLL_S)


def is_running(pid: int) -> bool:
    """Return whether a process of that id runs on Linux; a zombie does not. Elsewhere: False."""
    try:
        return Path(f"/proc/{pid}/stat").read_bytes().rpartition(b")")[2].split()[0] not in (b"Z", b"X")
    except OSError:
        return False
