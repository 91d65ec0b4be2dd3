"""The story of one attempt as a small picture, and the score of its predictions. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from studylab.lab.attempt import Attempt
from studylab.lab.model import Lab, Option, Predict, Step

RIGHT, WRONG, PLAIN = "right", "wrong", "plain"


@dataclass(frozen=True, slots=True)
class Mark:
    """One step in the picture, at `x`, a share of its width.

    `outcome` is right or wrong for a measured prediction, else plain. `how` is empty when the learner did it;
    `hints` is how many were shown.
    """

    number: int
    title: str
    kind: str
    outcome: str
    how: str
    hints: int
    x: str

    @property
    def words(self) -> str:
        """The same as a sentence, for who does not see the picture."""
        said = {"right": "you predicted it right", "wrong": "it came differently from your prediction"}
        parts = [said.get(self.outcome, ""), self.how]
        if self.hints:
            parts.append(f"with {self.hints} hint{'' if self.hints == 1 else 's'}")
        told = ", ".join(part for part in parts if part)
        return f"{self.title} ({told})" if told else self.title


@dataclass(frozen=True, slots=True)
class Forecast:
    """One prediction beside what was measured. `right` is None when none was made."""

    title: str
    chosen: str
    happened: str
    measured: str
    right: bool | None


def marks(lab: Lab, attempt: Attempt) -> tuple[Mark, ...]:
    """Return the steps of an attempt in their order."""
    share = 100 / len(lab.steps)
    return tuple(
        Mark(
            place + 1, step.title, type(step).__name__.lower(), _outcome(step, attempt), attempt.marks.get(step.id, ""),
            attempt.hints.get(step.id, 0), f"{share * (place + 0.5):.2f}%",
        )
        for place, step in enumerate(lab.steps)
    )  # fmt: skip


def forecasts(lab: Lab, attempt: Attempt) -> tuple[Forecast, ...]:
    """Return every prediction of an attempt that could be compared with a measurement, or that was skipped."""
    found = []
    for step in lab.steps:
        if isinstance(step, Predict):
            made = attempt.predictions.get(step.id)
            right = made.option == made.measured if made and made.option and made.measured else None
            chosen = _text(step.options, made.option if made else "")
            found.append(
                Forecast(step.title, chosen, _text(step.options, made.measured if made else ""),
                         made.sentence if made else "", right)
            )  # fmt: skip
    return tuple(found)


def score(found: Sequence[Forecast]) -> str:
    """Return how many predictions came true, in words."""
    measured = [forecast for forecast in found if forecast.right is not None]
    if not measured:
        return "You made no prediction in this run."
    right = sum(bool(forecast.right) for forecast in measured)
    skipped = len(found) - len(measured)
    more = f" {skipped} skipped." if skipped else ""
    return f"{right} of {len(measured)} predictions came true.{more}"


def _outcome(step: Step, attempt: Attempt) -> str:
    made = attempt.predictions.get(step.id)
    if not isinstance(step, Predict) or made is None or not (made.option and made.measured):
        return PLAIN
    return RIGHT if made.option == made.measured else WRONG


def _text(options: Sequence[Option], key: str) -> str:
    return next((option.text for option in options if option.key == key), "")
