"""What the parts of lab 1 share: events that came before their commit, and owners that were never chosen."""

from __future__ import annotations

from collections import deque

from studylab.lab import Evidence, reading
from studylab.lab.observed import CellSeen, Commit, Differs, EdgeSeen, Moment, Observation, Publish

AHEAD = 100


class _Early:
    """What was published before its commit: the `first` of them, and the last that the last refusal `invented`.

    It holds the ids that were published and not committed since the last refusal, and those committed: the latest 100.
    """

    def __init__(self) -> None:
        self.first: tuple[str, int, int] | None = None
        self.invented = ""
        self._ahead: dict[str, int] = {}
        self._made: deque[str] = deque(maxlen=AHEAD)

    def add(self, moment: Moment) -> None:
        """Take in the next moment."""
        if moment.kind == "publish":
            self._note(moment.read(Publish).event_id, moment.n)
        elif moment.kind == "commit":
            event_id = moment.read(Commit).event_id
            self._made.append(event_id)
            published = self._ahead.pop(event_id, 0)
            if published and self.first is None and reading.is_change(moment):
                self.first = (event_id, published, moment.n)
        else:
            self.invented = next(reversed(self._ahead), "")
            self._ahead.clear()

    def _note(self, event_id: str, n: int) -> None:
        if event_id and event_id not in self._made:
            self._ahead[event_id] = n
        if len(self._ahead) > AHEAD:
            del self._ahead[next(iter(self._ahead))]


def early(evidence: Evidence) -> _Early:
    """Return what was published before its commit since the step began."""
    return evidence.moments.ask(_Early, [("database", kind) for kind in ("publish", "commit", "refused")])


def phantoms(seen: Observation) -> list[CellSeen]:
    """Return the messages of the stream whose event the history lacks."""
    return [cell for cell in seen.stream("ROUTES").cells if cell.event_id and not cell.known]


def invented_rows(edge: EdgeSeen) -> list[str]:
    """Return the rows of an edge whose owner the database never chose, each as “route → owner”."""
    return [f"{row.route} → {row.owner}" for row in edge.rows if row.cause is Differs.INVENTED]
