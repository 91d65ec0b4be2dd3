"""What the relay knows of itself: its rules, its state and why, counters and lease. It outlives every connection."""

from __future__ import annotations

from typing import Any

from vango.actors.crash_points import Pace, Path
from vango.actors.wakeup import Wakeup
from vango.core.names import Control
from vango.core.rules import RelayRules
from vango.journal.log import Log
from vango.truth.outbox import Outbox


class RelayState:
    """The state of one relay. `state` is up, down or waiting (for the broker or for the lease); `reason` says why.

    `control` has the subjects on which it tells marks. `stored_seq` is where the stream of the routes has the last
    event that it published there; `token` is that of the lease, without which nothing is marked. `last_unanswered` is
    the id of the last event whose publish was not answered, `gave_up` whether it was given up.
    """

    def __init__(self, truth: Outbox, journal: Log, name: str, pace: Pace | None, control: Control) -> None:
        self.truth = truth
        self.control = control
        self.rules = RelayRules()
        self.path = Path(name, pace)
        self.name = name
        self.state, self.reason = "down", "not started"
        self.published = self.duplicates = self.unanswered = self.refused = 0
        self.stored_seq = 0
        self.token = 0
        self.last_unanswered, self.gave_up = "", False
        self.wakeup = Wakeup()
        self.journal = journal

    def tell(self, kind: str, text: str, **detail: Any) -> None:
        """Write a moment of the relay into the journal."""
        self.journal.write("relay", kind, text, **detail)
