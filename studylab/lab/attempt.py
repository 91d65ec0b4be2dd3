"""One learner's attempt at one lab, as a value, and every way in which it changes, as pure functions.

Nothing here reads a clock, a file or a bench. A check once passed stays passed; a wrong guess costs nothing; a lab's
own function that raises is reported in a sentence and never stops the attempt.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TypeVar

from studylab.lab import reading
from studylab.lab.model import (
    Check,
    Confidence,
    Do,
    Evidence,
    Explain,
    Figure,
    Lab,
    Measured,
    Memory,
    Passed,
    Predict,
    Quiz,
    Shown,
    Step,
)
from studylab.lab.moments import Moments
from studylab.lab.standing import Attempt as Attempt
from studylab.lab.standing import Prediction as Prediction
from studylab.lab.standing import Said as Said
from vango.actors.errors import BadInput, NotThere, Refused
from vango.observe.model import Observation

START, AGAIN, CATCH_UP, DO_IT = "start of the lab", "start again", "catch me up", "do it for me"
"""What a learner does that begins with a reset, in the words in which it can be undone."""
CAUGHT_UP = "caught up"
DONE_FOR_YOU = "done for you"
RUNGS = ("Nudge", "Where to look", "The principle", "The exact verb")


def begin(before: Attempt, *, at: int) -> Attempt:
    """Start again at the first step, at a moment. How often the lab was finished before is not forgotten."""
    return Attempt(begun=True, began_at=at, finishes=before.finishes)


def remember(lab: Lab, attempt: Attempt, before: Attempt, target: int) -> Attempt:
    """Carry over what the learner did in the steps before a target, and mark the rest of them as caught up."""
    earlier = [step.id for step in lab.steps[:target]]
    own = {step.id for step in lab.steps[: before.step]}
    return replace(
        attempt,
        predictions={step: before.predictions[step] for step in earlier if step in before.predictions},
        hints={step: before.hints[step] for step in earlier if step in before.hints},
        marks={step: before.marks.get(step, CAUGHT_UP) for step in earlier if step in before.marks or step not in own},
    )


def current(lab: Lab, attempt: Attempt) -> Step | None:
    """Return the step that the learner is at, or None when not begun or finished."""
    return lab.steps[attempt.step] if attempt.begun and attempt.step < len(lab.steps) else None


def has_passed(lab: Lab, attempt: Attempt) -> bool:
    """Return whether the current step has passed and waits for the learner to go on."""
    step = current(lab, attempt)
    return step is not None and step.id == attempt.passed


def done(lab: Lab, attempt: Attempt) -> int:
    """Return how many steps are behind the learner, counting one that has passed and stays."""
    return attempt.step + has_passed(lab, attempt) if attempt.begun else 0


def look(lab: Lab, attempt: Attempt, now: Observation, moments: Moments, *, stays: bool = False) -> Attempt:
    """Let the current step's checks look at the bench. When all of them have passed, go on to the next step.

    With `stays` the step has passed and is shown as it was, until `proceed`: only there the next one's evidence begins.
    """
    evidence = Evidence(now, moments, attempt.memory)
    if attempt.begun and reading.moments(evidence, "learner", "reset"):
        return replace(attempt, begun=False, trouble="The bench was reset outside of this lab. Start the lab again.")
    step = current(lab, attempt)
    if not isinstance(step, Do):
        return attempt
    if has_passed(lab, attempt):
        return attempt if stays else _advance(lab, attempt, evidence)
    before = attempt.said.get(step.id, {})
    said = {check.label: _ask(check, before.get(check.label), evidence) for check in step.checks}
    if said != before:
        attempt = replace(attempt, said={**attempt.said, step.id: said})
    if all(answer.passed for answer in said.values()):
        attempt = replace(_learn(lab, replace(attempt, trouble=""), step, evidence), passed=step.id)
        return attempt if stays else _advance(lab, attempt, evidence, trouble=attempt.trouble)
    return attempt


def choose(lab: Lab, attempt: Attempt, step_id: str, option: str, confidence: str, evidence: Evidence) -> Attempt:
    """Commit to a prediction and go on. Raises `BadInput` for an unknown option or confidence."""
    step = _at(lab, attempt, step_id, Predict)
    keys = [o.key for o in step.options]
    if option not in keys:
        raise BadInput(f"There is no option {option[:40]!r} here; choose one of {', '.join(keys)}.")
    if confidence not in set(Confidence):
        raise BadInput(f"How sure are you? Say one of {', '.join(Confidence)}.")
    predictions = {**attempt.predictions, step.id: Prediction(option, confidence)}
    return _advance(lab, replace(attempt, predictions=predictions), evidence)


def proceed(lab: Lab, attempt: Attempt, step_id: str, evidence: Evidence) -> Attempt:
    """Go on from an explain step, or from one that has passed."""
    if not (has_passed(lab, attempt) and attempt.passed == step_id):
        _at(lab, attempt, step_id, Explain)
    return _advance(lab, attempt, evidence)


def reveal(lab: Lab, attempt: Attempt, step_id: str) -> Attempt:
    """Reveal the next rung of the hint ladder; at its end nothing changes."""
    step = _at(lab, attempt, step_id, Do)
    rung = min(attempt.hints.get(step.id, 0) + 1, len(RUNGS))
    return replace(attempt, hints={**attempt.hints, step.id: rung})


def answer(lab: Lab, attempt: Attempt, step_id: str, question_id: str, option: str, evidence: Evidence) -> Attempt:
    """Answer a quiz question. The quiz is done when every answer is right; a wrong one may be changed."""
    step = _at(lab, attempt, step_id, Quiz)
    question = next((q for q in step.questions if q.id == question_id), None)
    if question is None:
        raise NotThere(f"This quiz has no question {question_id[:40]!r}.")
    if option not in {o.key for o in question.options(attempt.memory)}:
        raise BadInput(f"There is no option {option[:40]!r} to that question.")
    attempt = replace(attempt, answers={**attempt.answers, question.id: option})
    if all(attempt.answers.get(q.id) == q.right(attempt.memory) for q in step.questions):
        attempt = _advance(lab, attempt, evidence)
    return attempt


def skip(lab: Lab, attempt: Attempt, evidence: Evidence) -> Attempt:
    """Go past a step on the way to a later one."""
    return _advance(lab, attempt, evidence)


def mark(attempt: Attempt, step_id: str) -> Attempt:
    """Mark a step as done for the learner."""
    return replace(attempt, marks={**attempt.marks, step_id: DONE_FOR_YOU})


_S = TypeVar("_S", Predict, Do, Explain, Quiz)
_T = TypeVar("_T")


def _at(lab: Lab, attempt: Attempt, step_id: str, kind: type[_S]) -> _S:
    step = current(lab, attempt)
    if step is not None and step.id == step_id and isinstance(step, kind):
        return step
    here = f"The lab is at “{step.title}” now." if step else "The lab is not at any step now."
    raise Refused(f"That step is not the current one; nothing was changed. {here}")


def _ask(check: Check, before: Said | None, evidence: Evidence) -> Said:
    if before is not None and before.passed:
        return before
    try:
        result = check.test(evidence)
    except Exception as error:  # noqa: BLE001 - a lab's mistake must not end the learner's attempt
        return Said(False, f"This check could not be made: {_say(error)}. You did nothing wrong.", broken=True)
    return Said(True, result.why) if isinstance(result, Passed) else Said(False, result.differs)


def _say(error: Exception) -> str:
    return f"{type(error).__name__} {error}".strip()[:200]


def _advance(lab: Lab, attempt: Attempt, evidence: Evidence, *, trouble: str = "") -> Attempt:
    attempt = _show(lab, replace(attempt, trouble=trouble), evidence)
    attempt = replace(attempt, step=attempt.step + 1, passed="", began_at=evidence.now.moment)
    return replace(attempt, finishes=attempt.finishes + 1) if attempt.step == len(lab.steps) else attempt


def _show(lab: Lab, attempt: Attempt, evidence: Evidence) -> Attempt:
    """Put the records of the next step before the learner if it explains: those of when the step before it passed."""
    step = lab.steps[attempt.step + 1] if attempt.step + 1 < len(lab.steps) else None
    if not isinstance(step, Explain) or (step.id in attempt.shown and attempt.passed):
        return attempt
    evidence = replace(evidence, memory=attempt.memory)
    nothing_to_show = Shown((), Figure("", ()))
    attempt, shown = _try(attempt, f"The records of “{step.title}”", lambda: step.show(evidence), nothing_to_show)
    return replace(attempt, shown={**attempt.shown, step.id: shown})


def _learn(lab: Lab, attempt: Attempt, step: Do, evidence: Evidence) -> Attempt:
    empty: Memory = {}
    attempt, kept = _try(attempt, f"The values that “{step.title}” keeps", lambda: step.keep(evidence), empty)
    attempt = replace(attempt, memory={**attempt.memory, **kept})
    before = predicted_by(lab, lab.index(step.id))
    if before is None or before.id not in attempt.predictions:
        return _show(lab, attempt, evidence)
    unknown = Measured("", "It could not be measured this time.")
    attempt, measured = _try(attempt, f"The outcome of “{before.title}”", lambda: before.measure(evidence), unknown)
    prediction = replace(attempt.predictions[before.id], measured=measured.option, sentence=measured.sentence)
    return _show(lab, replace(attempt, predictions={**attempt.predictions, before.id: prediction}), evidence)


def predicted_by(lab: Lab, index: int) -> Predict | None:
    """Return the predict step whose outcome the do step at an index measures: the one right before it."""
    step = lab.steps[index - 1] if index else None
    return step if isinstance(step, Predict) else None


def _try(attempt: Attempt, what: str, ask: Callable[[], _T], otherwise: _T) -> tuple[Attempt, _T]:
    try:
        return attempt, ask()
    except Exception as error:  # noqa: BLE001 - a lab's mistake must not end the learner's attempt
        trouble = f"{attempt.trouble} {what} could not be read: {_say(error)}.".strip()
        return replace(attempt, trouble=trouble), otherwise
