"""What the parts of lab 10 share: which accident it was, who misroutes after it, and who refuses."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from studylab.lab import Evidence, NotYet, Result, ledgers, reading
from studylab.lab.observed import CHAIN, Cause, EdgeSeen, Limits, Loss, ModeChange, Moment, Observation

EVICTED, PURGED, DELETED, RECREATED, ROLLED_BACK = (
    "an eviction",
    "a purge",
    "a deleted message",
    "a new stream",
    "a rollback",
)

ACCIDENTS = (
    ("stream", "limits"),
    ("stream", "purge"),
    ("stream", "deleted"),
    ("stream", "recreated"),
    ("broker", "rollback"),
)
"""The moments that may be one."""
FEW_MESSAGES = 100


# Which accident happened, and when.


def snapshot_loads(evidence: Evidence, edge: str) -> list[int]:
    """Return the moments at which an edge loaded a snapshot."""
    return [moment.n for moment in reading.moments(evidence, edge, "snapshot")]


ACCIDENTS = (
    ("stream", "limits"),
    ("stream", "purge"),
    ("stream", "deleted"),
    ("stream", "recreated"),
    ("broker", "rollback"),
)
"""The moments that may be one."""


def _accident(moment: Moment) -> str:
    """Name the accident that a moment of the journal is; empty when it is none."""
    if moment.kind == "rollback":
        return ROLLED_BACK
    if moment.kind == "limits":
        return EVICTED if _is_tight(moment.read(Limits)) else ""
    lost = {"purge": PURGED, "deleted": DELETED, "recreated": RECREATED}
    return lost[moment.kind] if moment.read(Loss).stream == "ROUTES" else ""


def _is_tight(limits: Limits) -> bool:
    """Return whether the routes were given limits that evict within a lab."""
    of_routes, by_count = limits.stream == "ROUTES", 0 < (limits.max_msgs or 0) < FEW_MESSAGES
    return of_routes and (by_count or (limits.max_bytes or 0) > 0 or (limits.max_age_s or 0) > 0)


def _accidents(evidence: Evidence) -> list[str]:
    """Return the accidents since fra last had a snapshot loaded: until then what it holds may be due to any of them."""
    since = max(snapshot_loads(evidence, "fra"), default=0)
    may_be = evidence.moments.ask(ledgers.Latest, ACCIDENTS)
    found = [_accident(moment) for moment in reading.after(may_be.held, since)]
    return list(dict.fromkeys(name for name in found if name))


# Who is fooled, and who refuses.


def misroutes(edge: EdgeSeen, seen: Observation) -> str:
    """Return which request an edge that claims to be current has just answered wrongly; empty when none."""
    if not reading.is_current(edge) or seen.outbox.waiting:
        return ""
    for probe in edge.probes[-len(seen.truth.routes) :]:
        if probe.outcome == "wrong":
            return f"{edge.name} says {edge.claim} and sends {probe.route} to {probe.answer} (right: {probe.expected})"
    return ""


def _refuses(edge: EdgeSeen) -> str:
    return f"{edge.name} {edge.claim}" if reading.has_failed_closed(edge) else ""


def _left_at_the_server(seen: Observation, edge: str) -> str:
    """Return what the server still has for an edge; empty when by its books the edge is up to date."""
    consumer = seen.consumer(edge)
    if consumer is None:
        return f"The server has no consumer {edge}."
    if consumer.num_pending or consumer.num_ack_pending:
        return f"The server still has messages for {edge}."
    return ""


def _has_the_last_event(seen: Observation) -> bool:
    """Return whether fra got the latest event, so that what it lacks lies before it."""
    return seen.edge("fra").sequence == seen.truth.sequence


def gap(evidence: Evidence, accidents: Sequence[str], *, inside: bool) -> Result | tuple[str, str]:
    """Return what fra and syd did about exactly one of some accidents, or what is still missing."""
    seen, happened = evidence.now, _accidents(evidence)
    if not any(name in accidents for name in happened):
        return NotYet(f"fra has met no such gap since it last loaded a snapshot: it takes {' or '.join(accidents)}.")
    if len(happened) > 1:
        return NotYet(f"{' and '.join(happened)} at once prove nothing about either. Load a fresh snapshot into fra.")
    down = [edge.name for edge in seen.edges if reading.is_down(edge)]
    if down:
        return NotYet(f"{happened[0]}; {reading.listed(down)} still sleep{'s' if len(down) == 1 else ''}.")
    if left := _left_at_the_server(seen, "fra"):
        return NotYet(left)
    wrong, closed = misroutes(seen.edge("fra"), seen), _refuses(seen.edge("syd"))
    if not wrong:
        return NotYet("fra answers every request rightly. Were the edges down while something changed?")
    if not closed:
        return NotYet(f"syd is {seen.edge('syd').claim}.")
    if inside != _has_the_last_event(seen):
        return NotYet(_OTHER_PLACE[inside].format(seen.edge("fra").sequence, seen.truth.sequence))
    return wrong, closed


_OTHER_PLACE = {
    True: "fra is at {} and the latest event is {}: nothing came after the gap. Commit one more change.",
    False: "fra has applied event {}, the latest: a later event came through. The end itself must be missing.",
}


@dataclass(frozen=True, slots=True)
class Closure:
    """How an edge failed closed because of a gap: the cause, and its words."""

    cause: Cause
    words: str


def gap_closures(evidence: Evidence, edge: str, since: int = 0) -> list[Closure]:
    """Return how an edge failed closed because of a gap, oldest first."""
    modes = reading.after(reading.moments(evidence, edge, "mode"), since)
    closed = [(moment, moment.read(ModeChange).cause) for moment in modes if ledgers.is_closure(moment)]
    return [Closure(cause, moment.text) for moment, cause in closed if cause in (*CHAIN, Cause.MISSING_END)]


def words_of(closures: Iterable[Closure]) -> list[str]:
    """Return the words of some closures, to be kept and shown."""
    return [closure.words for closure in closures]


def asked_words(edge: EdgeSeen) -> str:
    """Return the outcomes of an edge's requests."""
    asked = edge.asked
    late = f", {asked['late']} late" if asked["late"] else ""
    return f"{asked['right']} right, {asked['refused']} refused, {asked['wrong']} misrouted{late}"
