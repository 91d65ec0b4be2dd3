"""What the parts of lab 10 share: which accident it was, who misroutes after it, and who refuses."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from labs.fail_closed.checks.accidents import ACCIDENTS, EVICTED, FEW_MESSAGES, accident
from labs.fail_closed.checks.standing import wrong_before
from studylab.lab import Evidence, NotYet, Result, ledgers, reading
from studylab.lab.observed import CHAIN, Cause, EdgeSeen, ModeChange, Observation

# Which accident happened, and how the edges stood before it.


def snapshot_loads(evidence: Evidence, edge: str) -> list[int]:
    """Return the moments at which an edge loaded a snapshot."""
    return [moment.n for moment in reading.moments(evidence, edge, "snapshot")]


def _accidents(evidence: Evidence) -> dict[str, int]:
    """Return the accidents since fra last had a snapshot loaded, each with its first moment.

    Until a snapshot is loaded, what fra holds may be due to any of them.
    """
    since = max(snapshot_loads(evidence, "fra"), default=0)
    may_be = evidence.moments.ask(ledgers.Latest, ACCIDENTS)
    found = [(accident(moment), moment.n) for moment in reversed(reading.after(may_be.held, since))]
    return {name: n for name, n in found if name}


def _wrong_before(evidence: Evidence, n: int, *, opens_right: bool) -> Result | None:
    """Return which edge was not current and right just before an accident, and what that spoils; None if all were."""
    for edge in evidence.now.edges:
        if word := wrong_before(evidence, edge.name, n, opens_right=opens_right):
            return NotYet(f"Just before the accident {word}: this gap proves nothing. {AGAIN}")
    return None


AGAIN = "Load a fresh snapshot into all three, wait until they are current, and repeat the accident."


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


def gap(
    evidence: Evidence, accidents: Sequence[str], *, inside: bool, opens_right: bool = False
) -> Result | tuple[str, str]:
    """Return what fra and syd did about exactly one of some accidents, or what is still missing.

    All three edges must have been current and right just before it, or what they do may be due to an earlier gap.
    """
    seen, happened = evidence.now, _accidents(evidence)
    if not any(name in accidents for name in happened):
        return NotYet(f"fra has met no such gap since it last loaded a snapshot: it takes {' or '.join(accidents)}.")
    if len(happened) > 1:
        names = " and ".join(reversed(happened))
        return NotYet(f"{names} at once prove nothing about either. Load a fresh snapshot into fra.")
    what, n = next(iter(happened.items()))
    room = evidence.now.stream("ROUTES").rules.max_msgs
    if what != EVICTED and 0 < room < FEW_MESSAGES:
        return NotYet(
            f"ROUTES has room for {room} messages only, so its limit evicts as well. Set it back, and repeat."
        )
    if spoilt := _wrong_before(evidence, n, opens_right=opens_right):
        return spoilt
    down = [edge.name for edge in seen.edges if reading.is_down(edge)]
    if down:
        return NotYet(f"{what}; {reading.listed(down)} still sleep{'s' if len(down) == 1 else ''}.")
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
