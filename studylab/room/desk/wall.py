"""The wall: what the desk knows of every seat, in memory, with a version for each change.

A report changes one tile, whatever the number of seats. Readers ask for what changed since a version. The truth is in
the desk's database and in the views of the hosts' feeds; a desk that starts again fills the wall from both.
"""

from __future__ import annotations

import threading
import time
from collections import Counter, OrderedDict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import msgspec

from studylab.room.carrying import Carries, Part, is_part
from studylab.room.desk.absent import Absent
from studylab.room.protocol import Instruction, Report, RoomRow, SeatRow, VoteRow, as_row
from vango import kit


@dataclass(frozen=True, slots=True)
class Tile:
    """One seat on the wall. `report` is the newest that is known, `stale` when an earlier host of the seat said it.

    `version` is the wall's when the tile changed last.
    """

    seat: SeatRow
    report: Report | None
    version: int
    votes: Mapping[int, str]

    @property
    def stale(self) -> bool:
        """Whether the seat's present host has reported nothing yet."""
        return self.report is not None and self.report.epoch < self.seat.epoch


class Wall:
    """All tiles, the room, its instructions and votes. From any thread; what it returns never changes."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._absent = Absent(clock)
        self._changed = threading.Condition()
        self._version = 0
        self._tiles: OrderedDict[str, Tile] = OrderedDict()
        self._seat_versions: dict[str, int] = {}
        self._reported: dict[str, tuple[int, int]] = {}
        self._early: dict[str, tuple[str, kit.Row]] = {}
        self._resumes: dict[str, str] = {}
        self._tallies: dict[int, Counter[str]] = {}
        self._votes: dict[int, tuple[int, VoteRow]] = {}
        self._room_version = 0
        self.carries = Carries()
        self.room = RoomRow(code="")
        self.instructions: tuple[Instruction, ...] = ()

    # What the pages read.

    @property
    def version(self) -> int:
        """Grows with every change of anything."""
        return self._version

    def since(self, version: int) -> tuple[int, list[Tile]]:
        """Return the wall's version and the tiles that changed after an earlier one, last changed first.

        It costs what has changed, not what there is. 0 returns all tiles.
        """
        with self._changed:
            found = []
            for tile in reversed(self._tiles.values()):
                if tile.version <= version:
                    break
                found.append(tile)
            return self._version, found

    def wait(self, version: int, timeout_s: float) -> int:
        """Wait in a thread until the wall is newer than a version, and return its version."""
        with self._changed:
            self._changed.wait_for(lambda: self._version > version, timeout_s)
            return self._version

    def tile(self, seat: str) -> Tile | None:
        """Return a seat's tile; None when there is no such seat."""
        return self._tiles.get(seat)

    def of_resume(self, code: str) -> SeatRow | None:
        """Return the seat of a resume code, as it is kept (`studylab.room.codes.read`)."""
        tile = self._tiles.get(self._resumes.get(code, ""))
        return tile.seat if tile else None

    def never_came(self, for_s: float) -> list[SeatRow]:
        """Return the seats whose learners did not come for so long, longest first (`studylab.room.desk.absent`)."""
        with self._changed:
            return [self._tiles[seat].seat for seat in self._absent.waiting(for_s) if seat in self._tiles]

    def keep(self, seat: str) -> None:
        """Never count a seat among those: it is the teacher's own."""
        with self._changed:
            self._absent.keep(seat)

    def __len__(self) -> int:
        return len(self._tiles)

    def votes(self) -> list[VoteRow]:
        """Return the votes, oldest first."""
        return [vote for _, (_, vote) in sorted(self._votes.items())]

    def tally(self, vote: int) -> dict[str, int]:
        """Return for each option of a vote how many seats chose it."""
        with self._changed:
            counted = self._tallies.get(vote, Counter())
            return {option: counted[option] for option in self._votes[vote][1].options} if vote in self._votes else {}

    # What fills it.

    def take(self, told: Iterable[tuple[int, Any]]) -> None:
        """Take in rows of the desk's own truth, each with its version. An older one changes nothing."""
        with self._changed:
            self._version += 1
            for version, row in told:
                self._take(version, row)
            self._changed.notify_all()

    def _take(self, version: int, row: Any) -> None:
        if isinstance(row, SeatRow):
            self._take_seat(version, row)
        elif isinstance(row, RoomRow) and version > self._room_version:
            if self.room.id and row.id != self.room.id:
                self._forget()
            self._room_version, self.room = version, row
        elif (
            isinstance(row, Instruction)
            and version == 1
            and row.number > (self.instructions[-1].number if self.instructions else 0)
        ):
            self.instructions = (*self.instructions, row)
        elif isinstance(row, VoteRow) and row.options and version > self._votes.get(row.number, (0, None))[0]:
            self._votes[row.number] = version, row
            self._count_again()
        elif isinstance(row, Part):
            self.carries.take(row)

    def _forget(self) -> None:
        """The room has ended: another begins with nothing."""
        for kept in (self._tiles, self._seat_versions, self._reported, self._early, self._resumes, self._tallies):
            kept.clear()
        self._votes.clear()
        self._absent.forget()
        self.carries, self.instructions = Carries(), ()

    def _take_seat(self, version: int, seat: SeatRow) -> None:
        if seat.number < 1 or version <= self._seat_versions.get(seat.id, 0):
            # Below 1: what an ended room has left.
            return
        self._seat_versions[seat.id] = version
        old = self._tiles.get(seat.id)
        if old is not None and old.seat.resume != seat.resume:
            self._resumes.pop(old.seat.resume, None)
        self._resumes[seat.resume] = seat.id
        self._put(replace(old, seat=seat) if old else Tile(seat, None, 0, {}))
        if (early := self._early.pop(seat.id, None)) is not None:
            self._hear(*early)

    def hear(self, host: str, rows: Iterable[kit.Row]) -> None:
        """Take in rows of a host's feed: reports and parts of carries."""
        with self._changed:
            self._version += 1
            for row in rows:
                try:
                    self._hear(host, row)
                except msgspec.ValidationError:
                    # Another version's row, or somebody's who tries something: its tile stays as it is.
                    continue
            self._changed.notify_all()

    def _hear(self, host: str, row: kit.Row) -> None:
        if is_part(row.key):
            self.carries.take(as_row(row.data, Part))
            return
        report = as_row(row.data, Report)
        tile = self._tiles.get(report.seat)
        if tile is None:
            self._early[report.seat] = host, row
            return
        is_fenced = report.epoch > tile.seat.epoch or (report.epoch == tile.seat.epoch and host != tile.seat.host)
        if is_fenced or (report.epoch, row.epoch) <= self._reported.get(report.seat, (0, 0)):
            return
        self._reported[report.seat] = report.epoch, row.epoch
        self._put(replace(tile, report=report, votes=self._count(tile, report)))

    def _count(self, tile: Tile, report: Report) -> Mapping[int, str]:
        """Count a seat's votes once each, whatever comes again; return them all."""
        votes = dict(tile.votes)
        for number, option in report.votes.items():
            vote = self._votes.get(int(number)) if number.isdecimal() else None
            if vote is None or option not in vote[1].options or votes.get(int(number)) == option:
                continue
            tally = self._tallies.setdefault(int(number), Counter())
            if (before := votes.get(int(number))) is not None:
                tally[before] -= 1
            tally[option] += 1
            votes[int(number)] = option
        return votes

    def _count_again(self) -> None:
        """A vote was opened: its first answers may have come before it was known here."""
        for tile in list(self._tiles.values()):
            if tile.report is not None and (votes := self._count(tile, tile.report)) != tile.votes:
                self._put(replace(tile, votes=votes))

    def _put(self, tile: Tile) -> None:
        self._tiles[tile.seat.id] = replace(tile, version=self._version)
        self._tiles.move_to_end(tile.seat.id)
        self._absent.note(tile.seat, tile.report)


class WallTable(kit.JsonTable):
    """The table of a host's view, which shows the wall what is written into it."""

    def __init__(self, wall: Wall, host: str) -> None:
        self._wall, self._host = wall, host

    def read(self, db: Any) -> Iterable[kit.Row]:
        rows = list(super().read(db))
        self._wall.hear(self._host, rows)
        return rows

    def write(self, db: Any, rows: Iterable[kit.Row]) -> None:
        written = list(rows)
        super().write(db, written)
        self._wall.hear(self._host, written)
