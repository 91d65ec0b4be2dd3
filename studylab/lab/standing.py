"""Where a learner stands in a lab, as plain values that are kept as JSON: the attempt, and what it holds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from studylab.lab.model import Memory, Shown


@dataclass(frozen=True, slots=True)
class Said:
    """What a check last said: that it passed and why, or what still differs, or that it broke."""

    passed: bool
    text: str
    broken: bool = False


@dataclass(frozen=True, slots=True)
class Prediction:
    """What was chosen and how surely, and what was measured afterwards (both empty until then)."""

    option: str
    confidence: str
    measured: str = ""
    sentence: str = ""


@dataclass(frozen=True, slots=True)
class Attempt:
    """Where a learner is in a lab. `step` is an index, the number of steps when finished; `began_at` a moment's number.

    All mappings are by step id, `answers` by question id. `marks` says which steps were not done by the learner.
    `passed` is the id of the current step once all its checks have passed: it stays until the learner goes on.
    """

    begun: bool = False
    step: int = 0
    passed: str = ""
    began_at: int = 0
    said: Mapping[str, Mapping[str, Said]] = field(default_factory=dict)
    predictions: Mapping[str, Prediction] = field(default_factory=dict)
    hints: Mapping[str, int] = field(default_factory=dict)
    marks: Mapping[str, str] = field(default_factory=dict)
    shown: Mapping[str, Shown] = field(default_factory=dict)
    answers: Mapping[str, str] = field(default_factory=dict)
    memory: Memory = field(default_factory=dict)
    finishes: int = 0
    trouble: str = ""
