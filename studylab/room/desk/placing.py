"""Places: who gets one, who gives one back, and who goes to another host. From any thread but the loop's.

A room that is full is not full for long: a seat whose learner never came gives its place to who asks for one. It is
then *lapsed*. Its browser and its resume code bring it to a place again, under the next epoch, if there is one.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from functools import partial

from studylab.room.database import Database
from studylab.room.desk import schema, seating
from studylab.room.desk.absent import NEVER_CAME_S
from studylab.room.desk.hosts import KNOCK_AFTER_S, Hosts
from studylab.room.desk.telling import Changes, Telling
from studylab.room.desk.wall import Wall
from studylab.room.protocol import SeatRow
from vango import kit

TOGETHER = 50


class Placing:
    """The places of one room."""

    def __init__(self, database: Database, changes: Changes, wall: Wall, hosts: Hosts) -> None:
        self._database, self._changes, self._wall, self._hosts = database, changes, wall, hosts

    def join(self, name: str) -> SeatRow:
        """Make a seat. `name` is clean. Raises `Refused` when the room is full or has ended, `Unavailable`."""
        return self._changes.now(lambda telling: self._join(telling, name))

    def move(self, seat: SeatRow) -> SeatRow:
        """Give a seat to another host; one that has lapsed to any. Raises `Refused` without room, `Unavailable`."""
        return self._changes.now(lambda telling: self._moved(telling, seat))

    def never_came(self, for_s: float = 0.0) -> list[SeatRow]:
        """Return the seats whose learners did not come for so long, longest first.

        Of a host that is not heard now nobody knows what was done there: its seats are not among them.
        """
        if self._hosts.line.trouble:
            return []
        heard = {host.name for host in self._hosts.all() if host.alive and host.silent_s < KNOCK_AFTER_S}
        return [seat for seat in self._wall.never_came(for_s) if seat.host in heard]

    def lapse_all(self) -> int:
        """Let every seat give its place back whose learner has not come until now; return how many did."""
        seats = self.never_came()
        return self._changes.now(lambda telling: sum(seating.lapse(telling, seat) for seat in seats))

    async def lose(self, host: str) -> bool:
        """Move the seats of a host that is lost, some at a time. False when it is to be tried again."""
        its = "WHERE host = ? AND NOT out LIMIT ?"
        while True:
            try:
                found = await self._database.soon(lambda db: [one for _, one in schema.seats(db, its, host, TOGETHER)])
                if found and await self._changes.soon(partial(self._moved_all, found)) < len(found):
                    # Nowhere to go: they stay, and wait for their host or for another.
                    return False
            except kit.VangoError:
                return False
            if not found:
                return True

    def _join(self, telling: Telling, name: str) -> SeatRow:
        hosts = self._hosts.alive()
        return self._with_room(telling, hosts, lambda: seating.join(telling, name, hosts))

    def _moved(self, telling: Telling, seat: SeatRow) -> SeatRow:
        tile = self._wall.tile(seat.id)
        done = tile.report.done if tile and tile.report else 0
        hosts = [name for name in self._hosts.alive() if seat.lapsed or name != seat.host]
        parts = self._wall.carries.parts(seat.id)
        return self._with_room(telling, hosts, lambda: seating.move(telling, seat, hosts, parts, done))

    def _moved_all(self, seats: Sequence[SeatRow], telling: Telling) -> int:
        """Move as many as others have room for; return how many."""
        for count, seat in enumerate(seats):
            try:
                self._moved(telling, seat)
            except (kit.Refused, kit.Unavailable):
                return count
        return len(seats)

    def _with_room(self, telling: Telling, hosts: Collection[str], take: Callable[[], SeatRow]) -> SeatRow:
        """Take a place; without room, take that of the seat on these hosts whose learner has stayed away longest."""
        try:
            return take()
        except seating.Full:
            if not any(seating.lapse(telling, seat) for seat in self.never_came(NEVER_CAME_S) if seat.host in hosts):
                raise
            return take()
