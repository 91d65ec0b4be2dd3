"""A room as a person starts it: `python app.py --room` with all its processes, and browsers that come to it."""

from __future__ import annotations

import http.cookiejar
import json
import os
import re
import select
import signal
import ssl
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import IO
from urllib.parse import urlencode

from tests.web.learner import ROOT, until
from vango.broker.keeper import is_running

OPENED = "Ctrl-C ends it"
WITHIN_S = 120


class Browser:
    """A browser without its screen: cookies, and redirects from the desk to a host."""

    def __init__(self) -> None:
        jar = http.cookiejar.CookieJar()
        # A test's certificate is its own.
        secured = urllib.request.HTTPSHandler(context=ssl._create_unverified_context())
        self._opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(jar), secured)
        self.at = ""

    def ask(self, url: str, **form: str) -> tuple[int, str]:
        """Get a page, or send a form. Returns the status and the page that came at last; 0 if nobody listens."""
        body = urlencode(form).encode() if form else None
        request = urllib.request.Request(url, body, {"Sec-Fetch-Site": "same-origin", "Accept": "text/html"})
        try:
            with self._opener.open(request, timeout=60) as answer:
                self.at = answer.url
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            with error:
                return error.code, error.read().decode()
        except OSError:
            return 0, ""

    def status(self, url: str) -> int:
        return self.ask(url)[0]

    def until(self, url: str, *words: str) -> None:
        """Ask for a page until it has these words."""
        deadline, page = time.monotonic() + WITHIN_S, ""
        while not all(word in page for word in words):
            assert time.monotonic() < deadline, page
            page = self.ask(url)[1]

    def hears(self, url: str) -> str:
        """Return the first event of a stream, and leave."""
        with self._opener.open(url, timeout=60) as stream:
            lines: list[str] = []
            while (line := stream.readline().decode()) != "\n" or not any("data:" in one for one in lines):
                assert line, "the stream ended"
                lines.append(line)
            return "".join(lines)


class Lines:
    """What a process says, line by line."""

    def __init__(self, stream: IO[str] | None) -> None:
        assert stream is not None
        self._lines: list[str] = []
        self._over = False
        self._news = threading.Condition()
        threading.Thread(target=self._read, args=[stream]).start()

    def _read(self, stream: IO[str]) -> None:
        with stream:
            for line in stream:
                self._add(line)
        self._add("", over=True)

    def _add(self, line: str, *, over: bool = False) -> None:
        with self._news:
            self._lines.append(line)
            self._over = over
            self._news.notify_all()

    def has(self, text: str) -> bool:
        """Wait for a text. Returns False when it did not come, at the latest when the process has ended."""
        with self._news:
            self._news.wait_for(lambda: text in str(self) or self._over, WITHIN_S)
        return text in str(self)

    def whole(self) -> str:
        """Wait for the end of the process, and return all that it said."""
        with self._news:
            assert self._news.wait_for(lambda: self._over, WITHIN_S), str(self)
        return str(self)

    def __str__(self) -> str:
        return "".join(self._lines)


class RunningRoom:
    """The supervisor's process and what it started."""

    def __init__(self, data: Path, *options: str, program: Sequence[str] = (sys.executable, "app.py")) -> None:
        self.data = data
        command = [*program, "--room", "--hosts", "2", "--port", "0", "--no-browser", "--data", str(data), *options]
        self.process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        self.said, self.complained = Lines(self.process.stdout), Lines(self.process.stderr)

    def opened(self) -> RunningRoom:
        assert self.said.has(OPENED), (str(self.said), str(self.complained))
        return self

    def found(self, pattern: str) -> str:
        found = re.search(pattern, str(self.said))
        assert found, str(self.said)
        return found[1]

    @property
    def url(self) -> str:
        return self.found(r"join at +(\S+)/join")

    @property
    def code(self) -> str:
        return self.found(r"the code +(\S+)")

    def join(self, name: str = "Ana") -> Browser:
        """Join, and go on to the bench."""
        browser = Browser()
        assert browser.ask(f"{self.url}/join", code=self.code, name=name)[0] == 200
        # While its host is away, the page says so and asks again.
        until(lambda: browser.status(f"{self.url}/back") == 200, f"{name} is led to a bench")
        return browser

    def tree(self) -> dict[int, str]:
        """Return all processes under the supervisor, and itself, with their command lines. Linux only."""
        return descendants(self.process.pid)

    def child(self, name: str) -> int:
        """Return the process id of the desk, a host or the room's broker: the one that has its folder's lock open."""
        folder = f"{self.data}/room/{name}/"
        found = [pid for pid, line in self.tree().items() if "room-child" in line and has_open(pid, folder)]
        return found[0] if found else 0

    def broker(self) -> int:
        config = f"{self.data}/room/broker/nats.conf"
        return next((pid for pid, line in self.tree().items() if line.endswith(config)), 0)

    @property
    def broker_url(self) -> str:
        """Where the room's own broker listens."""
        config = (self.data / "room" / "broker" / "nats.conf").read_text()
        found = re.search(r'listen: "([^"]+)"', config)
        assert found, config
        return f"nats://{found[1]}"

    def secrets(self) -> list[str]:
        kept = json.loads((self.data / "room" / "room.key").read_text())
        return [kept["tickets"], kept["secret"], kept["desk"], *kept["hosts"].values()]

    def end(self, how: signal.Signals = signal.SIGINT) -> int:
        if self.process.poll() is None:
            self.process.send_signal(how)
        return self.process.wait(WITHIN_S)


def are_gone(pids: Iterable[int]) -> bool:
    """Wait for the end of processes, which need not be children. Linux only."""
    for pid in pids:
        try:
            file = os.pidfd_open(pid)
        except ProcessLookupError:
            continue
        try:
            if not select.select([file], [], [], WITHIN_S)[0]:
                return False
        finally:
            os.close(file)
    return True


def descendants(root: int) -> dict[int, str]:
    parents: dict[int, int] = {}
    for entry in Path("/proc").iterdir():
        try:
            if entry.name.isdigit():
                parents[int(entry.name)] = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
        except OSError:
            continue
    found = {root}
    while more := {pid for pid, parent in parents.items() if parent in found} - found:
        found |= more
    return {pid: read(pid, "cmdline") for pid in found if is_running(pid)}


def read(pid: int, name: str) -> str:
    try:
        return (Path("/proc") / str(pid) / name).read_bytes().replace(b"\0", b" ").decode("utf-8", "replace").strip()
    except OSError:
        return ""


def has_open(pid: int, folder: str) -> bool:
    try:
        return any(str(file.readlink()).startswith(folder) for file in (Path("/proc") / str(pid) / "fd").iterdir())
    except OSError:
        return False
