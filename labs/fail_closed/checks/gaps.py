"""Who noticed which gap."""

from __future__ import annotations

from collections.abc import Callable

from labs.fail_closed.checks.accidents import DELETED, PURGED
from labs.fail_closed.checks.common import gap, gap_closures, misroutes, snapshot_loads
from studylab.lab import Evidence, NotYet, Passed, Result, ledgers, reading
from studylab.lab.observed import Got, Load, Loss, Moment


def noticed_by_syd(accident: str, *, opens_right: bool = False) -> Callable[[Evidence], Result]:
    """Make a check: after this accident, with an event after it, fra misroutes and syd refuses.

    With `opens_right` the edges were right when the step began: the lab sets them up so.
    """

    def check(evidence: Evidence) -> Result:
        found = gap(evidence, [accident], inside=True, opens_right=opens_right)
        return Passed(f"{found[0]}; {found[1]}.") if isinstance(found, tuple) else found

    return check


def end_missing(evidence: Evidence) -> Result:
    """The end of the feed is gone: who trusts “nothing pending” is fooled, chain or no chain."""
    found = gap(evidence, [PURGED, DELETED], inside=False)
    if not isinstance(found, tuple):
        return found
    fooled = misroutes(evidence.now.edge("iad"), evidence.now)
    return Passed(f"{found[0]}; {fooled}; {found[1]}.") if fooled else NotYet("iad answers every request rightly.")


def middle_missing(evidence: Evidence) -> Result:
    """One message is gone from the middle: the chain shows it to iad, which has rebuilt itself."""
    found = gap(evidence, [DELETED], inside=True)
    if not isinstance(found, tuple):
        return found
    closures = gap_closures(evidence, "iad", since=max(snapshot_loads(evidence, "fra"), default=0))
    if not closures:
        return NotYet("iad has not noticed.")
    return Passed(f"{found[0]}; iad {closures[-1].words}, and rebuilt itself; {found[1]}.")


def ack_floor_moved(evidence: Evidence) -> Result:
    """A purge moved the ack floor of an edge that slept."""
    purges = evidence.moments.ask(_Purges, [("stream", "purge"), ("fra", "got"), ("fra", "snapshot")])
    for floor, reached in purges.held:
        applied = reached or (0 if purges.has_got else evidence.now.edge("fra").stream_seq)
        if floor > applied:
            return Passed(f"fra had applied up to stream seq {applied}; after the purge its Ack Floor was {floor}.")
    return NotYet("No purge has moved fra's Ack Floor past what fra had read.")


class _Purges:
    """The latest purges, at least 500: fra's ack floor after each, and the last stream seq that it got before, or 0."""

    def __init__(self) -> None:
        self.held: list[tuple[int, int]] = []
        self.has_got = False
        self._reached = 0

    def add(self, moment: Moment) -> None:
        """Take in the next moment."""
        if moment.kind == "purge":
            self.held.append((moment.read(Loss).ack_floors.get("fra", 0), self._reached))
            ledgers.shorten(self.held, ledgers.HELD)
        elif moment.kind == "got":
            self.has_got = True
            self._reached = max(self._reached, *moment.read(Got).stream_seqs)
        else:
            self._reached = max(self._reached, moment.read(Load).stream_seq)


def all_whole(evidence: Evidence) -> Result:
    """Every edge is current and right."""
    if reading.all_agree(evidence.now):
        return Passed("; ".join(f"{edge.name} {edge.claim}" for edge in evidence.now.edges))
    for edge in evidence.now.edges:
        if not reading.is_current(edge):
            return NotYet(f"{edge.name} is {edge.claim}.")
    return NotYet(str(reading.disagreement(evidence.now) or "Rows still wait in the outbox."))
