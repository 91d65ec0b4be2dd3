"""What can be seen of a bench at one moment, as frozen values: the panels, the checks and `/bench.json` read this.

Every number says where it comes from: fields under `streams` and `consumers` are the server's own words, those under
`truth` and `outbox` are rows of the database, those under `edges` are what the edges hold. `audit` is derived.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any, TypeVar

from vango.actors.crash_points import AtPoint, Tempo
from vango.core.audit import Finding, Soundness
from vango.core.modes import Mode
from vango.core.rules import EdgeRules, RelayRules, StreamRules, WriteOrder


@dataclass(frozen=True, slots=True)
class WorkSeen:
    """A long verb that is under way: `done` of `total` are through, and `of` says of what; `total` 0 is not known."""

    verb: str
    done: int
    total: int
    of: str
    is_stopping: bool = False

    @property
    def words(self) -> str:
        """How far it is, for a person."""
        stops = ", and it stops" if self.is_stopping else ""
        return f"{self.done:,}{f' of {self.total:,}' if self.total else ''} {self.of}{stops}"


@dataclass(frozen=True, slots=True)
class RouteSeen:
    """One route in truth. `sequence` is that of the event which tells of its present owner."""

    name: str
    owner: str
    epoch: int
    sequence: int
    revision: int


@dataclass(frozen=True, slots=True)
class AllocationSeen:
    """One allocation and its state: pending, ready, draining or gone."""

    name: str
    state: str


@dataclass(frozen=True, slots=True)
class FactSeen:
    """One row of the history of the route feed, newest first. `told` is a word of `vango.core.audit.Told`.

    `operation` is the id under which the change was asked for, empty when it had none.
    """

    sequence: int
    event_id: str
    route: str
    owner: str
    epoch: int
    revision: int
    told: str
    operation: str = ""


@dataclass(frozen=True, slots=True)
class TableSeen:
    """One table of the destroyed database beside the one in its place: `rows` there were, `equal` are as they were.

    `lines` name rows that differ, are `missing` or are new, the first of them; `more` counts the rest.
    """

    table: str
    rows: int
    equal: int
    missing: int
    lines: tuple[str, ...]
    more: int


@dataclass(frozen=True, slots=True)
class LossSeen:
    """A destroyed database, compared row by row; `refused` are the rows that the database in its place would not take."""

    tables: tuple[TableSeen, ...]
    refused: tuple[str, ...]

    def table(self, name: str) -> TableSeen:
        """Return the comparison of one table. Raises KeyError when there is none."""
        for table in self.tables:
            if table.table == name:
                return table
        raise KeyError(name)


@dataclass(frozen=True, slots=True)
class TruthSeen:
    """The database of truth. `sequence` is the latest of the route feed; `trouble` a sentence when it cannot be read.

    `loss` is None, or tells how the database differs from the destroyed one that it took the place of.
    """

    revision: int
    sequence: int
    event_id: str
    routes: tuple[RouteSeen, ...]
    allocations: tuple[AllocationSeen, ...]
    history: tuple[FactSeen, ...]
    write_order: WriteOrder
    armed: str
    trouble: str
    loss: LossSeen | None = None


@dataclass(frozen=True, slots=True)
class WaitingSeen:
    """One outbox row that waits to be published."""

    position: int
    event_id: str
    subject: str
    sequence: int


@dataclass(frozen=True, slots=True)
class OutboxSeen:
    """The outbox: how many rows wait, how many were published, the first of those that wait, the age of the oldest."""

    waiting: int
    published: int
    oldest_age_s: float
    rows: tuple[WaitingSeen, ...]


@dataclass(frozen=True, slots=True)
class RelaySeen:
    """The relay. `duplicates` counts PubAcks that said so; `unanswered` counts publishes whose outcome stayed unknown."""

    state: str
    reason: str
    published: int
    duplicates: int
    unanswered: int
    refused: int
    rules: RelayRules
    armed: str


@dataclass(frozen=True, slots=True)
class CellSeen:
    """One stored message on the tape. `sequence`, `route`, `owner`, `epoch` are its event's, empty if it is none.

    `stored_at` is the server's time of storing it, Unix time in seconds.
    `previous_id` is the id that the event says it follows.
    """

    seq: int
    subject: str
    event_id: str
    sequence: int
    route: str
    owner: str
    epoch: int
    size: int
    known: bool
    stored_at: float = 0.0
    previous_id: str = ""


@dataclass(frozen=True, slots=True)
class BeforeSeen:
    """What a stream that does not answer now said when it last answered: at that Unix time, in seconds."""

    at: float
    messages: int
    first_seq: int
    last_seq: int


@dataclass(frozen=True, slots=True)
class StreamSeen:
    """One stream, in the server's words. `cells` are the last messages; `holes` the missing seqs between them.

    `before` is what it last said, of a stream that does not answer and did so before.
    """

    name: str
    available: bool
    trouble: str
    subjects: tuple[str, ...]
    messages: int
    bytes: int
    first_seq: int
    last_seq: int
    deleted: int
    rules: StreamRules
    cells: tuple[CellSeen, ...]
    holes: tuple[int, ...]
    before: BeforeSeen | None = None


@dataclass(frozen=True, slots=True)
class OutsideSeen:
    """One stream that somebody else made on the broker, in the server's words."""

    name: str
    subjects: tuple[str, ...]
    messages: int
    bytes: int
    first_seq: int
    last_seq: int


