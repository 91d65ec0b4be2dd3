"""What a room survives: a desk that dies, a broker that dies, a host that is cut off. Nothing is lost or counted twice."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from pathlib import Path

import pytest

from studylab.room.host import Standing
from studylab.room.protocol import DESK, Carry, Say, reports
from tests.conftest import ROOT, Run
from tests.room.conftest import KEY, Room, a_room, until
from vango import kit


async def sound(room: Room) -> None:
    """Both ways, every view is equal to the truth that it follows."""
    await room.settled()
    edges = [link.edge for link in room.hosts.values()]
    report = await kit.examine(room.desk.source, DESK, edges)
    assert report.soundness is kit.Soundness.SOUND, report.sentence
    for name, link in room.hosts.items():
        report = await kit.examine(link.source, reports(name), [room.desk.hosts[name].edge])
        assert report.soundness is kit.Soundness.SOUND, report.sentence


async def vote(room: Room, seat: str, option: str) -> None:
    await until(lambda: bool(room.hosts["h1"].votes()))
    await asyncio.wrap_future(room.hosts["h1"].vote(seat, 1, option))


def test_a_desk_that_starts_again_has_lost_nothing_and_counts_no_vote_twice(tmp_path: Path, run: Run) -> None:
    async def story() -> None:
        async with a_room(tmp_path) as room:
            seat = await room.join()
            await room.come(seat)
            await asyncio.to_thread(room.desk.open_vote, "outbox", "first", "Which?", {"a": "A", "b": "B"})
            await vote(room, seat.id, "a")
            await until(lambda: room.desk.wall.tally(1) == {"a": 1, "b": 0})
            await room.desk.close()
            await vote(room, seat.id, "b")
            room.hosts["h1"].report(seat.id, act="meanwhile")
            await room.open_desk()
            await room.reported(seat, lambda report: report.act == "meanwhile")
            assert room.desk.wall.tally(1) == {"a": 0, "b": 1}
            await sound(room)

    run(story())


KILLED = """
import asyncio, sys
from pathlib import Path
from studylab.room.desk import Desk
from vango import kit

async def main(folder, url, key):
    desk = await Desk.open(Path(folder), kit.connecting(url, user="desk", password="desk-password"), key=key)
    while not desk.hosts.alive():
        await asyncio.sleep(0.01)
    for n in range(10_000):
        seat = await asyncio.to_thread(desk.join, desk.room.code, "", "10.0.0.1")
        print(seat.id, flush=True)

asyncio.run(main(*sys.argv[1:]))
"""


@pytest.mark.slow
def test_every_seat_that_a_killed_desk_has_given_is_there_when_it_starts_again(tmp_path: Path, run: Run) -> None:
    async def story() -> None:
        async with a_room(tmp_path) as room:
            await room.desk.close()
            given = await asyncio.to_thread(joins, [str(tmp_path / "desk"), f"nats://{room.server.address}", KEY], 30)
            await room.open_desk()
            assert all(room.desk.wall.tile(seat) for seat in given)
            await until(lambda: room.desk.hosts.alive() == ["h1"])
            await sound(room)
            assert all(room.hosts["h1"].seat(seat) for seat in given)

    run(story())


def joins(arguments: list[str], count: int) -> list[str]:
    """Let a desk in a process of its own give seats, and kill it in the middle of that."""
    argv = [sys.executable, "-c", KILLED, *arguments]
    with subprocess.Popen(argv, cwd=ROOT, stdout=subprocess.PIPE, text=True) as desk:
        assert desk.stdout is not None
        given = [desk.stdout.readline().strip() for _ in range(count)]
        desk.kill()
        return given + [line.strip() for line in desk.stdout if line.endswith("\n")]


@pytest.mark.slow
def test_a_broker_that_starts_again_is_survived_by_both_sides(tmp_path: Path, run: Run) -> None:
    async def story() -> None:
        async with a_room(tmp_path) as room:
            seat = await room.join()
            await room.come(seat)
            room.server.kill()
            await room.say(Say.MESSAGE, text="said while the broker was away")
            room.hosts["h1"].report(seat.id, act="done while it was away")
            assert room.hosts["h1"].standing(seat.id, 1) is Standing.OURS
            await until(lambda: room.hosts["h1"].silent_since is not None)
            room.server.start()
            await room.reported(seat, lambda report: (report.act, report.done) == ("done while it was away", 1))
            await until(lambda: room.hosts["h1"].silent_since is None)
            assert room.benches["h1"].done == [(seat.id, 1, False)]
            await sound(room)

    run(story())


def test_a_host_that_missed_what_the_stream_no_longer_has_loads_a_snapshot(tmp_path: Path, run: Run) -> None:
    async def story() -> None:
        async with a_room(tmp_path) as room:
            seat = await room.join()
            await room.come(seat)
            await room.hosts["h1"].close()
            for text in ("one", "two"):
                await room.say(Say.MESSAGE, text=text)
            await room.desk.source.published()
            wire = await room.connect("desk")("purge")
            await wire.api(f"STREAM.PURGE.{DESK.domain.stream}")
            await wire.close()
            link = await room.open_host()
            await room.reported(seat, lambda report: report.done == 2)
            await until(lambda: link.edge.counters["rebuilds"] == 1)
            assert [number for _, number, _ in room.benches["h1"].done] == [1, 2]
            await sound(room)

    run(story())


@pytest.mark.slow
def test_a_desk_that_missed_what_a_host_reported_loads_a_snapshot(tmp_path: Path, run: Run) -> None:
    async def story() -> None:
        async with a_room(tmp_path) as room:
            seat = await room.join()
            await room.come(seat)
            await room.reported(seat, lambda report: report.done == 0)
            await room.desk.close()
            room.hosts["h1"].report(seat.id, act="not heard")
            await until(lambda: room.hosts["h1"].source.latest(reports("h1")) > 1)
            await room.hosts["h1"].source.published()
            wire = await room.connect("desk")("purge")
            await wire.api(f"STREAM.PURGE.{reports('h1').domain.stream}")
            await wire.close()
            await room.open_desk()
            await room.reported(seat, lambda report: report.act == "not heard")
            await until(lambda: room.desk.hosts["h1"].edge.counters["rebuilds"] == 1)
            await sound(room)

    run(story())


def test_what_a_host_has_reported_and_carried_is_told_when_it_ends_in_order(tmp_path: Path, run: Run) -> None:
    async def story() -> None:
        async with a_room(tmp_path) as room:
            seat = await room.join()
            await room.come(seat)
            link = room.hosts["h1"]
            link.carry(seat.id, Carry("outbox", "first"))
            await until(lambda: room.desk.wall.carries.of(seat.id) == Carry("outbox", "first"))
            link.carry(seat.id, Carry("outbox", "second"))
            await link.close()
            await room.open_host()
            await until(lambda: room.desk.wall.carries.of(seat.id) == Carry("outbox", "second"))

    run(story())


def test_what_was_begun_when_a_host_died_is_done_again_and_says_so(tmp_path: Path, run: Run) -> None:
    async def story() -> None:
        async with a_room(tmp_path) as room:
            seat = await room.join()
            await room.come(seat)
            room.benches["h1"].gate.clear()
            await room.say(Say.FAULT, verb="kill_broker")
            await until(lambda: bool(room.benches["h1"].done))
            await room.hosts["h1"].close()
            room.benches["h1"].gate.set()
            await room.open_host()
            await room.reported(seat, lambda report: report.done == 1)
            assert room.benches["h1"].done == [(seat.id, 1, False), (seat.id, 1, True)]

    run(story())
