"""A room for each test: a real nats-server with the room's users, a desk and hosts on the test's own loop."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from studylab.room import permissions
from studylab.room.desk import Desk
from studylab.room.host import HostLink
from studylab.room.protocol import DESK, Instruction, Say, SeatRow, reports
from tests.facts.conftest import Server
from tests.room.hosted import Hosted, Sitting
from vango import kit

KEY = "k" * 40
HOSTS = ("h1", "h2")
DEADLINE_S = 30.0


class Benches:
    """Benches that only remember what was asked of them."""

    def __init__(self) -> None:
        self.done: list[tuple[str, int, bool]] = []
        self.given_up: list[str] = []
        self.closed: list[str] = []
        self.prepared: list[SeatRow] = []
        self.failure = ""
        self.gate = asyncio.Event()
        self.gate.set()

    async def carry_out(self, seat: str, instruction: Instruction, *, again: bool) -> str:
        self.done.append((seat, instruction.number, again))
        await self.gate.wait()
        return self.failure

    async def give_up(self, seat: str, key: str) -> None:
        self.given_up.append(seat)

    async def put_out(self, seat: str, key: str) -> None:
        self.closed.append(seat)

    async def prepare(self, seat: SeatRow) -> None:
        self.prepared.append(seat)


class Room:
    """A desk and hosts on one server. What a test starts here ends with it."""

    def __init__(self, folder: Path, clock: Callable[[], float] = time.monotonic) -> None:
        self.folder, self.clock = folder, clock
        passwords = {name: f"{name}-password" for name in HOSTS}
        self.server = Server(folder / "nats", more=permissions.accounts("desk-password", passwords)).start()
        self.desk: Desk
        self.hosts: dict[str, HostLink] = {}
        self.benches: dict[str, Benches] = {}

    def connect(self, user: str) -> kit.Connect:
        url = f"nats://{self.server.address}"
        return kit.connecting(url, user=user, password=f"{user}-password")

    async def open_desk(self) -> Desk:
        folder, connect = self.folder / "desk", self.connect("desk")
        self.desk = await Desk.open(folder, connect, key=KEY, url="http://desk", clock=self.clock)
        return self.desk

    async def open_host(self, name: str = "h1", room_for: int = 100) -> HostLink:
        benches = self.benches.setdefault(name, Benches())
        self.hosts[name] = await HostLink.open(
            name,
            self.folder / name,
            self.connect(name),
            key=KEY,
            url=f"http://{name}",
            room_for=room_for,
            benches=benches,
        )
        return self.hosts[name]

    async def open(self, *hosts: str, room_for: int = 100) -> None:
        """Open the desk and these hosts, and wait until seats may be given to them."""
        await self.open_desk()
        for name in hosts:
            await self.open_host(name, room_for)
        await until(lambda: self.desk.hosts.alive() == sorted(hosts))

    async def join(self, name: str = "Ana", address: str = "10.0.0.1") -> SeatRow:
        return await asyncio.to_thread(self.desk.join, self.desk.room.code, name, address)

    async def come(self, seat: SeatRow, key: str = "bench") -> None:
        """Bring a seat to its host, as a browser does with its ticket."""
        link = self.hosts[seat.host]
        await link.begin(await asyncio.to_thread(link.admit, self.desk.ticket(seat)), key)

    async def say(self, say: Say, *seats: str, **with_: str) -> Instruction:
        return await asyncio.to_thread(lambda: self.desk.say(say, seats, **with_))

    async def reported(self, seat: SeatRow, is_so: Callable[[Any], bool]) -> None:
        """Wait until the wall has a report of a seat that is so."""

        def on_wall() -> bool:
            tile = self.desk.wall.tile(seat.id)
            return tile is not None and tile.report is not None and is_so(tile.report)

        await until(on_wall)

    async def settled(self) -> None:
        """Wait until both ways all that is committed is heard."""
        await self.desk.source.published()
        for name, link in self.hosts.items():
            await link.edge.current_at(self.desk.source.latest(DESK))
            await link.source.published()
            await self.desk.hosts[name].edge.current_at(link.source.latest(reports(name)))

    async def close(self) -> None:
        while self.hosts:
            await self.hosts.popitem()[1].close()
        if (desk := self.__dict__.pop("desk", None)) is not None:
            await desk.close()
        self.server.stop()


@asynccontextmanager
async def a_room(
    folder: Path, *hosts: str, room_for: int = 100, clock: Callable[[], float] = time.monotonic
) -> AsyncIterator[Room]:
    """Open a room; without names, with one host. `room_for` is how many seats each has room for."""
    room = Room(folder, clock)
    try:
        await room.open(*(hosts or ("h1",)), room_for=room_for)
        yield room
    finally:
        await asyncio.shield(room.close())


async def until(is_so: Callable[[], bool], seen: Callable[[], object] = lambda: "nothing changed") -> None:
    """Wait until something is so; fail with what was seen last."""
    deadline = time.monotonic() + DEADLINE_S
    while not is_so():
        assert time.monotonic() < deadline, seen()
        await asyncio.sleep(0.005)


@pytest.fixture(scope="module")
def room(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hosted]:
    """A room whose hosts are apps of this process, shared by the tests of a file."""
    hosted = Hosted(tmp_path_factory.mktemp("room"))
    yield hosted
    hosted.close()


@pytest.fixture
def ana(room: Hosted) -> Sitting:
    """A learner with a new seat in it."""
    return room.join("Ana")
