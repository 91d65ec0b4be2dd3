"""A room whose hosts are the real app: a nats-server, a desk on a loop of its own, and learners with cookies."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from app import close_app, create_app
from studylab.hub import Hub
from studylab.lab.attempt import Attempt
from studylab.loop import LoopThread
from studylab.room import permissions, watching
from studylab.room.desk import Desk
from studylab.room.protocol import Instruction, Report, Say, SeatRow
from studylab.room.serving.seat import Seat
from studylab.room.serving.serving import Serving
from studylab.room.settings import Bus, HostSettings, Listening
from tests.facts.conftest import Server
from vango import kit

KEY = "k" * 40
DESK_URL = "http://desk.test"
WITHIN_S = 60.0
OWN = {"Sec-Fetch-Site": "same-origin"}
JSON = {"Accept": "application/json", **OWN}
PAGE = {"Accept": "text/html", "Sec-Fetch-Dest": "document"}


class Hosted:
    """A desk, and apps that are its hosts. What is started here ends with `close`."""

    def __init__(self, folder: Path, *hosts: str, room_for: int = 40) -> None:
        self.folder, self.room_for = folder, room_for
        self.names = hosts or ("h1",)
        passwords = {name: f"{name}-password" for name in self.names}
        self.server = Server(folder / "nats", more=permissions.accounts("desk-password", passwords)).start()
        self.loop = LoopThread()
        self.desk: Desk = self.on_loop(self._open_desk())
        self.apps: dict[str, Flask] = {}
        for name in self.names:
            self.start(name)

    async def _open_desk(self) -> Desk:
        url = f"nats://{self.server.address}"
        connect = kit.connecting(url, user="desk", password="desk-password")
        return await Desk.open(self.folder / "desk", connect, key=KEY, url=DESK_URL)

    def on_loop(self, work: Any) -> Any:
        return self.loop.call(work, timeout_s=WITHIN_S)

    def start(self, name: str = "h1") -> Flask:
        """Start a host, and wait until seats may be given to it."""
        bus = Bus((f"nats://{self.server.address}",), name, f"{name}-password")
        settings = HostSettings(
            name, str(self.folder / name), bus, Listening(), f"http://{name}.test", DESK_URL, KEY, self.room_for
        )  # fmt: skip
        self.apps[name] = create_app(room=settings)
        until(lambda: name in self.desk.hosts.alive(), f"{name} is there")
        return self.apps[name]

    def end(self, name: str = "h1") -> None:
        close_app(self.apps.pop(name))

    def serving(self, name: str = "h1") -> Serving:
        found: Serving = self.apps[name].extensions["studylab_room"]
        return found

    def close(self) -> None:
        for name in list(self.apps):
            self.end(name)
        self.on_loop(self.desk.close())
        self.loop.close()
        self.server.kill()

    def join(self, name: str = "Ana") -> Sitting:
        """Join, and come to the host with a ticket."""
        sitting = Sitting(self, self.desk.join(self.desk.room.code, name, "10.0.0.1"))
        sitting.come()
        return sitting

    def say(self, what: Say, *seats: str, **with_: str) -> Instruction:
        return self.desk.say(what, list(seats), **with_)


class Sitting:
    """Somebody in a seat, with a browser's cookies."""

    def __init__(self, room: Hosted, seat: SeatRow) -> None:
        self.room, self.row = room, seat
        self.client: FlaskClient = room.apps[seat.host].test_client()

    @property
    def id(self) -> str:
        return self.row.id

    @property
    def seat(self) -> Seat:
        found = self.room.serving(self.row.host).seat(self.id)
        assert found is not None
        return found

    def come(self) -> TestResponse:
        """Take a ticket to the host of the seat, and wait until the bench is ready."""
        answer = self.client.get(f"/seat?ticket={self.room.desk.ticket(self.row)}")
        assert answer.status_code == 303, answer.get_data(as_text=True)
        until(lambda: self.seat.made.is_set(), "the bench is ready")
        return answer

    def do(self, verb: str, **arguments: Any) -> TestResponse:
        return self.post(f"/bench/verbs/{verb}", **arguments)

    def post(self, path: str, **arguments: Any) -> TestResponse:
        return self.client.post(path, json=arguments, headers=JSON)

    def page(self, path: str) -> TestResponse:
        return self.client.get(path, headers=PAGE)

    def see(self) -> dict[str, Any]:
        seen: dict[str, Any] = self.client.get("/bench.json", headers=JSON).get_json()
        return seen

    def hub(self) -> Hub:
        """Return the hub of the bench, for a look into it."""
        hub = self.seat._hub
        assert hub is not None
        return hub

    def attempt(self, slug: str) -> Attempt:
        """Return where the learner is in a lab."""
        return self.hub().run(slug).attempt

    def report(self) -> Report | None:
        """Return what the wall has of this seat."""
        tile = self.room.desk.wall.tile(self.id)
        return tile.report if tile else None

    def reported(self, is_so: Callable[[Report], bool], what: str) -> Report:
        """Wait until the wall has a report that is so."""

        def on_wall() -> bool:
            found = self.report()
            return found is not None and is_so(found)

        until(on_wall, what, self.report)
        found = self.report()
        assert found is not None
        return found

    def done(self, said: Instruction) -> Report:
        """Wait until an instruction was carried out here."""
        return self.reported(lambda report: report.done >= said.number, f"instruction {said.number} is done")

    def watch_link(self) -> str:
        """Return the address by which the teacher comes to look at this seat."""
        ticket = watching.write(KEY, self.id, self.row.host, self.room.desk.room.id)
        return f"/room/watch?ticket={ticket}"


def until(
    is_so: Callable[[], object], what: str, seen: Callable[[], object] = lambda: "", within_s: float = WITHIN_S
) -> None:
    """Look again until something is so; fail with what was seen last."""
    deadline = time.monotonic() + within_s
    while not is_so():
        assert time.monotonic() < deadline, f"waited {within_s:g} s: {what}. Last seen: {seen()}"
        time.sleep(0.01)
