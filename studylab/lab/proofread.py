"""Checks a lab's definition: what cannot be played is listed before anyone tries. The suite does so for every lab."""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from dataclasses import fields

from studylab.lab.model import Call, Code, Debrief, Do, Lab, Predict, Quiz, Script, Step, Wrong
from studylab.lab.shape import Path, Slip, misfits
from vango.actors.errors import VangoError
from vango.verbs.registry import MAX_NAME, NAME, REGISTRY, find

PANELS = (
    "panel-verdict", "panel-truth", "panel-relay", "panel-stream", "panel-edge-fra", "panel-edge-iad",
    "panel-edge-syd", "panel-journal", "panel-code", "panel-broker", "panel-trials",
)  # fmt: skip
"""The panels that a hint may point at."""


def slips(lab: Lab) -> Iterator[Slip]:
    """Yield what is wrong with a lab's definition. A value of the wrong kind is not checked further."""
    misfitting = list(misfits(lab, Lab, ()))
    yield from misfitting
    unfit = {slip.path[:2] if slip.path[:1] == ("steps",) else slip.path[:1] for slip in misfitting}
    if ("steps",) not in unfit:
        yield from _lab_slips(lab, unfit)
        for index, step in enumerate(lab.steps):
            if ("steps", index) not in unfit and ("controls",) not in unfit:
                yield from _step_slips(lab, step, index)
    if ("setup",) not in unfit:
        yield from _script_slips("the setup", lab.setup, ("setup",))
    if ("debrief",) not in unfit:
        yield from _debrief_slips(lab.debrief)


def _lab_slips(lab: Lab, unfit: set[Path]) -> Iterator[Slip]:
    for name in ("id", "slug"):
        value = getattr(lab, name)
        if (name,) not in unfit and not (len(value) <= MAX_NAME and NAME.fullmatch(value)):
            yield Slip(
                f"the {name} {value[:60]!r} is not a name of at most {MAX_NAME} lower-case letters, digits, - and _",
                (name,),
            )
    for field in fields(Lab):
        value = getattr(lab, field.name)
        if isinstance(value, str) and not value.strip() and value != field.default:
            yield Slip(f"the {field.name} of the lab is empty", (field.name,))
    if ("minutes",) not in unfit and lab.minutes < 1:
        yield Slip("a lab takes at least a minute", ("minutes",))
    for name in ("controls", "locked"):
        for verb in () if (name,) in unfit else getattr(lab, name):
            if verb not in REGISTRY:
                yield Slip(f"there is no verb {verb}", (name,))
    yield from _order_slips(lab)


def _order_slips(lab: Lab) -> Iterator[Slip]:
    """What is wrong with the sequence of steps."""
    if not lab.steps:
        yield Slip("the lab has no steps", ("steps",))
    elif not isinstance(lab.steps[-1], Quiz) or any(isinstance(step, Quiz) for step in lab.steps[:-1]):
        yield Slip("the quiz is the last step, and there is only one", ("steps",))
    before: set[str] = set()
    for index, step in enumerate(lab.steps):
        if step.id in before:
            yield Slip(f"two steps have the id {step.id}", ("steps", index, "id"))
        before.add(step.id)


def _step_slips(lab: Lab, step: Step, index: int) -> Iterator[Slip]:
    here: Path = ("steps", index)
    for name in ("id", "title", "prose"):
        if not str(getattr(step, name)).strip():
            yield Slip(f"{step.id or f'step {index + 1}'}: the {name} is empty", (*here, name))
    if isinstance(step, Predict):
        yield from _predict_slips(lab, step, index)
    elif isinstance(step, Do):
        yield from _do_slips(lab, step, here)
    elif isinstance(step, Quiz):
        ids = [question.id for question in step.questions]
        if not ids or len(set(ids)) != len(ids):
            yield Slip(f"{step.id}: at least one question, and no id twice", (*here, "questions"))


def _predict_slips(lab: Lab, step: Predict, index: int) -> Iterator[Slip]:
    here: Path = ("steps", index, "options")
    if sum(option.happens for option in step.options) != 1 or not 2 <= len(step.options) <= 4:
        yield Slip(f"{step.id}: two to four options, and exactly one of them happens", here)
    if len({option.key for option in step.options}) != len(step.options):
        yield Slip(f"{step.id}: two options have the same key", here)
    if index + 1 >= len(lab.steps) or not isinstance(lab.steps[index + 1], Do):
        yield Slip(f"{step.id}: what is predicted must be done next", ("steps", index))


def _do_slips(lab: Lab, step: Do, here: Path) -> Iterator[Slip]:
    if step.hints.panel not in PANELS:
        yield Slip(f"{step.id}: there is no panel {step.hints.panel}", (*here, "hints", "panel"))
    for name in ("nudge", "look", "principle", "verb"):
        if not getattr(step.hints, name).strip():
            yield Slip(f"{step.id}: the hint {name} is empty", (*here, "hints", name))
    if not step.checks or len({check.label for check in step.checks}) != len(step.checks):
        yield Slip(f"{step.id}: at least one check, and no label twice", (*here, "checks"))
    for verb in step.controls or ():
        if verb not in REGISTRY:
            yield Slip(f"{step.id}: there is no verb {verb}", (*here, "controls"))
    yield from _solution_slips(lab, step, here)
    for number, wrong in enumerate(step.wrong):
        yield from _wrong_slips(step, wrong, (*here, "wrong", number))


def _solution_slips(lab: Lab, step: Do, here: Path) -> Iterator[Slip]:
    if not isinstance(step.solution, tuple):
        return
    if not any(isinstance(item, Call) for item in step.solution):
        yield Slip(f"{step.id}: there is no solution, so the learner cannot be shown one", (*here, "solution"))
    yield from _script_slips(step.id, step.solution, (*here, "solution"))
    unlocked = lab.controls if step.controls is None else step.controls
    for number, item in enumerate(step.solution):
        if isinstance(item, Call) and item.verb in REGISTRY and item.verb not in unlocked:
            yield Slip(f"{step.id}: the solution uses {item.verb}, which is locked", (*here, "solution", number))


def _wrong_slips(step: Do, wrong: Wrong, here: Path) -> Iterator[Slip]:
    if not wrong.says.strip():
        yield Slip(f"{step.id}, {wrong.name}: says is empty, so any answer would pass", (*here, "says"))
    if not wrong.script:
        yield Slip(f"{step.id}, {wrong.name}: a wrong script that does nothing shows nothing", (*here, "script"))
    yield from _script_slips(f"{step.id}, {wrong.name}", wrong.script, (*here, "script"))


def _script_slips(where: str, script: Script, path: Path) -> Iterator[Slip]:
    for number, item in enumerate(script):
        if isinstance(item, Call):
            try:
                find(item.verb).arguments(item.arguments)
            except VangoError as error:
                yield Slip(f"{where}: {error}", (*path, number))


def _debrief_slips(debrief: Debrief) -> Iterator[Slip]:
    if {code.role for code in debrief.code} != {"trap", "cure"}:
        yield Slip("the debrief shows at least one trap and one cure as code", ("debrief", "code"))
    for number, code in enumerate(debrief.code):
        if not _is_there(code):
            yield Slip(
                f"the debrief shows {code.name} of {code.module}, which does not exist", ("debrief", "code", number)
            )


def _is_there(code: Code) -> bool:
    try:
        found: object = importlib.import_module(code.module)
        for part in code.name.split("."):
            found = getattr(found, part)
    except Exception:  # noqa: BLE001 - a module that raises when it is imported is not there to be shown
        return False
    return True
