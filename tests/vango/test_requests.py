"""Requests over a whole run: when an edge answers, and what its answers are counted as."""

from __future__ import annotations

import pytest

from tests.vango.conftest import Hands
from vango.observe.model import Observation


def test_an_edge_that_answers_only_when_current_misroutes_nothing_on_its_way_back(hands: Hands) -> None:
    hands.do("edge_rules", edge="syd", answers="only when current", on_gap="stay closed")
    hands.do("kill_edge", edge="syd")
    hands.do("burst", n=3)
    hands.until(lambda seen: not seen.outbox.waiting)
    hands.do("purge")
    hands.do("start_edge", edge="syd")
    seen = hands.until(lambda seen: seen.edge("syd").mode == "failed closed")
    hands.do("take_snapshot")
    hands.do("load_snapshot", edge="syd")
    seen = hands.until(lambda seen: seen.edge("syd").claim == "current at 6" and seen.edge("syd").asked["right"] > 3)
    assert seen.edge("syd").asked["wrong"] == 0
    assert seen.edge("syd").asked["refused"] > 0


def test_an_edge_that_answers_while_catching_up_answers_with_what_it_has(hands: Hands) -> None:
    hands.do("kill_edge", edge="syd")
    hands.do("kill_relay")
    hands.do("burst", n=3)
    hands.do("start_edge", edge="syd")
    seen = hands.until(lambda seen: seen.edge("syd").mode == "catching up" and seen.edge("syd").asked["late"])
    assert seen.edge("syd").asked["wrong"] == 0
    hands.do("edge_rules", edge="syd", answers="only when current")
    seen = hands.until(lambda seen: seen.edge("syd").mode == "catching up")
    assert all("only when current" in probe.answer for probe in seen.edge("syd").probes[-3:])


def test_a_skipped_change_is_counted_as_misrouted_and_new_rules_begin_a_new_count(hands: Hands) -> None:
    hands.do("edge_rules", edge="fra", prove_continuity=False, ask_high_water_mark=False)
    hands.do("kill_edge", edge="fra")
    hands.do("burst", n=3)
    hands.until(lambda seen: not seen.outbox.waiting)
    hands.do("purge")
    hands.do("start_edge", edge="fra")
    seen = hands.until(lambda seen: seen.edge("fra").asked["wrong"])
    assert seen.edge("iad").asked["wrong"] == 0
    hands.do("take_snapshot")
    hands.do("load_snapshot", edge="fra")
    hands.until(lambda seen: seen.edge("fra").claim == "current at 6")
    hands.do("edge_rules", edge="fra", prove_continuity=True)
    seen = hands.until(lambda seen: seen.edge("fra").mode == "current" and seen.edge("fra").asked["right"])
    assert seen.edge("fra").asked["wrong"] == 0


def test_all_edges_are_stopped_and_started_together(hands: Hands) -> None:
    hands.do("kill_edges")
    assert {edge.mode for edge in hands.until(lambda seen: seen).edges} == {"down"}
    hands.do("start_edges")
    assert {edge.claim for edge in hands.settle().edges} == {"current at 3"}


def test_an_edge_says_for_how_long_it_has_heard_nothing(hands: Hands) -> None:
    hands.do("kill_broker")
    seen = hands.until(lambda seen: all(edge.silent_s >= 1 for edge in seen.edges))
    assert {probe.outcome for edge in seen.edges for probe in edge.probes[-3:]} == {"right"}


def test_an_edge_whose_rows_change_is_asked_at_once_even_where_its_position_stays(
    hands: Hands, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An event of the past moves rows and not the position; the answers are of the rows."""
    monkeypatch.setattr("vango.observe.edges.ASK_AGAIN_S", 3600.0)
    hands.do("edge_rules", edge="fra", check_epochs=False, deduplicate=False)
    hands.do("promote", route="shop", to="alloc-c")
    hands.settle()
    before = hands.until(lambda seen: {probe.outcome for probe in seen.edge("fra").probes} == {"right"}).edge("fra")
    hands.do("pace", tempo="step")
    hands.do("replay", edge="fra", from_seq=1)

    def walked_back(seen: Observation) -> bool:
        if seen.pace.of("fra"):
            hands.bench.pace.go_on("fra")
        return next(row for row in seen.edge("fra").rows if row.route == "shop").epoch == 1

    seen = hands.until(walked_back)
    assert (seen.edge("fra").mode, seen.edge("fra").stream_seq) == (before.mode, before.stream_seq)
    assert "wrong" in {probe.outcome for probe in seen.edge("fra").probes[-3:]}
