"""The switches that make a part behave correctly or fall into a trap.

The defaults are the correct behaviour. Every other setting is a mistake that real systems make. Each is one small
branch in its part, so that trap and cure can be read side by side.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


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
    """When an edge answers requests: also while it catches up, with what it has, or only when it claims to be current."""

    CATCHING_UP_TOO = "while catching up too"
    CURRENT_ONLY = "only when current"


class OnNoAnswer(StrEnum):
    """What the relay does with an event whose PubAck did not come: stored or not, it cannot know."""

    SAME_ID = "retry under the same id"
    NEW_ID = "retry under a new id"
    GIVE_UP = "give up"


@dataclass(frozen=True, slots=True)
class RelayRules:
    """How the relay publishes. See `vango.relay.relay`. `ack_timeout_s` is how long it waits for the PubAcks of a batch."""

    message_ids: bool = True
    expect_predecessor: bool = False
    on_no_answer: OnNoAnswer = OnNoAnswer.SAME_ID
    ack_timeout_s: float = 2.0


@dataclass(frozen=True, slots=True)
class StreamRules:
    """The limits of one stream, as JetStream has them. -1 and 0 seconds mean no limit, as they do there."""

    max_msgs: int = 10_000
    max_bytes: int = 64 * 1024 * 1024
    max_age_s: float = 0.0
    duplicate_window_s: float = 120.0


ROUTE_EVENTS = "route.owner.updated.>"


@dataclass(frozen=True, slots=True)
class EdgeRules:
    """How one edge consumes. See `vango.core.judge` for the three guards and `vango.edge.edge` for the rest.

    `freshness_s` is the freshness lease: with more than 0, the edge refuses requests once neither an event nor a
    mark was heard for that many seconds. `max_deliver` of -1 means that the broker never gives up on a message.
    `inactive_threshold_s` is how long the server keeps a consumer that nobody reads with; 0 leaves a durable one alone.
    `remember_ids` is how many event ids the edge keeps in memory besides that of each row; a restart forgets them.
    `handling_s` is how long it takes over each event.
    """

    durable: bool = True
    ack: AckOrder = AckOrder.AFTER_APPLY
    deduplicate: bool = True
    check_epochs: bool = True
    prove_continuity: bool = True
    on_gap: OnGap = OnGap.REBUILD
    ask_high_water_mark: bool = True
    freshness_s: float = 0.0
    start_from: StartFrom = StartFrom.SNAPSHOT
    verify_checksum: bool = True
    follow_from: FollowFrom = FollowFrom.SNAPSHOT
    answers: Answers = Answers.CATCHING_UP_TOO
    poison: Poison = Poison.TERMINATE
    subject_filter: str = ROUTE_EVENTS
    ack_wait_s: float = 2.0
    max_deliver: int = -1
    begin: Begin = Begin.OWN_POSITION
    inactive_threshold_s: float = 0.0
    foreign: Foreign = Foreign.SKIP
    remember_ids: int = 0
    handling_s: float = 0.0


NAIVE_EDGE = EdgeRules(
    deduplicate=False,
    check_epochs=False,
    prove_continuity=False,
    on_gap=OnGap.CARRY_ON,
    ask_high_water_mark=False,
)
"""An edge that trusts every message: the usual first version of a consumer."""


_ACKS_IN_WORDS = {
    AckOrder.BEFORE_APPLY: "acks before it applies",
    AckOrder.QUEUED_BEFORE_APPLY: "queues its acks before it applies",
    AckOrder.NEVER: "never acks",
}


def in_words(rules: EdgeRules) -> tuple[str, ...]:
    """Return where an edge departs from correct behaviour, one phrase per departure; empty when it does not."""
    correct = EdgeRules()
    phrases = (
        (rules.durable, "ephemeral consumer"),
        (rules.ack not in _ACKS_IN_WORDS, _ACKS_IN_WORDS.get(rules.ack, "")),
        (rules.deduplicate, "does not check event ids"),
        (rules.check_epochs, "does not check epochs"),
        (rules.prove_continuity, "asks for no continuity proof"),
        (rules.on_gap is not OnGap.CARRY_ON, "carries on after a gap"),
        (rules.on_gap is not OnGap.STAY_CLOSED, "stays closed until told to load"),
        (rules.ask_high_water_mark, 'trusts "nothing pending"'),
        (rules.freshness_s <= 0, f"refuses after {rules.freshness_s:g} s of silence"),
        (rules.start_from is correct.start_from, "starts from new, without a snapshot"),
        (rules.verify_checksum, "does not verify checksums"),
        (rules.follow_from is correct.follow_from, "reads on from new after a snapshot"),
        (rules.answers is correct.answers, "answers only when current"),
        (rules.poison is correct.poison, "retries what it cannot read"),
        (rules.subject_filter == correct.subject_filter, f"filter {rules.subject_filter}"),
        (rules.max_deliver < 0, f"max_deliver {rules.max_deliver}"),
        (rules.remember_ids <= 0, f"keeps the last {rules.remember_ids} event ids in memory"),
        (rules.handling_s <= 0, f"takes {rules.handling_s:g} s over each event"),
        (rules.foreign is correct.foreign, "insists on reading other domains' events"),
        (rules.begin is not Begin.NEW, "a new consumer begins from new"),
        (rules.begin is not Begin.ALL, "a new consumer begins with all"),
        (rules.inactive_threshold_s <= 0, f"consumer expires after {rules.inactive_threshold_s:g} s"),
    )
    return tuple(phrase for is_correct, phrase in phrases if not is_correct)
