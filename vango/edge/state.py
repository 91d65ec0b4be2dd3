"""What an edge knows of itself: its rules, its mode and why, its counters. It outlives every connection.

The code that reads, handles messages or claims for the edge works on this, and can neither start nor stop it.
"""

from __future__ import annotations

import time
from collections import Counter
from typing import Any

from vango.actors.crash_points import Pace, Path
from vango.actors.wakeup import Wakeup
from vango.core.causes import Cause, cause_of
from vango.core.claims import Mark, Word
from vango.core.facts import Facts
from vango.core.modes import Mode, Signal, after
from vango.core.recent_ids import RecentIds
from vango.core.rules import EdgeRules
from vango.journal.log import Log


class Gap(Exception):
    """Something is unknown between this view and what comes next. `reason` names it."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class EdgeState:
    """The state of one edge. `facts` are what it follows; `reason` says why it failed closed or is down, `cause`
    says the former in a word.

    `consumer` is the name of the consumer that it reads with, or read with last; `taken_seq` the stream seq of the last
    message that it took.

    `rebuilds_in_a_row` counts the snapshots that were loaded since it was current last. `wants_snapshot` says that one
    is to be asked for again, because none could be had, but not before `asks_from`; `took_stored` that the last one was
    an earlier one from the bucket, because the control plane did not answer.
    """

    def __init__(
        self, name: str, facts: Facts[Any, Any], journal: Log, rules: EdgeRules, pace: Pace | None = None
    ) -> None:
        self.name = name
        self.facts = facts
        self.rules = rules
        self._mode = self._told = Mode.DOWN
        self.reason, self.cause = "not started", Cause.NOT_KNOWN
        self.word = Word()
        self.counters: Counter[str] = Counter()
        self.stuck = ""
        self.consumer = name
        self.path = Path(name, pace)
        self.stumbles = False
        self.recent_ids = RecentIds()
        self.heard_at = time.monotonic()
        self.forget_tries()
        self.wakeup = Wakeup()
        self.taken_seq = 0
        self.journal = journal

    @property
    def mode(self) -> Mode:
        """What the edge is doing. It changes only by a signal."""
        return self._mode

    @property
    def mark(self) -> Mark | None:
        """The last mark that was heard since the start."""
        return self.word.mark

    def forget_tries(self) -> None:
        """Begin again with no rebuild tried."""
        self.rebuilds_in_a_row = 0
        self.wants_snapshot = self.took_stored = False
        self.asks_from = 0.0

    def tell(self, kind: str, text: str, **detail: Any) -> None:
        """Write a moment of this edge into the journal."""
        self.journal.write(self.name, kind, text, **detail)

    def signal(self, signal: Signal, reason: str, *, quietly: bool = False) -> None:
        """Change the mode as the table of `vango.core.modes` has it; a reason is kept with the mode it led to.

        What is done `quietly` is told with the next signal that is not, unless that one takes it back.
        """
        before, self._mode = self._mode, after(self._mode, signal)
        if before is not self._mode or signal is Signal.SURPRISE:
            self.reason, self.cause = reason, cause_of(reason)
        if signal is Signal.SURPRISE or not (quietly or self._told is self._mode):
            told, self._told = self._told, self._mode
            text = f"{self._mode}{f': {reason}' if reason else ''}"
            self.journal.write(self.name, "mode", text, before=told, after=self._mode, cause=self.cause)
        elif before is not self._mode:
            # No moment of the journal, but an observer may look.
            self.journal.on_write()
