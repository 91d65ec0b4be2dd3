"""Learners as the tests see them: one in the app's own process, one that talks to a running app over sockets."""

from __future__ import annotations

import http.client
import json
import os
import re
import select
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

ROOT = Path(__file__).resolve().parents[2]
START_S = 60.0
WITHIN_S = 60.0  # far more than anything takes: a slow machine must not fail a right program
OWN = {"Sec-Fetch-Site": "same-origin"}
HTMX = {"HX-Request": "true", "Accept": "text/html, text/event-stream", **OWN}
JSON = {"Accept": "application/json", **OWN}


class Learner:
    """A visitor with cookies of their own, as a browser would send them from the app's pages."""

    def __init__(self, app: Flask) -> None:
        self.client: FlaskClient = app.test_client()

    def enter(self) -> TestResponse:
        """Press Start on the sandbox, and return the page that comes then."""
        pressed = self.client.post("/bench", headers={**OWN, "Accept": "text/html"})
        assert pressed.status_code == 303
        return self.client.get("/sandbox", headers={"Accept": "text/html"})

    def leave(self) -> None:
        """Have the bench parked, if there is one: many tests share one app, and each open bench holds files and sockets."""
        with self.client.session_transaction() as session:
            key = session.get("bench", "")
        state = self.client.application.extensions["studylab"]
        if key:
            state.loop.call(state.benches.park(key), timeout_s=WITHIN_S)

    def do(self, verb: str, **arguments: Any) -> TestResponse:
        """Carry out a verb as a program would."""
        return self.client.post(f"/bench/verbs/{verb}", json=arguments, headers=JSON)

    def see(self) -> dict[str, Any]:
        seen: dict[str, Any] = self.client.get("/bench.json").get_json()
        return seen

    def owner(self, route: str) -> str:
        return str(next(r["owner"] for r in self.see()["truth"]["routes"] if r["name"] == route))


def until(is_so: Callable[[], object], what: str, within_s: float = WITHIN_S) -> None:
    """Look again until something is so; time out with a sentence. The looking itself takes its time."""
    deadline = time.monotonic() + within_s
    while not is_so():
        assert time.monotonic() < deadline, f"waited {within_s:g} s without success: {what}"


@dataclass(frozen=True, slots=True)
class Answer:
    """What a raw request brought."""

    status: int
    head: str
    body: str

    @property
    def cookie(self) -> str:
        found = re.search(r"^Set-Cookie: ([^;\r\n]+)", self.head, re.MULTILINE)
        return found[1] if found else ""


class Running:
    """The app as a process of its own."""

    def __init__(
        self, data: Path, *options: str, program: Sequence[str] = (sys.executable, "app.py"), cwd: Path | None = None
    ) -> None:
        command = [*program, "--port", "0", "--no-browser", "--data", str(data), *options]
        self.process = subprocess.Popen(
            command, cwd=cwd or ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        assert self.process.stdout is not None
        ready, _, _ = select.select([self.process.stdout], [], [], START_S)
        self.line = self.process.stdout.readline() if ready else ""
        self._streams: list[Stream] = []
        found = re.search(r":(\d+)/", self.line)
        assert found, f"no address: {self.line!r} {self.end()}"
        self.port = int(found[1])

    def ask(self, path: str, *, method: str = "GET", body: str = "", **headers: str) -> Answer:
        """Send one request as it stands, its Host header too, and read the whole answer."""
        fields = {"Host": f"127.0.0.1:{self.port}", "Connection": "close", "Content-Length": str(len(body.encode()))}
        fields |= {name.replace("_", "-"): value for name, value in headers.items()}
        lines = [f"{method} {path} HTTP/1.1", *(f"{name}: {value}" for name, value in fields.items())]
        with socket.create_connection(("127.0.0.1", self.port), WITHIN_S) as connection:
            connection.sendall(("\r\n".join(lines) + "\r\n\r\n" + body).encode())
            with http.client.HTTPResponse(connection) as answer:
                answer.begin()
                head = "".join(f"{name}: {value}\r\n" for name, value in answer.getheaders())
                return Answer(answer.status, head, answer.read().decode())

    def enter(self) -> str:
        """Get a bench as a program would, and return the cookie that leads to it."""
        answer = self.ask("/bench", method="POST", Origin=f"http://127.0.0.1:{self.port}")
        assert answer.status == 200, answer
        return answer.cookie

    def do(self, cookie: str, verb: str, **arguments: Any) -> Answer:
        return self.ask(
            f"/bench/verbs/{verb}", method="POST", body=json.dumps(arguments), Cookie=cookie,
            Content_Type="application/json", Origin=f"http://127.0.0.1:{self.port}",
        )  # fmt: skip

    def owner(self, cookie: str, route: str) -> str:
        seen = json.loads(self.ask("/bench.json", Cookie=cookie).body)
        return str(next(r["owner"] for r in seen["truth"]["routes"] if r["name"] == route))

    def stream(self, cookie: str, page: str = "") -> Stream:
        self._streams.append(Stream(self.port, cookie, page))
        return self._streams[-1]

    def end(self, how: signal.Signals = signal.SIGTERM) -> str:
        """End the app and return what it said on standard error."""
        if self.process.poll() is None:
            self.process.send_signal(how)
        said = self.process.communicate(timeout=START_S)[1]
        for stream in self._streams:
            stream.close()
        return said


@dataclass(frozen=True, slots=True)
class Message:
    """One message of a stream. Unnamed ones have the event ''."""

    id: str
    event: str
    data: str


class Stream:
    """An open page's stream."""

    def __init__(self, port: int, cookie: str, page: str = "") -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=WITHIN_S)
        self._connection.request("GET", f"/events?page={page}", headers={"Cookie": cookie})
        self._answer = self._connection.getresponse()
        self.status = self._answer.status
        self.type = self._answer.getheader("Content-Type", "")

    def next(self) -> Message:
        """Return the next message. Raises ConnectionError at the end of the stream."""
        fields: dict[str, list[str]] = {}
        while (line := self._answer.readline().decode()) != "\n":
            if not line:
                raise ConnectionError("the stream ended")
            name, _, value = line.rstrip("\n").partition(": ")
            fields.setdefault(name, []).append(value)
        if "data" not in fields:
            return self.next()
        return Message(fields["id"][0], "".join(fields.get("event", [])), "\n".join(fields["data"]))

    def until(self, text: str) -> Message:
        """Return the first message that holds a text. A socket that stays silent times out."""
        deadline = time.monotonic() + WITHIN_S
        while time.monotonic() < deadline:
            message = self.next()
            if text in message.data:
                return message
        raise TimeoutError(f"no message held {text!r}")

    def close(self) -> None:
        self._answer.close()
        self._connection.close()


def brokers_under(folder: Path) -> list[int]:
    """Return the ids of the nats-servers that run on a data folder. Linux only."""
    found = []
    for entry in Path("/proc").iterdir():
        try:
            line = (entry / "cmdline").read_bytes()
        except OSError:
            continue
        if b"nats-server" in line and os.fsencode(folder) in line:
            found.append(int(entry.name))
    return found
