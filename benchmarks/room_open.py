"""A room as `make run ARGS="--room"` opens it, and beside it the process with its people."""

from __future__ import annotations

import json
import os
import re
import select
import signal
import subprocess
import sys
import time
from pathlib import Path
from types import TracebackType
from typing import Any

from benchmarks.machine import PROC, ROOT, family
from vango.actors.errors import Unavailable

START_S = 60.0
STOP_S = 60.0
ANSWER_S = 900.0


class Room:
    """The supervisor and all that it started. Raises `Unavailable` when it does not open in time."""

    def __init__(self, folder: Path, hosts: int, *options: str) -> None:
        self._folder = folder / "data"
        self._log = folder / "room.log"
        command = [sys.executable, "app.py", "--room", "--hosts", str(hosts), "--host", "127.0.0.1", "--port", "0"]
        command += ["--no-browser", "--data", str(self._folder), *options]
        environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
        with self._log.open("wb") as log:
            self.process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=log)
        said = self._opening()
        found = re.search(r"join at +(\S+)/join +with the code +(\S+)", said)
        if found is None:
            self.close()
            raise Unavailable(f"The room did not open within {START_S:g} s but said: {said}{self.said()}")
        self.desk, self.code = found[1], found[2]
        self.secret = (self._folder / "room" / "teacher-secret.txt").read_text(encoding="utf-8").strip()

    def said(self) -> str:
        """Return what it said on standard error."""
        return self._log.read_text(encoding="utf-8", errors="replace")

    def processes(self) -> list[int]:
        """Return the supervisor and all that descend from it."""
        return family(self.process.pid)

    def kill(self, name: str) -> None:
        """Kill the desk or a host: the process that has something in its folder open. Raises `Unavailable`."""
        folder = f"{self._folder / 'room' / name}/"
        found = [pid for pid in self.processes()[1:] if _is_child(pid) and _has_open(pid, folder)]
        if not found:
            raise Unavailable(f"The room has no process for {name}.")
        os.kill(found[0], signal.SIGKILL)

    def close(self) -> None:
        """End it, by force when it does not end when asked."""
        self.process.send_signal(signal.SIGINT)
        try:
            self.process.communicate(timeout=STOP_S)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.communicate()

    def _opening(self) -> str:
        assert self.process.stdout is not None
        said, until = b"", time.monotonic() + START_S
        while b"Ctrl-C" not in said and time.monotonic() < until:
            ready, _, _ = select.select([self.process.stdout], [], [], until - time.monotonic())
            more = os.read(self.process.stdout.fileno(), 65536) if ready else b""
            if not more:
                break
            said += more
        return said.decode(errors="replace")

    def __enter__(self) -> Room:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


class People:
    """The load generator's process. Each call of `do` is one line to it and one line back."""

    def __init__(self, room: Room) -> None:
        command = [sys.executable, "-m", "benchmarks.room_crowd"]
        self.process = subprocess.Popen(
            command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1
        )
        self._tell({"desk": room.desk, "code": room.code, "secret": room.secret})

    def do(self, what: str, **arguments: Any) -> dict[str, Any]:
        """Have them do something. Raises `Unavailable` with what they say went wrong."""
        assert self.process.stdout is not None
        self._tell({"do": what, **arguments})
        ready, _, _ = select.select([self.process.stdout], [], [], ANSWER_S)
        line = self.process.stdout.readline() if ready else ""
        told: dict[str, Any] = json.loads(line) if line else {"error": "they have left"}
        if "error" in told:
            raise Unavailable(f"The people of the room could not {what}: {told['error']}")
        return told

    def _tell(self, line: dict[str, Any]) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps(line) + "\n")
        self.process.stdin.flush()

    def __enter__(self) -> People:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.process.kill()
        self.process.communicate()


def _is_child(pid: int) -> bool:
    try:
        return b"--room-child" in (PROC / str(pid) / "cmdline").read_bytes()
    except OSError:
        return False


def _has_open(pid: int, folder: str) -> bool:
    try:
        return any(str(file.readlink()).startswith(folder) for file in (PROC / str(pid) / "fd").iterdir())
    except OSError:
        return False
