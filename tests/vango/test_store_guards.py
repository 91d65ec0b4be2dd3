"""What the stores and the lease promise, each seen on a real database: the guards that only a crash or a rival would miss."""

from __future__ import annotations

import sqlite3
import time
from pathlib import Path
from typing import Any

import pytest

from tests.vango.conftest import DEADLINE_S, Hands
from tests.vango.test_untold import by_hand
from vango.core.judge import Position, Row
from vango.core.names import ROUTES
from vango.edge.view import RouteTable, View
from vango.journal.journal import Journal
from vango.truth import outbox, snapshots
from vango.truth.outbox import LeaseLost, count_waiting, mark_published, take_lease, waiting
from vango.truth.store import Truth

FULL = 2  # what SQLite calls `synchronous = FULL`
ROW = Row("shop", "alloc-a", 1, "e1", 0, 1)


def test_a_relay_that_lost_its_lease_marks_nothing(hands: Hands) -> None:
    hands.do("kill_relay")
    hands.do("promote", route="shop", to="alloc-b")
    truth = hands.bench.truth
    old = take_lease(truth, "relay")
    assert old is not None
    assert take_lease(truth, "relay") == old + 1
    row = waiting(truth, limit=1)[0]
    with pytest.raises(LeaseLost):
        mark_published(truth, [(row, 7)], token=old)
    assert count_waiting(truth) == 1


def test_the_position_of_a_row_that_was_deleted_is_handed_out_to_no_other(hands: Hands) -> None:
    hands.do("kill_relay")
    positions = []
    for owner in ("alloc-b", "alloc-c"):
        hands.do("promote", route="shop", to=owner)
        positions += [row.position for row in waiting(hands.bench.truth, limit=2)]
        by_hand(hands.bench.folder, "DELETE FROM outbox WHERE published_at IS NULL")
    assert positions == [positions[0], positions[0] + 1]


def test_a_rival_gets_no_lease_while_the_relay_lives(hands: Hands) -> None:
    assert take_lease(hands.bench.truth, "rival") is None


def test_a_dead_relay_s_lease_runs_out_also_when_the_clock_was_set_back(
    hands: Hands, monkeypatch: pytest.MonkeyPatch
) -> None:
    hands.do("kill_relay")
    truth, died_at = hands.bench.truth, time.time()
    assert take_lease(truth, "relay") is not None
    monkeypatch.setattr("time.time", lambda: died_at - 3600)
    assert take_lease(truth, "rival") is None
    monkeypatch.setattr("time.time", lambda: died_at - 3600 + outbox.LEASE_S + 1)
    assert take_lease(truth, "rival") is not None


def test_a_relay_renews_its_lease_in_time(hands: Hands) -> None:
    def expires() -> float:
        found = hands.bench.truth.db.conn.execute("SELECT expires_at FROM lease WHERE name = 'relay'").fetchone()
        return float(found[0])

    before = expires()
    hands.until(lambda _: expires() > before)
    assert outbox.LEASE_S < DEADLINE_S


def test_a_view_whose_position_cannot_move_keeps_its_rows_as_they_were(tmp_path: Path) -> None:
    view = View(tmp_path / "view.db", RouteTable())
    view._db.conn.execute(
        "CREATE TRIGGER full BEFORE UPDATE ON position BEGIN SELECT RAISE(ABORT, 'the position cannot move'); END"
    )
    with pytest.raises(sqlite3.IntegrityError):
        view.apply([ROW], Position(1, "e1", 1))
    view.close()
    found = View(tmp_path / "view.db", RouteTable())
    assert (found.rows, found.position) == ({}, Position())
    found.close()


def test_a_snapshot_covers_all_that_was_stored_up_to_its_stream_seq(
    hands: Hands, run: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    wire = hands.bench.wire()
    api = wire.api

    async def interrupted(subject: str, *arguments: Any, **named: Any) -> Any:
        """An owner changes while the stream is asked how far it has come."""
        if subject == "STREAM.INFO.ROUTES":
            monkeypatch.undo()
            await hands.bench.perform("promote", {"route": "shop", "to": "alloc-b"})
            await hands.bench.settle()
        return await api(subject, *arguments, **named)

    monkeypatch.setattr(wire, "api", interrupted)
    _, snapshot = run(snapshots.take(wire, hands.bench.truth, ROUTES, snapshots.routes))
    assert snapshot.stream_seq == hands.settle().stream("ROUTES").last_seq
    assert snapshot.sequence == hands.settle().truth.sequence


def test_truth_and_views_are_synced_at_each_commit(tmp_path: Path) -> None:
    truth, view = Truth(tmp_path / "truth.db"), View(tmp_path / "view.db", RouteTable())
    levels = [store.conn.execute("PRAGMA synchronous").fetchone()[0] for store in (truth.db, view._db)]
    truth.close()
    view.close()
    assert levels == [FULL, FULL]


def test_the_journal_survives_a_crash_of_the_app(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "journal.db", lambda: None)
    journal.close()
    with sqlite3.connect(tmp_path / "journal.db") as db:
        assert db.execute("PRAGMA journal_mode").fetchone()[0] == "wal"
    db.close()
