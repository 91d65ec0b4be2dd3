"""What is seen of a bench at one moment: everything, as one frozen value. `audit` is derived from the rest."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, TypeVar

import msgspec

from vango.actors.crash_points import AtPoint, Tempo
from vango.actors.work import WorkSeen
from vango.core.audit import Soundness
from vango.core.findings import Finding
from vango.core.modes import Mode
from vango.core.rules import EdgeRules
from vango.core.words import Sentence
from vango.journal import codec
from vango.observe.model.broker import BrokerSeen, ConsumerSeen, OutsideSeen, SnapshotSeen, StreamSeen
from vango.observe.model.edges import EdgeSeen, GuestSeen, TurnedAwaySeen
from vango.observe.model.truth import OutboxSeen, RelaySeen, TruthSeen


@dataclass(frozen=True, slots=True)
class PaceSeen:
    """How fast the actors move, and which actor waits at which point of its path, the longest first."""

    tempo: Tempo
    waiting: tuple[AtPoint, ...]

    def of(self, actor: str) -> str:
        """Return the point that an actor waits at, or an empty text."""
        return next((held.point.value for held in self.waiting if held.actor == actor), "")


@dataclass(frozen=True, slots=True)
class StormSeen:
    """The last storm on this bench: its seed and script, the protections that were `missing`, and what the audit found.

    `minimal` is the smallest part of the script that fails in the same way, empty until that was searched. `closed`
    are the edges that refused to answer at its end.
    """

    seed: int
    length: int
    missing: tuple[str, ...]
    script: tuple[str, ...]
    soundness: str
    kinds: tuple[str, ...]
    sentence: Sentence
    records: tuple[Sentence, ...]
    minimal: tuple[str, ...]
    closed: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class AuditSeen:
    """The audit's report. See `vango.core.audit`."""

    soundness: Soundness
    sentence: Sentence
    findings: tuple[Finding, ...]


@dataclass(frozen=True, slots=True)
class Observation:
    """Everything, at one moment. `moment` is the number of the last journal entry, `at` the time in Unix seconds.

    `undo` names what undo would undo: a verb, or the event with which this life of the bench began; empty when there
    is nothing.
    """

    at: float
    moment: int
    truth: TruthSeen
    outbox: OutboxSeen
    relay: RelaySeen
    streams: tuple[StreamSeen, ...]
    consumers: tuple[ConsumerSeen, ...]
    edges: tuple[EdgeSeen, ...]
    snapshots: tuple[SnapshotSeen, ...]
    pace: PaceSeen
    audit: AuditSeen
    broker: BrokerSeen
    storm: StormSeen | None = None
    missing: tuple[str, ...] = ()
    guests: tuple[GuestSeen, ...] = ()
    turned_away: tuple[TurnedAwaySeen, ...] = ()
    outside: tuple[OutsideSeen, ...] = ()
    work: WorkSeen | None = None
    undo: str = ""

    @property
    def routes(self) -> StreamSeen | None:
        """The stream of the routes, or None when the server has none."""
        return next((stream for stream in self.streams if stream.name == "ROUTES"), None)

    @property
    def edge_rules(self) -> tuple[tuple[str, EdgeRules], ...]:
        """The name and the rules of each edge."""
        return tuple((edge.name, edge.rules) for edge in self.edges)

    @property
    def subjects(self) -> tuple[tuple[str, tuple[str, ...]], ...]:
        """The name of each stream and the subjects that it stores."""
        return tuple((stream.name, stream.subjects) for stream in self.streams)

    @property
    def has_edges_up(self) -> bool:
        """Whether any of the bench's own edges runs."""
        return any(edge.mode is not Mode.DOWN for edge in self.edges)

    def guest(self, name: str) -> GuestSeen | None:
        """Return the guest of that name, or None when there is none."""
        return next((guest for guest in self.guests if guest.name == name), None)

    def edge(self, name: str) -> EdgeSeen:
        """Return the edge of that name. Raises KeyError when there is none."""
        return _named(self.edges, name)

    def stream(self, name: str) -> StreamSeen:
        """Return the stream of that name. Raises KeyError when there is none."""
        return _named(self.streams, name)

    def consumer(self, name: str, stream: str = "ROUTES") -> ConsumerSeen | None:
        """Return the consumer of that name on a stream, or None when the server has none."""
        return next((c for c in self.consumers if (c.stream, c.name) == (stream, name)), None)


_T = TypeVar("_T", EdgeSeen, StreamSeen)


def _named(things: tuple[_T, ...], name: str) -> _T:
    for thing in things:
        if thing.name == name:
            return thing
    raise KeyError(name)


def as_text(observation: Observation) -> str:
    """Return the observation as JSON; enums become their words."""
    return codec.write_fast(observation)


def as_json(observation: Observation) -> dict[str, Any]:
    """Return the observation as the plain values of its JSON."""
    plain: dict[str, Any] = msgspec.json.decode(as_text(observation))
    return plain
