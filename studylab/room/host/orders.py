"""Instructions carried out: for each seat once and in order, with the number done kept in the host's database.

A seat has its own place in the instructions, because it may come from another host that was further or less far. What
was begun when the host died is done again with `again` set: who does it knows what may be done twice.
"""

from __future__ import annotations

import asyncio
import logging
import sqlite3
from collections.abc import Callable
from functools import partial
from typing import Protocol

from studylab.room.database import Database
from studylab.room.host.reports import Reports
from studylab.room.host.view import RoomView
from studylab.room.protocol import Hit, Instruction, Say, SeatRow
from vango import kit
from vango.actors import tasks

log = logging.getLogger(__name__)
AT_ONCE = 16
AGAIN_S = 1.0
UNFORESEEN = "This could not be carried out: an unexpected error, which is in the host's log."


class Benches(Protocol):
    """What a host's benches do for the room. Everything is called on the loop."""

    async def carry_out(self, seat: str, instruction: Instruction, *, again: bool) -> str:
        """Carry out an instruction on a seat's bench. Return a sentence when it failed, else nothing.

        With `again` it was begun before, and whether it had its effect is unknown.
        """

    async def give_up(self, seat: str, key: str) -> None:
        """A seat is another host's now: end what runs for it, and close its bench."""

    async def put_out(self, seat: str, key: str) -> None:
        """The teacher has closed a seat: end what runs for it. It may be let in again."""

    async def prepare(self, seat: SeatRow) -> None:
        """A seat was given to this host and has no bench yet: make one ready, if that is wanted before it comes."""


class Orders:
    """Who is to do what next. One task for each seat that is behind."""

    def __init__(
        self, view: RoomView, database: Database, reports: Reports, benches: Benches, epoch_of: Callable[[str], int]
    ) -> None:
        self._view, self._database, self._reports = view, database, reports
        self._benches, self._epoch_of = benches, epoch_of
        self._places: dict[str, tuple[int, int]] = {}
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._turns = asyncio.Semaphore(AT_ONCE)

    def follow(self, seat: str, done: int, begun: int) -> None:
        """A seat has a bench here: go on after the last instruction that was carried out for it."""
        self._places[seat] = done, begun
        self.look()

    def done(self, seat: str) -> int:
        """Return the number of the last instruction that was carried out for a seat."""
        return self._places.get(seat, (0, 0))[0]

    async def leave(self, seat: str) -> None:
        """A seat is no longer here."""
        self._places.pop(seat, None)
        await tasks.end(self._tasks.pop(seat, None))

    async def stop(self) -> None:
        """Stop between two instructions, or in the middle of one: it is then begun, and not done."""
        for task in [*self._tasks.values()]:
            await tasks.end(task)

    def look(self) -> None:
        """Begin with every seat that is behind and not at it."""
        for seat, (done, _) in self._places.items():
            if seat not in self._tasks and self._view.next_after(done) is not None:
                name = f"orders of {seat}"
                work = tasks.keep_going(partial(self._catch_up, seat), log.error, name)
                task = self._tasks[seat] = asyncio.create_task(work, name=name)
                task.add_done_callback(lambda _, seat=seat: self._tasks.pop(seat, None))  # type: ignore[misc]

    async def _catch_up(self, seat: str) -> None:
        while seat in self._places and (said := self._view.next_after(self._places[seat][0])) is not None:
            try:
                await self._one(seat, said)
            except kit.VangoError:
                # The host's database is held or full. In order and once: nothing else is begun before.
                log.warning("instruction %s waits for the database", said.number)
                await asyncio.sleep(AGAIN_S)

    async def _one(self, seat: str, said: Instruction) -> None:
        failed, is_meant = "", not said.seats or seat in said.seats
        if is_meant:
            again = self._places[seat][1] >= said.number
            await self._keep(seat, begun=said.number)
            async with self._turns:
                if said.say is Say.FAULT:
                    self._reports.strike(seat, self._epoch_of(seat), said.number, again=again)
                failed = await self._carry_out(seat, said, again=again)
        await self._keep(seat, done=said.number, begun=said.number)
        if is_meant:
            fault = {"fault": Hit(said.number, failed)} if failed and said.say is Say.FAULT else {}
            self._reports.put(seat, self._epoch_of(seat), {"done": said.number, "failed": failed, **fault})
        elif self._view.next_after(said.number) is None:
            self._reports.put(seat, self._epoch_of(seat), {"done": said.number})

    async def _carry_out(self, seat: str, said: Instruction, *, again: bool) -> str:
        try:
            return await self._benches.carry_out(seat, said, again=again)
        except kit.VangoError as error:
            return str(error)
        except Exception:
            log.exception("instruction %s failed on a seat", said.number)
            return UNFORESEEN

    async def _keep(self, seat: str, *, begun: int, done: int | None = None) -> None:
        def write(db: sqlite3.Connection) -> None:
            db.execute("UPDATE bench SET begun = ?, done = coalesce(?, done) WHERE seat = ?", [begun, done, seat])

        await self._database.soon(write)
        if seat in self._places:
            self._places[seat] = self._places[seat][0] if done is None else done, begun
