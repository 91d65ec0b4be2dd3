"""What is seen of the edges: their rows, their claims, and the outcome of requests to them."""

from __future__ import annotations

from dataclasses import dataclass, field

from vango.core.audit import Differs
from vango.core.causes import Cause
from vango.core.findings import Finding
from vango.core.modes import Mode
from vango.core.rules import EdgeRules
from vango.core.words import Sentence


@dataclass(frozen=True, slots=True)
class RowSeen:
    """One row of an edge's view. `cause` says why it is not the truth's row now; `lie` that the claim covers it."""

    route: str
    owner: str
    epoch: int
    event_id: str
    drains: int
    cause: Differs
    lie: bool


@dataclass(frozen=True, slots=True)
class ProbeSeen:
    """One request for a route: `outcome` is right, wrong or refused; `answer` the owner given, `expected` the truth's.

    `late` marks a wrong answer while the event was still on its way to this edge, so that the edge could not know
    better.
    """

    route: str
    outcome: str
    answer: str
    expected: str
    late: bool = False


@dataclass(frozen=True, slots=True)
class EdgeSeen:
    """One edge: its mode and claim, its view in the truth's order, its probes (oldest first) and its counters.

    `cause` says in a word why it failed closed, `reason` in a sentence.

    `stumbles` says that it will fail at the next message; `remembered` counts the event ids it has in memory.

    `counters` has the keys received, bytes (of payload received), redelivered, applied, duplicates, stale, gaps,
    foreign, invalid, rebuilds. `asked` counts all requests while it ran, since it has its present rules (or the bench
    was opened): right, wrong, refused, and late, an answer that was outdated while the event was still on its way to
    this edge. `silent_s` is for how many whole seconds the edge has heard neither an event nor a mark. `findings` are
    those of the audit that accuse this edge.
    """

    name: str
    mode: Mode
    claim: Sentence
    reason: Sentence
    sequence: int
    event_id: str
    stream_seq: int
    mark: int
    rows: tuple[RowSeen, ...]
    probes: tuple[ProbeSeen, ...]
    counters: dict[str, int]
    rules: EdgeRules
    departures: tuple[Sentence, ...]
    armed: str
    stuck: Sentence
    stumbles: bool = False
    remembered: int = 0
    asked: dict[str, int] = field(default_factory=lambda: dict.fromkeys(("right", "wrong", "refused", "late"), 0))
    silent_s: int = 0
    cause: Cause = Cause.NOT_KNOWN
    findings: tuple[Finding, ...] = ()

    @property
    def is_down(self) -> bool:
        """Whether it does not run."""
        return self.mode is Mode.DOWN

    @property
    def is_stuck(self) -> bool:
        """Whether it keeps failing at a message; `stuck` says at which."""
        return bool(self.stuck)


@dataclass(frozen=True, slots=True)
class GuestSeen:
    """One external edge: its last claim, `age_s` seconds old, compared with the truth.

    `mode` is what it claims, and down when it is `silent`; `claim` is always its last word. `claims` counts those
    that were read, `refused` those that were not, and `trouble` says why, while that is recent. `probes` are answered
    from the claimed routes; `findings` are the audit's, of this guest alone.
    """

    name: str
    instance: str
    mode: Mode
    claim: Sentence
    reason: Sentence
    sequence: int
    event_id: str
    rows: tuple[RowSeen, ...]
    probes: tuple[ProbeSeen, ...]
    asked: dict[str, int]
    age_s: int
    silent: bool
    claims: int
    refused: int
    trouble: Sentence
    findings: tuple[Finding, ...]


@dataclass(frozen=True, slots=True)
class TurnedAwaySeen:
    """A sender of claims under a name that is not a guest's, and why they were refused; `age_s` since the last time."""

    name: str
    reason: Sentence
    times: int
    age_s: int
