"""A disk that takes nothing more: each part fails closed with its reason, and goes on when there is room again.

SQLite is given a limit of pages, which makes it say what it says of a full disk ("database or disk is full").
"""

from __future__ import annotations

import errno
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest
from sqlite_utils import Database

from tests.vango.conftest import Hands
from vango.actors.errors import Unavailable
from vango.bench.bench import Bench
from vango.broker import folder
from vango.broker.keeper import Keeper

FULL = "database or disk is full"


@contextmanager
def full(database: Database) -> Iterator[None]:
    pages = database.conn.execute("PRAGMA page_count").fetchone()[0]
    database.conn.execute(f"PRAGMA max_page_count = {pages}").close()
    try:
        yield
    finally:
        with suppress(sqlite3.ProgrammingError):  # an edge that failed closed has closed its view
            database.conn.execute("PRAGMA max_page_count = 1000000").close()


def test_a_full_truth_refuses_with_its_reason_and_nothing_else_stops(hands: Hands) -> None:
    with full(hands.bench.truth.db):
        with pytest.raises(Unavailable, match=f"{FULL}. Nothing was changed. Free some space"):
            hands.do("burst", n=1000)
        facts = hands.until(lambda seen: all(edge.mark for edge in seen.edges)).truth.sequence
        assert facts < 1000
    hands.do("promote", route="blog", to="alloc-c")
    seen = hands.settle()
    assert seen.truth.sequence == facts + 1
    assert seen.audit.soundness == "sound"


def test_an_edge_whose_view_is_full_fails_closed_and_says_what_to_do(hands: Hands) -> None:
    view = hands.bench.edge("syd").view
    assert view is not None
    with full(view._db):
        for n in range(200):
            hands.do("add_route", route=f"route-{n}", owner="alloc-a")
        seen = hands.until(lambda seen: seen.edge("syd").mode == "failed closed")
        assert FULL in seen.edge("syd").reason
        assert "Free some space, then restart it." in seen.edge("syd").reason
        assert {probe.outcome for probe in seen.edge("syd").probes[-3:]} == {"refused"}
    hands.do("restart_edge", edge="syd")
    assert hands.settle().edge("syd").claim == hands.settle().edge("fra").claim


def test_a_journal_that_cannot_be_written_stays_in_memory_until_it_can(hands: Hands) -> None:
    journal = hands.bench.journal
    with full(journal._db):
        first = journal.last
        for n in range(150):
            hands.do("add_route", route=f"route-{n}", owner="alloc-a")
        assert journal.trouble
        assert [m for m in journal.since(first, 5_000) if m.kind == "trouble"]
        held = [m.n for m in journal.since(first, 5_000)]
    hands.do("promote", route="shop", to="alloc-c")
    assert journal.trouble == ""
    hands.settle()
    numbers = [m.n for m in journal.since(first, 10_000)]
    assert numbers == list(range(first + 1, first + 1 + len(numbers)))
    assert numbers[: len(held)] == held


def ruin(hands: Hands, name: str) -> Path:
    folder: Path = hands.bench.folder
    hands._run(hands.bench.close())
    for found in folder.glob(f"{name}*"):
        found.write_bytes(b"this is no database " * 500)
    return folder


def test_a_bench_whose_truth_is_no_database_says_so_and_touches_nothing(hands: Hands, keeper: Keeper) -> None:
    folder = ruin(hands, "truth.db")
    with pytest.raises(sqlite3.DatabaseError, match="file is not a database"):
        hands._run(Bench.open(folder, keeper))
    assert b"this is no database" in (folder / "truth.db").read_bytes()


def test_a_damaged_journal_is_set_aside(hands: Hands, keeper: Keeper) -> None:
    folder = ruin(hands, "journal.db")
    bench = hands._run(Bench.open(folder, keeper))
    try:
        assert hands._run(bench.settle()).audit.soundness == "sound"
        assert (folder / "damaged-journal.db").exists()
    finally:
        hands._run(bench.close())


FULL_DEVICE = Path("/dev/full")
needs_a_full_device = pytest.mark.skipif(not FULL_DEVICE.exists(), reason="this system has no /dev/full")
SENTENCE = "the disk is full; free some space, then restart it"


@needs_a_full_device
def test_an_edge_whose_consumer_the_broker_cannot_write_says_that_the_disk_is_full(hands: Hands) -> None:
    consumers = next((hands.bench.folder / "broker").glob("**/ROUTES/obs/fra"))
    hands.do("kill_edge", edge="fra")
    (consumers / "meta.inf.tmp").symlink_to(FULL_DEVICE)
    hands.do("edge_rules", edge="fra", ack_wait_s=7)
    hands.do("restart_edge", edge="fra")
    seen = hands.until(lambda seen: SENTENCE in seen.edge("fra").reason).edge("fra")
    assert seen.mode == "failed closed"
    assert "meta.inf" not in seen.reason
    (consumers / "meta.inf.tmp").unlink(missing_ok=True)
    hands.do("restart_edge", edge="fra")
    hands.until(lambda seen: seen.edge("fra").claim == "current at 3")


@needs_a_full_device
def test_a_broker_that_cannot_start_on_a_full_disk_says_so(hands: Hands, monkeypatch: pytest.MonkeyPatch) -> None:
    broker = hands.bench.broker
    # What a server on a full disk cannot write, and says nowhere: the file with its port.
    monkeypatch.setattr(broker._files, "said_port", lambda pid: 0)
    (broker.folder / folder.PROBE).symlink_to(FULL_DEVICE)
    monkeypatch.setattr(Path, "unlink", lambda self, missing_ok=False: None)
    with pytest.raises(Unavailable, match=SENTENCE):
        hands.do("restart_broker")
    monkeypatch.undo()
    (broker.folder / folder.PROBE).unlink()
    hands.do("start_broker")
    assert hands.settle().broker.state == "up"


def test_a_file_that_a_full_disk_does_not_take_is_told_as_that(hands: Hands, monkeypatch: pytest.MonkeyPatch) -> None:
    async def write(_: object) -> str:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("vango.faults.broker.start", write)
    with pytest.raises(Unavailable, match=SENTENCE):
        hands.do("start_broker")
