"""Lab 4 by other routes than its own solutions: what counts is the outcome, and nothing else passes."""

from __future__ import annotations

from typing import Any

from labs.durable_consumers.checks.common import consumers_of
from labs.durable_consumers.checks.cursor import has_doubled
from labs.durable_consumers.lab import LAB
from tests.labs.conftest import Learner


def at(learner: Learner, step: str) -> None:
    run = learner.opens(LAB)
    learner.does(run.catch_up(step))


def answers(learner: Learner, step: str) -> str:
    return " ".join(answer.text for answer in learner.lab_run.attempt.said[step].values())


def does(learner: Learner, verb: str, **arguments: Any) -> None:
    learner.does(learner.bench.perform(verb, arguments))


def waits_for(learner: Learner, is_so: Any) -> Any:
    def looked(seen: Any) -> bool:
        learner.lab_run.look(seen)
        return bool(is_so(seen))

    return learner.does(learner.bench.wait_until(looked))


def comes_to(learner: Learner, step: str) -> None:
    waits_for(learner, lambda _: learner.here() == step)


def test_it_opens_with_one_durable_and_one_ephemeral_reader_and_no_leftovers(learner: Learner) -> None:
    at(learner, "watch")
    seen = learner.sees()
    assert [(c.name, c.durable) for c in consumers_of(seen, "fra")] == [("fra", True)]
    assert [(c.durable, c.inactive_threshold_s) for c in consumers_of(seen, "iad")] == [(False, 0.5)]


def test_single_promotions_and_another_order_of_sleeping_count_as_well(learner: Learner) -> None:
    at(learner, "sleep")
    does(learner, "kill_edge", edge="iad")
    does(learner, "promote", route="blog", to="alloc-b")
    does(learner, "kill_edge", edge="fra")
    for route, owner in (("blog", "alloc-c"), ("shop", "alloc-b"), ("api", "alloc-a")):
        does(learner, "promote", route=route, to=owner)
    waits_for(learner, lambda seen: not consumers_of(seen, "iad"))
    does(learner, "start_edge", edge="iad")
    does(learner, "start_edge", edge="fra")
    comes_to(learner, "explain-cursors")
    assert "iad received 0 of 4" in answers(learner, "sleep")


def test_what_the_consumers_were_before_during_and_after_is_shown(learner: Learner) -> None:
    at(learner, "explain-cursors")
    guide = learner.lab_run.guide()
    assert guide.current is not None
    assert guide.current.explain is not None
    before, during, after = guide.current.explain.records[:3]
    assert before.count("Ack Floor 4") == 2
    gone = during.split("deleted ")[1].split(";")[0]
    assert gone.startswith("iad-")
    assert gone in before
    assert gone not in after


def test_who_replayed_everything_can_still_be_cured(learner: Learner) -> None:
    at(learner, "cure")
    does(learner, "edge_rules", edge="iad", begin="all")
    waits_for(learner, has_doubled)
    learner.does(learner.lab_run.do_it("cure"))
    assert learner.here() == "predict-threshold"


def test_another_edges_durable_vanishes_just_as_well(learner: Learner) -> None:
    at(learner, "threshold")
    does(learner, "edge_rules", edge="syd", inactive_threshold_s=0.3)
    waits_for(learner, lambda seen: seen.edge("syd").mode == "current")
    does(learner, "kill_edge", edge="syd")
    waits_for(learner, lambda seen: seen.consumer("syd") is None)
    does(learner, "start_edge", edge="syd")
    comes_to(learner, "predict-name")


def test_a_threshold_deletes_the_name_as_well_as_a_person_does(learner: Learner) -> None:
    at(learner, "name")
    does(learner, "edge_rules", edge="fra", begin="new", inactive_threshold_s=0.3)
    waits_for(learner, lambda seen: seen.edge("fra").mode == "current")
    does(learner, "kill_edge", edge="fra")
    does(learner, "burst", n=1)
    waits_for(learner, lambda seen: seen.consumer("fra") is None)
    does(learner, "start_edge", edge="fra")
    comes_to(learner, "explain-name")


def test_the_position_brings_back_what_both_sleeps_missed(learner: Learner) -> None:
    at(learner, "quiz")
    assert learner.lab_run.attempt.memory["saved"] == 4
    assert "received 4" in answers(learner, "saved")
