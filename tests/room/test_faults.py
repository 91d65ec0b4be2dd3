"""What was said of a fault is a fact about that fault: later words, later acts and other clocks do not change it."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path

import pytest

from studylab.room.desk.web.scores import Outcome, Score, score
from studylab.room.protocol import Hit, Instruction, Report, Say, SeatRow, as_row
from studylab.room.serving.readying import take_up
from tests.conftest import Run
from tests.room.conftest import Room, a_room, until
from tests.room.hosted import Hosted, Sitting
from tests.room.hosted import until as hosted_until

NO = "The broker is down."


def scored(room: Room, said: Instruction, seat: SeatRow) -> Score:
    tile = room.desk.wall.tile(seat.id)
    return score(said, seat.id, tile.report if tile else None)


async def hit(room: Room, *, failure: str = "") -> tuple[Instruction, SeatRow]:
    """Have a fault done on a bench, or refused."""
    seat = await room.join()
    await room.come(seat)
    room.hosts["h1"].report(seat.id, verdict="sound")
    room.benches["h1"].failure = failure
    said = await room.say(Say.FAULT, verb="kill_edge", edge="iad")
    await room.reported(seat, lambda report: report.done == said.number)
    return said, seat


async def tell(room: Room, seat: SeatRow, verdict: str) -> None:
    room.hosts["h1"].report(seat.id, verdict=verdict)
    await room.reported(seat, lambda report: report.verdict == verdict)


@pytest.mark.parametrize("fails", [False, True])
def test_a_refused_fault_stays_refused_whatever_is_said_later(tmp_path: Path, run: Run, fails: bool) -> None:
    async def story() -> None:
        async with a_room(tmp_path) as room:
            said, seat = await hit(room, failure=NO)
            assert scored(room, said, seat) == Score(seat.id, Outcome.REFUSED, sentence=NO)
            room.benches["h1"].failure = "Another sentence." if fails else ""
            later = await room.say(Say.MESSAGE, text="Look here.")
            await room.reported(seat, lambda report: report.done == later.number)
            await tell(room, seat, "not yet known")
            await tell(room, seat, "sound")
            assert scored(room, said, seat) == Score(seat.id, Outcome.REFUSED, sentence=NO)

    run(story())


def test_how_long_a_repair_took_is_measured_at_the_host_and_does_not_grow(tmp_path: Path, run: Run) -> None:
    async def story() -> None:
        async with a_room(tmp_path) as room:
            now = [1_000.0]
            room.hosts["h1"].reports.stopwatches.clock = lambda: now[0]
            said, seat = await hit(room)
            assert scored(room, said, seat).outcome is Outcome.UNMOVED
            for after_s, verdict, outcome in (
                (2.0, "violated", Outcome.WRONG), (3.0, "not yet known", Outcome.CONVERGING),
                (4.5, "sound", Outcome.REPAIRED), (60.0, "violated", Outcome.REPAIRED), (90.0, "sound", Outcome.REPAIRED),
            ):  # fmt: skip
                now[0] = 1_000.0 + after_s
                await tell(room, seat, verdict)
                assert scored(room, said, seat).outcome is outcome
            assert scored(room, said, seat) == Score(seat.id, Outcome.REPAIRED, 4.5)

    run(story())


def test_nothing_is_sound_again_while_the_fault_is_still_being_done(tmp_path: Path, run: Run) -> None:
    async def story() -> None:
        async with a_room(tmp_path) as room:
            now, link, benches = [0.0], room.hosts["h1"], room.benches["h1"]
            link.reports.stopwatches.clock = lambda: now[0]
            seat = await room.join()
            await room.come(seat)
            benches.gate.clear()
            said = await room.say(Say.FAULT, seed="7")
            await until(lambda: bool(benches.done))
            await tell(room, seat, "violated")
            await tell(room, seat, "sound")
            assert scored(room, said, seat).outcome is Outcome.WAITING
            now[0] = 6.0
            benches.gate.set()
            await room.reported(seat, lambda report: report.done == said.number)
            assert scored(room, said, seat) == Score(seat.id, Outcome.REPAIRED, 6.0)

    run(story())


def test_a_host_that_starts_again_knows_the_fault_and_says_no_seconds_that_it_did_not_measure(
    tmp_path: Path, run: Run
) -> None:
    async def story() -> None:
        async with a_room(tmp_path) as room:
            said, seat = await hit(room)
            await tell(room, seat, "violated")
            await room.hosts.pop("h1").close()
            await room.open_host("h1")
            assert scored(room, said, seat).outcome is Outcome.WRONG
            await tell(room, seat, "sound")
            assert scored(room, said, seat) == Score(seat.id, Outcome.REPAIRED, None)

    run(story())


def test_the_next_fault_takes_the_place_of_the_one_before(tmp_path: Path, run: Run) -> None:
    async def story() -> None:
        async with a_room(tmp_path) as room:
            said, seat = await hit(room, failure=NO)
            room.benches["h1"].failure = ""
            later = await room.say(Say.FAULT, verb="purge")
            await room.reported(seat, lambda report: report.done == later.number)
            assert [scored(room, one, seat).outcome for one in (said, later)] == [Outcome.LATER, Outcome.UNMOVED]

    run(story())


def test_what_an_earlier_version_kept_is_read(tmp_path: Path, run: Run) -> None:
    async def story() -> None:
        async with a_room(tmp_path) as room:
            said, seat = await hit(room)
            await tell(room, seat, "violated")
            await room.hosts.pop("h1").close()
            with sqlite3.connect(tmp_path / "h1" / "room-host.db") as db:
                (body,) = db.execute("SELECT body FROM report").fetchone()
                kept = {name: value for name, value in json.loads(body).items() if name != "fault"}
                db.execute("UPDATE report SET body = ?", [json.dumps(kept)])
            db.close()
            link = await room.open_host("h1")
            assert as_row(kept, Report).fault == Hit()
            assert (found := link.reported(seat.id)) is not None
            assert (found.verdict, found.fault) == ("violated", Hit())
            assert scored(room, said, seat).outcome is Outcome.WRONG

    run(story())


def test_a_fault_that_a_real_bench_refuses_stays_refused_when_the_learner_goes_on(room: Hosted, ana: Sitting) -> None:
    ana.page("/sandbox")
    refused = room.say(Say.FAULT, ana.id, verb="promote", route="shop", to="nobody")
    assert ana.done(refused).fault.failed
    ana.done(room.say(Say.MESSAGE, ana.id, text="Look here."))
    ana.do("promote", route="shop", to="alloc-c")
    report = ana.reported(lambda report: report.act == "promote shop, alloc-c", "the act is told")
    assert score(refused, ana.id, report).outcome is Outcome.REFUSED


def test_a_seat_that_moves_takes_what_was_said_of_the_fault_along(room: Hosted, ana: Sitting) -> None:
    said = room.say(Say.FAULT, ana.id, verb="promote", route="shop", to="nobody")
    fault = ana.done(said).fault
    assert fault.failed
    ana.do("promote", route="shop", to="alloc-c")
    hosted_until(lambda: (carry := room.desk.wall.carries.of(ana.id)) and carry.fault == fault, "it is carried")
    carry = room.desk.wall.carries.of(ana.id)
    assert carry is not None
    room.serving().link.report(ana.id, fault=Hit())
    take_up(ana.seat, room.serving().link, carry)
    assert ana.reported(lambda report: report.fault.number > 0, "it is taken up").fault == fault
