"""What is seen of the broker, in the server's own words: its process, streams, consumers and stored snapshots."""

from __future__ import annotations

from dataclasses import dataclass

from vango.core.findings import Finding
from vango.core.rules import StreamRules
from vango.core.words import Sentence


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
    """The last answer of a stream that does not answer now, with its Unix time in seconds."""

    at: float
    messages: int
    first_seq: int
    last_seq: int


@dataclass(frozen=True, slots=True)
class StreamSeen:
    """One stream, in the server's words. `cells` are the last messages; `holes` the missing seqs between them.

    `before` is its last answer, if the stream does not answer now and did before. `findings` are those of the audit that
    accuse it.
    """

    name: str
    available: bool
    trouble: Sentence
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
    findings: tuple[Finding, ...] = ()


@dataclass(frozen=True, slots=True)
class OutsideSeen:
    """One stream that others made on the broker, in the server's words."""

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
    """The broker process. `state` is up, down or frozen; `kept` says that the store can be rolled back to a copy.

    `user` may do everything; `edge_user` may do what an edge needs: read ROUTES and the snapshots, and publish
    claims. `url` is for programs on this machine, `open_url` for those on others; it is empty where they are kept out.
    """

    state: str
    pid: int
    url: str
    user: str
    password: str
    restarts: int
    kept: bool
    reason: Sentence
    edge_user: str = ""
    edge_password: str = ""
    open_url: str = ""
