"""The room's database, its carries and its wall, without a broker."""

from __future__ import annotations

import random
import sqlite3
import string
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from studylab.room import carrying
from studylab.room.carrying import MAX_PARTS, Carries, pack
from studylab.room.database import Database
from studylab.room.desk.wall import Wall
from studylab.room.protocol import Carry, SeatRow, VoteRow
from vango import kit

TABLE = "CREATE TABLE IF NOT EXISTS n (n INTEGER PRIMARY KEY) STRICT;"


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    database = Database(tmp_path / "some.db", TABLE)
    yield database
    database.close()


def inserting(number: int) -> Callable[[sqlite3.Connection], int]:
    return lambda db: db.execute("INSERT INTO n VALUES (?)", [number]).rowcount


def count(db: sqlite3.Connection) -> int:
    return int(db.execute("SELECT count(*) FROM n").fetchone()[0])


def noise(size: int) -> str:
    return "".join(random.Random(1).choices(string.printable, k=size))


def seat(number: int, host: str = "h1", epoch: int = 1) -> SeatRow:
    return SeatRow(f"s{number}", number, "", host, epoch, f"CODE{number}")


def report(number: int, version: int = 1, epoch: int = 1, **more: object) -> kit.Row:
    return kit.Row(f"seat/s{number}", version, "e", {"seat": f"s{number}", "epoch": epoch, **more})


def test_what_fails_undoes_its_own_work_and_no_other(database: Database) -> None:
    done = [database.do(inserting(number)) for number in (1, 1, 2)]
    assert [type(one.exception(10)) for one in done] == [type(None), sqlite3.IntegrityError, type(None)]
    assert database.now(count) == 2


def test_many_pieces_of_work_cost_few_transactions(database: Database) -> None:
    commits: list[None] = []
    database.on_commit = lambda: commits.append(None)
    done = [database.do(inserting(number)) for number in range(300)]
    assert sum(one.result(10) for one in done) == 300
    assert len(commits) < 30


def test_work_whose_asker_has_gone_stops_nobody_else(database: Database) -> None:
    with sqlite3.connect(database.path) as other:
        other.execute("BEGIN IMMEDIATE")
        done = [database.do(inserting(number)) for number in range(500)]
        gone = [one for one in done if one.cancel()]
        other.execute("ROLLBACK")
    other.close()
    assert gone
    assert database.now(count) == 500 - len(gone)


def test_a_closed_database_refuses_with_a_sentence(tmp_path: Path) -> None:
    database = Database(tmp_path / "some.db", TABLE)
    waits = database.do(inserting(1))
    database.close()
    assert waits.result(0) == 1
    with pytest.raises(kit.Unavailable, match="is closed"):
        database.now(count)


def test_another_program_that_holds_the_database_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("studylab.room.database.BUSY_MS", 1)
    database = Database(tmp_path / "some.db", TABLE)
    with sqlite3.connect(tmp_path / "some.db") as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(kit.Unavailable, match="is locked"):
            database.now(inserting(1))
    other.close()
    assert database.now(inserting(1)) == 1
    database.close()


@pytest.mark.parametrize("size", [0, 1000, 100_000])
def test_a_carry_of_any_size_comes_out_as_it_went_in(size: int) -> None:
    carry, carries = Carry("lab", "step", "promote", noise(size)), Carries()
    parts = [*pack(carry, "s", 1)]
    random.Random(2).shuffle(parts)
    for part in parts:
        assert carries.of("s") is None
        carries.take(part)
    assert carries.of("s") == carry


def test_half_of_a_carry_never_replaces_a_whole_one() -> None:
    first, carries = Carry("lab", "step", "", noise(50_000)), Carries()
    for part in pack(first, "s", 1):
        carries.take(part)
    carries.take(pack(Carry("lab", "next", "", noise(40_000)), "s", 1)[0])
    assert carries.of("s") == first


def test_a_carry_of_an_older_epoch_is_not_taken() -> None:
    carries = Carries()
    for carry, epoch in ((Carry("new"), 2), (Carry("old"), 1)):
        carries.take(pack(carry, "s", epoch)[0])
    assert carries.of("s") == Carry("new")


def test_what_is_too_long_leaves_out_its_script_first() -> None:
    carries = Carries()
    for part in pack(Carry("lab", "step", noise(carrying.PART_CHARS * MAX_PARTS * 2), "progress"), "s", 1):
        carries.take(part)
    assert carries.of("s") == Carry("lab", "step", "", "progress")


def test_the_wall_returns_what_has_changed_and_no_more() -> None:
    wall = Wall()
    wall.take((1, seat(number)) for number in range(1, 101))
    version, tiles = wall.since(0)
    assert len(tiles) == 100
    wall.hear("h1", [report(7, act="promoted")])
    later, changed = wall.since(version)
    assert [tile.seat.id for tile in changed] == ["s7"]
    assert wall.since(later) == (later, [])
    assert wall.wait(version, 0.0) == later


def test_a_report_that_comes_before_its_seat_is_shown_with_it() -> None:
    wall = Wall()
    wall.hear("h1", [report(1, act="promoted")])
    wall.take([(1, seat(1))])
    tile = wall.tile("s1")
    assert tile is not None
    assert tile.report is not None


def test_a_vote_counts_once_for_each_seat_whatever_comes_again() -> None:
    wall = Wall()
    wall.take([(1, seat(1)), (1, seat(2))])
    rows = [report(1, votes={"1": "a"}), report(2, votes={"1": "a"}), report(1, 2, votes={"1": "b"})]
    wall.hear("h1", [*rows, *rows])
    wall.take([(1, VoteRow(1, "lab", "step", "Which?", {"a": "A", "b": "B"}))])
    wall.hear("h1", [*rows, report(2, 2, votes={"1": "nonsense"})])
    assert wall.tally(1) == {"a": 1, "b": 1}


def test_a_vote_stays_counted_when_the_seat_moves() -> None:
    wall = Wall()
    wall.take([(1, seat(1)), (1, VoteRow(1, "lab", "step", "Which?", {"a": "A", "b": "B"}))])
    wall.hear("h1", [report(1, votes={"1": "a"})])
    wall.take([(2, seat(1, "h2", 2))])
    wall.hear("h2", [report(1, 1, 2, act="here now")])
    assert wall.tally(1) == {"a": 1, "b": 0}


def test_a_row_that_cannot_be_read_changes_nothing() -> None:
    wall = Wall()
    wall.take([(1, seat(1))])
    wall.hear("h1", [kit.Row("seat/s1", 1, "e", {"seat": "s1", "epoch": "x"}), report(1, act="read")])
    tile = wall.tile("s1")
    assert tile is not None
    assert tile.report is not None
    assert tile.report.act == "read"
