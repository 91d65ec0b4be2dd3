"""The app as a process that can be killed and started again on the same port and data."""

from __future__ import annotations

import random
import socket
import subprocess
import sys
from pathlib import Path
from typing import Self

ROOT = Path(__file__).resolve().parent.parent.parent


class Served:
    """One data folder and port, and the app that serves it now. What the app says on standard error is in its log."""

    def __init__(self, data: Path, port: int = 0, *options: str) -> None:
        self._data, self._port, self._options = data, port, options
        self._process: subprocess.Popen[str] | None = None
        self.address = ""

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.end()

    def start(self) -> None:
        """Start the app and wait until it answers."""
        with (self._data / "app.log").open("a", encoding="utf-8") as said:
            self._process = subprocess.Popen(
                [sys.executable, "app.py", "--port", str(self._port), "--no-browser", "--data", str(self._data), *self._options],
                cwd=ROOT, stdout=subprocess.PIPE, stderr=said, text=True,
            )  # fmt: skip
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        assert "http://" in line, f"the app did not start: {line}{self.log()}"
        self.address = line.split()[-1]

    def log(self) -> str:
        """Return what the app has said on standard error."""
        return (self._data / "app.log").read_text(encoding="utf-8")

    def kill(self) -> None:
        """End the app with SIGKILL."""
        assert self._process is not None
        self._process.kill()
        self._process.communicate(timeout=20)

    def end(self) -> None:
        """End the app as Ctrl-C does, if it runs."""
        if self._process is not None and self._process.poll() is None:
            self._process.terminate()
            self._process.communicate(timeout=20)


def lasting_port() -> int:
    """Return a free port below those that the kernel gives away, so that a second start finds it free as well."""
    while True:
        port = random.randrange(20_000, 32_000)
        with socket.socket() as tried:
            try:
                tried.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
