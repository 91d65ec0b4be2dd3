"""The app as a process of its own, as `python app.py` starts it."""

from __future__ import annotations

import os
import select
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType

from benchmarks.machine import ROOT
from vango.actors.errors import Unavailable

START_S = 30.0
STOP_S = 30.0


class Served:
    """A running app on a port of the kernel's choice. Raises `Unavailable` when it says no address in time.

    `program` is what Python runs in place of Study Lab itself.
    """

    def __init__(self, folder: Path, *options: str, program: Sequence[str] = ()) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._log = folder / "app.log"
        here = ("app.py", "--port", "0", "--no-browser", "--data", str(folder / "data"))
        command = [sys.executable, *(program or here), *options]
        # Python keeps compiled code by default, and so does an app that is started twice.
        environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
        with self._log.open("wb") as log:
            self.process = subprocess.Popen(
                command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=log, text=True
            )
        assert self.process.stdout is not None
        ready, _, _ = select.select([self.process.stdout], [], [], START_S)
        line = self.process.stdout.readline() if ready else ""
        self.address = line.split()[-1] if "http://" in line else ""
        self.said_at = time.time()
        if not self.address:
            self.close()
            raise Unavailable(f"The app said no address within {START_S:g} s but: {line}{self.said()}")

    def said(self) -> str:
        """Return what it said on standard error."""
        return self._log.read_text(encoding="utf-8", errors="replace")

    def close(self) -> None:
        """End it, by force when it does not end when asked."""
        self.process.terminate()
        try:
            self.process.communicate(timeout=STOP_S)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.communicate()

    def __enter__(self) -> Served:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
