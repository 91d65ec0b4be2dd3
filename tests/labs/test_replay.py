"""Lab 6 by other routes than its own solutions, and what must not count."""

from __future__ import annotations

from typing import Any

from labs.replay.checks.common import is_read_through
from labs.replay.lab import LAB
from studylab.lab import reading
from tests.labs.conftest import Learner
from tests.labs.test_commit_first import comes_to, does


def at(learner: Learner, step: str) -> None:
    run = learner.opens(LAB)
    learner.does(run.catch_up(step))


def answers(learner: Learner, step: str) -> str:
    return " ".join(answer.text for answer in learner.lab_run.attempt.said[step].values())


def until(learner: Learner, is_so: Any) -> None:
    learner.lab_run.look(learner.does(learner.bench.wait_until(is_so)))


def does_both(learner: Learner) -> None:
    does(learner, "replay", edge="iad", from_seq="1")
    until(learner, is_read_through)
    does(learner, "republish", sequence="4")
    until(learner, is_read_through)


def test_another_route_may_be_the_one_with_a_past(learner: Learner) -> None:
    run = learner.opens(LAB)
    learner.does(run.start())
    does(learner, "promote", route="blog", to="alloc-b")
    does(learner, "promote", route="blog", to="alloc-c")
    comes_to(learner, "predict-replay")
    for step in LAB.steps[1:6]:
        learner.passes(step)
    assert learner.here() == "cure"
    assert run.attempt.memory["route"] == "blog"
    assert "went back to an earlier owner of blog" in answers(learner, "zombie")


def test_a_newer_promotion_repairs_as_well_as_a_snapshot(learner: Learner) -> None:
    at(learner, "cure")
    does(learner, "edge_rules", edge="iad", check_epochs="on")
    does(learner, "promote", route="shop", to="alloc-b")
    until(learner, reading.all_agree)
    does_both(learner)
    comes_to(learner, "predict-late")


def test_a_replay_that_brings_the_right_owner_back_is_no_walk_through_the_past(learner: Learner) -> None:
    at(learner, "cure")
    does(learner, "edge_rules", edge="iad", check_epochs="on")
    until(learner, lambda seen: reading.is_current(seen.edge("iad")))
    does_both(learner)
    comes_to(learner, "predict-late")


def test_the_zombie_alone_does_not_prove_the_cure(learner: Learner) -> None:
    at(learner, "cure")
    does(learner, "edge_rules", edge="iad", check_epochs="on")
    until(learner, lambda seen: reading.is_current(seen.edge("iad")))
    does(learner, "republish", sequence="4")
    until(learner, is_read_through)
    assert learner.here() == "cure"
    assert "iad has not read anything again" in answers(learner, "cure")


def test_ids_in_memory_beside_epochs_do_no_harm_to_the_proof(learner: Learner) -> None:
    at(learner, "cure")
    does(learner, "edge_rules", edge="iad", check_epochs="on", remember_ids="100")
    until(learner, lambda seen: reading.is_current(seen.edge("iad")))
    does(learner, "replay", edge="iad", from_seq="1")
    until(learner, is_read_through)
    assert "as stale and" in answers(learner, "cure")
