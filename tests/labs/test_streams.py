"""Lab 3 by other routes than its own solutions: what counts is the outcome, and nothing else passes."""

from __future__ import annotations

from typing import Any

import pytest

from labs.streams.checks.common import BUDGET, NEEDED
from labs.streams.lab import LAB
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


def test_single_promotions_spring_the_trap_as_well_as_bursts(learner: Learner) -> None:
    at(learner, "outage")
    does(learner, "kill_edge", edge="syd")
    does(learner, "promote", route="shop", to="alloc-c")
    for n in range(11):
        does(learner, "promote", route="img", to=f"alloc-{'bc'[n % 2]}")
    learner.does(learner.bench.wait_until(lambda seen: not seen.outbox.waiting))
    does(learner, "start_edge", edge="syd")
    comes_to(learner, "explain-gap")
    assert "12 changes were missed, 5 messages came" in answers(learner, "outage")


def test_while_the_edge_sleeps_the_check_says_how_far_it_is(learner: Learner) -> None:
    at(learner, "outage")
    does(learner, "kill_edge", edge="syd")
    does(learner, "burst", n=2)
    learner.sees()
    assert "missed 2 changes of owner while it was down; the outage has 12" in answers(learner, "outage")


def test_a_limit_in_bytes_is_as_good_as_one_in_messages(learner: Learner) -> None:
    at(learner, "size")
    does(learner, "take_snapshot")
    does(learner, "load_snapshot", edge="syd")
    does(learner, "stream_limits", max_msgs=-1, max_bytes=BUDGET)
    does(learner, "kill_edge", edge="syd")
    does(learner, "burst", n=30)
    does(learner, "start_edge", edge="syd")
    comes_to(learner, "predict-lower")


@pytest.mark.parametrize(("limits", "says"), [
    ({"max_msgs": NEEDED - 1}, "There is room for 47 messages"),
    ({"max_msgs": 10_000}, "the budget is 64 KiB"),
    ({"max_msgs": NEEDED, "max_age_s": 3600.0, "duplicate_window_s": 60.0}, "12 hours are 43200 s"),
    ({"max_msgs": NEEDED, "max_bytes": 8192}, "There is room for"),
])  # fmt: skip
def test_limits_that_do_not_fit_are_told_apart(learner: Learner, limits: dict[str, Any], says: str) -> None:
    at(learner, "size")
    does(learner, "stream_limits", **limits)
    learner.sees()
    assert says in answers(learner, "size")


def test_the_outage_counts_only_when_the_edge_was_right_before_it(learner: Learner) -> None:
    at(learner, "size")
    does(learner, "stream_limits", max_msgs=NEEDED)
    does(learner, "kill_edge", edge="syd")
    for n in range(24):
        does(learner, "promote", route="shop", to=f"alloc-{'bc'[n % 2]}")
    does(learner, "start_edge", edge="syd")
    learner.does(learner.bench.wait_until(lambda seen: seen.edge("syd").sequence == seen.truth.sequence))
    learner.sees()
    assert learner.here() == "size"
    assert "load a snapshot into it and repeat the outage" in answers(learner, "size")


def test_a_limit_in_bytes_evicts_at_once_as_well(learner: Learner) -> None:
    at(learner, "lower")
    does(learner, "stream_limits", max_bytes=4096)
    comes_to(learner, "forgotten")


def test_a_refusal_for_another_reason_is_not_the_windows(learner: Learner) -> None:
    at(learner, "window")
    with pytest.raises(Refused):
        does(learner, "stream_limits", duplicate_window_s=0.01)
    learner.sees()
    assert "Refused for another reason" in answers(learner, "window")
