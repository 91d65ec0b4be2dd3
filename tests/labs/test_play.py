"""`check --play`: a lab is played on a real bench, and what a learner would stumble over is named with its line."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from studylab.author import course
from studylab.author.commands import check
from studylab.author.new import begin
from studylab.author.play import play
from studylab.author.source import examine
from studylab.lab.model import Do, Lab, Measured, Passed, Predict, Script, Wrong, call
from studylab.lab.shape import Slip
from tests.labs.authored import change, place

Play = Callable[[Lab], list[Slip]]


@pytest.fixture
def lab(tmp_path: Path) -> Lab:
    """The lab that `new` begins."""
    found, _ = examine(course.source_of(begin("mine", tmp_path)))
    assert found is not None
    return found


@pytest.fixture
def plays(run: Any) -> Play:
    return lambda lab: run(play(lab))


def with_step(lab: Lab, index: int, **changes: Any) -> Lab:
    steps = [*lab.steps]
    steps[index] = replace(steps[index], **changes)
    return replace(lab, steps=tuple(steps))


def do_step(lab: Lab) -> Do:
    step = lab.steps[1]
    assert isinstance(step, Do)
    return step


def test_a_new_lab_plays(plays: Play, lab: Lab) -> None:
    assert plays(lab) == []


def test_a_solution_that_does_not_pass_is_named_with_what_differs(plays: Play, lab: Lab, monkeypatch: Any) -> None:
    monkeypatch.setattr("studylab.lab.runner.STEP_TIMEOUT_S", 0.5)
    solution: Script = (call("take_snapshot"),)
    (slip,) = plays(replace(with_step(lab, 1, solution=solution), controls=("promote", "take_snapshot")))
    assert slip.path == ("steps", 1, "solution")
    assert "the solution does not pass it" in slip.sentence
    assert "No promotion was committed" in slip.sentence


def test_a_step_that_passes_untouched_is_named(plays: Play, lab: Lab) -> None:
    check = replace(do_step(lab).checks[0], test=lambda _: Passed("always"))
    found = plays(with_step(lab, 1, checks=(check,), keep=lambda _: {"event_id": "x"}, wrong=()))
    assert any("passes untouched" in slip.sentence or "without a solution" in slip.sentence for slip in found)


def test_a_wrong_script_that_passes_is_named(plays: Play, lab: Lab) -> None:
    wrong = Wrong("the right way", do_step(lab).solution, "no")  # type: ignore[arg-type]
    (slip,) = plays(with_step(lab, 1, wrong=(wrong,)))
    assert slip.path == ("steps", 1, "wrong", 0)
    assert "the right way passes, but is meant to be wrong" in slip.sentence


def test_a_wrong_script_that_is_told_something_else_is_named(plays: Play, lab: Lab) -> None:
    wrong = replace(do_step(lab).wrong[0], says="Bananas")
    (slip,) = plays(with_step(lab, 1, wrong=(wrong,)))
    assert slip.path == ("steps", 1, "wrong", 0, "says")
    assert "no check says 'Bananas'. They say:" in slip.sentence


def test_a_prediction_that_does_not_come_true_as_written_is_named(plays: Play, lab: Lab) -> None:
    assert isinstance(lab.steps[0], Predict)
    (slip,) = plays(with_step(lab, 0, measure=lambda _: Measured("one", "Only fra.")))
    assert slip.path == ("steps", 0, "measure")
    assert "measured was 'one'; the option that happens is 'all'" in slip.sentence


def test_what_a_lab_s_function_raises_while_it_is_played_is_named(plays: Play, lab: Lab) -> None:
    def broken(_: object) -> Any:
        raise KeyError("gone")

    found = plays(with_step(lab, 1, keep=broken))
    assert any("KeyError 'gone'" in slip.sentence for slip in found)


@pytest.mark.slow
def test_from_a_shell_a_play_tells_how_long_it_took(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert check(begin("mine", tmp_path), plays=True) == 0
    assert "nothing else wrong, played with 4 steps and 1 wrong script in" in capsys.readouterr().out
    lab = begin("yours", tmp_path)
    change(lab, '"No promotion was committed",', '"Bananas",')
    assert check(lab, plays=True) == 1
    file, line = place(lab, "Bananas")
    assert f"{file}:{line}: promote, an owner that is not ready: no check says" in capsys.readouterr().out
