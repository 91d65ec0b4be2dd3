"""Turns a lab and an attempt into what the guide panel draws. Gives nothing away of steps that are still to come."""

from __future__ import annotations

from studylab.lab import attempt as moves
from studylab.lab.attempt import DONE_FOR_YOU, RUNGS, Attempt, Prediction
from studylab.lab.code import show
from studylab.lab.locks import locked
from studylab.lab.model import Check, Confidence, Do, Explain, Hints, Lab, Option, Place, Predict, Question, Quiz, Step
from studylab.lab.prose import block, line
from studylab.lab.seen import (
    CheckSeen,
    DebriefSeen,
    ExplainSeen,
    GuideSeen,
    HintsSeen,
    OptionSeen,
    PlaceSeen,
    PredictionSeen,
    QuestionSeen,
    RungSeen,
    StepSeen,
)

_NO_HTML = line("")


def draw(lab: Lab, attempt: Attempt, *, busy: str = "") -> GuideSeen:
    """Draw the guide of one lab."""
    steps = tuple(_step(lab, attempt, index) for index in range(len(lab.steps)))
    here = moves.current(lab, attempt)
    current = None if here is None else steps[attempt.step]
    finished = attempt.begun and attempt.step >= len(lab.steps)
    return GuideSeen(
        slug=lab.slug,
        number=lab.number,
        title=lab.title,
        question=lab.question,
        concept=lab.concept,
        correct_use=lab.correct_use,
        failure_trap=lab.failure_trap,
        minutes=lab.minutes,
        begun=attempt.begun,
        finished=finished,
        steps=steps,
        current=current,
        done=attempt.step if attempt.begun else 0,
        done_for_you=sum(who == DONE_FOR_YOU for who in attempt.marks.values()),
        look_at=_look_at(here, attempt),
        trouble=attempt.trouble,
        busy=busy,
        locked=locked(lab, attempt),
        debrief=_debrief(lab, attempt) if finished else None,
    )


def _look_at(step: Step | None, attempt: Attempt) -> str:
    return step.hints.panel if isinstance(step, Do) and attempt.hints.get(step.id, 0) >= 2 else ""


def _step(lab: Lab, attempt: Attempt, index: int) -> StepSeen:
    step = lab.steps[index]
    to_come = not attempt.begun or index > attempt.step
    state = "todo" if to_come else "done" if index < attempt.step else "now"
    return StepSeen(
        id=step.id,
        number=index + 1,
        kind=type(step).__name__.lower(),
        title=step.title,
        state=state,
        mark="" if to_come else attempt.marks.get(step.id, ""),
        prose=_NO_HTML if to_come else block(step.prose),
        prediction=None if to_come else _prediction(lab, attempt, index),
        checks=_checks(step, attempt) if isinstance(step, Do) and not to_come else (),
        hints=_hints(step, attempt) if isinstance(step, Do) and state == "now" else None,
        explain=_explain(step, attempt) if isinstance(step, Explain) and not to_come else None,
        questions=tuple(_question(q, attempt) for q in step.questions)
        if isinstance(step, Quiz) and not to_come
        else (),
    )


def _prediction(lab: Lab, attempt: Attempt, index: int) -> PredictionSeen | None:
    here = lab.steps[index]
    step = here if isinstance(here, Predict) else moves.predicted_by(lab, index) if isinstance(here, Do) else None
    if step is None:
        return None
    made = attempt.predictions.get(step.id, Prediction("", ""))
    return PredictionSeen(
        options=tuple(_option(option, made.option, made.measured) for option in step.options),
        confidences=tuple(Confidence),
        chosen=made.option,
        confidence=made.confidence,
        measured=made.sentence,
        agreed=made.option == made.measured if made.measured else None,
        skipped=not made.option and index < attempt.step,
    )


def _option(option: Option, chosen: str, happened: str) -> OptionSeen:
    explain = happened and option.key in (chosen, happened)
    return OptionSeen(
        key=option.key,
        text=option.text,
        chosen=option.key == chosen,
        happened=option.key == happened if happened else None,
        explanation=line(option.explanation) if explain else _NO_HTML,
    )


def _checks(step: Do, attempt: Attempt) -> tuple[CheckSeen, ...]:
    return tuple(_check(check, attempt, step.id) for check in step.checks)


def _check(check: Check, attempt: Attempt, step_id: str) -> CheckSeen:
    said = attempt.said.get(step_id, {}).get(check.label)
    return (
        CheckSeen(check.label, False, "", False)
        if said is None
        else CheckSeen(check.label, said.passed, said.text, said.broken)
    )


def _hints(step: Do, attempt: Attempt) -> HintsSeen:
    revealed = attempt.hints.get(step.id, 0)
    rungs = tuple(RungSeen(name, line(text)) for name, text in zip(RUNGS, _texts(step.hints), strict=True))
    return HintsSeen(
        revealed=rungs[:revealed],
        next=RUNGS[revealed] if revealed < len(RUNGS) else "",
        rungs=len(RUNGS),
        can_do_it=revealed >= len(RUNGS),
    )


def _texts(hints: Hints) -> tuple[str, str, str, str]:
    return hints.nudge, hints.look, hints.principle, hints.verb


def _explain(step: Explain, attempt: Attempt) -> ExplainSeen | None:
    shown = attempt.shown.get(step.id)
    if shown is None:
        return None
    return ExplainSeen(shown.records, shown.figure.caption, tuple(_place(place) for place in shown.figure.places))


def _place(place: Place) -> PlaceSeen:
    return PlaceSeen(place.name, place.holds, {True: "right", False: "wrong", None: ""}[place.right])


def _question(question: Question, attempt: Attempt) -> QuestionSeen:
    answered, right = attempt.answers.get(question.id, ""), question.right(attempt.memory)
    options = tuple(
        OptionSeen(
            key=option.key,
            text=option.text,
            chosen=option.key == answered,
            happened=(answered == right) if option.key == answered else None,
            explanation=line(option.explanation) if option.key == answered else _NO_HTML,
        )
        for option in question.options(attempt.memory)
    )
    return QuestionSeen(
        question.id, line(question.text(attempt.memory)), options, answered, answered == right if answered else None
    )


def _debrief(lab: Lab, attempt: Attempt) -> DebriefSeen:
    debrief = lab.debrief
    return DebriefSeen(
        prose=block(debrief.prose),
        happened=debrief.happened(attempt.memory),
        code=tuple(show(code) for code in debrief.code),
        take_away=debrief.take_away,
    )
