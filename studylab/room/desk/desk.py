"""The front desk: the room's truth in `room.db`, its source, and the wall.

    desk = await Desk.open(folder, connect, key=key, url="http://10.0.0.7:8321")     on the loop
    seat = desk.join(code, "Ana", address)                                            in any thread
    location = f"{desk.host_url(seat)}/seat?ticket={desk.ticket(seat)}"

All that is not `async` may be called from any thread but the loop's, and waits until the change is committed. What
the broker does meanwhile is no matter: the outbox tells it later.
"""

from __future__ import annotations

import asyncio
import logging
import secrets
import time
from collections.abc import Callable, Mapping, Sequence
from operator import methodcaller
from pathlib import Path

from studylab.room import codes, names
from studylab.room.database import Database
from studylab.room.desk import conduct, ending, schema, seating
from studylab.room.desk.hosts import Hosts
from studylab.room.desk.placing import Placing
from studylab.room.desk.telling import Changes
from studylab.room.desk.truth import Auditor, SeenView, Truth
from studylab.room.desk.wall import Wall
from studylab.room.folders import locked
from studylab.room.guesses import Guesses
from studylab.room.parts import PARTS
from studylab.room.protocol import DESK, Instruction, RoomRow, Say, SeatRow, VoteRow
from studylab.room.tickets import Ticket, Tickets
from vango import kit
from vango.actors import tasks

log = logging.getLogger(__name__)
KEPT_MESSAGES = 20_000
TRUTH_S = 20.0
SWEEP_AGAIN_S = 2.0
WRONG_CODE = "The room has another code. Look at the projector again: six letters, no digits."
WRONG_RESUME = "No seat has this code. Eight letters, no digits; they are on your page, and the teacher can see them."
PUT_OUT = "The teacher has closed this seat. Ask the teacher."


