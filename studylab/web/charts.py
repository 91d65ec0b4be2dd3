"""The layout of the calibration picture. Pure: positions in the units of the picture's viewBox."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from studylab.lab.calibration import Level

WIDTH, HEIGHT = 420, 250
LEFT, TOP, FLOOR = 54, 16, 196
BAR = 62
GRID = (0, 25, 50, 75, 100)


@dataclass(frozen=True, slots=True)
class Bar:
    """One confidence: its column, the height of its accuracy, and the line of the expected share."""

    level: Level
    middle: float
    x: float
    y: float
    height: float
    promised: float
    words: str


@dataclass(frozen=True, slots=True)
class Picture:
    """The whole picture: its size, its grid lines as (y, percent), and the bars."""

    width: int
    height: int
    left: int
    floor: int
    bar: int
    grid: tuple[tuple[float, int], ...]
    bars: tuple[Bar, ...]


def bars(levels: Sequence[Level]) -> Picture:
    """Lay out one bar for each confidence."""
    column = (WIDTH - LEFT) / max(len(levels), 1)
    drawn = tuple(_bar(level, LEFT + column * (place + 0.5)) for place, level in enumerate(levels))
    return Picture(WIDTH, HEIGHT, LEFT, FLOOR, BAR, tuple((_at(percent / 100), percent) for percent in GRID), drawn)


def _bar(level: Level, middle: float) -> Bar:
    y = _at(level.share)
    words = f"{level.right} of {level.made}" if level.made else "none yet"
    return Bar(level, middle, middle - BAR / 2, y, round(FLOOR - y, 1), _at(level.promised), words)


def _at(share: float) -> float:
    return round(FLOOR - share * (FLOOR - TOP), 1)
