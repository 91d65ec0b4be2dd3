"""Lab 7 by other routes than its own solutions, and by shortcuts that must not count."""

from __future__ import annotations

from typing import Any

from labs.snapshots.lab import LAB
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


def told(seen: Any) -> bool:
    others = [seen.edge(name) for name in ("fra", "iad")]
    return not seen.outbox.waiting and all(edge.claim == f"current at {seen.truth.sequence}" for edge in others)


def commits(learner: Learner, n: int = 1) -> None:
    does(learner, "burst", n=n)
    until(learner, told)


def test_it_opens_with_a_trimmed_stream_and_a_newcomer_that_checks_nothing(learner: Learner) -> None:
    at(learner, "predict-new")
    seen = learner.sees()
    rules = seen.edge("syd").rules
    assert seen.stream("ROUTES").first_seq > 1
    assert not any((rules.prove_continuity, rules.verify_checksum, rules.ask_high_water_mark))


def test_loading_by_button_instead_of_wiping_springs_the_first_trap_as_well(learner: Learner) -> None:
    at(learner, "new")
    does(learner, "take_snapshot")
    commits(learner, 3)
    does(learner, "load_snapshot", edge="syd")
    until(learner, lambda _: learner.here() == "predict-old")


def test_a_message_deleted_after_the_snapshot_is_not_a_stream_that_begins_later(learner: Learner) -> None:
    at(learner, "old")
    does(learner, "edge_rules", edge="syd", follow_from="the snapshot")
    until(learner, lambda seen: seen.edge("syd").mode == "current")
    does(learner, "take_snapshot")
    commits(learner, 3)
    does(learner, "delete_message", seq=learner.sees().stream("ROUTES").last_seq - 1)
    does(learner, "wipe_view", edge="syd")
    until(learner, lambda seen: seen.edge("syd").claim == f"current at {seen.truth.sequence}")
    learner.sees()
    assert "nothing is missing between" in answers(learner, "old")


def test_corrupting_without_loading_is_not_yet_believed(learner: Learner) -> None:
    at(learner, "flip")
    does(learner, "take_snapshot")
    does(learner, "corrupt_snapshot")
    learner.sees()
    assert "syd has not loaded it since this step began" in answers(learner, "flip")


def test_each_refusal_may_come_in_any_order_and_by_loading(learner: Learner) -> None:
    at(learner, "refuse")
    does(learner, "edge_rules", edge="syd", verify_checksum=True, prove_continuity=True, ask_high_water_mark=True,
         follow_from="new")  # fmt: skip
    does(learner, "take_snapshot")
    commits(learner)
    does(learner, "wipe_view", edge="syd")
    until(learner, lambda seen: "nothing is pending" in seen.edge("syd").reason)
    does(learner, "edge_rules", edge="syd", follow_from="the snapshot")
    does(learner, "take_snapshot")
    commits(learner, 6)
    does(learner, "purge", keep=1)
    does(learner, "wipe_view", edge="syd")
    until(learner, lambda seen: " came after " in seen.edge("syd").reason)
    does(learner, "take_snapshot")
    does(learner, "corrupt_snapshot")
    does(learner, "load_snapshot", edge="syd")
    until(learner, lambda _: learner.here() == "follow")


def test_following_with_less_proof_than_before_is_luck(learner: Learner) -> None:
    at(learner, "follow")
    does(learner, "edge_rules", edge="syd", follow_from="the snapshot", verify_checksum=False)
    does(learner, "take_snapshot")
    commits(learner)
    does(learner, "wipe_view", edge="syd")
    until(learner, lambda seen: seen.edge("syd").claim == f"current at {seen.truth.sequence}")
    learner.sees()
    assert "is luck" in answers(learner, "follow")
    assert learner.here() == "follow"


def test_the_quiz_asks_with_the_numbers_of_this_attempt(learner: Learner) -> None:
    at(learner, "quiz")
    memory = learner.lab_run.attempt.memory
    step = learner.lab_run.guide().current
    assert step is not None
    assert f"received {memory['old_got']}" in step.questions[1].text
    assert "nothing is pending" in step.questions[2].text
