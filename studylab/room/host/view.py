"""What a host knows of the room: the desk's feed, in memory, filled from the edge's own table.

It changes only on the loop. Readers in other threads get whole rows: a snapshot replaces everything at once.
"""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable, Iterable

import msgspec

from studylab.room.carrying import Carries, Part, is_part
from studylab.room.protocol import ROOM_KEY, Instruction, RoomRow, SeatRow, VoteRow, as_row
from vango import kit


class RoomView:
    """The room as the desk has told it so far. `on_change` is called on the loop after each change.

    `changed` are the seats that nobody has looked at since they changed.
    """

    def __init__(self) -> None:
        self.on_change: Callable[[], None] = lambda: None
        self.news = asyncio.Event()
        self.changed: set[str] = set()
        self._starts_over = False
        self._empty()

    def _empty(self) -> None:
        self.room: RoomRow | None = None
        self.seats: dict[str, SeatRow] = {}
        self.said: dict[int, Instruction] = {}
        self.votes: dict[int, VoteRow] = {}
        self.carries = Carries()

    def take(self, rows: Iterable[kit.Row]) -> None:
        """Take in rows as they are written."""
        if self._starts_over:
            self._starts_over = False
            self.changed.update(self.seats)
            self._empty()
        for row in rows:
            try:
                self._take(row)
            except msgspec.ValidationError:
                # A newer desk may say what this host cannot read.
                continue
        # Whatever waits for a change looks again.
        self.news.set()
        self.news = asyncio.Event()
        self.on_change()

    def _take(self, row: kit.Row) -> None:
        kind = row.key.partition("/")[0]
        if row.key == ROOM_KEY:
            self.room = as_row(row.data, RoomRow)
        elif kind == "seat":
            seat = as_row(row.data, SeatRow)
            self.seats[seat.id] = seat
            self.changed.add(seat.id)
        elif kind == "say":
            said = as_row(row.data, Instruction)
            self.said[said.number] = said
        elif kind == "vote":
            vote = as_row(row.data, VoteRow)
            self.votes[vote.number] = vote
        elif is_part(row.key):
            self.carries.take(as_row(row.data, Part))

    def start_over(self) -> None:
        """Forget everything with the next rows that come: a snapshot has all."""
        self._starts_over = True

    @property
    def last(self) -> int:
        """The number of the last instruction that has come; 0 before the first."""
        return max(self.said, default=0)

    def next_after(self, number: int) -> Instruction | None:
        """Return the instruction that follows a number. None until it has come: none is passed over."""
        said = self.said.get(number + 1)
        return said if said is not None and said.after == number else None


class RoomTable(kit.JsonTable):
    """The table of the desk's feed, which shows the view what is written into it."""

    def __init__(self, view: RoomView) -> None:
        self._view = view

    def read(self, db: sqlite3.Connection) -> Iterable[kit.Row]:
        rows = list(super().read(db))
        self._view.take(rows)
        return rows

    def write(self, db: sqlite3.Connection, rows: Iterable[kit.Row]) -> None:
        written = list(rows)
        super().write(db, written)
        self._view.take(written)

    def clear(self, db: sqlite3.Connection) -> None:
        super().clear(db)
        self._view.start_over()
