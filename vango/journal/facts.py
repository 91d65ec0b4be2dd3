"""What moments tell, as values: one frozen record for each kind of moment that somebody decides by.

A moment's detail is plain JSON and may hold more. `Moment.read` makes the record of it; a field that the detail lacks,
as in the journal of an earlier version, has its default, which stands for “not known”.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from vango.actors.crash_points import Point
from vango.core.audit import Soundness
from vango.core.causes import Cause
from vango.core.judge import Outcome
from vango.core.modes import Mode
from vango.core.rules import FollowFrom
from vango.core.words import Sentence
from vango.journal.kinds import Advisory, How


@dataclass(frozen=True, slots=True)
class Ack:
    """A PubAck: the stream seq, and whether the broker knew the message id already."""

    seq: int = 0
    duplicate: bool = False


@dataclass(frozen=True, slots=True)
class Commit:
    """“commit” and “done before” of the database. `operation` is the id under which it was asked for."""

    revision: int = 0
    sequence: int = 0
    event_id: str = ""
    subject: str = ""
    operation: str = ""


@dataclass(frozen=True, slots=True)
class Publish:
    """“publish” of the database, the relay or the learner: the first event, and how many went with it."""

    event_id: str = ""
    subject: str = ""
    count: int = 1
    how: How = How.NOT_KNOWN
    ack: Ack = Ack()


@dataclass(frozen=True, slots=True)
class Mark:
    """“mark” and “duplicate” of the relay. `stored` gives the stream seq of the first 50 events; `feed` is theirs."""

    count: int = 0
    duplicates: int = 0
    feed: str = ""
    stored: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Unanswered:
    """“unanswered” of the relay: the events whose PubAck did not come, the first 50."""

    count: int = 0
    event_ids: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Got:
    """“got” and “noise” of an edge: what it was handed. Seqs and delivery counts are of the first 50 messages."""

    stream_seqs: tuple[int, ...] = ()
    deliveries: tuple[int, ...] = ()
    count: int = 0
    foreign: int = 0
    bytes: int = 0
    headers: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class EdgeAck:
    """“ack” of an edge. `confirmed` says that the broker has answered; None: not known."""

    stream_seqs: tuple[int, ...] = ()
    confirmed: bool | None = None


@dataclass(frozen=True, slots=True)
class Judged:
    """“verdict” of an edge on the message at a stream seq. `reason` says in words why a message cannot be read."""

    stream_seq: int = 0
    verdict: Outcome | None = None
    reason: Sentence = ""


@dataclass(frozen=True, slots=True)
class Applied:
    """“apply” of an edge: its position `before` and after, and the first 50 events with the route and its new owner."""

    before: int = 0
    position: int = 0
    sequences: tuple[int, ...] = ()
    routes: tuple[str, ...] = ()
    owners: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Stumble:
    """“stumble” of an edge: the message that it left unacked."""

    stream_seq: int = 0


@dataclass(frozen=True, slots=True)
class ModeChange:
    """“mode” of an edge. `cause` says why it failed closed."""

    before: Mode | None = None
    after: Mode | None = None
    cause: Cause = Cause.NOT_KNOWN


@dataclass(frozen=True, slots=True)
class Load:
    """“snapshot” of an edge: the snapshot that it loaded, and where it read on."""

    sequence: int = 0
    event_id: str = ""
    stream_seq: int = 0
    follow_from: FollowFrom | None = None


@dataclass(frozen=True, slots=True)
class Crash:
    """“crash” of any actor: the point of its path, None when it died otherwise."""

    point: Point | None = None


@dataclass(frozen=True, slots=True)
class Advised:
    """“advisory” of the broker. `reason` is what an edge gave when it refused a message for good."""

    advisory: Advisory = Advisory.NOT_KNOWN
    stream: str = ""
    consumer: str = ""
    stream_seq: int = 0
    deliveries: int = 0
    reason: Sentence = ""

    @property
    def has_reason(self) -> bool:
        """Whether a reason came with it."""
        return bool(self.reason)


@dataclass(frozen=True, slots=True)
class Limits:
    """“limits” of a stream: the messages before and after, and the limits that were changed (None: left as it was)."""

    stream: str = ""
    before: int = 0
    after: int = 0
    max_msgs: int | None = None
    max_bytes: int | None = None
    max_age_s: float | None = None


@dataclass(frozen=True, slots=True)
class Loss:
    """“purge”, “deleted” and “recreated” of a stream. `ack_floors` is where a purge moved each consumer's cursor."""

    stream: str = ""
    purged: int = 0
    ack_floors: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Asked:
    """“verb” and “refused” of the learner. `err_code` is the broker's number for its refusal, 0 for anybody else's."""

    verb: str = ""
    arguments: Mapping[str, Any] = field(default_factory=dict)
    err_code: int = 0


@dataclass(frozen=True, slots=True)
class Cell:
    """“cell” of the learner: one fault without one protection, the verdict, and the records that prove it.

    `closed` are the edges that refused to answer at its end; `happened` says that the fault came about.
    """

    protection: str = ""
    fault: str = ""
    found: Sentence = ""
    soundness: Soundness | None = None
    happened: bool = False
    kinds: tuple[str, ...] = ()
    closed: tuple[str, ...] = ()
    records: tuple[Sentence, ...] = ()

    @property
    def is_sound(self) -> bool:
        """Whether the fault came about, nothing was found, and every edge answers."""
        return self.soundness is Soundness.SOUND and self.happened and not self.closed


@dataclass(frozen=True, slots=True)
class Storm:
    """“storm” of the learner: what it was, the verdict, the kinds of findings, the edges that stayed closed."""

    seed: int = 0
    length: int = 0
    missing: tuple[str, ...] = ()
    script: tuple[str, ...] = ()
    soundness: Soundness | None = None
    kinds: tuple[str, ...] = ()
    sentence: Sentence = ""
    records: tuple[Sentence, ...] = ()
    minimal: tuple[str, ...] = ()
    closed: tuple[str, ...] = ()


FACTS: Mapping[str, type] = {
    "ack": EdgeAck, "advisory": Advised, "apply": Applied, "cell": Cell, "commit": Commit, "crash": Crash,
    "deleted": Loss, "done before": Commit, "duplicate": Mark, "got": Got, "limits": Limits, "mark": Mark,
    "mode": ModeChange, "noise": Got, "publish": Publish, "purge": Loss, "recreated": Loss, "refused": Asked,
    "snapshot": Load, "storm": Storm, "stumble": Stumble, "unanswered": Unanswered, "verb": Asked, "verdict": Judged,
}  # fmt: skip
"""The record of each kind of moment that has one."""
