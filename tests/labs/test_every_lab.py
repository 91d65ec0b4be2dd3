"""Plays every lab on a real bench: untouched it must not pass, a wrong script must not, the solution must."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from labs import LABS
from studylab.lab.code import show
from studylab.lab.model import Do, Lab, Predict, Wrong
from studylab.lab.proofread import slips
from tests.conftest import Run
from tests.few import A_FEW_FOR_THE_ENGINE, EVERY_LAB
from tests.labs.conftest import Learner
from tests.labs.kept import Kept
from vango.actors.errors import Unavailable
from vango.broker.keeper import Keeper
from vango.observe.model import Observation

OFTEN = (1, 5, 10)
"""Labs of which every wrong answer is tried in every run; of the others the first of each step."""


def wrong_scripts() -> Iterator[object]:
    for lab in LABS:
        for step in lab.steps:
            if isinstance(step, Do):
                for number, wrong in enumerate(step.wrong):
                    often = lab.number in OFTEN or number == 0
                    name = f"{lab.slug}-{step.id}-{wrong.name}"
                    yield pytest.param(lab, step, wrong, id=name, marks=() if often else pytest.mark.slow)


@EVERY_LAB
def test_a_lab_is_written_without_slips(lab: Lab) -> None:
    assert list(slips(lab)) == []


@EVERY_LAB
def test_the_code_of_a_debrief_is_found_in_the_running_program(lab: Lab) -> None:
    assert {shown.role for shown in map(show, lab.debrief.code)} == {"trap", "cure"}
    assert all("async def" in show(code).source or "def " in show(code).source for code in lab.debrief.code)


@EVERY_LAB
def test_the_solution_passes_and_measures_what_the_lab_says_happens(learner: Learner, lab: Lab) -> None:
    passes(learner, lab, times=1)


@pytest.mark.slow
@EVERY_LAB
def test_the_solution_passes_three_times_in_a_row(learner: Learner, lab: Lab) -> None:
    passes(learner, lab, times=3)


def passes(learner: Learner, lab: Lab, *, times: int) -> None:
    run = learner.opens(lab)
    for finished in range(1, times + 1):
        learner.does(run.start())
        for index, step in enumerate(lab.steps):
            assert run.attempt.step == index
            learner.passes(step)
        assert run.attempt.finishes == finished
    guide = run.guide()
    assert guide.finished
    assert guide.trouble == ""
    assert guide.debrief is not None
    assert all(guide.debrief.happened)
    for step in lab.steps:
        if isinstance(step, Predict):
            said = next(option.key for option in step.options if option.happens)
            assert run.attempt.predictions[step.id].measured == said


@EVERY_LAB
def test_every_step_with_something_to_do_has_a_wrong_answer_that_is_tried(lab: Lab) -> None:
    assert [step.id for step in lab.steps if isinstance(step, Do) and not step.wrong] == []


def does_not_pass_untouched(learner: Learner, step: Do) -> None:
    learner.sees()
    assert learner.here() == step.id
    said = learner.lab_run.attempt.said[step.id]
    assert not all(answer.passed for answer in said.values())
    assert all(answer.text and not answer.broken for answer in said.values())


@pytest.fixture(scope="session")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Kept:
    """The benches of every lab as they are at each step, kept as folders: each way to a step is gone once."""
    return Kept(tmp_path_factory.mktemp("kept"))


@pytest.mark.parametrize(("lab", "step", "wrong"), list(wrong_scripts()))
def test_a_wrong_answer_does_not_pass_and_is_told_what_differs(
    run: Run, keeper: Keeper, kept: Kept, tmp_path: Path, lab: Lab, step: Do, wrong: Wrong
) -> None:
    with kept.at(run, keeper, lab, step, tmp_path / "bench") as learner:
        answers_wrongly(learner, step, wrong)


def answers_wrongly(learner: Learner, step: Do, wrong: Wrong) -> None:
    run = learner.lab_run
    does_not_pass_untouched(learner, step)
    learner.does(run.play(wrong.script))

    def differs() -> list[str]:
        return [answer.text for answer in run.attempt.said[step.id].values() if not answer.passed]

    def is_told(seen: Observation) -> bool:
        run.look(seen)
        return learner.here() != step.id or any(wrong.says in text for text in differs())

    try:
        learner.does(run.bench.wait_until(is_told))
    except Unavailable:
        pytest.fail(f"No check says {wrong.says!r}. They say: {differs()}")
    assert learner.here() == step.id


@A_FEW_FOR_THE_ENGINE
def test_starting_again_returns_to_the_start(learner: Learner, lab: Lab) -> None:
    run = learner.opens(lab)
    learner.does(run.start())
    before = learner.sees()
    learner.does(run.catch_up(lab.steps[-1].id))
    learner.does(run.start())
    after = learner.sees()
    assert run.attempt.step == 0
    assert run.attempt.predictions == {}
    assert (after.truth.routes, after.truth.sequence) == (before.truth.routes, before.truth.sequence)
    assert after.truth.write_order == before.truth.write_order
    assert [edge.rules for edge in after.edges] == [edge.rules for edge in before.edges]
    assert after.stream("ROUTES").last_seq == before.stream("ROUTES").last_seq


@A_FEW_FOR_THE_ENGINE
def test_an_attempt_survives_a_restart_and_can_be_finished(learner: Learner, lab: Lab) -> None:
    run = learner.opens(lab)
    learner.does(run.start())
    half = len(lab.steps) // 2
    for step in lab.steps[:half]:
        learner.passes(step)
    before = run.attempt
    learner.leaves_and_comes_back()
    assert learner.lab_run.attempt == before
    for step in lab.steps[half:]:
        learner.passes(step)
    assert learner.lab_run.guide().finished


@A_FEW_FOR_THE_ENGINE
def test_catching_up_keeps_what_the_learner_did_and_marks_the_rest(learner: Learner, lab: Lab) -> None:
    run = learner.opens(lab)
    learner.does(run.start())
    learner.passes(lab.steps[0])
    learner.passes(lab.steps[1])
    predictions = run.attempt.predictions
    learner.does(run.catch_up(lab.steps[-1].id))
    assert learner.here() == lab.steps[-1].id
    assert {step: made.option for step, made in run.attempt.predictions.items()} == {
        step: made.option for step, made in predictions.items()
    }
    did = next(step for step in lab.steps[:2] if isinstance(step, Do))
    assert run.attempt.marks[did.id] == "done for you"
    assert run.attempt.marks[lab.steps[-2].id] == "caught up"
