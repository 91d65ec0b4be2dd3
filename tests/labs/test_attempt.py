"""An attempt as a value: ticks that stay, guesses that cost nothing, and what happens when a lab itself is at fault."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from studylab.lab import attempt as moves
from studylab.lab import store
from studylab.lab.attempt import Attempt, begin, choose, current, look, proceed, reveal
from studylab.lab.guide import draw
from studylab.lab.locks import locked
from studylab.lab.model import Check, Do, Evidence, Explain, Figure, Lab, Memory, NotYet, Passed, Place, Result, Shown
from studylab.lab.moments import listed
from tests.labs.small import LAB, MOMENT, SEEN
from vango.actors.errors import BadInput, Refused

HERE = Evidence(SEEN, listed(), {})


def at(step_id: str) -> Attempt:
    return replace(begin(Attempt(), at=0), step=LAB.index(step_id))


def with_check(test: object) -> Lab:
    step = LAB.steps[1]
    assert isinstance(step, Do)
    checks = (Check("first", test), Check("never", lambda _: NotYet("no")))  # type: ignore[arg-type]
    return replace(LAB, steps=(LAB.steps[0], replace(step, checks=checks), *LAB.steps[2:]))


def test_a_check_once_passed_stays_passed() -> None:
    lab = with_check(lambda e: Passed("seen") if e.now.moment == 1 else NotYet("gone"))
    attempt = look(lab, at("do"), replace(SEEN, moment=1), listed())
    attempt = look(lab, attempt, replace(SEEN, moment=2), listed())
    assert attempt.said["do"]["first"].passed
    assert attempt.said["do"]["first"].text == "seen"
    assert attempt.step == 1


def test_a_check_that_raises_is_reported_in_a_sentence_and_may_pass_later() -> None:
    def test(evidence: Evidence) -> Result:
        return Passed(f"moment {10 // evidence.now.moment}")

    attempt = look(with_check(test), at("do"), replace(SEEN, moment=0), listed())
    said = attempt.said["do"]["first"]
    assert said.broken
    assert "could not be made" in said.text
    assert look(with_check(test), attempt, replace(SEEN, moment=5), listed()).said["do"]["first"].text == "moment 2"


def test_a_step_is_passed_when_all_its_checks_are_and_the_prediction_is_measured() -> None:
    attempt = choose(LAB, at("predict"), "predict", "no", "certain", HERE)
    attempt = look(LAB, attempt, replace(SEEN, moment=7), listed([MOMENT]))
    made = attempt.predictions["predict"]
    assert (made.option, made.measured, made.sentence) == ("no", "yes", "It did.")
    assert (attempt.step, attempt.began_at, attempt.memory) == (2, 7, {"moments": 1})
    drawn = draw(LAB, attempt).steps[0].prediction
    assert drawn is not None
    assert drawn.agreed is False


def test_a_measure_that_raises_costs_the_learner_nothing() -> None:
    def broken(_: Evidence) -> Shown:
        raise KeyError("gone")

    explain = LAB.steps[2]
    assert isinstance(explain, Explain)
    lab = replace(LAB, steps=(*LAB.steps[:2], replace(explain, show=broken), *LAB.steps[3:]))
    attempt = look(lab, at("do"), SEEN, listed([MOMENT]))
    assert attempt.step == 2
    assert "could not be read" in attempt.trouble


def test_what_a_step_failed_to_keep_is_told_and_not_forgotten_on_the_way_to_the_next() -> None:
    def broken(_: Evidence) -> Memory:
        raise KeyError("gone")

    step = LAB.steps[1]
    assert isinstance(step, Do)
    lab = replace(LAB, steps=(LAB.steps[0], replace(step, keep=broken), *LAB.steps[2:]))
    attempt = look(lab, replace(at("do"), trouble="an old one"), SEEN, listed([MOMENT]))
    assert attempt.step == 2
    assert attempt.trouble == "The values that “Do” keeps could not be read: KeyError 'gone'."


def test_a_reset_outside_of_the_lab_is_noticed() -> None:
    attempt = look(LAB, at("do"), SEEN, listed([replace(MOMENT, actor="learner", kind="reset")]))
    assert not attempt.begun
    assert "Start the lab again" in attempt.trouble


def test_before_a_prediction_every_verb_is_locked_and_afterwards_only_what_is_not_needed() -> None:
    assert "promote" in locked(LAB, at("predict"))
    assert "promote" not in locked(LAB, at("do"))
    assert locked(LAB, at("do"))["purge"] == "Not here."
    assert locked(LAB, Attempt())["promote"] == "Start the lab first."


def test_a_button_of_a_step_that_is_past_changes_nothing() -> None:
    with pytest.raises(Refused, match="not the current one"):
        proceed(LAB, at("do"), "explain", HERE)
    with pytest.raises(BadInput, match="option"):
        choose(LAB, at("predict"), "predict", "perhaps", "certain", HERE)
    with pytest.raises(BadInput, match="How sure"):
        choose(LAB, at("predict"), "predict", "yes", "very", HERE)


def test_hints_come_one_rung_at_a_time_and_the_second_outlines_a_panel() -> None:
    attempt, seen = at("do"), []
    for _ in range(5):
        attempt = reveal(LAB, attempt, "do")
        guide = draw(LAB, attempt)
        assert guide.current is not None
        assert guide.current.hints is not None
        seen.append((len(guide.current.hints.revealed), guide.look_at, guide.current.hints.can_do_it))
    panel = "panel-truth"
    assert seen == [(1, "", False), (2, panel, False), (3, panel, False), (4, panel, True), (4, panel, True)]


def test_a_wrong_answer_does_not_pass_the_quiz_and_may_be_changed() -> None:
    attempt = moves.answer(LAB, at("quiz"), "quiz", "q", "no", HERE)
    assert current(LAB, attempt) is not None
    attempt = moves.answer(LAB, attempt, "quiz", "q", "yes", HERE)
    assert current(LAB, attempt) is None
    assert attempt.finishes == 1


def test_nothing_is_given_away_of_steps_to_come() -> None:
    later = draw(LAB, at("predict")).steps[1:]
    assert all(step.prose == "" and not step.checks and step.prediction is None for step in later)


def test_markup_in_prose_is_shown_as_text() -> None:
    lab = replace(LAB, steps=(replace(LAB.steps[0], prose="<img src=x onerror=alert(1)> **bold**"), *LAB.steps[1:]))
    prose = draw(lab, at("predict")).steps[0].prose
    assert "<img" not in prose
    assert "<strong>bold</strong>" in prose


def test_an_attempt_is_found_again_as_it_was(tmp_path: Path) -> None:
    shown = Shown(("a record",), Figure("caption", (Place("Database", "a → b", True),)))
    attempt = replace(look(LAB, at("do"), SEEN, listed([MOMENT])), shown={"explain": shown})
    store.save(tmp_path, "small", attempt)
    assert store.load(tmp_path, "small") == attempt
    assert store.load(tmp_path, "other") == Attempt()


@pytest.mark.parametrize("content", ["", "{", "[]", '{"said": 3}', '{"nonsense": {}}', "\x00"])
def test_a_damaged_attempt_is_put_aside_with_a_sentence(tmp_path: Path, content: str) -> None:
    path = store.path_of(tmp_path, "small")
    path.parent.mkdir()
    path.write_text(content)
    attempt = store.load(tmp_path, "small")
    assert not attempt.begun
    assert "set aside" in attempt.trouble
    assert path.with_suffix(".unreadable").read_text() == content
