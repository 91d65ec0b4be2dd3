"""How a bench returns to an earlier state: from which copy, if any, and with which verbs after that.

A verb that does not give the same result twice is not played again. There is a copy of the bench after it, or there
is no way.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from vango.actors.errors import Refused
from vango.journal.verb_log import UNKNOWN, Life, Row

MAX_VERBS = 2_000
TRIALS = frozenset({"storm", "shrink_storm", "try_without"})
"""Verbs that start again and race with clocks: their result is copied, and they are never played again."""
NOTHING_DONE = frozenset({"Refused", "NotThere", "BadInput"})
PASSED_OVER = frozenset({"Held", "DiskFull"})
"""Outcomes that depend on the machine at that time and not on the bench; nothing was changed."""
NO_COPY = (
    "No copy of the bench after {} exists, and it does not give the same result twice. Nothing was changed. "
    "Reset to continue."
)
CUT_OFF = "The app ended in the middle of {}, so its effect is unknown. Nothing was changed. Reset to continue."


@dataclass(frozen=True, slots=True)
class Plan:
    """Start from a `copy` (empty: from a fresh bench), which holds what is `done`, and play the rest `again`.

    `lacks` says why the state before the copy cannot be restored; empty when it can.
    """

    done: Sequence[Row]
    copy: str
    again: Sequence[Row]
    lacks: str

    @property
    def words(self) -> str:
        """What is done, as a sentence."""
        n = len(self.again)
        verbs = "1 verb was" if n == 1 else f"{n} verbs were"
        ground = f"copy of the bench after {self.done[-1].verb}" if self.copy else "fresh bench"
        return f"{verbs} played again on a {ground}."


def needs_a_copy(row: Row) -> bool:
    """Return whether a verb's result does not come out the same twice."""
    return row.verb in TRIALS and row.outcome not in NOTHING_DONE


def plan(life: Life, rows: Sequence[Row], has: Callable[[str], bool]) -> Plan:
    """Plan how to reach the state after the first verbs of a life. `has` returns whether a copy exists.

    Raises `Refused` when that is not possible exactly.
    """
    start = max((n for n, row in enumerate(rows, start=1) if row.copy and has(row.copy)), default=0)
    if not start and life.lacks:
        raise Refused(f"{life.lacks} The earlier state cannot be restored; nothing was changed. Reset to continue.")
    again = [row for row in rows[start:] if needs_a_copy(row) or not (row.verb in TRIALS or row.outcome in PASSED_OVER)]
    for row in again:
        if needs_a_copy(row):
            raise Refused(NO_COPY.format(row.verb))
        if row.outcome == UNKNOWN:
            raise Refused(CUT_OFF.format(row.verb))
    if len(again) > MAX_VERBS:
        raise Refused(f"{len(again)} verbs precede that moment; at most {MAX_VERBS} are played again.")
    return Plan(rows[:start], rows[start - 1].copy if start else "", again, life.lacks)
