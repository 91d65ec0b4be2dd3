"""Epochs fence seats: two hosts never serve one seat under one epoch, and an older cookie is sent on."""

from __future__ import annotations

import asyncio
import sqlite3
from operator import methodcaller
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from studylab.room.desk import hosts, seating
from studylab.room.host.standing import Standing, standing
from studylab.room.protocol import Carry, Report, SeatRow
from studylab.room.tickets import Ticket
from tests.conftest import Run
from tests.room.conftest import Room, a_room, until
from vango import kit

EPOCHS = st.integers(1, 4)


@given(host=st.sampled_from(["h1", "h2"]), told=EPOCHS, cookie=EPOCHS, proven=st.integers(0, 4))
def test_an_epoch_older_than_a_known_epoch_is_never_served(host: str, told: int, cookie: int, proven: int) -> None:
    row = SeatRow("s", 1, "", host, told, "")
    found = standing("h1", cookie, row, proven)
    assert (found is Standing.OURS) <= (cookie >= max(told, proven))
    assert (found is Standing.OURS and cookie == told) <= (host == "h1")


def test_a_ticket_serves_before_the_fact_and_nothing_else_does() -> None:
    assert standing("h1", 1, None, 1) is Standing.OURS
    assert standing("h1", 1, None, 0) is Standing.UNKNOWN
    assert standing("h1", 2, SeatRow("s", 1, "", "h2", 1, ""), 2) is Standing.OURS
    assert standing("h1", 1, SeatRow("s", 1, "", "h1", 1, "", out=True), 1) is Standing.OUT


async def moved(room: Room) -> tuple[SeatRow, SeatRow]:
    """Bring a seat to a host with something to carry, and move it to the other."""
    seat = await room.join()
    await room.come(seat)
    first = room.hosts[seat.host]
    first.report(seat.id, step="third")
    first.carry(seat.id, Carry("outbox", "third", "promote route=shop to=alloc-b", "done before"))
    await until(lambda: room.desk.wall.carries.of(seat.id) is not None)
    await room.reported(seat, lambda report: report.step == "third")
    return seat, await asyncio.to_thread(room.desk.move, seat)


def test_a_seat_that_moves_brings_with_it_what_was_done(tmp_path: Path, run: Run) -> None:
    async def story() -> None:
        async with a_room(tmp_path, "h1", "h2") as room:
            _, after = await moved(room)
            second = room.hosts[after.host]
            ticket = await asyncio.to_thread(second.admit, room.desk.ticket(after))
            assert await second.carried(ticket) == Carry(
                "outbox", "third", "promote route=shop to=alloc-b", "done before"
            )
            await until(lambda: [row.id for row in room.benches[after.host].prepared] == [after.id])

    run(story())


def test_the_host_before_closes_its_bench_and_its_reports_are_fenced(tmp_path: Path, run: Run) -> None:
    async def story() -> None:
        async with a_room(tmp_path, "h1", "h2") as room:
            before, after = await moved(room)
            first = room.hosts[before.host]
            await until(lambda: room.benches[before.host].given_up == [before.id])
            assert first.standing(before.id, 1) is Standing.OLDER
            await room.come(after)
            room.hosts[after.host].report(after.id, step="fourth")
            await room.reported(after, lambda report: report.epoch == 2)
            first.report(before.id, step="an old host's")
            old = kit.Row(f"seat/{before.id}", 9, "e", {"seat": before.id, "epoch": 1, "step": "an old host's"})
            room.desk.wall.hear(before.host, [old])
            tile = room.desk.wall.tile(after.id)
            assert tile is not None
            assert tile.report is not None
            assert (tile.report.step, tile.stale) == ("fourth", False)

    run(story())


def test_a_ticket_of_an_older_epoch_is_refused(tmp_path: Path, run: Run) -> None:
    async def story() -> None:
        async with a_room(tmp_path, "h1", "h2") as room:
            before = await room.join()
            old = room.desk.ticket(before)
            after = await asyncio.to_thread(room.desk.move, before)
            await until(lambda: room.hosts[before.host].standing(before.id, 1) is Standing.OLDER)
            with pytest.raises(kit.Refused):
                await asyncio.to_thread(room.hosts[before.host].admit, old)
            with pytest.raises(kit.Refused, match="not valid"):
                await asyncio.to_thread(room.hosts[before.host].admit, room.desk.ticket(after))

    run(story())


