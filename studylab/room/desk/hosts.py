"""The hosts as the desk sees them: who is there, what each reports, and who is lost.

A host says hello each second; the desk keeps what it says, makes the streams that it may not make itself, and follows
its feed with an edge of its own. A host that is silent for `LOST_AFTER_S` is lost, and its seats go to others. One at
whose door somebody still opens has `BUSY_FOR_S`: it waits for a processor. The time counts only while the desk itself
hears the broker: a laptop that slept has lost nobody.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from functools import partial
from operator import methodcaller
from pathlib import Path

import msgspec
from nats.aio.msg import Msg

from studylab.room import silence
from studylab.room.database import Database
from studylab.room.desk import knocking, seating
from studylab.room.desk.ending import purge
from studylab.room.desk.wall import Wall, WallTable
from studylab.room.line import Line
from studylab.room.protocol import HOST_NAME, HostRow, hello, reports
from vango import kit
from vango.actors import tasks
from vango.broker import streams
from vango.broker.connection import Connection
from vango.truth.snapshots import create_bucket

log = logging.getLogger(__name__)
LOST_AFTER_S = 6.0
BUSY_FOR_S = 60.0
KNOCK_AFTER_S = 2.5
LOOK_S = 0.5
MAX_STEP_S = 1.0


@dataclass(slots=True)
class Host:
    """One host. `silent_s` is how long nothing was heard of it, as far as the desk could hear: by that it is lost.
    `heard` is when it was heard, by the monotonic clock. `swept` is the room that its feed holds nothing else of.
    """

    name: str
    row: HostRow
    edge: kit.Edge
    silent_s: float = LOST_AFTER_S
    lost: bool = True
    swept: str = ""
    knocking: asyncio.Task[bool] | None = None
    runs: bool = False
    heard: float = field(default_factory=time.monotonic)

    @property
    def alive(self) -> bool:
        """Whether seats may be given to it."""
        return not self.lost

    @property
    def silent_since(self) -> float | None:
        """The Unix time at which it was heard last, when that is too long ago; None while it is heard."""
        return silence.since(self.heard)

    @property
    def answers(self) -> bool:
        """Whether a browser that is sent there finds somebody: it was heard a moment ago, or its door opens."""
        return self.alive and (self.silent_s < KNOCK_AFTER_S or self.runs)

    def judge(self) -> None:
        """Call it lost after a while of silence, and after a longer one when somebody still opens its door."""
        if self.knocking is not None and self.knocking.done():
            knocked, self.knocking = self.knocking, None
            self.runs = knocked.result()
        if self.silent_s < KNOCK_AFTER_S:
            self.runs = False
        elif self.knocking is None and not self.lost:
            self.knocking = asyncio.create_task(knocking.runs(self.row.url), name=f"knock at {self.name}")
        self.lost = self.lost or self.silent_s > (BUSY_FOR_S if self.runs else LOST_AFTER_S)


class Hosts:
    """All hosts of the room. It runs on the loop; `alive` may be asked from any thread.

    `on_lost` is awaited for each host that is lost, again and again until it returns True: its seats are moved.
    """

    def __init__(
        self,
        folder: Path,
        connect: kit.Connect,
        database: Database,
        source: kit.Source,
        wall: Wall,
        on_lost: Callable[[str], Awaitable[bool]],
    ) -> None:
        self._folder, self._connect = folder / "views", connect
        self._database, self._wall, self._on_lost = database, wall, on_lost
        self.source = source
        self._hosts: dict[str, Host] = {}
        self._moved: set[str] = set()
        self._ready: set[str] = set()
        self._busy = asyncio.Lock()
        self.line = Line(connect, "desk", self._prepare)
        self._tasks: list[asyncio.Task[None]] = []
        self._heard = time.monotonic()

    def __getitem__(self, name: str) -> Host:
        return self._hosts[name]

    def all(self) -> list[Host]:
        """Return the hosts by name."""
        return [host for _, host in sorted(self._hosts.items())]

    def alive(self) -> list[str]:
        """Return the names of the hosts that seats may be given to."""
        return [host.name for host in self.all() if host.alive]

    @property
    def deaf_since(self) -> float | None:
        """The Unix time since which the desk hears nobody, because the broker does not answer; None while it does."""
        return silence.since(self._heard)

    async def start(self) -> None:
        """Follow the hosts that are known, and listen for others."""
        found = await self._database.soon(
            lambda db: db.execute("SELECT name, url, room_for, room FROM host").fetchall()
        )
        for name, url, room_for, swept in found:
            host = await self._follow(name, HostRow(url, room_for))
            host.swept = swept
            # It may well be there: until it is silent for a while, nothing of it is moved.
            host.silent_s = 0.0
        await self.line.start()
        # Moving takes its time: meanwhile the watch goes on.
        self._tasks = [
            asyncio.create_task(tasks.keep_going(work, log.error, name), name=name)
            for work, name in ((self._look, "the watch of the hosts"), (self._move, "the moving of seats"))
        ]

    async def stop(self) -> None:
        """Stop listening, and close the views."""
        for task in self._tasks:
            await tasks.end(task)
        await self.line.stop()
        for host in self._hosts.values():
            await tasks.end(host.knocking)
            await host.edge.kill()

    async def _prepare(self, wire: Connection) -> None:
        # It may be another broker, or one that has lost its store.
        self._ready.clear()
        await wire.subscribe(hello("*"), partial(self._hear, wire))

    async def _hear(self, wire: Connection, message: Msg) -> None:
        """Take in what a host says of itself. It is answered when the desk has it."""
        name = message.subject.rpartition(".")[2]
        try:
            row = msgspec.json.decode(message.data, type=HostRow)
        except msgspec.MsgspecError:
            return
        if not HOST_NAME.fullmatch(name) or row.room_for < 0:
            return
        try:
            await self._know(wire, name, row)
        except kit.VangoError as error:
            await message.respond(msgspec.json.encode({"error": str(error)}))
            return
        host = self._hosts[name]
        await self._sweep(wire, host, row.room)
        host.row, host.silent_s, host.lost, host.heard = row, 0.0, False, time.monotonic()
        self._moved.discard(name)
        await message.respond(msgspec.json.encode({"at": time.time()}))

    async def _know(self, wire: Connection, name: str, row: HostRow) -> None:
        async with self._busy:
            known = self._hosts.get(name)
            if name not in self._ready:
                domain = reports(name).domain
                await streams.ensure(wire, domain.stream, kit.StreamRules(max_bytes=-1), [f"{domain.prefix}>"])
                await create_bucket(wire, domain.bucket)
                self._ready.add(name)
            if known is None or (known.row.url, known.row.room_for) != (row.url, row.room_for):
                await self._database.soon(lambda db: seating.host_is_there(db, name, row.url, row.room_for))
            if known is None:
                await self._follow(name, row)

    async def _sweep(self, wire: Connection, host: Host, room: str) -> None:
        """A host has emptied what it kept of an ended room: empty what it told, and make the view again."""
        if not room or room in (host.swept, "") or room != self._wall.room.id:
            return
        if host.swept:
            await purge(wire, reports(host.name))
            await host.edge.wipe()
        await self._database.soon(methodcaller("execute", "UPDATE host SET room = ? WHERE name = ?", [room, host.name]))
        host.swept = room

    async def _follow(self, name: str, row: HostRow) -> Host:
        table = WallTable(self._wall, name)
        edge = kit.Edge(name, self._folder, reports(name), self._connect, table=table)
        host = self._hosts[name] = Host(name, row, edge)
        await edge.start()
        return host

    async def _look(self) -> None:
        before = time.monotonic()
        while True:
            await asyncio.sleep(LOOK_S)
            hears, now = await self._hears(), time.monotonic()
            step_s, before = now - before, now
            for host in self.all():
                if not hears or step_s > MAX_STEP_S + LOOK_S:
                    # Nobody could be heard, or this program stood still: the time begins again.
                    host.silent_s = 0.0
                else:
                    host.silent_s += step_s
                host.judge()
            for host in self.all():
                # An edge that has died of something unforeseen starts again; what runs is left alone.
                await host.edge.start()
            await self.source.start()

    async def _hears(self) -> bool:
        """Ask the broker something, and return whether it has answered."""
        try:
            await self.line.wire.api("INFO", timeout_s=MAX_STEP_S)
        except kit.VangoError:
            return False
        self._heard = time.monotonic()
        return True

    async def _move(self) -> None:
        """Have the seats of lost hosts moved."""
        while True:
            await asyncio.sleep(LOOK_S)
            for host in self.all():
                is_due = host.lost and host.silent_s > LOST_AFTER_S and host.name not in self._moved
                if is_due and await self._on_lost(host.name) and host.lost:
                    self._moved.add(host.name)
