"""What the parts of lab 6 share: the edge that it is about, and the past that came to it again."""

from __future__ import annotations

from dataclasses import dataclass

from studylab.lab import Evidence, ledgers, reading
from studylab.lab.observed import Applied, EdgeSeen, Moment, Observation, RouteSeen


def iad(seen: Observation) -> EdgeSeen:
    """Return the edge that this lab is about."""
    return seen.edge("iad")


def is_read_through(seen: Observation) -> bool:
    """Return whether iad has handled and acked everything that the stream holds."""
    consumer, last = seen.consumer("iad"), seen.stream("ROUTES").last_seq
    return consumer is not None and consumer.ack_floor == last and not consumer.num_pending


def handed_on(seen: Observation) -> RouteSeen:
    """Return the route with the most owners so far."""
    return max(seen.truth.routes, key=lambda route: route.epoch)


def path_of(seen: Observation, route: str) -> str:
    """Return every owner that a route had, as the history has them."""
    facts = [fact for fact in seen.truth.history[::-1] if fact.route == route]
    return ", ".join(f"{fact.owner} (epoch {fact.epoch})" for fact in facts)


@dataclass(frozen=True, slots=True)
class Old:
    """A change of owner that was applied though the position was past it."""

    sequence: int
    route: str
    owner: str

    def __str__(self) -> str:
        return f"event {self.sequence}: {self.route} → {self.owner}"


def from_the_past(evidence: Evidence, since: int) -> list[Old]:
    """Return what iad applied after a moment though its position was past it, in its order."""
    moments = reading.after(evidence.moments.ask(_Past, [("iad", "apply")]).held, since)
    return [old for moment in moments for old in _old(moment.read(Applied))]


def _old(applied: Applied) -> list[Old]:
    told = zip(applied.sequences, applied.routes, applied.owners, strict=False)
    return [Old(*one) for one in told if one[0] <= applied.before]


def walk(evidence: Evidence, since: int) -> str:
    """Say what iad applied of the past, one after another."""
    return "; ".join(map(str, from_the_past(evidence, since)))


class _Past(ledgers.Latest):
    """The moments in which an event was applied that the position was past."""

    def add(self, moment: Moment) -> None:
        """Take in the next moment."""
        applied = moment.read(Applied)
        if any(n <= applied.before for n in applied.sequences):
            super().add(moment)


def replay(evidence: Evidence) -> int:
    """Return the moment of iad's last replay since the step began, or 0."""
    return max((moment.n for moment in reading.moments(evidence, "iad", "replay")), default=0)


def read_again(evidence: Evidence) -> int:
    """Return how many messages came to iad since its last replay."""
    return reading.handed(evidence, "iad", after=replay(evidence))[0]


def has_come_again(evidence: Evidence, seq: int) -> bool:
    """Return whether a message came to iad since its last replay."""
    return bool(reading.after(reading.about(evidence, "iad", "got", "stream_seqs", seq), replay(evidence)))
