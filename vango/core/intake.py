"""Intake: what a batch of messages does to a view, worked out before anything is written. Pure.

Each message is decided in four steps, and each step is a function:

    read         is it an event, another domain's, or unreadable (`vango.core.facts`; `read_own`, `read_everything`)
    judge        was it handled before (`remembered`), and may it be applied (`vango.core.judge`)
    note         what it changes: the route's row, the position, the ids that are remembered
    take_one     what happens to the message, and whether the next one may be taken in

The edge writes the result in one transaction, and acks what is `done` (`vango.edge.consume`).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Generic, Protocol, TypeVar

from vango.core import telemetry
from vango.core.events import Event, InvalidEvent, domain_of, from_document, parse
from vango.core.facts import E, Facts, Notice, R
from vango.core.judge import APPLY, Outcome, Position, Verdict, advance, judge
from vango.core.recent_ids import RecentIds
from vango.core.rules import EdgeRules, OnGap, Poison


class Message(Protocol):
    """What the judging needs of a delivered message. `deliveries` counts from 1."""

    @property
    def payload(self) -> bytes: ...
    @property
    def stream_seq(self) -> int: ...
    @property
    def deliveries(self) -> int: ...


M = TypeVar("M", bound=Message)


@dataclass(slots=True)
class Intake(Generic[M, E, R]):
    """The result: the view's new `position`, the `rows` that change, and the ids to remember from now on.

    `done` are the messages to ack, `poison` those that could not be read, each with its reason. `stopped` is the reason
    of the gap that ended the batch early, empty when it went through; `gap_at` is then the message that showed it.
    `verdicts` holds what is worth telling: everything but plain applies.
    """

    position: Position
    recent_ids: RecentIds
    rows: dict[str, R] = field(default_factory=dict)
    applied: list[E] = field(default_factory=list)
    done: list[M] = field(default_factory=list)
    poison: list[tuple[M, str]] = field(default_factory=list)
    verdicts: list[tuple[M, Verdict]] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)
    stopped: str = ""
    gap_at: M | None = None


OWN_DOMAIN = "route"
_COUNTED = {
    Outcome.DUPLICATE: "duplicates",
    Outcome.STALE_EPOCH: "stale",
    Outcome.GAP: "gaps",
    Outcome.FOREIGN: "foreign",
}


def take_in(
    facts: Facts[E, R],
    rows: Mapping[str, R],
    position: Position,
    messages: Sequence[M],
    rules: EdgeRules,
    recent_ids: RecentIds,
) -> Intake[M, E, R]:
    """Decide messages in order, against a view and the ids that the edge remembers. Nothing passed in changes."""
    intake: Intake[M, E, R] = Intake(position, recent_ids.copy())
    received: Sequence[M] = messages
    for index, message in enumerate(messages):
        if not take_one(facts, intake, rows, message, rules):
            received = messages[: index + 1]
            break
    intake.counts["received"] = len(received)
    intake.counts["bytes"] = sum([len(message.payload) for message in received])
    intake.counts["redelivered"] = sum([message.deliveries > 1 for message in received])
    intake.counts["applied"] = len(intake.applied)
    return intake


def take_one(facts: Facts[E, R], intake: Intake[M, E, R], rows: Mapping[str, R], message: M, rules: EdgeRules) -> bool:
    """Decide one message after those that are in the intake. Returns whether the next one may be taken in."""
    try:
        event = facts.read(message.payload, rules.foreign)
    except InvalidEvent as error:
        intake.counts["invalid"] += 1
        intake.poison.append((message, str(error)))
        # A retried message keeps its place: nothing behind it may be handled first.
        return rules.poison is not Poison.RETRY
    if event is None:
        intake.counts["foreign"] += 1
        intake.done.append(message)
        return True
    row = intake.rows.get(event.key) or rows.get(event.key)
    verdict = remembered(event, rules, intake.recent_ids) or judge(intake.position, row, event, rules)
    if verdict is not APPLY:
        intake.counts[_COUNTED[verdict.outcome]] += 1
        intake.verdicts.append((message, verdict))
    if verdict.outcome is Outcome.GAP and rules.on_gap is not OnGap.CARRY_ON:
        intake.stopped, intake.gap_at = verdict.reason, message
        return False
    note(facts, intake, row, event, verdict, message.stream_seq)
    intake.done.append(message)
    return True


def read_own(payload: bytes) -> Event | None:
    """Look at the type first: what belongs to another domain is opened no further, and is None."""
    document = parse(payload)
    if domain_of(document) not in (OWN_DOMAIN, ""):
        return None
    return from_document(document)


def read_everything(payload: bytes) -> Event | None:
    """Insist on understanding whatever comes: a field that another team renames makes the message unreadable."""
    document = parse(payload)
    if domain_of(document) == telemetry.DOMAIN:
        telemetry.check(document)
        return None
    return from_document(document)


def remembered(event: Notice, rules: EdgeRules, recent_ids: RecentIds) -> Verdict | None:
    """Say that an event was seen before, as far as the edge remembers."""
    if rules.deduplicate and event.id in recent_ids:
        return Verdict(
            Outcome.DUPLICATE, f"event {event.id} is one of the last {len(recent_ids)} ids that are remembered"
        )
    return None


def note(
    facts: Facts[E, R], intake: Intake[M, E, R], row: R | None, event: E, verdict: Verdict, stream_seq: int
) -> None:
    """Note what an event changes. A gap gets here only with a rule that carries on after one."""
    if verdict.outcome in (Outcome.APPLY, Outcome.GAP):
        intake.rows[event.key] = facts.apply(row, event)
        intake.position = advance(intake.position, event, stream_seq)
        intake.applied.append(event)
    intake.recent_ids.keep(event.id)
