"""The end of a room at a host: what it kept of its learners is emptied and told so. See `studylab.room.desk.ending`."""

from __future__ import annotations

import logging
import sqlite3
from collections.abc import Awaitable, Callable
from operator import methodcaller
from typing import Protocol, runtime_checkable

import msgspec

from studylab.room import carrying
from studylab.room.carrying import Part
from studylab.room.database import Database
from studylab.room.host.schema import write_report
from studylab.room.parts import parts, write_part
from studylab.room.protocol import Report, RoomRow, as_row, as_told
from vango import kit

log = logging.getLogger(__name__)


@runtime_checkable
class EndsRooms(Protocol):
    """Benches that keep something of a room beside what `give_up` closes."""

    async def room_ended(self) -> None:
        """The room has ended, and all its benches were given up: delete what is kept of them."""


class Rooms:
    """Which room this host keeps something of. `end` is awaited when another has begun, and gives up all benches."""

    def __init__(
        self, database: Database, source: kit.Source, edge: kit.Edge, feed: kit.Feed, end: Callable[[], Awaitable[None]]
    ) -> None:
        self._database, self._source, self._edge, self._feed, self._end = database, source, edge, feed, end
        self.id = ""

    async def load(self) -> None:
        """Read which room it was."""
        found = await self._database.soon(lambda db: db.execute("SELECT id FROM room").fetchone())
        self.id = found[0] if found else ""

    async def look(self, room: RoomRow | None) -> None:
        """Compare with what the desk says, and leave nothing of a room that has ended."""
        if room is None or room.id in ("", self.id):
            return
        try:
            if self.id:
                await self._end()
                await self._database.soon(lambda db: forget(db, self._feed))
                await self._source.published()
                await self._database.sweep()
                # Its file has room for what was deleted, and nothing is lost with it.
                await self._edge.wipe()
            await self._database.soon(methodcaller("execute", "INSERT OR REPLACE INTO room VALUES (1, ?)", [room.id]))
            self.id = room.id
        except Exception:
            # It is tried again with the next news, and at the next start: the room's id is not kept before.
            log.exception("the end of a room waits")


def forget(db: sqlite3.Connection, feed: kit.Feed) -> None:
    """Empty every report and every carry, and tell it."""
    db.execute("DELETE FROM used")
    for key, body in db.execute("SELECT key, body FROM report").fetchall():
        report = as_row(msgspec.json.decode(body), Report)
        if report != (left := Report(report.seat, report.epoch)):
            kit.tell(db, feed, **write_report(db, key, left))
    for part in [as_row(data, Part) for data in parts(db)]:
        if part != (gone := carrying.gone(part)):
            kit.tell(db, feed, **as_told(gone.key, write_part(db, gone)["version"], gone))