@dataclass(frozen=True, slots=True)
class ConsumerSeen:
    """One consumer, in the server's words: stream seqs for the cursors, counts of messages for the rest.

    `inactive_threshold_s` is after how many seconds without a reader the server deletes it; 0: never.
    """

    stream: str
    name: str
    durable: bool
    subject_filter: str
    last_delivered: int
    ack_floor: int
    num_pending: int
    num_ack_pending: int
    num_redelivered: int
    num_waiting: int
    inactive_threshold_s: float = 0.0
    ack_policy: str = "explicit"
    ack_wait_s: float = 0.0
    max_deliver: int = -1


@dataclass(frozen=True, slots=True)
class RowSeen:
    """One row of an edge's view. `cause` says why it is not the truth's row now; `lie` that the claim covers it."""

    route: str
    owner: str
    epoch: int
    event_id: str
    drains: int
    cause: str
    lie: bool


@dataclass(frozen=True, slots=True)
class ProbeSeen:
    """One request for a route: `outcome` is right, wrong or refused; `answer` the owner given, `expected` the truth's.

    `late` says of a wrong answer that the news was still under way to this edge, so that it could not know better.
    """

    route: str
    outcome: str
    answer: str
    expected: str
    late: bool = False


@dataclass(frozen=True, slots=True)
class EdgeSeen:
    """One edge: its mode and claim, its view in the truth's order, its probes (oldest first) and its counters.

    `stumbles` says that it will fail at the next message; `remembered` counts the event ids it has in memory.

    `counters` has the keys received, bytes (of payload received), redelivered, applied, duplicates, stale, gaps, foreign,
    invalid, rebuilds.
    `asked` counts all requests while it ran, since it has its present rules (or the bench was opened): right, wrong,
    refused, and late, which is an answer that was outdated while the news was still under way to this edge.
    `silent_s` is for how many whole seconds the edge has heard neither an event nor a mark.
    """

    name: str
    mode: Mode
    claim: str
    reason: str
    sequence: int
    event_id: str
    stream_seq: int
    mark: int
    rows: tuple[RowSeen, ...]
    probes: tuple[ProbeSeen, ...]
    counters: dict[str, int]
    rules: EdgeRules
    departures: tuple[str, ...]
    armed: str
    stuck: str
    stumbles: bool = False
    remembered: int = 0
    asked: dict[str, int] = field(default_factory=lambda: dict.fromkeys(("right", "wrong", "refused", "late"), 0))
    silent_s: int = 0


