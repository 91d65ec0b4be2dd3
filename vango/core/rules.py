"""The switches that make a part behave correctly or fall into a trap.

The defaults are the correct behaviour. Every other setting is a mistake that real systems make; each is one small
branch in the part that it belongs to, so that trap and cure can be read side by side. All that is said of a rule
anywhere stands in its record (`vango.core.rule_record`).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache

from vango.core.rule_record import Protects, Rule, departures, rule


class WriteOrder(StrEnum):
    """In which order the control plane commits a fact and publishes its event."""

    OUTBOX = "outbox"
    PUBLISH_FIRST = "publish first"
    COMMIT_THEN_PUBLISH = "commit then publish"


class AckOrder(StrEnum):
    """When an edge acks a message, and whether it makes sure that the ack was heard."""

    AFTER_APPLY = "after apply"
    BEFORE_APPLY = "before apply"
    QUEUED_BEFORE_APPLY = "before apply, unconfirmed"
    NEVER = "never"


class OnGap(StrEnum):
    """What an edge does once it has seen a gap."""

    REBUILD = "rebuild"
    STAY_CLOSED = "stay closed"
    CARRY_ON = "carry on"


class Poison(StrEnum):
    """What an edge does with a message that it cannot read."""

    TERMINATE = "terminate"
    RETRY = "retry"


class StartFrom(StrEnum):
    """Where an edge with an empty view begins."""

    SNAPSHOT = "snapshot"
    NEW = "new"


class Begin(StrEnum):
    """Where a consumer begins that the server does not know: a first one, or one that was deleted or has expired.

    An ephemeral consumer does not get the edge's position: unless it begins with all, it begins with new messages.
    """

    OWN_POSITION = "own position"
    NEW = "new"
    ALL = "all"


class Foreign(StrEnum):
    """What an edge does with an event of another domain."""

    SKIP = "skip"
    READ = "read"


class FollowFrom(StrEnum):
    """Where an edge reads on once it has loaded a snapshot."""

    SNAPSHOT = "the snapshot"
    NEW = "new"


class Answers(StrEnum):
    """When an edge answers requests: also while it catches up, with what it has, or only when it is current."""

    CATCHING_UP_TOO = "while catching up too"
    CURRENT_ONLY = "only when current"


class OnNoAnswer(StrEnum):
    """What the relay does with an event whose PubAck did not come: stored or not, it cannot know."""

    SAME_ID = "retry under the same id"
    NEW_ID = "retry under a new id"
    GIVE_UP = "give up"


@dataclass(frozen=True, slots=True)
class RelayRules:
    """How the relay publishes: see `vango.relay.relay`. It waits `ack_timeout_s` for the PubAcks of a batch."""

    message_ids: bool = rule(True, Rule("message ids", protects=Protects("message-ids", "message ids", off=False)))
    expect_predecessor: bool = rule(False, Rule("expect the predecessor"))
    on_no_answer: OnNoAnswer = rule(OnNoAnswer.SAME_ID, Rule("when no PubAck comes"))
    ack_timeout_s: float = rule(2.0, Rule("waits for a PubAck, seconds", low=0.1, high=60))


@dataclass(frozen=True, slots=True)
class StreamRules:
    """The limits of one stream, as JetStream has them. -1 and 0 seconds mean no limit, as they do there."""

    max_msgs: int = 10_000
    max_bytes: int = 64 * 1024 * 1024
    max_age_s: float = 0.0
    duplicate_window_s: float = 120.0


ROUTE_EVENTS = "route.owner.updated.>"
MAX_REMEMBERED = 100_000
_ACKS_IN_WORDS = {
    AckOrder.BEFORE_APPLY: "acks before it applies",
    AckOrder.QUEUED_BEFORE_APPLY: "queues its acks before it applies",
    AckOrder.NEVER: "never acks",
}


@dataclass(frozen=True, slots=True)
class EdgeRules:
    """How one edge consumes. See `vango.core.judge` for the three guards and `vango.edge.edge` for the rest.

    `freshness_s` is the freshness lease: with more than 0, the edge refuses requests once neither an event nor a
    mark was heard for that many seconds. `max_deliver` of -1 means that the broker never gives up on a message.
    `inactive_threshold_s` is how long the server keeps a consumer that nobody reads with; 0 leaves a durable one alone.
    `remember_ids` is how many event ids the edge keeps in memory besides that of each row; a restart forgets them.
    `handling_s` is how long it takes over each event.
    """

    durable: bool = rule(
        True,
        Rule("durable consumer", "ephemeral consumer", protects=Protects("durable", "durable consumer", off=False)),
    )
    ack: AckOrder = rule(
        AckOrder.AFTER_APPLY,
        Rule("ack", _ACKS_IN_WORDS, protects=Protects("ack", "ack after apply", off=AckOrder.BEFORE_APPLY)),
    )
    deduplicate: bool = rule(
        True,
        Rule(
            "check event ids", "does not check event ids",
            protects=Protects("event-ids", "event ids at the edge", off=False),
        ),
    )  # fmt: skip
    check_epochs: bool = rule(
        True, Rule("check epochs", "does not check epochs", protects=Protects("epochs", "epochs", off=False))
    )
    prove_continuity: bool = rule(
        True,
        Rule(
            "demand the continuity proof", "asks for no continuity proof",
            protects=Protects("continuity", "continuity proof", off=False),
        ),
    )  # fmt: skip
    on_gap: OnGap = rule(
        OnGap.REBUILD,
        Rule(
            "on a gap",
            {OnGap.CARRY_ON: "carries on after a gap", OnGap.STAY_CLOSED: "stays closed until told to load"},
            protects=Protects("rebuild", "rebuild on a gap", off=OnGap.CARRY_ON),
        ),
    )
    ask_high_water_mark: bool = rule(
        True,
        Rule(
            "ask for the high-water mark", 'trusts "nothing pending"',
            protects=Protects("mark", "high-water mark", off=False),
        ),
    )  # fmt: skip
    freshness_s: float = rule(
        0.0,
        Rule("freshness lease, seconds (0: none)", "refuses when unheard for {:g} s", low=0, high=7 * 86_400),
    )
    start_from: StartFrom = rule(
        StartFrom.SNAPSHOT,
        Rule(
            "with an empty view, start from", "starts from new, without a snapshot",
            protects=Protects("snapshot-first", "snapshot first", off=StartFrom.NEW),
        ),
    )  # fmt: skip
    verify_checksum: bool = rule(
        True,
        Rule("verify checksums", "does not verify checksums", protects=Protects("checksum", "checksum", off=False)),
    )
    follow_from: FollowFrom = rule(
        FollowFrom.SNAPSHOT, Rule("after a snapshot, read on from", "reads on from new after a snapshot")
    )
    answers: Answers = rule(Answers.CATCHING_UP_TOO, Rule("answers requests", "answers only when current"))
    poison: Poison = rule(
        Poison.TERMINATE,
        Rule(
            "what it cannot read", "retries what it cannot read",
            protects=Protects("poison", "end of what cannot be read", off=Poison.RETRY),
        ),
    )  # fmt: skip
    subject_filter: str = rule(ROUTE_EVENTS, Rule("subject filter", "filter {}"))
    ack_wait_s: float = rule(2.0, Rule("ack_wait, seconds", low=0.1, high=3600))
    max_deliver: int = rule(-1, Rule("max_deliver (-1: no limit)", "max_deliver {}", low=-1, high=1000))
    begin: Begin = rule(
        Begin.OWN_POSITION,
        Rule(
            "a consumer unknown to the server begins from",
            {Begin.NEW: "a new consumer begins from new", Begin.ALL: "a new consumer begins with all"},
        ),
    )
    inactive_threshold_s: float = rule(
        0.0, Rule("inactive threshold, seconds (0: none)", "consumer expires after {:g} s", low=0, high=3600)
    )
    foreign: Foreign = rule(Foreign.SKIP, Rule("other domains’ events", "insists on reading other domains' events"))
    remember_ids: int = rule(
        0,
        Rule(
            "event ids kept in memory (0: only each row's)", "keeps the last {} event ids in memory",
            low=0, high=MAX_REMEMBERED,
        ),
    )  # fmt: skip
    handling_s: float = rule(
        0.0, Rule("time taken over each event, seconds", "takes {:g} s over each event", low=0, high=60)
    )


NAIVE_EDGE = EdgeRules(
    deduplicate=False,
    check_epochs=False,
    prove_continuity=False,
    on_gap=OnGap.CARRY_ON,
    ask_high_water_mark=False,
)
"""An edge that trusts every message: the usual first version of a consumer."""


@lru_cache(maxsize=256)
def in_words(rules: EdgeRules) -> tuple[str, ...]:
    """Say where an edge departs from correct behaviour, one phrase a departure; empty when it does not."""
    return departures(rules)
