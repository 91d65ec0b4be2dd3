"""The high-water mark on the wire: what is told is what is read, and what says no mark is no news."""

from __future__ import annotations

import json

import pytest

from tests.vango.conftest import Hands
from vango import high_water
from vango.outbox import high_water_mark


def test_what_is_told_of_the_routes_is_what_an_edge_reads(hands: Hands) -> None:
    hands.do("promote", route="shop", to="alloc-b")
    hands.settle()
    truth = hands.bench.truth
    mark = high_water.read(high_water.write(truth))
    assert mark == high_water_mark(truth, "route")
    assert (mark.sequence, mark.published) == (4, 4)


@pytest.mark.parametrize("payload", [b"", b"noise", b"7", b"{}", b'{"route": 7}', b'{"route": {"sequence": "many"}}'])
def test_a_payload_that_says_no_mark_of_the_routes_is_refused(payload: bytes) -> None:
    with pytest.raises(ValueError, match="no mark of the routes"):
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
