"""The end of a room: what people wrote is nowhere any more, and another room begins with nothing."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from studylab.room.host import Standing
from studylab.room.protocol import Carry, Say
from tests.conftest import Run
from tests.room.conftest import Room, a_room, until
from tests.room.test_bad_days import sound, vote
from vango import kit

WRITTEN = ("Xaveria", "Yolandus", "Zebediah", "Wandalina")
"""A name, a message, an act and a lab that are found wherever they are kept."""


async def written(room: Room) -> None:
    """Have a seat, and write something into every place."""
    seat = await room.join(WRITTEN[0])
    await room.come(seat)
    link = room.hosts["h1"]
    await room.say(Say.MESSAGE, text=WRITTEN[1])
    link.report(seat.id, act=WRITTEN[2])
    link.carry(seat.id, Carry(WRITTEN[3]))
    await asyncio.to_thread(room.desk.open_vote, WRITTEN[3], "first", "Which?", {"a": "A", "b": "B"})
    await vote(room, seat.id, "a")
    await until(lambda: room.desk.wall.tally(1) == {"a": 1, "b": 0} and room.desk.wall.carries.of(seat.id) is not None)


def found(folder: Path) -> list[str]:
    """Return the files in which something of it can be read."""
    return [
        str(path.relative_to(folder))
        for path in folder.rglob("*")
        if path.is_file() and any(word.encode() in path.read_bytes() for word in WRITTEN)
    ]


async def ended(room: Room) -> None:
    """End the room, and wait until every part has done what it must."""
    code = room.desk.room.code
    room_id = (await asyncio.to_thread(room.desk.end)).id
    assert room.desk.room.code != code
    await until(lambda: all(room.desk.hosts[name].swept == room_id for name in room.hosts))
    await until(lambda: room.desk._sweeping is None or room.desk._sweeping.done())


def test_nothing_of_what_people_wrote_is_left_in_any_file(tmp_path: Path, run: Run) -> None:
    async def story() -> None:
        async with a_room(tmp_path) as room:
            await written(room)
            await room.settled()
            assert {path.split("/")[0] for path in found(tmp_path)} == {"desk", "h1", "nats"}
            await ended(room)
            await sound(room)
            await room.close()
            assert found(tmp_path) == []

    run(story())


def test_another_room_begins_with_nothing(tmp_path: Path, run: Run) -> None:
    async def story() -> None:
        async with a_room(tmp_path) as room:
            await written(room)
            seat = room.desk.wall.since(0)[1][0].seat
            await ended(room)
            assert (len(room.desk.wall), room.desk.wall.instructions, room.desk.wall.votes()) == (0, (), [])
            assert room.benches["h1"].given_up == [seat.id]
            assert room.hosts["h1"].standing(seat.id, 1) is not Standing.OURS
            with pytest.raises(kit.NotThere):
                room.desk.back(seat.id)
            again = await room.join(WRITTEN[0])
            assert (again.number, again.name) == (1, WRITTEN[0])
            await room.come(again)
            said = await room.say(Say.MESSAGE, text="welcome")
            await room.reported(again, lambda report: report.done == said.number)
            await room.desk.close()
            await room.open_desk()
            assert [tile.seat.id for tile in room.desk.wall.since(0)[1]] == [again.id]

    run(story())


def test_no_bench_is_made_for_a_seat_of_a_deleted_room(tmp_path: Path, run: Run) -> None:
    async def story() -> None:
        async with a_room(tmp_path) as room:
            await written(room)
            await room.settled()
            # A host that has started again does not know for which seats it has made benches.
            await room.hosts["h1"].close()
            await room.open_host()
            await ended(room)
            again = await room.join(WRITTEN[0])
            await until(lambda: again in room.benches["h1"].prepared)
            assert not any(seat.out for seat in room.benches["h1"].prepared)

    run(story())


def test_a_host_that_was_away_forgets_when_it_comes_back(tmp_path: Path, run: Run) -> None:
    async def story() -> None:
        async with a_room(tmp_path) as room:
            await written(room)
            await room.settled()
            await room.hosts["h1"].close()
            room_id = (await asyncio.to_thread(room.desk.end)).id
            await room.open_host()
            await until(lambda: room.desk.hosts["h1"].swept == room_id)
            await sound(room)
            await room.close()
            assert found(tmp_path) == []

    run(story())
