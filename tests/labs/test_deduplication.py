"""Lab 8 by other routes than its own solutions, and what must not count."""

from __future__ import annotations

from typing import Any

from labs.deduplication.checks.common import is_stored_twice, relay_is_down
from labs.deduplication.lab import LAB
from studylab.lab import reading
from tests.labs.conftest import Learner
from tests.labs.test_commit_first import comes_to, does
from vango.actors.crash_points import Point


def at(learner: Learner, step: str) -> None:
    run = learner.opens(LAB)
    learner.does(run.catch_up(step))


def answers(learner: Learner, step: str) -> str:
    return " ".join(answer.text for answer in learner.lab_run.attempt.said[step].values())


def until(learner: Learner, is_so: Any) -> None:
    learner.lab_run.look(learner.does(learner.bench.wait_until(is_so)))


def crash(learner: Learner, **promotion: str) -> None:
    does(learner, "crash_relay", at=Point.BEFORE_MARK)
    does(learner, "promote", **promotion)
    until(learner, relay_is_down)


def test_it_opens_with_one_edge_that_checks_no_ids(learner: Learner) -> None:
    at(learner, "predict-repeat")
    assert [edge.departures for edge in learner.sees().edges] == [(), ("does not check event ids",), ()]


def test_any_route_and_any_names_of_operations_will_do(learner: Learner) -> None:
    at(learner, "operation")
    for owner, operation in (("alloc-a", "deploy-7"), ("alloc-c", "by-eve"), ("alloc-a", "deploy-7")):
        does(learner, "promote", route="api", to=owner, operation=operation)
    comes_to(learner, "predict-window")
    assert learner.lab_run.attempt.memory["operation"] == "deploy-7"


def test_the_relay_may_have_two_events_in_hand(learner: Learner) -> None:
    at(learner, "window")
    crash(learner, route="shop", to="alloc-b", operation="op-9")
    assert "The relay is down: start it" in answers(learner, "window")
    does(learner, "start_relay")
    until(learner, reading.all_agree)
    does(learner, "republish_altered", sequence="1", owner="alloc-c")
    comes_to(learner, "predict-after")


def test_a_relay_that_comes_back_too_early_proves_nothing_and_may_be_crashed_again(learner: Learner) -> None:
    at(learner, "cure")
    does(learner, "edge_rules", edge="iad", deduplicate="on")
    does(learner, "stream_limits", duplicate_window_s="60")
    crash(learner, route="blog", to="alloc-a")
    does(learner, "start_relay")
    until(learner, reading.all_agree)
    assert "the broker still knew its id" in answers(learner, "cure")
    does(learner, "stream_limits", duplicate_window_s="0.1")
    crash(learner, route="api", to="alloc-a")
    until(learner, reading.window_is_over)
    does(learner, "start_relay")
    comes_to(learner, "explain")


def test_a_second_copy_counts_when_the_first_was_purged(learner: Learner) -> None:
    at(learner, "cure")
    does(learner, "edge_rules", edge="iad", deduplicate="on")
    crash(learner, route="blog", to="alloc-a")
    until(learner, lambda seen: not reading.disagreement(seen))
    does(learner, "purge")
    until(learner, lambda seen: seen.at > learner.bench.journal.tail(1)[0].at + 1.0)
    does(learner, "start_relay")
    comes_to(learner, "explain")
    assert "its first copy is gone" in answers(learner, "cure")


def test_without_its_guard_the_edge_is_told_what_it_did_twice(learner: Learner) -> None:
    at(learner, "cure")
    crash(learner, route="api", to="alloc-a")
    until(learner, reading.window_is_over)
    does(learner, "start_relay")
    until(learner, is_stored_twice)
    assert learner.here() == "cure"
    assert "2 times, and drained the old owner of api each time" in answers(learner, "cure")
