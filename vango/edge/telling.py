"""What an edge does, as values, and the words that the journal gets. It decides nothing.

What was published in other domains only is reported in one moment, later (`vango.edge.foreign`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from vango.core.intake import Intake
from vango.core.judge import Outcome
from vango.core.snapshot import Snapshot
from vango.edge.pull import Delivery
from vango.edge.session import Session

VERDICTS_TOLD = 20
SEQS_TOLD = 50


@dataclass(frozen=True, slots=True)
class Applied:
    """A batch was written into the view. `before` is the sequence it was at, `sql` the first statements that ran."""

    intake: Intake[Delivery, Any, Any]
    before: int
    sql: Sequence[str]


@dataclass(frozen=True, slots=True)
class Acked:
    """Messages were acked, and with `confirmed` the broker has said so."""

    deliveries: Sequence[Delivery]
    confirmed: bool


@dataclass(frozen=True, slots=True)
class Refused:
    """A message that cannot be read was terminated, or is to be retried."""

    delivery: Delivery
    reason: str
    retried: bool


@dataclass(frozen=True, slots=True)
class Loaded:
    """A snapshot has replaced the view. `follows` says from where the edge reads on."""

    snapshot: Snapshot[Any]
    follows: str


def tell_got(session: Session, deliveries: Sequence[Delivery]) -> None:
    """Tell which messages came."""
    if session.foreign.is_all(deliveries):
        return
    session.foreign.flush()
    session.tell(
        "got",
        f"got {_span(deliveries)}",
        stream_seqs=_seqs(deliveries),
        deliveries=[delivery.deliveries for delivery in deliveries[:SEQS_TOLD]],
        count=len(deliveries),
        foreign=session.foreign.count(deliveries),
        bytes=sum(len(delivery.payload) for delivery in deliveries),
        headers=sorted({name for delivery in deliveries[:SEQS_TOLD] for name in delivery.headers or ()}),
        api=session.asked,
    )


def tell_applied(session: Session, applied: Applied) -> None:
    """Tell which events were applied, and every verdict but plain applies."""
    intake = applied.intake
    if intake.applied:
        first, last = intake.applied[0], intake.applied[-1]
        one = f"apply {first.sequence}: {first.words}"
        many = f"apply {len(intake.applied)} events, {first.sequence} to {last.sequence}"
        sequences = [event.sequence for event in intake.applied[:SEQS_TOLD]]
        text = one if first is last else many
        position = intake.position.sequence
        session.tell(
            "apply", text, before=applied.before, position=position, sequences=sequences, sql=applied.sql,
            routes=[event.key for event in intake.applied[:SEQS_TOLD]],
            owners=[getattr(event, "owner", "") for event in intake.applied[:SEQS_TOLD]],
        )  # fmt: skip
    for delivery, verdict in intake.verdicts[:VERDICTS_TOLD]:
        text = f"{verdict.outcome}: {verdict.reason}"
        session.tell("verdict", text, stream_seq=delivery.stream_seq, verdict=verdict.outcome)


def tell_acked(session: Session, acked: Acked) -> None:
    """Tell which messages were acked."""
    if not acked.deliveries or session.foreign.is_all(acked.deliveries):
        return
    text = f"ack {_span(acked.deliveries)}{', confirmed' if acked.confirmed else ''}"
    session.tell("ack", text, stream_seqs=_seqs(acked.deliveries), confirmed=acked.confirmed)


def tell_refused(session: Session, refused: Refused) -> None:
    """Report a message that cannot be read, and what happens to it."""
    session.foreign.flush()
    delivery = refused.delivery
    retried = f"invalid: {delivery.stream_seq}, delivery {delivery.deliveries}; to be retried"
    text = retried if refused.retried else f"invalid: {delivery.stream_seq} is terminated"
    session.tell("verdict", text, stream_seq=delivery.stream_seq, reason=refused.reason, verdict=Outcome.INVALID)


def tell_stumbled(session: Session, delivery: Delivery) -> None:
    """Report a message that could not be handled."""
    seq = delivery.stream_seq
    session.tell("stumble", f"could not handle {seq}: left unacked, going on", stream_seq=seq)


def tell_loaded(session: Session, loaded: Loaded) -> None:
    """Report a snapshot that was loaded."""
    snapshot = loaded.snapshot
    session.tell(
        "snapshot", f"loaded a snapshot at {snapshot.sequence}, follows {loaded.follows}",
        sequence=snapshot.sequence, event_id=snapshot.event_id, stream_seq=snapshot.stream_seq, follows=loaded.follows,
        follow_from=session.rules.follow_from,
    )  # fmt: skip


def tell_replayed(session: Session, from_seq: int) -> None:
    """Tell that the consumer is put back."""
    session.tell("replay", f"replay from stream seq {from_seq}", from_seq=from_seq)


def _seqs(deliveries: Sequence[Delivery]) -> list[int]:
    return [delivery.stream_seq for delivery in deliveries[:SEQS_TOLD]]


def _span(deliveries: Sequence[Delivery]) -> str:
    if len(deliveries) == 1:
        only = deliveries[0]
        return f"{only.stream_seq}" + (f" again, delivery {only.deliveries}" if only.deliveries > 1 else "")
    return f"{len(deliveries)} messages, {deliveries[0].stream_seq} to {deliveries[-1].stream_seq}"
