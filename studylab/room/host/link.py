"""A host's link to the room: what it hears, whose seats it serves, what it reports. It outlives every connection.

    link = await HostLink.open("h1", folder, connect, key=key, url="http://h1", room_for=120, benches=benches)
    ticket = link.admit(text)                             a browser comes from the desk
    await link.begin(ticket, bench_key)                   its bench is made; from now on instructions reach it
    link.standing(seat, epoch)                            for each request: two look-ups in memory
    link.report(seat, act="promoted shop", ticks=3)       waits for nothing

No request of a learner waits for anything of this but `admit`, which writes into the host's own database.
"""

from __future__ import annotations

import asyncio
import logging
import time
from concurrent.futures import Future
from dataclasses import replace
from pathlib import Path
from typing import Any

from studylab.room.claims import Answering
from studylab.room.database import Database
from studylab.room.folders import locked
from studylab.room.host import schema
from studylab.room.host.ending import EndsRooms, Rooms
from studylab.room.host.greeting import Greeting
from studylab.room.host.orders import Benches, Orders
from studylab.room.host.reports import Reports
from studylab.room.host.seats import Seats
from studylab.room.host.standing import Standing
from studylab.room.host.view import RoomTable, RoomView
from studylab.room.line import Line
from studylab.room.protocol import DESK, Carry, HostRow, Report, RoomRow, SeatRow, VoteRow, claim_of, reports
from studylab.room.tickets import Ticket, Tickets
from vango import kit
from vango.actors import tasks
from vango.broker.connection import Connection

log = logging.getLogger(__name__)


