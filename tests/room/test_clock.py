"""The machine's clock is set, forwards or back: nobody is told a silence that is none, and none goes untold."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from studylab.room.desk.web import board
from tests.conftest import Run
from tests.room.conftest import a_room, until
from tests.room.front_desk import FrontDesk

HOUR_S = 3600.0
STUCK_S = 1000.0


class Clock:
    """The clock of this machine, which a test sets by some seconds."""

    def __init__(self) -> None:
        self.by = 0.0
        self._true = time.time

    def __call__(self) -> float:
        return self._true() + self.by


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr("time.time", clock)
    return clock


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[FrontDesk]:
    desk = FrontDesk(tmp_path, "http://h1", 10)
    yield desk
    desk.close()


def test_a_desk_is_not_called_silent_because_the_clock_was_set_forward(tmp_path: Path, run: Run, clock: Clock) -> None:
    async def story() -> None:
        async with a_room(tmp_path) as room:
            clock.by = HOUR_S
            assert room.hosts["h1"].silent_since is None

    run(story())


def test_no_host_is_called_silent_because_the_clock_was_set_forward(tmp_path: Path, run: Run, clock: Clock) -> None:
    async def story() -> None:
        async with a_room(tmp_path) as room:
            clock.by = HOUR_S
            assert (room.desk.hosts["h1"].silent_since, room.desk.hosts.deaf_since) == (None, None)
            await room.hosts.pop("h1").close()
            await until(lambda: room.desk.hosts["h1"].silent_since is not None)
            since = room.desk.hosts["h1"].silent_since
            assert since is not None
            assert 0 < time.time() - since < HOUR_S

    run(story())


def test_a_silent_desk_is_told_although_the_clock_was_set_back(tmp_path: Path, run: Run, clock: Clock) -> None:
    async def story() -> None:
        async with a_room(tmp_path) as room:
            clock.by = -HOUR_S
            await room.desk.close()
            await until(lambda: room.hosts["h1"].silent_since is not None)
            since = room.hosts["h1"].silent_since
            assert since is not None
            assert 0 < time.time() - since < HOUR_S
            await room.open_desk()
            await until(lambda: room.hosts["h1"].silent_since is None)

    run(story())


def test_the_wall_counts_minutes_on_after_the_clock_was_set_back(
    desk: FrontDesk, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(board, "MINUTES_EACH_S", 0.0)
    seat = desk.sits("Ana", lab="commit-first", step="promote", ticked=time.time() - HOUR_S - STUCK_S)

    def says() -> str:
        return next(tile.since for tile in desk.parts.board.tiles() if tile.id == seat.id)

    assert says() == "stuck 76 min"
    clock.by = -HOUR_S
    assert says() == "stuck 16 min"
