"""What is seen of one edge's view: each row beside the truth, and the outcome of the requests for its routes."""

from __future__ import annotations

import time
from collections import Counter, deque
from collections.abc import Sequence
from dataclasses import replace

from vango.core.audit import Differs, why_row_differs
from vango.core.records import Claim, TruthRecord
from vango.observe.model import ProbeSeen, RowSeen

PROBES = 24
ASK_AGAIN_S = 0.9
OUTCOMES = ("right", "wrong", "refused", "late")
# Without a cause the truth has moved on while it was looked at.
UNDER_WAY = (Differs.NOT_PUBLISHED, Differs.NOT_DELIVERED, Differs.UNACKED, Differs.NO)


class ProbeLog:
    """The last requests to one edge, and the count of all requests while it ran."""

    def __init__(self) -> None:
        self.last: deque[ProbeSeen] = deque(maxlen=PROBES)
        self._counts: Counter[str] = Counter()
        self._asked_of: object = None
        self._asked_at = 0.0

    def is_due(self, state: object) -> bool:
        """Return whether to ask again, and note it: an unchanged route is asked once a second if every answer was
        right.

        `state` is everything that an answer depends on, except the time: the end of a freshness lease may be noticed
        up to a second late. A second look at a bench at rest then finds nothing new to show.
        """
        now = time.monotonic()
        if state == self._asked_of and now - self._asked_at < ASK_AGAIN_S and not self.shows_trouble:
            return False
        self._asked_of, self._asked_at = state, now
        return True

    def add(self, probes: Sequence[ProbeSeen], record: TruthRecord, claim: Claim, *, is_there: bool) -> None:
        """Add the answers of one moment. A wrong answer is late while the event was still on its way."""
        for probe in probes:
            late = probe.outcome == "wrong" and why_row_differs(record, claim, probe.route) in UNDER_WAY
            self.last.append(replace(probe, late=late))
            if is_there:
                self._counts["late" if late else probe.outcome] += 1

    def begin_counting(self) -> None:
        """Count from here: earlier counts were under other rules."""
        self._counts.clear()

    @property
    def asked(self) -> dict[str, int]:
        """The outcomes of all requests."""
        return {word: self._counts[word] for word in OUTCOMES}

    @property
    def shows_trouble(self) -> bool:
        """True while some answer in sight is not right."""
        return any(probe.outcome != "right" for probe in self.last)


def rows_seen(claim: Claim, record: TruthRecord) -> tuple[RowSeen, ...]:
    """Return a view's rows in the truth's order, each compared with the truth as of the claimed sequence."""
    truthful = record.as_of.get(claim.position.sequence, {})
    order = {name: place for place, name in enumerate(record.now)}
    rows = []
    for row in sorted(claim.rows, key=lambda row: (order.get(row.route, len(order)), row.route)):
        fact = truthful.get(row.route)
        lie = fact is None or (fact.owner, fact.epoch) != (row.owner, row.epoch)
        cause = why_row_differs(record, claim, row.route)
        rows.append(RowSeen(row.route, row.owner, row.epoch, row.event_id, row.drains, cause, lie))
    return tuple(rows)
