"""What the parts of lab 2 share: subjects, and how long changes waited."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

from studylab.lab import Evidence, ledgers, reading
from studylab.lab.observed import Applied, Commit, Got, Moment

SAMPLES = 500
CHANGES = 3
FEW = 0.05
WAITED = 100
READS_ALL = "fra"
MISTYPED = "syd"
OVERLAP = 10065
"""The server’s number for subjects that another stream has."""
ROUTE_SUBJECT = "route.owner.updated.shop"
SAMPLE_SUBJECT = "telemetry.sampled.host-0"
ALLOCATION_SUBJECT = "allocation.ready.alloc-a"
RENAMED = "a field renamed"


@dataclass(frozen=True, slots=True)
class _Behind:
    """A change of owner that an edge has not applied yet: when it was committed, and what was passed over by then."""

    at: float
    sequence: int
    passed_over: int


@dataclass(frozen=True, slots=True)
class _Wait:
    """How a change of owner fared at an edge: messages passed over between commit and apply, and the time it took."""

    sequence: int
    passed_over: int
    ms: int


class _Waits:
    """The changes that an edge has applied: the last of them, and the one that waited longest.

    It holds those that the edge has not applied yet, the last 20,000.
    """

    def __init__(self) -> None:
        self.last: _Wait | None = None
        self.worst: _Wait | None = None
        self._behind: deque[_Behind] = deque(maxlen=2 * ledgers.HELD_NUMBERS)
        self._passed_over = 0

    def add(self, moment: Moment) -> None:
        """Take in the next moment."""
        if reading.is_change(moment):
            self._behind.append(_Behind(moment.at, moment.read(Commit).sequence, self._passed_over))
        elif moment.kind == "apply":
            while self._behind and self._behind[0].sequence <= moment.read(Applied).position:
                self._note(self._behind.popleft(), moment.at)
        elif moment.kind != "commit":
            got = moment.read(Got)
            self._passed_over += got.count if moment.kind == "noise" else got.foreign

    def _note(self, behind: _Behind, at: float) -> None:
        passed_over, ms = self._passed_over - behind.passed_over, round((at - behind.at) * 1000)
        self.last = _Wait(behind.sequence, passed_over, ms)
        if self.worst is None or passed_over > self.worst.passed_over:
            self.worst = self.last


def waits_of(evidence: Evidence, edge: str) -> _Waits:
    """Return how the changes fared that an edge has applied since the step began."""
    kinds = [("database", "commit"), *((edge, kind) for kind in ("apply", "got", "noise"))]
    return evidence.moments.ask(_Waits, kinds)