def test_the_database_refuses_a_host_without_an_epoch_and_a_full_host(tmp_path: Path, run: Run) -> None:
    async def story() -> None:
        async with a_room(tmp_path, "h1", "h2") as room:
            seat = await room.join()
            other = {"h1": "h2", "h2": "h1"}[seat.host]
            sql = "UPDATE seat SET host = ?, epoch = epoch + ? WHERE id = ?"
            for grows in (0, 2):
                with pytest.raises(sqlite3.IntegrityError):
                    await room.desk.database.soon(methodcaller("execute", sql, [other, grows, seat.id]))
            await room.desk.database.soon(lambda db: seating.host_is_there(db, other, "http://x", 0))
            with pytest.raises(kit.Refused, match="full"):
                await asyncio.to_thread(room.desk.move, seat)

    run(story())


def test_seats_of_a_lost_host_move_and_those_of_one_that_answers_stay(tmp_path: Path, run: Run) -> None:
    async def story() -> None:
        async with a_room(tmp_path, "h1", "h2") as room:
            seats = [await room.join("") for _ in range(4)]
            lost = room.hosts["h1"]
            await lost.close()
            await until(lambda: all(tile.seat.host == "h2" for tile in room.desk.wall.since(0)[1]))
            epochs = {tile.seat.id: tile.seat.epoch for tile in room.desk.wall.since(0)[1]}
            assert epochs == {seat.id: 2 if seat.host == "h1" else 1 for seat in seats}
            again = await room.open_host("h1")
            await until(lambda: all(again.standing(seat.id, 1) is not Standing.OURS for seat in seats))

    run(story())


@pytest.mark.slow
def test_as_many_seats_of_a_lost_host_move_as_others_have_room_for(tmp_path: Path, run: Run) -> None:
    async def story() -> None:
        async with a_room(tmp_path, "h1") as room:
            for _ in range(3):
                await room.join("")
            await room.open_host("h2", room_for=2)
            await until(lambda: room.desk.hosts.alive() == ["h1", "h2"])
            await room.hosts.pop("h1").close()
            await until(lambda: [tile.seat.host for tile in room.desk.wall.since(0)[1]].count("h2") == 2)
            rows = await room.desk.database.soon(lambda db: db.execute("SELECT name, seats FROM host").fetchall())
            assert dict(rows) == {"h1": 1, "h2": 2}

    run(story())


@pytest.mark.slow
@pytest.mark.parametrize(("leaves", "returns"), [("freeze", "thaw"), ("kill", "start")])
def test_no_host_is_lost_while_the_broker_is_away(
    tmp_path: Path, run: Run, monkeypatch: pytest.MonkeyPatch, leaves: str, returns: str
) -> None:
    monkeypatch.setattr(hosts, "LOST_AFTER_S", 2.5)

    async def story() -> None:
        async with a_room(tmp_path, "h1", "h2") as room:
            await room.join()
            getattr(room.server, leaves)()
            await until(lambda: room.hosts["h1"].silent_since is not None)
            await asyncio.to_thread(room.desk.wall.wait, room.desk.wall.version, 3.0)
            assert room.desk.hosts.alive() == ["h1", "h2"]
            getattr(room.server, returns)()
            await until(lambda: room.hosts["h1"].silent_since is None)
            assert {tile.seat.epoch for tile in room.desk.wall.since(0)[1]} == {1}

    run(story())


def test_a_report_of_somebody_else_s_seat_changes_nothing(tmp_path: Path, run: Run) -> None:
    async def story() -> None:
        async with a_room(tmp_path) as room:
            seat = await room.join()
            forged = Report(seat.id, 1, act="forged")
            data = {"seat": forged.seat, "epoch": forged.epoch, "act": forged.act}
            room.desk.wall.hear("h2", [kit.Row(f"seat/{seat.id}", 1, "e", data)])
            tile = room.desk.wall.tile(seat.id)
            assert tile is not None
            assert tile.report is None

    run(story())


def test_a_seat_that_has_begun_again_here_is_not_given_up_with_its_old_bench(tmp_path: Path, run: Run) -> None:
    async def story() -> None:
        async with a_room(tmp_path) as room:
            seat = await room.join()
            await room.come(seat, "old")
            link = room.hosts["h1"]
            await link.begin(Ticket(seat.id, seat.number, seat.name, seat.epoch + 1, seat.host), "new")
            await link._give_up(seat.id, "old")
            assert link.seats.kept(seat.id) == (seat.epoch + 1, "new")

    run(story())
