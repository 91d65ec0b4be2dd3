"""A front desk as its pages are served, with a real broker and real hosts' links; only the benches are made up."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from flask import Flask
from flask.testing import FlaskClient

from studylab.loop import LoopThread
from studylab.room import permissions
from studylab.room.desk.web import create_desk
from studylab.room.desk.web.parts import KEY as PARTS
from studylab.room.desk.web.parts import Parts
from studylab.room.host import HostLink
from studylab.room.protocol import Report, SeatRow
from studylab.room.settings import Bus, DeskSettings, Listening
from tests.facts.conftest import Server
from tests.room.conftest import Benches
from vango import kit

KEY = "k" * 40
SECRET = "open sesame to the teacher"
ADDRESS = "http://192.168.1.20:8321"
OWN = {"Sec-Fetch-Site": "same-origin", "Accept": "text/html"}
WITHIN_S = 60.0
NOBODY = "http://127.0.0.1:18009"
"""An address of a host at which nobody needs to listen."""


class FrontDesk:
    """A desk's web app, its broker, and one host at which seats have made-up benches."""

    def __init__(self, folder: Path, host_url: str, room_for: int) -> None:
        self.server = Server(folder / "nats", more=permissions.accounts("desk-password", {"h1": "h1-password"})).start()
        self._folder, self._host_url, self._room_for = folder, host_url, room_for
        self._loop = LoopThread()
        self.benches = Benches.__new__(Benches)
        self.app = self.open()
        self.host: HostLink
        self.host_comes()
        self.until(lambda: self.parts.front.hosts.all()[0].alive if self.parts.front.hosts.all() else False)

    def open(self) -> Flask:
        """Open the desk."""
        bus = Bus((f"nats://{self.server.address}",), "desk", "desk-password")
        self.app = create_desk(
            DeskSettings(str(self._folder / "desk"), bus, Listening(), (ADDRESS,), KEY, SECRET, "Systems 2")
        )
        return self.app

    async def _host(self) -> HostLink:
        self.benches = Benches()
        connect = kit.connecting(f"nats://{self.server.address}", user="h1", password="h1-password")
        return await HostLink.open(
            "h1",
            self._folder / "h1",
            connect,
            key=KEY,
            url=self._host_url,
            room_for=self._room_for,
            benches=self.benches,
        )

    def host_goes(self) -> None:
        """End the host."""
        self._loop.call(self.host.close(), timeout_s=WITHIN_S)

    def host_comes(self) -> None:
        """Start the host again after its end."""
        self.host = self._loop.call(self._host(), timeout_s=WITHIN_S)

    def close(self) -> None:
        """End all of it."""
        self.app.extensions["studylab_end_streams"]()
        self.host_goes()
        self.app.extensions["studylab_close"]()
        self._loop.close()
        self.server.kill()

    @property
    def parts(self) -> Parts:
        """What the pages share."""
        found: Parts = self.app.extensions[PARTS]
        return found

    @property
    def code(self) -> str:
        """The room's code."""
        return self.parts.front.wall.room.code

    def joins(self, name: str = "") -> SeatRow:
        """Give somebody a seat."""
        return self.parts.front.join(self.code, name, "127.0.0.1")

    def begins(self, seat: SeatRow) -> None:
        """Bring a seat to its bench."""
        ticket = self.host.admit(self.parts.front.ticket(seat))
        self._loop.call(self.host.begin(ticket, "bench"), timeout_s=WITHIN_S)

    def sits(self, name: str = "", **report: Any) -> SeatRow:
        """Bring somebody to a bench, who has done this."""
        seat = self.joins(name)
        self.begins(seat)
        self.reports(seat, **{"here": True, **report})
        return seat

    def reports(self, seat: SeatRow, **report: Any) -> Report:
        """Have the host report of a seat, and wait until the desk has heard it."""
        self.host.report(seat.id, **report)

        def heard() -> bool:
            known = self.parts.front.wall.tile(seat.id)
            said = known.report if known else None
            return said is not None and all(getattr(said, name) == value for name, value in report.items())

        self.until(heard)
        known = self.parts.front.wall.tile(seat.id)
        assert known is not None
        assert known.report is not None
        return known.report

    def learner(self) -> FlaskClient:
        """Return a browser that nobody has used."""
        return self.app.test_client()

    def teacher(self) -> FlaskClient:
        """Return the browser of the teacher, who has signed in."""
        client = self.app.test_client()
        assert client.post("/teach", data={"secret": SECRET}, headers=OWN).status_code == 303
        return client

    def until(self, is_so: Callable[[], object]) -> None:
        """Wait until something is so."""
        deadline = time.monotonic() + WITHIN_S
        while not is_so():
            assert time.monotonic() < deadline, self.parts.front.wall.since(0)
            threading.Event().wait(0.01)


@contextmanager
def a_front_desk(folder: Path, host_url: str = NOBODY, room_for: int = 500) -> Iterator[FrontDesk]:
    """Open a front desk, and close it at the end. `host_url` is where learners are led, `room_for` how many."""
    desk = FrontDesk(folder, host_url, room_for)
    try:
        yield desk
    finally:
        desk.close()
