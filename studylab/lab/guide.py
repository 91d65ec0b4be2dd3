"""Turns a lab and an attempt into what the guide panel draws. Gives nothing away of steps that are still to come."""

from __future__ import annotations

from studylab.lab import attempt as attempts
from studylab.lab.about import about
from studylab.lab.attempt import DONE_FOR_YOU, RUNGS, Attempt, Prediction, Said
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
    MoveSeen,
    OptionSeen,
    PlaceSeen,
    PredictionSeen,
    QuestionSeen,
    RungSeen,
    SawSeen,
    StepSeen,
)

_NO_HTML = line("")


LONG = 9
"""A lab of as many steps has a place half-way where it is good to stop."""


def draw(lab: Lab, attempt: Attempt, *, busy: str = "", moves: tuple[MoveSeen, ...] = ()) -> GuideSeen:
    """Draw the guide of one lab. `moves` are those of the current step."""
    steps = tuple(_step(lab, attempt, index, moves) for index in range(len(lab.steps)))
    here = attempts.current(lab, attempt)
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
        done=attempts.done(lab, attempt),
        done_for_you=sum(who == DONE_FOR_YOU for who in attempt.marks.values()),
        look_at=_look_at(here, attempt),
        trouble=attempt.trouble,
        busy=busy,
        locked=locked(lab, attempt),
        debrief=_debrief(lab, attempt) if finished else None,
        half_way=attempt.begun and len(lab.steps) >= LONG and attempt.step == len(lab.steps) // 2,
    )


def _look_at(step: Step | None, attempt: Attempt) -> str:
    return step.hints.panel if isinstance(step, Do) and attempt.hints.get(step.id, 0) >= 2 else ""


def _step(lab: Lab, attempt: Attempt, index: int, moves: tuple[MoveSeen, ...]) -> StepSeen:
    step = lab.steps[index]
    to_come = not attempt.begun or index > attempt.step
    state = "todo" if to_come else "done" if index < attempt.step else "now"
    stays = state == "now" and attempts.has_passed(lab, attempt)
    return StepSeen(
        id=step.id,
        number=index + 1,
        kind=type(step).__name__.lower(),
        title=step.title,
        state=state,
        mark="" if to_come else attempt.marks.get(step.id, ""),
        prose=_NO_HTML if to_come else block(step.prose),
        prediction=None if to_come else _prediction(lab, attempt, index),
        checks=_checks(lab, step, attempt, moves) if isinstance(step, Do) and not to_come else (),
        hints=_hints(step, attempt) if isinstance(step, Do) and state == "now" and not stays else None,
        explain=_explain(step, attempt) if isinstance(step, Explain) and not to_come else None,
        questions=tuple(_question(q, attempt) for q in step.questions)
        if isinstance(step, Quiz) and not to_come
        else (),
        moves=moves if isinstance(step, Do) and state == "now" and not stays else (),
        saw=_saw(lab, step, attempt) if isinstance(step, Do) and stays else None,
    )


def _saw(lab: Lab, step: Do, attempt: Attempt) -> SawSeen:
    """Return the outcome beside what was said: the measurement, and why it is so."""
    before = attempts.predicted_by(lab, lab.index(step.id))
    made = attempt.predictions.get(before.id) if before else None
    happened = next((o for o in before.options if made and o.key == made.measured), None) if before else None
    return SawSeen(made.sentence if made else "", line(happened.explanation) if happened else _NO_HTML)


def _prediction(lab: Lab, attempt: Attempt, index: int) -> PredictionSeen | None:
    here = lab.steps[index]
    step = here if isinstance(here, Predict) else attempts.predicted_by(lab, index) if isinstance(here, Do) else None
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


def _checks(lab: Lab, step: Do, attempt: Attempt, moves: tuple[MoveSeen, ...]) -> tuple[CheckSeen, ...]:
    """Draw the checks. Before the outcome is there, an open one after a prediction says nothing that answers it."""
    is_predicted = attempts.predicted_by(lab, lab.index(step.id)) is not None
    is_asked = attempt.hints.get(step.id, 0) > 0 or all(move.state == "done" for move in moves)
    said, tells = attempt.said.get(step.id, {}), not is_predicted or is_asked
    return tuple(_check(check, said.get(check.label), is_predicted, tells=tells) for check in step.checks)


def _check(check: Check, said: Said | None, is_predicted: bool, *, tells: bool) -> CheckSeen:
    if said is not None and said.passed:
        return CheckSeen(check.label, True, said.text, False)
    is_broken = said is not None and said.broken
    text = said.text if said is not None and (tells or is_broken) else ""
    return CheckSeen(about(check, is_predicted=is_predicted), False, text, is_broken)


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
