"""Checks: what a lab may look at, and the two answers that it may give.

A check is a pure function of `Evidence`. It returns what it saw, or what still differs, and changes nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from studylab.lab.moments import Moments
from vango.observe.model import Observation

Memory = Mapping[str, Any]
"""Plain JSON values that earlier steps of the same attempt kept, by name."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """All that a check may look at: the bench now, what happened since the step began, what earlier steps kept.

    `moments` is asked through `studylab.lab.reading`.
    """

    now: Observation
    moments: Moments
    memory: Memory


@dataclass(frozen=True, slots=True)
class Passed:
    """The check is met. `why` names what was seen."""

    why: str


@dataclass(frozen=True, slots=True)
class NotYet:
    """The check is not met. `differs` says what still differs, so that the learner can choose the next move."""

    differs: str


Result = Passed | NotYet


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that must have become true. Once passed it stays passed for the attempt.

    Until then the page shows what the check is `about`, in words that give no outcome away, and only then the label.
    """

    label: str
    test: Callable[[Evidence], Result]
    about: str = ""
