"""Seats whose learner never came: they give their places back, and nobody who did something loses one."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from studylab.room.codes import shown
from studylab.room.desk.absent import NEVER_CAME_S, Absent, is_touched
from studylab.room.host import Standing
from studylab.room.protocol import Report, Say, SeatRow, as_told
from tests.conftest import Run
from tests.room.conftest import Room, a_room, until
from tests.room.hosted import Hosted, Sitting
from vango import kit

SEAT = SeatRow("s", 1, "Ana", "h1", 1, "CODE")
NOTHING = Report("s", 1, lab="acks", step="watch", index=1, verdict="sound", done=7)
WORK: list[dict[str, Any]] = [
    {"act": "kill edge iad"}, {"ticks": 1}, {"finished": 1}, {"hand": 5.0}, {"votes": {"1": "a"}}, {"touched": True},
]  # fmt: skip


class Clock:
    """A clock that a test turns."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.mark.parametrize("work", WORK)
def test_a_seat_where_anything_was_done_never_counts_as_absent(work: dict[str, Any]) -> None:
    clock = Clock()
    absent = Absent(clock)
    absent.note(SEAT, replace(NOTHING, **work))
    absent.note(replace(SEAT, epoch=2), replace(NOTHING, epoch=2))
    clock.now = 10 * NEVER_CAME_S
    assert absent.waiting(0.0) == [], "also when another host has not yet heard of it"


def test_what_a_teacher_does_on_a_bench_is_no_act_of_its_learner() -> None:
    assert not is_touched(replace(NOTHING, touched=False, act="crash relay", ticks=2))
    assert is_touched(replace(NOTHING, act="crash relay")), "a host that does not say who it was"


def test_the_wait_begins_again_when_a_page_was_open() -> None:
    clock = Clock()
    absent = Absent(clock)
    absent.note(SEAT, None)
    clock.now = NEVER_CAME_S - 1
    assert absent.waiting(NEVER_CAME_S) == []
    absent.note(SEAT, replace(NOTHING, here=True))
    clock.now = 5 * NEVER_CAME_S
    assert absent.waiting(NEVER_CAME_S) == []
    absent.note(SEAT, NOTHING)
    assert absent.waiting(NEVER_CAME_S) == []
    clock.now = 6 * NEVER_CAME_S
    absent.note(SEAT, replace(NOTHING, done=8))
    assert absent.waiting(NEVER_CAME_S) == ["s"], "an instruction of the teacher is no sign of the learner"


def test_a_seat_that_has_not_lapsed_is_told_as_it_was_before() -> None:
    assert "lapsed" not in as_told("seat/s", 1, SEAT)
    assert as_told("seat/s", 1, replace(SEAT, out=True, lapsed=True))["lapsed"] is True


def test_a_room_that_one_person_has_filled_has_places_again_after_some_minutes(tmp_path: Path, run: Run) -> None:
    async def story() -> None:
        clock = Clock()
        async with a_room(tmp_path, room_for=3, clock=clock) as room:
            seats = [await room.join("x") for _ in range(3)]
            with pytest.raises(kit.Refused, match="full"):
                await room.join("Ana")
            clock.now = NEVER_CAME_S - 1
            with pytest.raises(kit.Refused, match="full"):
                await room.join("Ana")
            clock.now = NEVER_CAME_S
            class_ = [await room.join(name) for name in ("Ana", "Ben", "Chidi")]
            assert len({seat.id for seat in class_}) == 3
            assert all(seat_of(room, seat).lapsed for seat in seats)
            with pytest.raises(kit.Refused, match="full"):
                await room.join("Dana")

    run(story())


def test_a_seat_with_an_act_a_tick_or_an_open_page_keeps_its_place(tmp_path: Path, run: Run) -> None:
    async def story() -> None:
        clock = Clock()
        async with a_room(tmp_path, room_for=4, clock=clock) as room:
            acted, ticked, reads, absent = [await room.join(name) for name in ("Act", "Tick", "Reads", "Absent")]
            for seat, report in ((acted, {"act": "kill edge"}), (ticked, {"ticks": 1}), (reads, {"here": True})):
                await room.come(seat)
                room.hosts["h1"].report(seat.id, **report)
            await room.reported(acted, lambda report: report.act)
            await room.reported(ticked, lambda report: report.ticks)
            await room.reported(reads, lambda report: report.here)
            await room.come(absent)
            await room.reported(absent, lambda report: not report.act)
            clock.now = 10 * NEVER_CAME_S
            await room.join("New")
            assert [seat.out for seat in (seat_of(room, one) for one in (acted, ticked, reads, absent))] == [
                False, False, False, True,
            ]  # fmt: skip
            with pytest.raises(kit.Refused, match="full"):
                await room.join("One too many")

    run(story())


