"""The seats of one host: which bench each has, how a bench is made ready for it, and what the desk has them do."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from studylab.beside import Beside, Nothing
from studylab.doors import Doors
from studylab.hub import Hub
from studylab.lab.model import Lab
from studylab.room.host import HostLink, Standing
from studylab.room.protocol import Instruction, SeatRow
from studylab.room.serving import conduct
from studylab.room.serving.readying import Readying
from studylab.room.serving.seat import Seat
from studylab.room.serving.shares import Shares
from studylab.room.tickets import Ticket
from vango.actors import tasks
from vango.actors.errors import Unavailable

if TYPE_CHECKING:
    from studylab.sessions import Benches

LOOK_S = 1.0
MADE_S = 30.0
"""How long an instruction waits for a bench that is not ready yet. Those of other benches wait with it."""

log = logging.getLogger(__name__)


class Serving:
    """The seats that have a bench here. On the loop, but for what only reads."""

    link: HostLink

    def __init__(self, benches: Benches, desk_url: str = "") -> None:
        self.benches = benches
        self.labs: Mapping[str, Lab] = benches.labs
        self.shares = Shares()
        self.said: tuple[Instruction, ...] = ()
        """What the desk has said, newest first."""
        self.desk_url_given = desk_url
        self._seats: dict[str, Seat] = {}
        self._by_key: dict[str, Seat] = {}
        self._doors = Doors()
        self._readying = Readying(self)
        self._begun = asyncio.Event()
        self._watching: asyncio.Task[None] | None = None
        self._making: set[asyncio.Task[Seat]] = set()
        benches.beside = self._beside

    async def begin(self, link: HostLink) -> None:
        """The link is open: take up the seats that had a bench here when the host ended."""
        self.link = link
        self._read_said()
        for seat, epoch in link.seats.all().items():
            row = link.seat(seat)
            row = row if row is not None and row.epoch == epoch else SeatRow(seat, 0, "", link.name, epoch, "")
            self._readying.begin(self._add(seat, epoch, link.bench_key(seat, epoch), row), _ticket(row))
        served = {seat.key for seat in self.seats() if link.standing(seat.id, seat.epoch) is not Standing.OUT}
        for key in set(self.benches.stored()) - served:
            # Of a seat that was moved away or put out: nobody comes back to it, and it keeps no place.
            await self.benches.leave(key)
        self._watching = asyncio.create_task(tasks.keep_going(self._watch, log.error, "the strips"), name="strips")
        self._begun.set()

    async def close(self) -> None:
        """Stop what goes on for the seats."""
        await tasks.end(self._watching)
        for making in list(self._making):
            await tasks.end(making)
        for seat in list(self._seats.values()):
            await seat.end()

    # What requests ask, in their threads.

    @property
    def desk_url(self) -> str:
        """Where browsers find the front desk; empty before it was told."""
        room = self.link.room
        return room.desk_url if room is not None and room.desk_url else self.desk_url_given

    def folder(self, key: str) -> Path:
        """Return the folder of a bench."""
        return self.benches.folder(key)

    def seat(self, seat: str) -> Seat | None:
        """Return a seat that has a bench here."""
        return self._seats.get(seat)

    def judge(self, seat: str, epoch: int) -> Standing:
        """Judge a cookie. A seat without a bench here is nobody's to serve."""
        found = self._seats.get(seat)
        judged = self.link.standing(seat, epoch)
        return Standing.UNKNOWN if judged is Standing.OURS and (found is None or found.epoch != epoch) else judged

    def seats(self) -> Iterator[Seat]:
        """Yield every seat that has a bench here."""
        yield from list(self._seats.values())

    def at_work(self, but: Seat) -> int:
        """Return on how many benches besides a seat's something long is being done."""
        return sum(seat.is_at_work for seat in self.seats() if seat is not but)

    # Seats come and go.

    async def take(self, ticket: Ticket) -> Seat:
        """Give a seat its bench here, the one that it has already or a new one, and make it ready beside that."""
        await self._begun.wait()
        async with self._doors.alone(ticket.seat):
            key = await self.link.begin(ticket, self.benches.new_key())
            seat = self._seats.get(ticket.seat)
            if seat is None or seat.key != key:
                if seat is not None:
                    await self._drop(seat)
                seat = self._add(ticket.seat, ticket.epoch, key, ticket)
            seat.after = max(seat.after, ticket.after)
            self._readying.begin(seat, ticket)
        return seat

    def _add(self, seat: str, epoch: int, key: str, row: Ticket | SeatRow) -> Seat:
        made = Seat(self, seat, epoch, key, number=row.number, name=row.name, resume=row.resume)
        made.after = row.after
        self._seats[seat] = self._by_key[key] = made
        return made

    async def _drop(self, seat: Seat) -> None:
        """A seat's bench here is nobody's any more: its pages go, its processes end, its files stay."""
        self._seats.pop(seat.id, None)
        await seat.end()
        await self.benches.leave(seat.key)
        self._by_key.pop(seat.key, None)

    def _beside(self, key: str) -> Beside[Hub]:
        return self._by_key.get(key) or Nothing()

    # What the link asks of the benches.

    async def carry_out(self, seat: str, instruction: Instruction, *, again: bool) -> str:
        """Carry out an instruction on a seat's bench; see `studylab.room.host.Benches`."""
        await self._begun.wait()
        found = self._seats.get(seat)
        if found is None:
            raise Unavailable("This host has no bench for the seat.")
        try:
            await asyncio.wait_for(found.made.wait(), MADE_S)
        except TimeoutError as error:
            raise Unavailable("The bench was not ready in time for this.") from error
        hub = await self.benches.hub(found.key)
        try:
            return await conduct.carry_out(found, hub, self.labs, instruction, again=again)
        finally:
            hub.release()
            found.mark()
            # Told before it counts as done: who hears that it is done, hears of what it led to as well.
            found.tell()
            found.changed()

    async def give_up(self, seat: str, key: str) -> None:
        """A seat is another host's now."""
        if (found := self._seats.get(seat)) is not None and found.key == key:
            await self._drop(found)

    async def put_out(self, seat: str, key: str) -> None:
        """The teacher has closed a seat: its bench is put to sleep, and its place here is free."""
        if (found := self._seats.get(seat)) is not None and found.key == key:
            await self.benches.leave(key)

    async def room_ended(self) -> None:
        """The room has ended, and its benches were given up: delete what its people did here."""
        for key in self.benches.stored():
            if key not in self._by_key:
                await self.benches.delete(key)

    async def prepare(self, seat: SeatRow) -> None:
        """A seat was given to this host: its bench is made while its browser is on the way."""
        making = asyncio.create_task(self.take(_ticket(seat)), name=f"make a bench for seat {seat.number}")
        self._making.add(making)
        making.add_done_callback(self._making.discard)
        making.add_done_callback(tasks.look_at)

    # The strips.

    async def _watch(self) -> None:
        """Have the strips drawn that say something else than before. Most news concern only some of them."""
        while True:
            news = self.link.view.news
            self._read_said()
            for seat in self.seats():
                if seat.shown is not None and seat.shown != seat.strip():
                    seat.mark()
            try:
                async with asyncio.timeout(LOOK_S):
                    await news.wait()
            except TimeoutError:
                continue

    def _read_said(self) -> None:
        said = self.link.view.said
        self.said = tuple(said[number] for number in sorted(said, reverse=True))


def _ticket(row: SeatRow) -> Ticket:
    return Ticket(row.id, row.number, row.name, row.epoch, row.host, row.resume, row.carried, row.after)
