"""Lab 2 by other routes than its own solutions: what counts is the outcome, and nothing else passes."""

from __future__ import annotations

from typing import Any

import pytest

from labs.subjects.lab import LAB
from labs.subjects.steps.filters import EXACT
from tests.labs.conftest import Learner
from vango.actors.errors import Refused


def at(learner: Learner, step: str) -> None:
    run = learner.opens(LAB)
    learner.does(run.catch_up(step))


def answers(learner: Learner, step: str) -> str:
    return " ".join(answer.text for answer in learner.lab_run.attempt.said[step].values())


def does(learner: Learner, verb: str, **arguments: Any) -> None:
    learner.does(learner.bench.perform(verb, arguments))


def comes_to(learner: Learner, step: str) -> None:
    def is_there(seen: Any) -> bool:
        learner.lab_run.look(seen)
        return learner.here() == step

    learner.does(learner.bench.wait_until(is_there))


def waits_for(learner: Learner, is_so: Any) -> Any:
    seen = learner.does(learner.bench.wait_until(is_so))
    learner.lab_run.look(seen)
    return seen


def splits(learner: Learner) -> None:
    does(learner, "stream_subjects", stream="ROUTES", subjects="route.>")
    does(learner, "stream_subjects", stream="TELEMETRY", subjects="telemetry.>")
    does(learner, "stream_subjects", stream="ALLOCATIONS", subjects="allocation.> operation.>")


def test_it_opens_with_one_stream_for_everything_and_filters_that_match_everything(learner: Learner) -> None:
    at(learner, "flood")
    seen = learner.sees()
    assert "telemetry.>" in seen.stream("ROUTES").subjects
    assert {consumer.subject_filter for consumer in seen.consumers if consumer.stream == "ROUTES"} == {">"}


def test_three_single_promotions_count_as_well_as_a_burst(learner: Learner) -> None:
    at(learner, "flood")
    does(learner, "kill_edge", edge="fra")
    does(learner, "telemetry", n=600)
    for route in ("shop", "blog", "api"):
        does(learner, "promote", route=route, to="alloc-c")
    does(learner, "start_edge", edge="fra")
    comes_to(learner, "explain-noise")
    assert "went through 600 samples first" in answers(learner, "flood")


def test_what_the_flood_cost_is_on_the_edges_cards(learner: Learner) -> None:
    at(learner, "explain-noise")
    counters = learner.sees().edge("iad").counters
    assert counters["foreign"] == 500
    assert counters["bytes"] > 500 * 100


def test_another_silent_filter_than_the_suggested_one_counts(learner: Learner) -> None:
    at(learner, "typo")
    does(learner, "edge_rules", edge="syd", subject_filter="rout.>")
    waits_for(learner, lambda seen: seen.edge("syd").mode == "current")
    does(learner, "promote", route="shop", to="alloc-a")
    comes_to(learner, "overlap")
    assert "Filter rout.>: accepted." in answers(learner, "typo")


def test_a_subject_that_the_server_refuses_for_another_reason_is_not_an_overlap(learner: Learner) -> None:
    at(learner, "overlap")
    with pytest.raises(Refused):
        does(learner, "stream_subjects", stream="TELEMETRY", subjects="telemetry.> telemetry.>")
    learner.sees()
    assert learner.here() == "overlap"
    assert "Refused for another reason" in answers(learner, "overlap")


def test_purging_the_samples_frees_the_stuck_edge_too(learner: Learner) -> None:
    at(learner, "cure")
    splits(learner)
    for edge in ("fra", "iad", "syd"):
        does(learner, "edge_rules", edge=edge, subject_filter=EXACT)
    does(learner, "purge", subject="telemetry.>")
    does(learner, "telemetry", n=500, shape="a field renamed")
    does(learner, "promote", route="shop", to="alloc-b")
    comes_to(learner, "quiz")


def test_a_flood_before_the_cure_does_not_count_against_one_after_it(learner: Learner) -> None:
    at(learner, "cure")
    does(learner, "telemetry", n=500, shape="a field renamed")
    waits_for(learner, lambda seen: seen.edge("iad").counters["foreign"] >= 500)
    assert learner.here() == "cure"
    learner.does(learner.lab_run.do_it("cure"))
    assert learner.here() == "quiz"


def test_samples_that_no_stream_stores_are_no_cure(learner: Learner) -> None:
    at(learner, "cure")
    does(learner, "stream_subjects", stream="ROUTES", subjects="route.>")
    does(learner, "telemetry", n=500, shape="a field renamed")
    learner.sees()
    assert "No stream stores" in answers(learner, "cure")
