"""What a lab is made of: frozen values that a module under `labs/` writes down, prose beside its step.

A lab decides nothing about how it is run or drawn: `runner` plays it, `guide` turns it into the `GuideSeen` of
`seen`, which the page draws. What steps look at, and how they answer, is in `checks`; what they call, in `calls`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from studylab.lab.calls import Call as Call
from studylab.lab.calls import Script as Script
from studylab.lab.calls import Wait as Wait
from studylab.lab.calls import call as call
from studylab.lab.calls import refused as refused
from studylab.lab.checks import Check as Check
from studylab.lab.checks import Evidence as Evidence
from studylab.lab.checks import Memory as Memory
from studylab.lab.checks import NotYet as NotYet
from studylab.lab.checks import Passed as Passed
from studylab.lab.checks import Result as Result
from studylab.lab.move import Move as Move

Solution = Script | Callable[[Evidence], Script]
"""A solution is a script, or makes one from what the learner has done so far."""


class Confidence(StrEnum):
    """How sure a learner is of a prediction."""

    GUESSING = "guessing"
    FAIRLY_SURE = "fairly sure"
    CERTAIN = "certain"


@dataclass(frozen=True, slots=True)
class Option:
    """One possible answer. `explanation`, shown afterwards, says what is right in it, or which misconception it is."""

    key: str
    text: str
    explanation: str
    happens: bool = False


@dataclass(frozen=True, slots=True)
class Measured:
    """What the bench did, as the key of an option and a sentence from the learner's own records."""

    option: str
    sentence: str


@dataclass(frozen=True, slots=True)
class Predict:
    """The learner must choose before anything happens. `measure` is asked about the next `Do` that completes."""

    id: str
    title: str
    prose: str
    options: tuple[Option, ...]
    measure: Callable[[Evidence], Measured]


@dataclass(frozen=True, slots=True)
class Hints:
    """The ladder's written rungs. `panel` is the id of the panel that is outlined; the last rung plays the solution."""

    nudge: str
    panel: str
    look: str
    principle: str
    verb: str


@dataclass(frozen=True, slots=True)
class Wrong:
    """A tempting script that must not pass. `says` is a phrase of the answer that it must get."""

    name: str
    script: Script
    says: str


def nothing(_: Evidence) -> Memory:
    """Keep nothing."""
    return {}


@dataclass(frozen=True, slots=True)
class Do:
    """Reach a state, by any route. `keep` picks what later steps and the quiz need; `controls` replaces the lab's.

    `moves` are the buttons of the guide, or make them from the evidence; left out, they are made of a static solution.
    """

    id: str
    title: str
    prose: str
    checks: tuple[Check, ...]
    solution: Solution
    hints: Hints
    wrong: tuple[Wrong, ...] = ()
    keep: Callable[[Evidence], Memory] = nothing
    controls: tuple[str, ...] | None = None
    moves: tuple[Move, ...] | Callable[[Evidence], tuple[Move, ...]] = ()


@dataclass(frozen=True, slots=True)
class Place:
    """One box of a figure: a part, what it holds, and whether that is right (None: no judgement)."""

    name: str
    holds: str
    right: bool | None = None


@dataclass(frozen=True, slots=True)
class Figure:
    """Boxes in the direction in which events travel, with a caption that says it in words."""

    caption: str
    places: tuple[Place, ...]


@dataclass(frozen=True, slots=True)
class Shown:
    """What an explain step puts before the learner: lines from their own records, and one figure."""

    records: tuple[str, ...]
    figure: Figure


@dataclass(frozen=True, slots=True)
class Explain:
    """What was just seen, and the records that prove it: `show` is asked once, when the step begins."""

    id: str
    title: str
    prose: str
    show: Callable[[Evidence], Shown]


@dataclass(frozen=True, slots=True)
class Question:
    """One quiz question. `right` picks the key of the right option from what this attempt measured."""

    id: str
    text: Callable[[Memory], str]
    options: Callable[[Memory], tuple[Option, ...]]
    right: Callable[[Memory], str]


@dataclass(frozen=True, slots=True)
class Quiz:
    """Questions after the cure. Done when each answer is right; a wrong one says why and may be changed."""

    id: str
    title: str
    prose: str
    questions: tuple[Question, ...]


Step = Predict | Do | Explain | Quiz


@dataclass(frozen=True, slots=True)
class Code:
    """A function of the running program to be shown, by its module and name. `role` is trap or cure."""

    role: str
    title: str
    module: str
    name: str


@dataclass(frozen=True, slots=True)
class Debrief:
    """The end of a lab: what happened in the audit's words, cure beside trap as code, and what to check at home."""

    prose: str
    happened: Callable[[Memory], tuple[str, ...]]
    code: tuple[Code, ...]
    take_away: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Lab:
    """One lab. `controls` are the verbs that are unlocked; `locked` says why others are not, by verb.

    `locked_otherwise` is said of every other locked verb. `in_real_time`: the broker's clocks decide what happens, or
    very much happens at once, so that *Do it for me* does not slow the actors down.
    `story` is what happens in the night that the course tells.
    """

    id: str
    slug: str
    number: int
    title: str
    question: str
    concept: str
    correct_use: str
    failure_trap: str
    minutes: int
    controls: tuple[str, ...]
    locked: Mapping[str, str]
    setup: Script
    steps: tuple[Step, ...]
    debrief: Debrief
    locked_otherwise: str = "Not needed in this step. The sandbox has every control."
    in_real_time: bool = False
    story: str = ""

    def index(self, step_id: str) -> int:
        """Return the place of a step. Raises KeyError when the lab has no such step."""
        for index, step in enumerate(self.steps):
            if step.id == step_id:
                return index
        raise KeyError(step_id)