class Desk:
    """The desk of one room. Make it with `await Desk.open(…)`."""

    def __init__(self, folder: Path, connect: kit.Connect, key: str, clock: Callable[[], float]) -> None:
        self._lock = locked(folder)
        self.folder, self.tickets, self.guesses, self.wall = folder, Tickets(key), Guesses(), Wall(clock)
        self.database = Database(folder / "room.db", schema.SCHEMA + PARTS)
        self.changes = Changes(self.database, self.wall)
        limits = kit.StreamRules(max_msgs=KEPT_MESSAGES, max_bytes=-1)
        # The lock on the folder makes sure that no two run at once: it need not wait for the lease of one that died.
        self.source = kit.Source(folder / "room.db", {DESK: schema.read}, connect, limits=limits, name="desk")
        self.database.on_commit = self.source.wake
        self._loop = asyncio.get_running_loop()
        self.hosts = Hosts(folder, connect, self.database, self.source, self.wall, self._lose)
        self.placing = Placing(self.database, self.changes, self.wall, self.hosts)
        self._sweeping: asyncio.Task[None] | None = None
        self.auditor = Auditor(self.source, self.hosts)

    @classmethod
    async def open(
        cls, folder: Path, connect: kit.Connect, *, key: str, url: str = "", name: str = "",
        clock: Callable[[], float] = time.monotonic,
    ) -> Desk:  # fmt: skip
        """Open the room in a folder, or begin one. `key` signs tickets; `url` is where learners reach the desk;
        `clock` counts the seconds for which seats wait for their learners.

        It returns before the broker answers. Raises `Unavailable` when another process has the folder.
        """
        desk = cls(folder, connect, key, clock)
        await desk._begin(RoomRow(codes.room_code(), secrets.token_hex(6), name))
        if url:
            await desk.changes.soon(lambda telling: conduct.change_room(telling, desk_url=url))
        await desk.source.start()
        await desk.hosts.start()
        desk._sweep_soon()
        return desk

    async def _begin(self, room: RoomRow) -> None:
        await self.changes.soon(lambda telling: conduct.begin_room(telling, room))
        self.wall.take(await self.database.soon(lambda db: [*schema.room(db), *schema.seats(db), *schema.votes(db)]))
        self.wall.take(await self.database.soon(lambda db: [*schema.instructions(db)]))

    async def close(self) -> None:
        """Stop. What waits in the outbox is told after the next start. A second time does nothing."""
        if not self._lock.is_locked:
            return
        await tasks.end(self._sweeping)
        await self.hosts.stop()
        await self.source.stop()
        self.database.close()
        self._lock.release()

    @property
    def room(self) -> RoomRow:
        """The room as it is now."""
        return self.wall.room

    def truth(self) -> Truth:
        """Return the audit: what every host claims of the room, and what the desk claims of every host's reports."""
        return asyncio.run_coroutine_threadsafe(self.auditor.look(), self._loop).result(TRUTH_S)

    def end(self) -> RoomRow:
        """End the room: everything that people wrote is deleted, and an empty room begins under another code.

        It is deleted from this machine's database when this returns. Streams and hosts follow as soon as they answer.
        """
        room = self.changes.now(ending.forget)
        self._loop.call_soon_threadsafe(self._sweep_soon)
        return room

    def _sweep_soon(self) -> None:
        if self._sweeping is None or self._sweeping.done():
            sweeping = tasks.keep_going(self._sweep, log.error, "the sweeping of an ended room")
            self._sweeping = asyncio.create_task(sweeping, name="desk sweeps")

    async def _sweep(self) -> None:
        """Empty the stream and the file of what was told before the room ended; again until the broker has done it."""
        while True:
            try:
                if not await self.database.soon(lambda db: db.execute("SELECT unswept FROM room").fetchone()[0]):
                    return
                await self.source.published()
                await ending.purge(self.hosts.line.wire, DESK)
                await self.database.sweep()
                await self.database.soon(methodcaller("execute", "UPDATE room SET unswept = 0"))
            except kit.VangoError:
                await asyncio.sleep(SWEEP_AGAIN_S)

    def views(self) -> tuple[SeenView, ...]:
        """Return every view of `truth`."""
        return self.truth().views

    # People.

    def join(self, code: str, name: str, address: str) -> SeatRow:
        """Give a seat to somebody who knows the room's code. `address` is where the request comes from.

        Raises `Refused` for a wrong code, too many wrong ones, a full room or one that has ended; `BadInput` for a name
        that is too long; `Unavailable` while no host is there.
        """
        self.guesses.may(address)
        if not secrets.compare_digest(codes.read(code).encode(), self.room.code.encode()):
            self.guesses.wrong(address)
            raise kit.Refused(WRONG_CODE)
        self.guesses.right(address)
        return self.placing.join(names.name(name))

    def resume(self, code: str, address: str) -> SeatRow:
        """Return the seat of a resume code. Raises `Refused` for a wrong one, and as `back` does."""
        self.guesses.may(address)
        seat = self.wall.of_resume(codes.read(code))
        if seat is None:
            self.guesses.wrong(address)
            raise kit.Refused(WRONG_RESUME)
        self.guesses.right(address)
        return self.back(seat.id)

    def back(self, seat: str) -> SeatRow:
        """Return a seat that a browser's cookie knows. At a host that is lost, or when it gave its place back, it gets
        another place first, if there is one.

        Raises `NotThere` for a seat of another room, `Refused` for one that was put out or for a full room,
        `Unavailable` while its host and all others are away.
        """
        if (tile := self.wall.tile(seat)) is None:
            raise kit.NotThere("This room has no such seat. Join with the room's code.")
        if tile.seat.lapsed:
            return self.placing.move(tile.seat)
        if tile.seat.out:
            raise kit.Refused(PUT_OUT)
        return tile.seat if tile.seat.host in self.hosts.alive() else self.move(tile.seat)

    def ticket(self, seat: SeatRow) -> str:
        """Return a ticket that brings a seat to its host: signed, one use, good for a minute."""
        one = Ticket(
            seat.id, seat.number, seat.name, seat.epoch, seat.host, seat.resume, seat.carried, seat.after
        )  # fmt: skip
        return self.tickets.write(one)

    def host_url(self, seat: SeatRow) -> str:
        """Return where browsers reach the seat's host."""
        return self.hosts[seat.host].row.url

    def rename(self, seat: str, name: str) -> SeatRow:
        """Give a seat another name. Raises `NotThere`, `BadInput`."""
        shown = names.name(name)
        return self.changes.now(lambda telling: seating.change(telling, seat, name=shown))

    def put_out(self, seat: str, *, out: bool = True) -> SeatRow:
        """Put a seat out, or let it in again. Its bench is kept. Raises `NotThere`."""
        return self.changes.now(lambda telling: seating.change(telling, seat, out=out))

    def new_resume_code(self, seat: str) -> SeatRow:
        """Give a seat another resume code: the old one is good for nothing from now on."""
        return self.changes.now(lambda telling: seating.change(telling, seat, resume=codes.resume_code()))

    def move(self, seat: SeatRow) -> SeatRow:
        """Give a seat to another host. Raises `Refused` when none has room, `Unavailable` when there is none."""
        return self.placing.move(seat)

    def never_came(self) -> Sequence[SeatRow]:
        """Return the seats whose learners did not come until now: nothing was done there, and no page is open."""
        return self.placing.never_came()

    def put_out_absent(self) -> int:
        """Let those give their places back; return how many did. Who comes after all gets one again, if there is."""
        return self.placing.lapse_all()

    async def _lose(self, host: str) -> bool:
        return await self.placing.lose(host)

    # Conduct.

    def say(self, say: Say, seats: Sequence[str] = (), **with_: str) -> Instruction:
        """Say something to some seats, or to everybody: `desk.say(Say.STEP, lab="outbox", step="first")`.

        To everybody, STEP moves the plan and HOLD and RELEASE the room. Raises `BadInput`.
        """
        if say is Say.MESSAGE:
            with_["text"] = names.message(with_.get("text", ""))
        return self.changes.now(lambda telling: conduct.say(telling, say, seats, with_))

    def open_vote(self, lab: str, step: str, question: str, options: Mapping[str, str]) -> VoteRow:
        """Open a prediction to the room. `options` are id to text. Raises `BadInput`."""
        return self.changes.now(lambda telling: conduct.open_vote(telling, lab, step, question, options))

    def close_vote(self, number: int) -> VoteRow:
        """Close a vote; `wall.tally` has its bars. Raises `NotThere`, `Refused`."""
        return self.changes.now(lambda telling: conduct.close_vote(telling, number))

    def change_room(self, **changes: str | bool) -> RoomRow:
        """Change the room's `name`, `code`, `open`, `held`, `lab`, `step` or `desk_url`."""
        return self.changes.now(lambda telling: conduct.change_room(telling, **changes))
