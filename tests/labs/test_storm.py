"""Lab 12 by other routes than its own solutions: another seed, another proof, and shortcuts that do not count."""

from __future__ import annotations

import pytest

from labs.storm.lab import LAB
from labs.storm.steps.storm import SEED
from tests.labs.conftest import Learner
from vango.bench.trials import load


def at(learner: Learner, step: str) -> None:
    learner.does(learner.opens(LAB).catch_up(step))


def answers(learner: Learner, step: str) -> str:
    return " ".join(answer.text for answer in learner.lab_run.attempt.said[step].values())


def does(learner: Learner, verb: str, **arguments: object) -> None:
    learner.does(learner.bench.perform(verb, arguments))
    learner.sees()


def test_another_storm_that_does_harm_counts_and_is_the_one_to_be_played_again(learner: Learner) -> None:
    at(learner, "storm")
    does(learner, "storm", seed=9)
    assert learner.here() == "shrink"
    assert learner.lab_run.attempt.memory["seed"] == 9


def test_a_storm_that_does_no_harm_says_so_and_asks_for_another_seed(learner: Learner) -> None:
    at(learner, "storm")
    does(learner, "storm", seed=11)
    assert learner.here() == "storm"
    assert "Storm 11 ended sound. Try another seed." in answers(learner, "storm")


def test_the_minimal_script_fails_alike_and_no_longer_holds_what_does_nothing(learner: Learner) -> None:
    at(learner, "shrink")
    does(learner, "shrink_storm")
    seen = learner.sees().storm
    assert seen.seed == SEED
    assert 1 <= len(seen.minimal) < len(seen.script)
    assert not any(line.startswith("start_edge") for line in seen.minimal)
    assert learner.here() == "explain-minimal"


@pytest.mark.slow
def test_another_protection_with_its_own_fault_proves_as_much(learner: Learner) -> None:
    at(learner, "matrix")
    for protection, fault in (("continuity", "gap"), ("mark", "purged-tail"), ("epochs", "zombie")):
        does(learner, "try_without", protection=protection, fault=fault)
    assert learner.here() == "few"
    assert load(learner.bench.folder).cells["epochs"]["zombie"].startswith("resurrected")


@pytest.mark.slow
def test_two_protections_missing_together_prove_nothing_about_one(learner: Learner) -> None:
    at(learner, "matrix")
    for fault in ("edge-crash", "purged-tail", "old-snapshot"):
        does(learner, "try_without", protection="ack+mark", fault=fault)
    assert "none has been found that cannot go" in answers(learner, "matrix")


@pytest.mark.slow
def test_the_same_seed_twice_is_one_storm(learner: Learner) -> None:
    at(learner, "few")
    does(learner, "take_away", protection="message-ids")
    does(learner, "take_away", protection="ack")
    does(learner, "storm", seed=5)
    does(learner, "storm", seed=5)
    assert "Play a second seed" in answers(learner, "few")


@pytest.mark.slow
def test_taking_two_more_away_does_not_say_which_of_them_was_needed(learner: Learner) -> None:
    at(learner, "few")
    for key in ("checksum", "message-ids", "ack"):
        does(learner, "take_away", protection=key)
    does(learner, "storm", seed=5)
    does(learner, "storm", seed=7)
    for key in ("event-ids", "epochs"):
        does(learner, "take_away", protection=key)
    does(learner, "storm", seed=5)
    assert "Take exactly one more away" in answers(learner, "few")