@dataclass(frozen=True, slots=True)
class SnapshotSeen:
    """One stored snapshot. `checksum_ok` and `computed` come from the bytes in the bucket at the time of the observation.

    `body` are those bytes as text, the canonical JSON that the checksum is over: of the latest snapshot only, and cut
    off after `vango.observe.broker.BODY_SHOWN` characters.
    """

    name: str
    sequence: int
    stream_seq: int
    rows: int
    sha256: str
    checksum_ok: bool
    computed: str = ""
    body: str = ""


@dataclass(frozen=True, slots=True)
class BrokerSeen:
    """The broker process. `state` is up, down or frozen; `kept` says that a copy of the store can be rolled back to.

    `user` may do everything; `edge_user` may do what an edge needs: read ROUTES and the snapshots, and publish claims.
    """

    state: str
    pid: int
    url: str
    user: str
    password: str
    restarts: int
    kept: bool
    reason: str
    edge_user: str = ""
    edge_password: str = ""


@dataclass(frozen=True, slots=True)
class PaceSeen:
    """How fast the actors move, and who waits at which point of its path, the longest first."""

    tempo: Tempo
    waiting: tuple[AtPoint, ...]

    def of(self, actor: str) -> str:
        """Return the point that an actor waits at, or an empty text."""
        return next((held.point.value for held in self.waiting if held.actor == actor), "")


@dataclass(frozen=True, slots=True)
class StormSeen:
    """The last storm on this bench: its seed and script, the protections that were `missing`, and what the audit found.

    `minimal` is the smallest part of the script that was found to fail alike, empty until that was looked for. `closed`
    are the edges that refused to answer at its end.
    """

    seed: int
    length: int
    missing: tuple[str, ...]
    script: tuple[str, ...]
    soundness: str
    kinds: tuple[str, ...]
    sentence: str
    records: tuple[str, ...]
    minimal: tuple[str, ...]
    closed: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class AuditSeen:
    """The audit's report. See `vango.core.audit`."""

    soundness: Soundness
    sentence: str
    findings: tuple[Finding, ...]


@dataclass(frozen=True, slots=True)
class GuestSeen:
    """One edge that somebody else wrote: its last claim, `age_s` seconds old, held against the truth.

    `mode` is what it claims, and down when it is `silent`; `claim` is always what it said last. `claims` counts those that
    were read, `refused` those that were not, and `trouble` says why, while that is recent. `probes` are answered from the
    claimed routes; `findings` are the audit's, of this guest alone.
    """

    name: str
    instance: str
    mode: Mode
    claim: str
    reason: str
    sequence: int
    event_id: str
    rows: tuple[RowSeen, ...]
    probes: tuple[ProbeSeen, ...]
    asked: dict[str, int]
    age_s: int
    silent: bool
    claims: int
    refused: int
    trouble: str
    findings: tuple[Finding, ...]


@dataclass(frozen=True, slots=True)
class TurnedAwaySeen:
    """Somebody who claims under a name that is no guest's, and why that was refused; `age_s` since the last time."""

    name: str
    reason: str
    times: int
    age_s: int


@dataclass(frozen=True, slots=True)
class Moment:
    """One thing that happened. `n` counts from 1; `at` is Unix time in seconds; `detail` is plain JSON values.

    It can be a key: its hash leaves the detail out, its equality does not.
    """

    n: int
    at: float
    actor: str
    kind: str
    text: str
    detail: dict[str, Any] = field(hash=False)


@dataclass(frozen=True, slots=True)
class Observation:
    """Everything, at one moment. `moment` is the number of the last journal entry, `at` the time in Unix seconds.

    `undo` names what undo would take back: a verb, or what this life of the bench began with; empty when there is nothing.
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
        """Whether any edge of the bench's own runs."""
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
    """Return the observation as JSON; enums become their words.

    The encoder asks for the fields of each record by itself: `dataclasses.asdict` copies every value first, which took
    six times as long.
    """
    return json.dumps(observation, default=_by_name)


def as_json(observation: Observation) -> dict[str, Any]:
    """Return the observation as the plain values of its JSON."""
    plain: dict[str, Any] = json.loads(as_text(observation))
    return plain


def _by_name(record: Any) -> dict[str, Any]:
    return {name: getattr(record, name) for name in record.__dataclass_fields__}
