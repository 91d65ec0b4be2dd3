"""Locks: which controls are closed where an attempt stands, each with the reason that the page gives. Pure."""

from __future__ import annotations

from studylab.lab.attempt import Attempt, current
from studylab.lab.model import Do, Explain, Lab, Predict
from vango.verbs.registry import REGISTRY

ALWAYS_OPEN = ("pace", "go_on", "run_on")
"""Time belongs to the learner: how fast the actors move is locked in no step that has something to do or to read."""


def ever_unlocked(lab: Lab) -> frozenset[str]:
    """Return the verbs that some step of a lab unlocks."""
    steps = (step.controls for step in lab.steps if isinstance(step, Do) and step.controls is not None)
    return frozenset((*lab.controls, *ALWAYS_OPEN, *(verb for controls in steps for verb in controls)))


def locked(lab: Lab, attempt: Attempt) -> dict[str, str]:
    """Return each locked verb with the reason. Where the guide waits for the learner, every verb is."""
    step = current(lab, attempt)
    if not attempt.begun:
        return dict.fromkeys(REGISTRY, "Start the lab first.")
    if isinstance(step, Predict):
        return dict.fromkeys(REGISTRY, "First choose your prediction in the guide; then the controls open.")
    if isinstance(step, Explain):
        return dict.fromkeys(REGISTRY, "First read the explanation in the guide; then the controls open.")
    unlocked = lab.controls if not isinstance(step, Do) or step.controls is None else step.controls
    return {
        name: lab.locked.get(name, lab.locked_otherwise)
        for name in REGISTRY
        if name not in unlocked and name not in ALWAYS_OPEN
    }
