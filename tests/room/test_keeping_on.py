"""What a room does all the time goes on after an error that nobody foresaw: hosts are watched, seats moved, news told."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from studylab.room import database, line
from studylab.room.desk import desk, hosts
from studylab.room.host import greeting
from studylab.room.line import Line
from studylab.room.protocol import Say
from tests.conftest import Run
from tests.room.conftest import Room, a_room, until
from vango import kit
from vango.broker.connection import Connection


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """A silence and a held database are noticed sooner than in a class."""
    monkeypatch.setattr(database, "BUSY_MS", 50)
    monkeypatch.setattr(hosts, "LOST_AFTER_S", 1.8)
    monkeypatch.setattr(desk, "SWEEP_AGAIN_S", 0.05)
    monkeypatch.setattr(greeting, "EACH_S", 0.3)


@contextmanager
def held(room: Room) -> Iterator[sqlite3.Connection]:
    """Another program holds the desk's database."""
    other = sqlite3.connect(room.desk.database.path, isolation_level=None)
    try:
        other.execute("BEGIN IMMEDIATE").close()
        yield other
        other.execute("ROLLBACK").close()
    finally:
        other.close()


def fails_once(work: Callable[..., Any]) -> tuple[Callable[..., Any], list[str]]:
    """Return the work, which fails of something unforeseen the first time, and what it was called for since."""
    called: list[str] = []

    def first_fails(*args: Any) -> Any:
        called.append("failed" if not called else "went on")
        if len(called) == 1:
            raise RuntimeError("nobody foresaw this")
        return work(*args)

    return first_fails, called


def test_the_seats_of_a_lost_host_are_moved_when_the_database_that_was_held_is_free(tmp_path: Path, run: Run) -> None:
    async def story() -> None:
        async with a_room(tmp_path, "h1", "h2") as room:
            seat, tried, move = await room.join(), [], room.desk.hosts._on_lost

            async def watched(host: str) -> bool:
                try:
                    return await move(host)
                finally:
                    tried.append(host)

            room.desk.hosts._on_lost = watched
            await room.hosts.pop("h1").close()
            await until(lambda: room.desk.hosts["h1"].silent_s > 1)
            with held(room):
                await until(lambda: "h1" in tried)
            await until(lambda: room.desk.wall.tile(seat.id).seat.host == "h2")  # type: ignore[union-attr]

    run(story())


def test_a_host_that_comes_while_seats_are_moved_gets_them(tmp_path: Path, run: Run) -> None:
    async def story() -> None:
        async with a_room(tmp_path) as room:
            seat, move = await room.join(), room.desk.hosts._on_lost

            async def slow(host: str) -> bool:
                await until(lambda: "h2" in room.desk.hosts.alive())
                return await move(host)

            room.desk.hosts._on_lost = slow
            await room.hosts.pop("h1").close()
            await until(lambda: room.desk.hosts["h1"].lost)
            await room.open_host("h2")
            await until(lambda: room.desk.wall.tile(seat.id).seat.host == "h2")  # type: ignore[union-attr]
            await room.hosts.pop("h2").close()
            await until(lambda: not room.desk.hosts.alive())

    run(story())


def test_while_seats_are_moved_other_hosts_are_watched(tmp_path: Path, run: Run) -> None:
    async def story() -> None:
        async with a_room(tmp_path, "h1", "h2") as room:
            moving, end = asyncio.Event(), asyncio.Event()

            async def waits(host: str) -> bool:
                moving.set()
                await end.wait()
                return True

            room.desk.hosts._on_lost = waits
            await room.hosts.pop("h1").close()
            await moving.wait()
            await room.hosts.pop("h2").close()
            await until(lambda: not room.desk.hosts.alive())
            end.set()

    run(story())


def test_an_ended_room_is_swept_when_the_database_that_was_held_is_free(tmp_path: Path, run: Run) -> None:
    def unswept(room: Room) -> int:
        with held(room) as other:
            return int(other.execute("SELECT unswept FROM room").fetchone()[0])

    async def story() -> None:
        async with a_room(tmp_path) as room:
            await room.settled()
            with held(room) as other:
                other.execute("UPDATE room SET unswept = 1").close()
                other.execute("COMMIT").close()
                other.execute("BEGIN IMMEDIATE").close()
                room.desk._sweep_soon()
                # What is asked for now is answered after what the sweep has asked for.
                await asyncio.sleep(0)
                with pytest.raises(kit.Unavailable):
                    await room.desk.database.soon(lambda db: db.execute("SELECT 1").fetchone())
            await until(lambda: unswept(room) == 0)

    run(story())


@pytest.mark.parametrize("place", ["greeting", "reports", "link", "orders"])
def test_what_a_host_does_all_the_time_goes_on_after_something_unforeseen(tmp_path: Path, run: Run, place: str) -> None:
    async def story() -> None:
        async with a_room(tmp_path) as room:
            seat, link = await room.join(), room.hosts["h1"]
            await room.come(seat)
            await room.settled()
            whose, name = {
                "greeting": (link.greeting, "_what"), "reports": (link.reports, "_take_due"),
                "link": (link.orders, "look"), "orders": (link.orders, "_one"),
            }[place]  # fmt: skip
            fails, called = fails_once(getattr(whose, name))
            setattr(whose, name, fails)
            room.hosts["h1"].report(seat.id, hand=7.0)
            said = await room.say(Say.HOLD)
            await until(lambda: "failed" in called)
            room.hosts["h1"].report(seat.id, hand=8.0)
            # What waits at a seat goes on without another word of the teacher.
            again = said if place == "orders" else await room.say(Say.HOLD)
            await until(lambda: "went on" in called)
            await room.reported(seat, lambda report: report.hand == 8.0 and report.done == again.number)

    run(story())


def test_a_line_that_failed_of_something_unforeseen_connects_again(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(line, "RETRY_S", 0.01)

    async def nobody(_name: str) -> Connection:
        raise kit.Unavailable("nobody is there")

    async def nothing(_wire: Connection) -> None:
        raise AssertionError("there is no connection")

    async def story() -> None:
        connect, called = fails_once(nobody)
        one = Line(connect, "test", nothing)
        await one.start()
        await until(lambda: len(called) > 2)
        assert one.trouble == "nobody is there"
        await one.stop()

    run(story())
