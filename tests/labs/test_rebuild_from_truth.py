"""Lab 11 by other routes than its own solutions: another route, another edge, another order."""

from __future__ import annotations

from typing import Any

from labs.rebuild_from_truth.lab import LAB
from tests.labs.conftest import Learner


def at(learner: Learner, step: str) -> None:
    learner.does(learner.opens(LAB).catch_up(step))


def answers(learner: Learner, step: str) -> str:
    return " ".join(answer.text for answer in learner.lab_run.attempt.said[step].values())


def does(learner: Learner, verb: str, **arguments: Any) -> None:
    learner.does(learner.bench.perform(verb, arguments))


def comes_to(learner: Learner, step: str) -> None:
    def is_there(seen: Any) -> bool:
        learner.lab_run.look(seen)
        return learner.here() == step

    learner.does(learner.bench.wait_until(is_there))


def test_another_untold_fact_is_lost_as_well(learner: Learner) -> None:
    at(learner, "database")
    does(learner, "kill_relay")
    does(learner, "promote", route="shop", to="alloc-c")
    does(learner, "destroy_database")
    does(learner, "rebuild_database")
    does(learner, "start_relay")
    comes_to(learner, "explain-database")
    assert "Unchanged rows: " in answers(learner, "database")


def test_the_rows_that_did_not_come_back_are_named_in_the_learner_s_own_records(learner: Learner) -> None:
    at(learner, "explain-database")
    lost = learner.lab_run.attempt.memory["lost"]
    assert any(line.startswith("route blog: was owner alloc-a") and line.endswith("is no row") for line in lost)
    assert any(line.startswith("operation op-blue: was done: promotion of shop to alloc-b") for line in lost)
    assert learner.lab_run.attempt.memory["refusal"].endswith("a feed has no holes")


def test_putting_the_copy_back_too_early_asks_to_destroy_it_again(learner: Learner) -> None:
    at(learner, "database")
    does(learner, "destroy_database")
    does(learner, "restore_database")
    learner.sees()
    assert "Every committed fact has been published" in answers(learner, "database")
    learner.does(learner.lab_run.do_it("database"))
    assert learner.here() == "explain-database"


def test_the_bus_may_be_restored_before_the_edge_is_wiped_as_long_as_it_began_with_nothing(learner: Learner) -> None:
    at(learner, "bus")
    does(learner, "destroy_bus")
    does(learner, "promote", route="api", to="alloc-a")
    does(learner, "restore_bus")
    learner.sees()
    assert "Every edge still has its view" in answers(learner, "bus")
    does(learner, "wipe_view", edge="fra")
    comes_to(learner, "explain-bus")


def test_a_wiped_edge_is_another_way_to_mend_it(learner: Learner) -> None:
    at(learner, "mend")
    does(learner, "take_snapshot")
    does(learner, "wipe_view", edge="iad")
    comes_to(learner, "quiz")
    assert "fra and syd answered all the time" in answers(learner, "mend")


def test_who_stopped_the_others_can_break_one_edge_again_and_mend_that_alone(learner: Learner) -> None:
    at(learner, "mend")
    does(learner, "take_snapshot")
    for edge in ("fra", "iad"):
        does(learner, "load_snapshot", edge=edge)
    learner.sees()
    assert "fra stopped answering on the way" in answers(learner, "mend")
    does(learner, "corrupt_snapshot")
    does(learner, "load_snapshot", edge="iad")
    does(learner, "take_snapshot")
    does(learner, "load_snapshot", edge="iad")
    comes_to(learner, "quiz")
