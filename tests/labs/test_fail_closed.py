"""Lab 10 by other routes than its own solutions, and by shortcuts that must not count."""

from __future__ import annotations

from typing import Any

from labs.fail_closed.lab import LAB
from labs.fail_closed.scripts import HEAL
from labs.fail_closed.steps.cure import PROOF
from tests.labs.conftest import Learner


def at(learner: Learner, step: str) -> None:
    run = learner.opens(LAB)
    learner.does(run.catch_up(step))


def answers(learner: Learner, step: str) -> str:
    return " ".join(answer.text for answer in learner.lab_run.attempt.said[step].values())


def passed(learner: Learner, step: str) -> list[str]:
    return [label for label, answer in learner.lab_run.attempt.said[step].items() if answer.passed]


def does(learner: Learner, verb: str, **arguments: Any) -> None:
    learner.does(learner.bench.perform(verb, arguments))


def until(learner: Learner, is_so: Any) -> Any:
    def looked(seen: Any) -> bool:
        learner.lab_run.look(seen)
        return bool(is_so(seen))

    return learner.does(learner.bench.wait_until(looked))


def sleeps_through(learner: Learner, *accident: tuple[str, dict[str, Any]], more: str = "") -> None:
    does(learner, "kill_edges")
    does(learner, "burst", n=3)
    until(learner, lambda seen: not seen.outbox.waiting)
    for verb, arguments in accident:
        does(learner, verb, **arguments)
    if more:
        does(learner, "promote", route="blog", to=more)
        until(learner, lambda seen: not seen.outbox.waiting)
    does(learner, "start_edges")


def syd_is(mode: str) -> Any:
    return lambda seen: seen.edge("syd").mode == mode and seen.edge("fra").mode == "current"


def test_it_opens_with_no_proof_half_a_proof_and_the_whole_proof(learner: Learner) -> None:
    at(learner, "predict-front")
    rules = {edge.name: edge.rules for edge in learner.sees().edges}
    assert [(r.prove_continuity, r.ask_high_water_mark) for r in rules.values()] == [
        (False, False),
        (True, False),
        (True, True),
    ]


def test_syd_misroutes_nothing_through_all_six_gaps_and_fra_in_each(learner: Learner) -> None:
    at(learner, "explain-run")
    seen = learner.sees()
    assert seen.edge("syd").asked["wrong"] == 0
    assert seen.edge("syd").asked["refused"] > 0
    assert seen.edge("fra").asked["wrong"] > 0
    asked = learner.lab_run.attempt.memory["asked"]
    assert asked["syd"]["wrong"] == 0
    assert asked["fra"]["wrong"] > asked["iad"]["wrong"] > 0


def test_an_age_limit_and_edges_put_to_sleep_one_by_one_spring_the_eviction_as_well(learner: Learner) -> None:
    at(learner, "front")
    for edge in ("fra", "iad", "syd"):
        does(learner, "kill_edge", edge=edge)
    does(learner, "burst", n=4)
    until(learner, lambda seen: not seen.outbox.waiting)
    does(learner, "stream_limits", max_bytes=600)
    for edge in ("fra", "iad", "syd"):
        does(learner, "start_edge", edge=edge)
    until(learner, syd_is("failed closed"))
    until(learner, lambda _: len(passed(learner, "front")) == 1)
    assert "are missing" in answers(learner, "front")


def test_a_second_accident_on_an_edge_that_is_wrong_already_does_not_count(learner: Learner) -> None:
    at(learner, "front")
    sleeps_through(learner, ("stream_limits", {"max_msgs": 1}))
    until(learner, lambda _: len(passed(learner, "front")) == 1)
    sleeps_through(learner, ("purge", {}), more="alloc-a")
    until(learner, syd_is("failed closed"))
    learner.sees()
    assert "at once prove nothing about either. Load a fresh snapshot into fra." in answers(learner, "front")
    assert learner.here() == "front"


def test_an_edge_that_was_given_no_snapshot_between_two_gaps_spoils_the_second_and_is_named(learner: Learner) -> None:
    at(learner, "front")
    sleeps_through(learner, ("stream_limits", {"max_msgs": 1}))
    until(learner, lambda _: len(passed(learner, "front")) == 1)
    does(learner, "stream_limits", max_msgs=10_000)
    does(learner, "take_snapshot")
    does(learner, "load_snapshot", edge="fra")
    until(learner, lambda seen: seen.edge("fra").sequence == seen.truth.sequence)
    sleeps_through(learner, ("purge", {}), more="alloc-a")
    until(learner, syd_is("failed closed"))
    assert "Just before the accident syd was failed closed: this gap proves nothing" in answers(learner, "front")
    assert learner.here() == "front"


def test_deleting_the_last_message_is_a_missing_end_as_well(learner: Learner) -> None:
    at(learner, "end")
    learner.does(learner.lab_run.play(HEAL))
    last = learner.sees().stream("ROUTES").last_seq
    sleeps_through(learner, ("delete_message", {"seq": last + 3}))
    until(
        learner,
        lambda _: "The end is missing: fra and iad say that they are current, syd refuses" in passed(learner, "end"),
    )
    assert "nothing is pending" in answers(learner, "end")


def test_a_rule_change_on_fra_that_still_answers_while_catching_up_may_be_told_so(learner: Learner) -> None:
    at(learner, "cure")
    learner.does(learner.lab_run.play(HEAL))
    does(learner, "edge_rules", edge="fra", prove_continuity=True)
    until(learner, lambda seen: seen.edge("fra").mode == "current")
    sleeps_through(learner, ("purge", {}))
    until(learner, lambda seen: seen.edge("fra").asked["wrong"])
    learner.does(learner.lab_run.play(HEAL))
    learner.sees()
    assert "New rules begin a new count." in answers(learner, "cure")
    assert learner.here() == "cure"


def test_other_gaps_prove_the_cure_as_well(learner: Learner) -> None:
    at(learner, "cure")
    learner.does(learner.lab_run.play((*HEAL, *PROOF)))
    until(learner, lambda seen: seen.edge("fra").mode == "current")
    sleeps_through(learner, ("recreate_stream", {}), more="alloc-c")
    until(learner, lambda seen: seen.edge("fra").sequence == seen.truth.sequence and seen.edge("fra").mode == "current")
    sleeps_through(learner, ("purge", {}))
    until(learner, lambda _: learner.here() == "quiz")
    assert learner.sees().edge("fra").asked["wrong"] == 0


def test_the_quiz_asks_with_the_numbers_of_this_attempt(learner: Learner) -> None:
    at(learner, "quiz")
    asked = learner.lab_run.attempt.memory["asked"]
    step = learner.lab_run.guide().current
    assert step is not None
    assert f"fra misrouted {asked['fra']['wrong']} requests and syd 0" in step.questions[2].text