def test_while_there_is_room_no_seat_is_taken(tmp_path: Path, run: Run) -> None:
    async def story() -> None:
        clock = Clock()
        async with a_room(tmp_path, room_for=3, clock=clock) as room:
            seat = await room.join("Ana")
            clock.now = 10 * NEVER_CAME_S
            await room.join("Ben")
            assert not seat_of(room, seat).out

    run(story())


def test_of_a_host_that_nobody_hears_no_seat_is_taken(tmp_path: Path, run: Run) -> None:
    async def story() -> None:
        clock = Clock()
        async with a_room(tmp_path, room_for=1, clock=clock) as room:
            await room.join("Ana")
            clock.now = 10 * NEVER_CAME_S
            await room.hosts["h1"].greeting.stop()
            await until(lambda: not room.desk.never_came())
            with pytest.raises(kit.Refused, match="full"):
                await room.join("Ben")

    run(story())


def test_a_late_learner_gets_a_place_again_under_the_next_epoch(tmp_path: Path, run: Run) -> None:
    async def story() -> None:
        clock = Clock()
        async with a_room(tmp_path, room_for=1, clock=clock) as room:
            late = await room.join("Late")
            clock.now = NEVER_CAME_S
            new = await room.join("New")
            with pytest.raises(kit.Refused, match="full"):
                await asyncio.to_thread(room.desk.resume, shown(late.resume), "10.0.0.9")
            await asyncio.to_thread(room.desk.put_out, new.id)
            back = await asyncio.to_thread(room.desk.resume, late.resume, "10.0.0.9")
            assert (back.id, back.epoch, back.out, back.lapsed) == (late.id, 2, False, False)
            await room.come(back)
            assert room.hosts["h1"].standing(late.id, 2) is Standing.OURS
            await room.settled()
            assert (await asyncio.to_thread(room.desk.truth)).soundness is kit.Soundness.SOUND

    run(story())


def test_who_was_put_out_by_the_teacher_does_not_come_back(tmp_path: Path, run: Run) -> None:
    async def story() -> None:
        async with a_room(tmp_path) as room:
            seat = await room.join("Ana")
            assert await asyncio.to_thread(room.desk.put_out_absent) == 1
            await asyncio.to_thread(room.desk.put_out, seat.id)
            with pytest.raises(kit.Refused, match="closed this seat"):
                await asyncio.to_thread(room.desk.back, seat.id)

    run(story())


def test_a_lost_host_s_seats_find_places_that_nobody_uses(tmp_path: Path, run: Run) -> None:
    async def story() -> None:
        clock = Clock()
        async with a_room(tmp_path, "h1", "h2", room_for=1, clock=clock) as room:
            worker, absent = await room.join("Works"), await room.join("Absent")
            await room.come(worker)
            room.hosts[worker.host].report(worker.id, act="kill edge iad")
            await room.reported(worker, lambda report: report.act)
            clock.now = NEVER_CAME_S
            await room.hosts.pop(worker.host).close()
            await until(lambda: seat_of(room, worker).host == absent.host)
            assert seat_of(room, absent).lapsed

    run(story())


def test_a_real_bench_tells_acts_of_its_learner_from_those_of_the_teacher(room: Hosted, ana: Sitting) -> None:
    said = room.say(Say.FAULT, ana.id, verb="kill_edge", edge="iad")
    report = ana.done(said)
    assert report.act
    assert not is_touched(report), "the teacher did it"
    assert ana.id in {seat.id for seat in room.desk.never_came()}
    ana.post("/room/hand", up="on")
    ana.reported(is_touched, "the learner did something")
    assert ana.id not in {seat.id for seat in room.desk.never_came()}


def test_a_learner_who_has_lapsed_is_led_to_the_desk_and_comes_back(room: Hosted) -> None:
    ana = room.join("Ana")
    room.desk.put_out_absent()
    ana.reported(lambda _: room.serving().judge(ana.id, 1) is Standing.LAPSED, "the host has heard it")
    assert ana.page("/labs/acks").location == "http://desk.test/back"
    ana.row = room.desk.back(ana.id)
    ana.come()
    assert ana.page("/labs/acks").status_code == 200


def seat_of(room: Room, seat: SeatRow) -> SeatRow:
    tile = room.desk.wall.tile(seat.id)
    assert tile is not None
    return tile.seat
