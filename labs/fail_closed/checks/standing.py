"""Whether an edge was current and right just before a gap: read from what it loaded and applied, and what was decided.

A gap proves something only about an edge that had nothing wrong before it. What it holds afterwards cannot tell.
"""

from __future__ import annotations

from labs.fail_closed.checks.accidents import ACCIDENTS
from studylab.lab import Evidence, ledgers, reading
from studylab.lab.observed import Applied, Commit, Load, Mode, ModeChange, Moment


class _Standing:
    """How one edge stood at each moment that may be an accident or brought new rules: the latest 500 at least.

    A word that is not empty says what was wrong with it. An edge that is down stands as it did when it went down.
    """

    def __init__(self, edge: str) -> None:
        self.held: list[tuple[int, str]] = []
        self._edge = edge
        self._mode: Mode | None = None
        self._slept: str | None = None
        self._position: int | None = None
        self._truth: int | None = None
        self._lacks = 0

    def add(self, moment: Moment) -> None:
        """Take in the next moment."""
        if moment.kind == "commit":
            if reading.is_change(moment):
                self._truth = moment.read(Commit).sequence
        elif moment.kind == "mode":
            self._become(moment.read(ModeChange))
        elif moment.kind == "snapshot":
            self._load(moment.read(Load).sequence)
        elif moment.kind == "apply":
            self._apply(moment.read(Applied))
        else:
            self.held.append((moment.n, self._stands() if self._slept is None else self._slept))
            ledgers.shorten(self.held, ledgers.HELD)

    def _become(self, change: ModeChange) -> None:
        if change.after is Mode.DOWN:
            self._mode = change.before
            self._slept = self._stands()
        else:
            self._slept = None
        self._mode = change.after

    def _load(self, sequence: int) -> None:
        self._position, self._lacks = sequence, 0
        if self._slept is not None:
            self._slept = self._differs()

    def _apply(self, applied: Applied) -> None:
        before = applied.before if self._position is None else self._position
        for sequence in applied.sequences:
            if sequence > before + 1 and not self._lacks:
                self._lacks = before + 1
            before = max(before, sequence)
        self._position = before

    def _stands(self) -> str:
        if self._mode not in (None, Mode.CURRENT):
            return f"{self._edge} was {self._mode}"
        return self._differs()

    def _differs(self) -> str:
        if self._lacks:
            return f"{self._edge} lacked event {self._lacks}"
        if None not in (self._position, self._truth) and self._position != self._truth:
            return f"{self._edge} was at {self._position} and the database at {self._truth}"
        return ""


def wrong_before(evidence: Evidence, edge: str, n: int, *, opens_right: bool = False) -> str:
    """Return what was wrong with an edge just before a moment; empty when it was current and right.

    Before its first snapshot of a step nothing shows that it was right, unless the lab `opens_right`.
    """
    kinds = [("database", "commit"), *((edge, kind) for kind in ("mode", "snapshot", "apply")), *ACCIDENTS]
    kinds += [("fra", "rules")]
    ledger = evidence.moments.ask(_Standing, kinds, edge)
    loads = reading.moments(evidence, edge, "snapshot")
    if not opens_right and not (loads and loads[0].n < n):
        return f"{edge} had loaded no snapshot since this step began, and nothing shows that it was right"
    return next((word for at, word in reversed(ledger.held) if at <= n), "")