class HostLink:
    """One host's part in a room. Make it with `await HostLink.open(…)`, on the loop.

    What is not `async` may be called from any thread. `benches` is told what to do, on the loop.
    """

    def __init__(
        self, name: str, folder: Path, connect: kit.Connect, key: str, url: str, room_for: int, benches: Benches
    ) -> None:
        self._lock = locked(folder)
        self.name, self.url, self.room_for = name, url, room_for
        self.feed, self.view = reports(name), RoomView()
        self._benches = benches
        self._announced: dict[str, int] = {}
        self.database = Database(folder / "room-host.db", schema.SCHEMA)
        self.seats = Seats(name, self.database, self.view, Tickets(key))
        # The lock on the folder makes sure that no two run at once.
        self.source = kit.Source(folder / "room-host.db", {self.feed: schema.read}, connect, name=f"host-{name}")
        self.database.on_commit = self.source.wake
        self.edge = kit.Edge(name, folder / "views", DESK, connect, table=RoomTable(self.view))
        self._answering = Answering(self.edge)
        self._rooms = Rooms(self.database, self.source, self.edge, self.feed, self._end_room)
        self.reports = Reports(self.database, self.feed, lambda: self.silent_since is None)
        self.orders = Orders(self.view, self.database, self.reports, benches, lambda seat: self.seats.kept(seat)[0])
        self.line = Line(connect, f"host {name}", self._prepare)
        self.greeting = Greeting(name, self.line, self._row, self._keep_alive)
        self._news = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    @classmethod
    async def open(
        cls, name: str, folder: Path, connect: kit.Connect, *, key: str, url: str, room_for: int, benches: Benches
    ) -> HostLink:
        """Open the link. It returns before anybody answers, with what was known before. Raises `Unavailable`."""
        link = cls(name, folder, connect, key, url, room_for, benches)
        await link._start()
        return link

    async def _start(self) -> None:
        found = await self.seats.load()
        await self._rooms.load()
        await self.reports.start()
        self.view.on_change = self._news.set
        await self.edge.start()
        for seat, done, begun in found:
            self.orders.follow(seat, done, begun)
        await self.line.start()
        await self.greeting.start()
        self._task = asyncio.create_task(tasks.keep_going(self._look_at_news, log.error, "the link"), name="room link")

    async def close(self) -> None:
        """Stop. What was reported and not heard is told after the next start. A second time does nothing."""
        if not self._lock.is_locked:
            return
        await tasks.end(self._task)
        await self.greeting.stop()
        await self.line.stop()
        await self.orders.stop()
        await self.reports.stop()
        await self.edge.kill()
        await self.source.stop()
        self.database.close()
        self._lock.release()

    # What is known of the room.

    @property
    def room(self) -> RoomRow | None:
        """The room as the desk has told it last; None before the first time."""
        return self.view.room

    @property
    def silent_since(self) -> float | None:
        """The Unix time at which the desk answered last, when that is too long ago; None while it answers."""
        return self.greeting.silent_since

    def seat(self, seat: str) -> SeatRow | None:
        """Return a seat as the desk has told it last."""
        return self.view.seats.get(seat)

    def votes(self) -> list[VoteRow]:
        """Return the votes that are open, oldest first."""
        return [vote for _, vote in sorted(self.view.votes.copy().items()) if not vote.closed]

    async def carried(self, ticket: Ticket, timeout_s: float = 5.0) -> Carry | None:
        """Return what a seat's bench is to be rebuilt from. It waits until the desk's feed has brought it here.

        None when nothing is carried. Raises `Unavailable` when it does not come in time.
        """
        if not ticket.carried:
            return None
        try:
            async with asyncio.timeout(timeout_s):
                while self.view.carries.epoch(ticket.seat) < ticket.epoch:
                    await self.view.news.wait()
        except TimeoutError as error:
            raise kit.Unavailable("What this seat did before has not come here yet. Try again in a moment.") from error
        return self.view.carries.of(ticket.seat)

    # Whose seats are served.

    def admit(self, text: str) -> Ticket:
        """Take a ticket. Raises `Refused` with a sentence: forged, older than a minute, used, or of an older epoch."""
        return self.seats.admit(text)

    def standing(self, seat: str, epoch: int) -> Standing:
        """Judge a cookie: serve only what is `Standing.OURS`."""
        return self.seats.standing(seat, epoch)

    def bench_key(self, seat: str, epoch: int) -> str:
        """Return the key of the bench that a seat has here under an epoch; empty when it has none."""
        kept_epoch, key = self.seats.kept(seat)
        return key if kept_epoch == epoch else ""

    async def begin(self, ticket: Ticket, key: str) -> str:
        """Keep which bench a seat has, and return its key: the one that it has already under this epoch, or `key`.

        From now on it is told what the desk says after the seat came, or has said and was not heard here yet.
        """
        if not ticket.carried:
            ticket = replace(ticket, after=min(ticket.after, self.view.last))
        was = self.seats.kept(ticket.seat)
        kept = await self.seats.keep(ticket, key)
        if was != (ticket.epoch, kept):
            self.orders.follow(ticket.seat, ticket.after, ticket.after)
            self.report(ticket.seat, done=ticket.after)
        return kept

    # What is reported.

    def report(self, seat: str, **changes: Any) -> None:
        """Report of a seat that has a bench here: `changes` are fields of `Report`. Nothing is waited for."""
        if epoch := self.seats.kept(seat)[0]:
            self.reports.put(seat, epoch, changes)

    def reported(self, seat: str) -> Report | None:
        """Return what is reported of a seat."""
        return self.reports.of(seat)

    def vote(self, seat: str, number: int, option: str) -> Future[None]:
        """Vote for a seat, or change its vote. It is kept when the result is there. Raises `Refused`."""
        vote = self.view.votes.get(number)
        if vote is None or vote.closed:
            raise kit.Refused("This vote is not open.")
        if option not in vote.options:
            raise kit.Refused("This vote has no such option.")
        old = self.reports.of(seat)
        self.report(seat, votes={**(old.votes if old else {}), str(number): option})
        return self.reports.at_once(seat)

    def carry(self, seat: str, carry: Carry) -> None:
        """Keep with the desk what another host would rebuild the seat's bench from. Nothing is waited for."""
        if epoch := self.seats.kept(seat)[0]:
            self.reports.carry(seat, epoch, carry)

    async def _prepare(self, wire: Connection) -> None:
        await wire.subscribe(claim_of(self.name, "desk"), self._answering.answer)

    def _row(self) -> HostRow:
        return HostRow(self.url, self.room_for, len(self.seats.all()), self.edge.sequence, self._rooms.id, time.time())

    async def _keep_alive(self, was_heard: bool) -> None:
        """Start what has died of something unforeseen. Until the desk was heard there is no stream to publish into."""
        await self.edge.start()
        if was_heard:
            await self.source.start()

    async def _look_at_news(self) -> None:
        while True:
            await self._news.wait()
            self._news.clear()
            changed, self.view.changed = self.view.changed, set()
            for seat in changed:
                try:
                    await self._look_at(seat)
                except Exception:
                    # One bench that cannot be closed or made must not stop the others.
                    log.exception("a seat that came or went failed")
            self.orders.look()
            await self._rooms.look(self.view.room)

    async def _look_at(self, seat: str) -> None:
        """A seat has changed: close it if it is no longer ours, have a bench made if it is and has none."""
        epoch, key = self.seats.kept(seat)
        standing = self.standing(seat, epoch) if epoch else None
        if standing in (Standing.OLDER, Standing.ELSEWHERE):
            await self._give_up(seat, key)
        elif standing is Standing.OUT:
            await self._benches.put_out(seat, key)
        row = self.view.seats.get(seat)
        if row and row.host == self.name and not row.out and row.epoch > max(epoch, self._announced.get(seat, 0)):
            self._announced[seat] = row.epoch
            await self._benches.prepare(row)

    async def _end_room(self) -> None:
        for seat in self.seats.all():
            await self._give_up(seat, self.seats.kept(seat)[1])
        self.reports.forget_all()
        if isinstance(self._benches, EndsRooms):
            await self._benches.room_ended()

    async def _give_up(self, seat: str, key: str) -> None:
        """The seat is another host's, or has another epoch: nothing is done or reported for it from here on."""
        if self.seats.kept(seat)[1] == key:
            self.reports.forget(seat)
            await self.orders.leave(seat)
            await self.seats.forget(seat, key)
        await self._benches.give_up(seat, key)
