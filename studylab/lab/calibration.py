"""Confidence against accuracy: measured predictions counted by confidence, and the conclusion from so small a number.
Pure.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from studylab.lab.model import Confidence
from studylab.lab.progress import Predicted, Record

FEWEST = 3
"""With fewer predictions than this, there is no conclusion."""
FAR = 0.2
"""A share of right predictions within this distance of the expected share counts as equal."""


@dataclass(frozen=True, slots=True)
class Level:
    """The measured predictions of one confidence. `promised` is the share of right ones that the word stands for."""

    confidence: str
    made: int
    right: int
    promised: float

    @property
    def share(self) -> float:
        """The share of right ones, 0 when there are none."""
        return self.right / self.made if self.made else 0.0


@dataclass(frozen=True, slots=True)
class Calibration:
    """One level for each confidence, least sure first, how many predictions wait for an outcome, and a sentence."""

    levels: tuple[Level, ...]
    waiting: int
    sentence: str


def calibrate(records: Iterable[Record]) -> Calibration:
    """Count the predictions of all labs.

    A guess promises chance: one in as many as there were options, on average. Certain promises every one, and fairly
    sure half-way between the two.
    """
    made = [prediction for record in records for prediction in record.predictions.values()]
    measured = [prediction for prediction in made if prediction.right is not None]
    chance = sum(1 / max(p.options, 1) for p in measured) / len(measured) if measured else 0.5
    promised = dict(zip(Confidence, (chance, (1 + chance) / 2, 1.0), strict=True))
    levels = tuple(_level(measured, word, promised[word]) for word in Confidence)
    return Calibration(levels, len(made) - len(measured), _say(levels))


def judgement(level: Level) -> str:
    """Return what a level shows, in a few words."""
    if level.made < FEWEST:
        return "too few to tell"
    if level.share < level.promised - FAR:
        return "more confident than right"
    return "better than you thought" if level.share > level.promised + FAR else "as right as confident"


def _level(measured: list[Predicted], word: Confidence, promised: float) -> Level:
    of_this = [prediction for prediction in measured if prediction.confidence == word]
    return Level(str(word), len(of_this), sum(prediction.right is True for prediction in of_this), promised)


def _say(levels: tuple[Level, ...]) -> str:
    made, right = sum(level.made for level in levels), sum(level.right for level in levels)
    if not made:
        return "No prediction has been measured yet."
    said = f"{right} of {made} measured {'prediction' if made == 1 else 'predictions'} came true."
    certain = levels[-1]
    if certain.made:
        said += f" Of {certain.made} that you were certain of, {certain.right or 'none'} came true."
    return said
