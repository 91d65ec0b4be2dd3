"""Lab 1 by other routes than its own solutions: what counts is the outcome, and nothing else passes."""

from __future__ import annotations

import pytest

from labs.commit_first.lab import LAB
from tests.labs.conftest import Learner
from vango.actors.errors import Refused


def at(learner: Learner, step: str) -> None:
    run = learner.opens(LAB)
    learner.does(run.catch_up(step))


def answers(learner: Learner, step: str) -> str:
    return " ".join(answer.text for answer in learner.lab_run.attempt.said[step].values())


def does(learner: Learner, verb: str, **arguments: str) -> None:
    learner.does(learner.bench.perform(verb, arguments))


def comes_to(learner: Learner, step: str) -> None:
    def is_there(seen: object) -> bool:
        learner.lab_run.look(seen)  # type: ignore[arg-type]
        return learner.here() == step

    learner.does(learner.bench.wait_until(is_there))


def test_it_opens_with_a_control_plane_that_publishes_first(learner: Learner) -> None:
    at(learner, "watch")
    seen = learner.sees()
    assert seen.truth.write_order == "publish first"
    assert all(not edge.rules.prove_continuity and not edge.rules.ask_high_water_mark for edge in seen.edges)


def test_a_refused_promotion_of_another_route_springs_the_phantom_as_well(learner: Learner) -> None:
    at(learner, "phantom")
    with pytest.raises(Refused, match="must be ready"):
        does(learner, "promote", route="api", to="alloc-d")
    comes_to(learner, "explain-phantom")
    assert "serves api from an owner that the database never chose" in answers(learner, "phantom")


def test_asking_twice_for_what_is_refused_leads_out_of_the_step_as_well(learner: Learner) -> None:
    at(learner, "phantom")
    for _ in range(2):
        with pytest.raises(Refused, match="must be ready"):
            does(learner, "promote", route="shop", to="alloc-d")
    comes_to(learner, "explain-phantom")
    learner.does(learner.lab_run.proceed("explain-phantom"))
    learner.does(learner.lab_run.do_it("mend"))
    assert learner.here() == "predict-untold"


def test_the_crash_springs_the_untold_fact_on_another_route_as_well(learner: Learner) -> None:
    at(learner, "untold")
    does(learner, "write_order", order="commit then publish")
    does(learner, "crash_control")
    does(learner, "promote", route="shop", to="alloc-b")
    comes_to(learner, "explain-untold")
    assert "nothing will ever publish it" in answers(learner, "untold")


def test_while_the_relay_is_down_the_cure_waits_and_says_for_whom(learner: Learner) -> None:
    at(learner, "cure")
    does(learner, "kill_relay")
    does(learner, "write_order", order="outbox")
    does(learner, "crash_control")
    does(learner, "promote", route="api", to="alloc-a")
    learner.sees()
    assert "is waiting in the outbox. The relay is down." in answers(learner, "cure")
    does(learner, "start_relay")
    with pytest.raises(Refused):
        does(learner, "promote", route="shop", to="alloc-d")
    comes_to(learner, "quiz")


def test_the_quiz_asks_about_the_events_of_this_attempt(learner: Learner) -> None:
    at(learner, "quiz")
    run = learner.lab_run
    guide = run.guide()
    assert guide.current is not None
    assert run.attempt.memory["phantom_id"] in guide.current.questions[0].text


def test_a_learner_who_publishes_first_once_more_can_still_be_cured(learner: Learner) -> None:
    at(learner, "cure")
    does(learner, "write_order", order="publish first")
    with pytest.raises(Refused):
        does(learner, "promote", route="shop", to="alloc-d")
    learner.sees()
    assert "was published, and then the database refused it" in answers(learner, "cure")
    learner.does(learner.lab_run.do_it("cure"))
    assert learner.here() == "quiz"
