"""Lab 9 by other routes than its own solutions, and by shortcuts that must not count."""

from __future__ import annotations

from typing import Any

from labs.unknown_outcome.lab import LAB
from labs.unknown_outcome.scripts import HEAL
from tests.labs.conftest import Learner


def at(learner: Learner, step: str) -> None:
    run = learner.opens(LAB)
    learner.does(run.catch_up(step))


def answers(learner: Learner, step: str) -> str:
    return " ".join(answer.text for answer in learner.lab_run.attempt.said[step].values())


def does(learner: Learner, verb: str, **arguments: Any) -> None:
    learner.does(learner.bench.perform(verb, arguments))


def until(learner: Learner, is_so: Any) -> Any:
    def looked(seen: Any) -> bool:
        learner.lab_run.look(seen)
        return bool(is_so(seen))

    return learner.does(learner.bench.wait_until(looked))


def goes_silent(learner: Learner, route: str, to: str) -> None:
    sequence = learner.sees().truth.sequence + 1
    does(learner, "freeze_broker")
    does(learner, "promote", route=route, to=to)
    until(learner, lambda seen: f"route-{sequence}-" in seen.relay.reason)


def is_back(seen: Any) -> bool:
    return bool(seen.stream("ROUTES").available and seen.relay.state == "up" and not seen.outbox.waiting)


def test_it_opens_with_a_relay_that_gives_up(learner: Learner) -> None:
    at(learner, "predict-silence")
    assert learner.sees().relay.rules.on_no_answer == "give up"


def test_the_kill_may_come_before_the_thaw_and_on_other_routes(learner: Learner) -> None:
    at(learner, "silence")
    goes_silent(learner, "api", "alloc-c")
    does(learner, "kill_broker")
    does(learner, "start_broker")
    until(learner, lambda seen: is_back(seen) and all(edge.mark == seen.truth.sequence for edge in seen.edges))
    goes_silent(learner, "blog", "alloc-b")
    does(learner, "thaw_broker")
    until(learner, lambda _: learner.here() == "explain-silence")


def test_while_nobody_can_look_into_the_broker_the_fact_is_not_called_untold(learner: Learner) -> None:
    at(learner, "silence")
    goes_silent(learner, "shop", "alloc-c")
    seen = learner.sees()
    assert not seen.audit.findings
    assert "look at what it has stored when it is back" in answers(learner, "silence")


def test_thawing_before_the_kill_is_not_taken_for_a_loss(learner: Learner) -> None:
    at(learner, "silence")
    goes_silent(learner, "shop", "alloc-c")
    does(learner, "thaw_broker")
    does(learner, "restart_broker")
    until(learner, is_back)
    learner.sees()
    assert "Every event that was given up is in the stream." in answers(learner, "silence")


def test_switching_the_check_on_again_without_a_snapshot_leaves_the_double_effect(learner: Learner) -> None:
    at(learner, "cure")
    does(learner, "relay_rules", on_no_answer="retry under the same id")
    does(learner, "edge_rules", edge="fra", deduplicate=True)
    goes_silent(learner, "shop", "alloc-a")
    does(learner, "thaw_broker")
    until(learner, is_back)
    until(learner, lambda _: "Only a fresh snapshot corrects that." in answers(learner, "cure"))


def test_the_cure_may_be_proven_the_other_way_round_in_two_goes(learner: Learner) -> None:
    at(learner, "cure")
    does(learner, "relay_rules", on_no_answer="retry under the same id")
    does(learner, "edge_rules", edge="fra", deduplicate=True)
    goes_silent(learner, "blog", "alloc-a")
    does(learner, "kill_broker")
    does(learner, "start_broker")
    until(learner, is_back)
    learner.does(learner.lab_run.play(HEAL))
    goes_silent(learner, "blog", "alloc-b")
    does(learner, "thaw_broker")
    until(learner, lambda _: learner.here() == "predict-outage")


def test_an_outage_by_freezing_fills_the_outbox_and_drains_in_order_as_well(learner: Learner) -> None:
    at(learner, "outage")
    does(learner, "freeze_broker")
    does(learner, "burst", n=15)
    until(learner, lambda seen: seen.outbox.waiting == 15)
    does(learner, "thaw_broker")
    until(learner, lambda _: learner.here() == "quiz")


def test_the_quiz_asks_about_the_events_of_this_attempt(learner: Learner) -> None:
    at(learner, "quiz")
    memory = learner.lab_run.attempt.memory
    step = learner.lab_run.guide().current
    assert step is not None
    assert memory["stored_id"] in step.questions[0].text
    assert memory["lost_id"] in step.questions[0].text
    assert f"stored {memory['again_count']} times" in step.questions[1].text
