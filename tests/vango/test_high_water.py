"""The high-water mark on the wire: what is told is what is read, and what says no mark is no news."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing

import pytest

from tests.vango.conftest import DEADLINE_S, Hands
from vango.relay import high_water
from vango.truth.outbox import high_water_mark, mark_published, take_lease, waiting


def test_the_mark_of_the_routes_is_what_an_edge_reads(hands: Hands) -> None:
    hands.do("promote", route="shop", to="alloc-b")
    hands.settle()
    truth = hands.bench.truth
    mark = high_water.read(high_water.write(truth))
    assert mark == high_water_mark(truth, "route")
    assert (mark.sequence, mark.published) == (4, 4)


@pytest.mark.parametrize("payload", [b"", b"noise", b"7", b"{}", b'{"route": 7}', b'{"route": {"sequence": "many"}}'])
def test_a_payload_that_says_no_mark_of_the_routes_is_refused(payload: bytes) -> None:
    with pytest.raises(ValueError, match="no mark of the feed route"):
        high_water.read(payload)


def test_an_edge_that_hears_noise_where_marks_are_told_says_so_and_keeps_its_mark(hands: Hands) -> None:
    edge = hands.bench.edges["fra"]
    hands.settle()
    before = edge.mark
    hands._run(hands.bench.wire().publish(high_water.HEARTBEAT, b"noise"))
    hands.until(lambda _: "a mark that cannot be read was ignored" in hands.told("fra", "verdict"))
    assert edge.mark == before is not None


def test_an_edge_that_is_current_hears_of_an_event_that_never_came(hands: Hands) -> None:
    hands.settle()
    hands.do("kill_relay")
    lost = json.dumps({"route": {"sequence": 4, "id": "lost", "published": 4}}).encode()
    hands._run(hands.bench.wire().publish(high_water.HEARTBEAT, lost))
    hands.until(
        lambda _: any("event 4 was published, and nothing is pending" in said for said in hands.told("fra", "mode"))
    )


def clear_outbox(hands: Hands) -> None:
    """Delete the published rows, as anybody tidies up who thinks that they are of no more use."""
    with closing(sqlite3.connect(hands.bench.folder / "truth.db", timeout=DEADLINE_S)) as db, db:
        assert db.execute("DELETE FROM outbox WHERE published_at IS NOT NULL").rowcount


def test_an_outbox_that_was_cleared_leaves_the_mark_and_an_edge_that_missed_an_event_rebuilds(hands: Hands) -> None:
    hands.settle()
    hands.do("kill_edge", edge="fra")
    hands.do("promote", route="shop", to="alloc-b")
    hands.until(lambda seen: not seen.outbox.waiting)
    clear_outbox(hands)
    hands.do("purge")
    hands.do("start_edge", edge="fra")
    seen = hands.until(lambda seen: seen.edge("fra").claim == "current at 4")
    assert seen.edge("fra").counters["rebuilds"] == 1
    assert high_water_mark(hands.bench.truth, "route").published == 4


def test_a_database_from_before_the_mark_had_a_row_keeps_what_its_outbox_said(hands: Hands) -> None:
    hands.settle()
    truth = hands.bench.truth
    truth.db.conn.executescript("DROP TABLE published")
    truth.close()
    truth.open()
    clear_outbox(hands)
    assert high_water_mark(truth, "route").published == 3
    assert high_water_mark(truth, "allocation").published > 0


def test_a_mark_stops_before_a_row_that_waits_though_one_behind_it_was_published(hands: Hands) -> None:
    hands.settle()
    hands.do("kill_relay")
    for to in ("alloc-b", "alloc-c"):
        hands.do("promote", route="shop", to=to)
    truth = hands.bench.truth
    token = take_lease(truth, "relay")
    assert token is not None
    mark_published(truth, [(waiting(truth, limit=2)[1], 5)], token=token)
    assert high_water_mark(truth, "route").published == 3
    mark_published(truth, [(waiting(truth, limit=1)[0], 4)], token=token)
    clear_outbox(hands)
    assert high_water_mark(truth, "route").published == 5
