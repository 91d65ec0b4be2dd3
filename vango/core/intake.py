"""Intake: what a batch of deliveries does to a view, computed before anything is written.

Pure. It takes the view's rows and position and the deliveries, and judges them one after another. It returns the rows
that change, the new position, what to do with each message, and why it stopped if it did.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Generic, Protocol, TypeVar

from vango.core import telemetry
from vango.core.events import Event, InvalidEvent, domain_of, from_document, parse
from vango.core.judge import Outcome, Position, Row, Verdict, advance, apply, judge
from vango.core.recent_ids import Recall
from vango.core.rules import EdgeRules, Foreign, OnGap, Poison


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
class Intake(Generic[M]):
    """The result. `done` are the deliveries to ack, `poison` those that could not be read, each with its reason.

    `stopped` is the reason of the gap that ended the batch early, empty when it went through; `gap_at` is then the
    delivery that showed it. `verdicts` holds what is worth telling: everything but plain applies.
    """

    position: Position
    rows: dict[str, Row] = field(default_factory=dict)
    applied: list[Event] = field(default_factory=list)
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


def take_in(
    rows: Mapping[str, Row], position: Position, deliveries: Sequence[M], rules: EdgeRules, recall: Recall
) -> Intake[M]:
    """Judge deliveries in order against a view and the remembered ids, and return the result."""
    intake: Intake[M] = Intake(position)
    for delivery in deliveries:
        intake.counts["received"] += 1
        intake.counts["bytes"] += len(delivery.payload)
        intake.counts["redelivered"] += delivery.deliveries > 1
        try:
            event = read_everything(delivery.payload) if rules.foreign is Foreign.READ else read_own(delivery.payload)
        except InvalidEvent as error:
            intake.counts["invalid"] += 1
            intake.poison.append((delivery, str(error)))
            if rules.poison is Poison.RETRY:
                break
            continue
        if event is None:
            intake.counts["foreign"] += 1
            intake.done.append(delivery)
            continue
        row = intake.rows.get(event.route) or rows.get(event.route)
        verdict = remembered(event, rules, recall) or judge(intake.position, row, event, rules)
        if verdict.outcome is not Outcome.APPLY:
            intake.counts[_COUNTED[verdict.outcome]] += 1
            intake.verdicts.append((delivery, verdict))
        if verdict.outcome is Outcome.GAP and rules.on_gap is not OnGap.CARRY_ON:
            intake.stopped, intake.gap_at = verdict.reason, delivery
            break
        if verdict.outcome in (Outcome.APPLY, Outcome.GAP):
            intake.rows[event.route] = apply(row, event)
            intake.position = advance(intake.position, event, delivery.stream_seq)
            intake.applied.append(event)
            intake.counts["applied"] += 1
        recall.keep(event.id)
        intake.done.append(delivery)
    return intake


def remembered(event: Event, rules: EdgeRules, recall: Recall) -> Verdict | None:
    """Return why an event counts as seen before, as far as the edge remembers."""
    if rules.deduplicate and event.id in recall:
        return Verdict(Outcome.DUPLICATE, f"event {event.id} is one of the last {len(recall)} ids that are remembered")
    return None
