"""What a fault did to a bench, as its host sees it: harm, and after how many seconds it was sound again."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace

from studylab.room.protocol import Hit, Report
from vango.core.audit import Soundness


class Stopwatches:
    """When the last fault of each seat began, by a clock that nobody sets. None of them outlives the process."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self.clock = clock
        self._began: dict[str, tuple[int, float]] = {}

    def start(self, seat: str, number: int | None) -> None:
        """A fault begins now; None: one whose beginning nobody knows."""
        if number is None:
            self._began.pop(seat, None)
        else:
            self._began[seat] = number, self.clock()

    def read(self, seat: str, number: int) -> float | None:
        """Return how many seconds ago a seat's last fault began, if it was this one and if that is known."""
        known, began = self._began.get(seat, (0, 0.0))
        return round(self.clock() - began, 1) if number and known == number else None


def judged(report: Report, *, is_news: bool, after_s: float | None) -> Hit:
    """Return what the verdict of a report says of its last fault. `is_news`: the verdict was told just now.

    A verdict from before the fault is no harm of it. While a fault is still being done, nothing is sound again.
    """
    hit = report.fault
    if not hit.number or hit.failed or hit.again:
        return hit
    if is_news and report.verdict not in ("", Soundness.SOUND):
        return replace(hit, hurt=True)
    if hit.hurt and report.verdict == Soundness.SOUND and report.done >= hit.number:
        return replace(hit, again=True, after_s=after_s)
    return hit
