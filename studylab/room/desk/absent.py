"""Seats whose learner never came: nothing was done on the bench, and no page of it is open.

A tile knows the newest report only; here is remembered that there ever was an act. The time of a seat counts from when
the desk first knew of it, or from when its page was last open. After a start of the desk it begins again.
"""

from __future__ import annotations

import time
from collections.abc import Callable

from studylab.room.protocol import Report, SeatRow

NEVER_CAME_S = 600.0
"""After so long a seat whose learner never came gives its place to somebody who asks for one in a full room."""


def is_touched(report: Report) -> bool:
    """Return whether the learner has done something on the bench.

    Its host says so. Where it does not, as hosts of another version, every act counts: the teacher's may be among them.
    """
    if report.touched is not None:
        return report.touched
    done = (report.act, report.ticks, report.finished, report.hand, report.votes, report.agreed)
    return any(done)


class Absent:
    """Since when each seat waits for its learner, longest first. Its owner lets in one thread at a time."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._came: set[str] = set()
        self._since: dict[str, float] = {}

    def note(self, seat: SeatRow, report: Report | None) -> None:
        """Look at a seat that has changed."""
        if report is not None and is_touched(report):
            self._came.add(seat.id)
        is_here = report is not None and report.here
        if seat.out or is_here or seat.id in self._came:
            self._since.pop(seat.id, None)
        else:
            self._since.setdefault(seat.id, self._clock())

    def keep(self, seat: str) -> None:
        """Never count a seat among these, whatever is reported of it."""
        self._came.add(seat)
        self._since.pop(seat, None)

    def forget(self) -> None:
        """The room has ended."""
        self._came.clear()
        self._since.clear()

    def waiting(self, for_s: float) -> list[str]:
        """Return the seats that wait for their learners at least so long."""
        until = self._clock() - for_s
        return [seat for seat, since in self._since.items() if since <= until]
