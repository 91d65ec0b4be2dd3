"""Looks a lab over as it is written: what cannot be played is named before anybody tries. The suite does so for every lab."""

from __future__ import annotations

from collections.abc import Iterator

from studylab.lab.model import Call, Do, Lab, Predict, Quiz, Script
from vango.errors import StudyLabError
from vango.verbs import REGISTRY, find

PANELS = (
    "panel-verdict", "panel-truth", "panel-relay", "panel-stream", "panel-edge-fra", "panel-edge-iad",
    "panel-edge-syd", "panel-journal", "panel-code", "panel-broker",
)  # fmt: skip
"""The panels that a hint may point at."""


def slips(lab: Lab) -> Iterator[str]:
    """Yield what is wrong with a lab as it is written, one sentence each."""
    ids = [step.id for step in lab.steps]
    if len(set(ids)) != len(ids):
        yield "two steps have the same id"
    if not isinstance(lab.steps[-1], Quiz) or any(isinstance(step, Quiz) for step in lab.steps[:-1]):
        yield "the quiz is the last step, and there is one"
    for name in {*lab.controls, *lab.locked} - REGISTRY.keys():
        yield f"there is no verb {name}"
    yield from _script_slips("the setup", lab.setup)
    for index, step in enumerate(lab.steps):
        if isinstance(step, Predict):
            if sum(option.happens for option in step.options) != 1 or not 2 <= len(step.options) <= 4:
                yield f"{step.id}: two to four options, and exactly one of them happens"
            if not isinstance(lab.steps[index + 1], Do):
                yield f"{step.id}: what is predicted must be done next"
        if isinstance(step, Do):
            yield from _do_slips(lab, step)


def _do_slips(lab: Lab, step: Do) -> Iterator[str]:
    if step.hints.panel not in PANELS:
        yield f"{step.id}: there is no panel {step.hints.panel}"
    if not step.checks or len({check.label for check in step.checks}) != len(step.checks):
        yield f"{step.id}: at least one check, and no label twice"
    solution = step.solution if isinstance(step.solution, tuple) else ()
    yield from _script_slips(step.id, solution)
    unlocked = lab.controls if step.controls is None else step.controls
    for item in solution:
        if isinstance(item, Call) and item.verb not in unlocked:
            yield f"{step.id}: the solution uses {item.verb}, which is locked"
    for wrong in step.wrong:
        yield from _script_slips(f"{step.id}, {wrong.name}", wrong.script)


def _script_slips(where: str, script: Script) -> Iterator[str]:
    for item in script:
        if isinstance(item, Call):
            try:
                find(item.verb).arguments(item.arguments)
            except StudyLabError as error:
                yield f"{where}: {error}"
