"""Lab 5 by other routes than its own solutions, and what must not count."""

from __future__ import annotations

from typing import Any

from labs.acks.checks import common as saw
from labs.acks.lab import LAB
from labs.acks.scripts import DOWN_OWING, crash
from studylab.lab.model import Do
from studylab.lab.scripts import promote
from tests.labs.conftest import Learner
from tests.labs.test_commit_first import comes_to, does


def at(learner: Learner, step: str) -> None:
    run = learner.opens(LAB)
    learner.does(run.catch_up(step))


def answers(learner: Learner, step: str) -> str:
    return " ".join(answer.text for answer in learner.lab_run.attempt.said[step].values())


def until(learner: Learner, is_so: Any) -> None:
    learner.lab_run.look(learner.does(learner.bench.wait_until(is_so)))


def test_it_opens_with_an_edge_that_queues_its_acks_first(learner: Learner) -> None:
    at(learner, "predict-queued")
    assert learner.sees().edge("iad").departures[0] == "queues its acks before it applies"


def test_a_crash_of_another_edge_does_not_count(learner: Learner) -> None:
    at(learner, "queued")
    does(learner, "crash_edge", edge="fra", at="after receive")
    does(learner, "promote", route="shop", to="alloc-b")
    until(learner, lambda seen: seen.edge("fra").mode == "down" and saw.iad(seen).sequence == 4)
    assert "iad has not crashed" in answers(learner, "queued")
    assert learner.here() == "queued"


def test_the_loss_is_found_on_another_route_too(learner: Learner) -> None:
    at(learner, "lost")
    does(learner, "edge_rules", edge="iad", ack="before apply")
    does(learner, "crash_edge", edge="iad", at=saw.AFTER_ACK)
    does(learner, "promote", route="api", to="alloc-a")
    until(learner, saw.is_down)
    assert "iad is down: start it" in answers(learner, "lost")
    does(learner, "start_edge", edge="iad")
    comes_to(learner, "explain-lost")


def test_the_cure_without_repair_still_lacks_what_was_lost(learner: Learner) -> None:
    at(learner, "cure")
    does(learner, "edge_rules", edge="iad", ack="after apply")
    does(learner, "crash_edge", edge="iad", at=saw.AFTER_APPLY)
    does(learner, "promote", route="blog", to="alloc-b")
    until(learner, saw.is_down)
    does(learner, "start_edge", edge="iad")
    until(learner, lambda seen: saw.iad(seen).counters["duplicates"] == 1 and saw.iad(seen).claim == "current at 6")
    assert learner.here() == "cure"
    assert "iad serves shop from alloc-b, which is not what the database has" in answers(learner, "cure")
    does(learner, "take_snapshot")
    does(learner, "load_snapshot", edge="iad")
    comes_to(learner, "order")


def test_two_changes_of_the_same_route_serve_as_well_as_a_burst(learner: Learner) -> None:
    at(learner, "order")
    does(learner, "edge_rules", edge="iad", ack_wait_s="1")
    does(learner, "stumble_edge", edge="iad")
    does(learner, "promote", route="api", to="alloc-c")
    does(learner, "promote", route="api", to="alloc-a")
    comes_to(learner, "predict-poison")


def test_an_event_that_comes_back_after_a_later_one_of_its_route_is_recognised_as_well(learner: Learner) -> None:
    at(learner, "cure")
    step = LAB.steps[LAB.index("cure")]
    assert isinstance(step, Do)
    assert isinstance(step.solution, tuple)
    learner.does(learner.lab_run.play(step.solution[:-1]))
    does(learner, "burst", n="2")
    learner.does(learner.lab_run.play(step.solution[-1:]))
    comes_to(learner, "order")
    assert "stale epoch" in answers(learner, "cure") or "duplicate" in answers(learner, "cure")


def test_an_earlier_crash_with_a_queued_ack_ticks_nothing_of_the_confirmed_one(learner: Learner) -> None:
    at(learner, "lost")
    learner.does(learner.lab_run.play(crash(saw.AFTER_ACK, promote("shop", "alloc-c"), DOWN_OWING)))
    until(learner, lambda seen: saw.iad(seen).claim == "current at 5")
    said = learner.lab_run.attempt.said["lost"]
    assert [answer.passed for answer in said.values()] == [False] * 3
    assert "queued and not confirmed" in said["The broker has nothing left for iad"].text


def test_the_broker_may_give_up_after_another_number_of_deliveries(learner: Learner) -> None:
    at(learner, "poison")
    does(learner, "edge_rules", edge="iad", poison="retry", max_deliver="2")
    does(learner, "publish_poison", route="api")
    until(learner, lambda seen: saw.iad(seen).counters["invalid"] == 2)
    assert "nothing after the message" in answers(learner, "poison") or "no MAX_DELIVERIES" in answers(
        learner, "poison"
    )
    does(learner, "promote", route="blog", to="alloc-a")
    comes_to(learner, "term")
    assert learner.lab_run.attempt.memory["poison_deliveries"] == 2
