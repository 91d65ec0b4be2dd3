"""A seat from the join to the wall, over a real server with the room's own users."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from studylab.room.host import Standing
from studylab.room.protocol import Say
from tests.conftest import Run
from tests.room.conftest import a_room, until
from vango import kit


def test_an_act_of_a_learner_comes_to_the_wall(tmp_path: Path, run: Run) -> None:
    async def story() -> None:
        async with a_room(tmp_path) as room:
            seat = await room.join()
            await room.come(seat)
            room.hosts["h1"].report(seat.id, lab="outbox", act="promoted shop", ticks=1)
            await room.reported(seat, lambda report: report.act == "promoted shop")
            tile = room.desk.wall.tile(seat.id)
            assert tile is not None
            assert (tile.seat.name, tile.stale, tile.report and tile.report.ticks) == ("Ana", False, 1)

    run(story())


def test_an_instruction_is_carried_out_once_and_the_wall_hears_it(tmp_path: Path, run: Run) -> None:
    async def story() -> None:
        async with a_room(tmp_path) as room:
            await room.say(Say.MESSAGE, text="before")
            seat = await room.join()
            await room.come(seat)
            for text in ("one", "two"):
                await room.say(Say.MESSAGE, text=text)
            await room.reported(seat, lambda report: report.done == 3)
            assert room.benches["h1"].done == [(seat.id, 2, False), (seat.id, 3, False)]

    run(story())


def test_a_ticket_is_used_once_and_serves_before_the_fact(tmp_path: Path, run: Run) -> None:
    async def story() -> None:
        async with a_room(tmp_path) as room:
            seat, link = await room.join(), room.hosts["h1"]
            ticket = room.desk.ticket(seat)
            await link.edge.kill()
            await asyncio.to_thread(link.admit, ticket)
            assert link.standing(seat.id, 1) is Standing.OURS
            with pytest.raises(kit.Refused, match="used before"):
                await asyncio.to_thread(link.admit, ticket)

    run(story())


def test_two_with_one_name_are_told_apart(tmp_path: Path, run: Run) -> None:
    async def story() -> None:
        async with a_room(tmp_path) as room:
            names = [(await room.join(name)).name for name in ("Ana", "ANA", "", "")]
            assert names == ["Ana", "ANA 2", "", ""]

    run(story())


def test_a_seat_on_a_lost_host_goes_on_elsewhere_and_the_old_host_closes(tmp_path: Path, run: Run) -> None:
    async def story() -> None:
        async with a_room(tmp_path, "h1", "h2") as room:
            seat = await room.join()
            await room.come(seat)
            first, second = room.hosts[seat.host], room.hosts[{"h1": "h2", "h2": "h1"}[seat.host]]
            first.report(seat.id, step="third")
            await room.reported(seat, lambda report: report.step == "third")
            await first.line.stop()
            await until(lambda: bool(room.benches[first.name].given_up))
            assert first.standing(seat.id, 1) is Standing.OLDER
            moved = room.desk.back(seat.id)
            assert (moved.host, moved.epoch) == (second.name, 2)
            await room.come(moved)
            assert second.standing(seat.id, 2) is Standing.OURS
            await first.line.start()

    run(story())
