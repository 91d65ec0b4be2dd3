"""A solution that misses its moment is played again, from the start of the lab; one that never passes says why."""

from __future__ import annotations

from dataclasses import replace

import pytest

from studylab.lab.model import Check, Do, Evidence, Lab, NotYet, Script, call
from tests.labs.conftest import Learner
from tests.labs.small import LAB
from vango.actors.errors import Unavailable

PROMOTE: Script = (call("promote", route="shop", to="alloc-c"),)


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("studylab.lab.runner.STEP_TIMEOUT_S", 0.3)


def lab_that_misses(times: int) -> Lab:
    """A lab whose step wants to see that anything happened, and whose solution does nothing the first times."""
    step, tried = LAB.steps[1], []
    assert isinstance(step, Do)

    def solution(_: Evidence) -> Script:
        tried.append("once more")
        return PROMOTE if len(tried) > times else ()

    return replace(LAB, steps=(LAB.steps[0], replace(step, solution=solution, keep=lambda _: {}), *LAB.steps[2:]))


def test_what_is_done_for_a_learner_is_tried_again(learner: Learner) -> None:
    run = learner.opens(lab_that_misses(1))
    learner.does(run.start())
    learner.does(run.predict("predict", "no", "certain"))
    learner.does(run.do_it("do"))
    assert learner.here() == "explain"
    assert run.attempt.trouble == ""
    assert run.attempt.marks == {"do": "done for you"}
    assert run.attempt.predictions["predict"].option == "no"


def test_catching_up_is_tried_again(learner: Learner) -> None:
    run = learner.opens(lab_that_misses(2))
    learner.does(run.catch_up("quiz"))
    assert learner.here() == "quiz"
    assert run.busy == ""


def test_what_never_passes_says_what_the_checks_miss(learner: Learner) -> None:
    step = LAB.steps[1]
    assert isinstance(step, Do)
    never = replace(step, checks=(Check("never", lambda _: NotYet("Nobody rang.")),))
    run = learner.opens(replace(LAB, steps=(LAB.steps[0], never, *LAB.steps[2:])))
    with pytest.raises(Unavailable, match="The checks say: Nobody rang"):
        learner.does(run.catch_up("quiz"))
    assert run.busy == ""
