"""The idempotent consumer: what an edge does with the messages that came.

Judge the batch, apply it to the view and move the position in one transaction, then ack. The order of the last two is
the whole difference between a message that comes again and one that is lost.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from vango.actors.crash_points import Point
from vango.core.intake import Intake, take_in
from vango.core.judge import Outcome
from vango.core.rules import AckOrder, Poison
from vango.edge import foreign
from vango.edge.pull import Delivery
from vango.edge.session import Session
from vango.edge.state import Gap

STUCK_AFTER = 3
RETRY_DELAY_S = 0.2
VERDICTS_TOLD = 20
SEQS_TOLD = 50


async def handle(session: Session, deliveries: Sequence[Delivery]) -> None:
    """Handle messages that have come, in the order that the rules say. Raises `Gap`, `Crashed`, `Unavailable`."""
    _tell_got(session, deliveries)
    await session.edge.path.reach(Point.AFTER_RECEIVE)
    if session.edge.stumbles:
        deliveries = stumble(session, deliveries)
    if session.rules.handling_s:
        await asyncio.sleep(session.rules.handling_s)
    ways = {
        AckOrder.AFTER_APPLY: apply_then_ack,
        AckOrder.BEFORE_APPLY: ack_then_apply,
        AckOrder.QUEUED_BEFORE_APPLY: queue_ack_then_apply,
        AckOrder.NEVER: apply_only,
    }
    await ways[session.rules.ack](session, deliveries)


def stumble(session: Session, deliveries: Sequence[Delivery]) -> Sequence[Delivery]:
    """Fail at the first message: leave it unacked, so that it comes again, and go on with those behind it."""
    session.edge.stumbles = False
    seq = deliveries[0].stream_seq
    session.tell("stumble", f"could not handle {seq}: left unacked, going on", stream_seq=seq)
    return deliveries[1:]


async def apply_then_ack(session: Session, deliveries: Sequence[Delivery]) -> None:
    """Make the effect durable, then tell the broker. A crash in between brings the messages back: a duplicate."""
    intake = await apply(session, deliveries)
    await session.edge.path.reach(Point.AFTER_APPLY)
    await ack(session, intake.done)
    await conclude(session, intake)


async def ack_then_apply(session: Session, deliveries: Sequence[Delivery]) -> None:
    """Tell the broker, then make the effect durable. A crash in between loses the messages where nobody can see it."""
    await ack_and_confirm(session, deliveries)
    await session.edge.path.reach(Point.AFTER_ACK)
    intake = await apply(session, deliveries)
    await conclude(session, intake)


async def queue_ack_then_apply(session: Session, deliveries: Sequence[Delivery]) -> None:
    """As before, but the acks wait in the client's buffer: a crash before they are flushed takes them with it."""
    await ack(session, deliveries)
    await session.edge.path.reach(Point.AFTER_ACK, at_once=True)
    intake = await apply(session, deliveries)
    await conclude(session, intake)


async def apply_only(session: Session, deliveries: Sequence[Delivery]) -> None:
    """Never ack: the broker counts a message as done when it is delivered, and a crash before the apply loses it."""
    intake = await apply(session, deliveries)
    await session.edge.path.reach(Point.AFTER_APPLY)
    await conclude(session, intake)


async def apply(session: Session, deliveries: Sequence[Delivery]) -> Intake[Delivery]:
    """Judge a batch and write what follows from it: rows and position in one transaction."""
    view, was = session.view, session.view.position
    intake = take_in(view.rows, view.position, deliveries, session.rules, session.edge.recall)
    sql = await session.keep(view.apply, intake.rows.values(), intake.position) if intake.rows else []
    if view.position != was:
        session.claiming.note_move(mark_follows=True)
    session.edge.counters.update(intake.counts)
    if foreign.is_noise(deliveries):
        session.noise.pass_over(intake.done)
    _tell_intake(session, intake, before=was.sequence, sql=sql)
    return intake


async def ack(session: Session, deliveries: Sequence[Delivery]) -> None:
    """Ack each message. An ack that gets lost costs a redelivery, no more."""
    for delivery in deliveries:
        await session.wire.publish(delivery.reply, b"+ACK")
    if deliveries and not foreign.is_noise(deliveries):
        session.tell("ack", f"ack {_span(deliveries)}", stream_seqs=_seqs(deliveries), confirmed=False)


async def ack_and_confirm(session: Session, deliveries: Sequence[Delivery]) -> None:
    """A queued ack dies with the client (docs/nats-facts.md#queued-acks): ask the broker to confirm each."""
    for delivery in deliveries:
        await session.wire.request(delivery.reply, b"+ACK")
    if not foreign.is_noise(deliveries):
        session.tell("ack", f"ack {_span(deliveries)}, confirmed", stream_seqs=_seqs(deliveries), confirmed=True)


async def conclude(session: Session, intake: Intake[Delivery]) -> None:
    """Refuse what could not be read, and stop at a gap. Raises `Gap`."""
    for delivery, reason in intake.poison:
        await refuse_poison(session, delivery, reason)
    if not intake.poison and intake.done:
        session.edge.stuck = ""
    if intake.stopped:
        raise Gap(intake.stopped)


async def refuse_poison(session: Session, delivery: Delivery, reason: str) -> None:
    """Refuse a message that cannot be read: once and for all with the reason, or, if the rules say so, until later."""
    session.noise.flush()
    text = f"stream seq {delivery.stream_seq} cannot be read: {reason}"
    if session.rules.poison is Poison.TERMINATE:
        await session.wire.publish(delivery.reply, f"+TERM {reason}"[:200].encode())
        what = f"invalid: {delivery.stream_seq} is terminated"
        session.tell("verdict", what, stream_seq=delivery.stream_seq, reason=reason, verdict=Outcome.INVALID)
        return
    await session.wire.publish(delivery.reply, b'-NAK {"delay": %d}' % int(RETRY_DELAY_S * 1e9))
    what = f"invalid: {delivery.stream_seq}, delivery {delivery.deliveries}; to be retried"
    session.tell("verdict", what, stream_seq=delivery.stream_seq, reason=reason, verdict=Outcome.INVALID)
    if delivery.deliveries >= STUCK_AFTER:
        session.edge.stuck = f"{text}, delivered {delivery.deliveries} times"


def _tell_got(session: Session, deliveries: Sequence[Delivery]) -> None:
    """Tell what came. What is only noise is told of in one moment, later."""
    if foreign.is_noise(deliveries):
        return
    session.noise.flush()
    session.tell(
        "got",
        f"got {_span(deliveries)}",
        stream_seqs=_seqs(deliveries),
        deliveries=[delivery.deliveries for delivery in deliveries[:SEQS_TOLD]],
        count=len(deliveries),
        foreign=foreign.count(deliveries),
        bytes=sum(len(delivery.payload) for delivery in deliveries),
        headers=sorted({name for delivery in deliveries[:SEQS_TOLD] for name in delivery.headers or ()}),
        api=session.asked,
    )


def _tell_intake(session: Session, intake: Intake[Delivery], *, before: int, sql: Sequence[str]) -> None:
    if intake.applied:
        first, last = intake.applied[0], intake.applied[-1]
        one = f"apply {first.sequence}: {first.route} → {first.owner}"
        many = f"apply {len(intake.applied)} events, {first.sequence} to {last.sequence}"
        sequences = [event.sequence for event in intake.applied[:SEQS_TOLD]]
        text = one if first is last else many
        position = intake.position.sequence
        session.tell(
            "apply", text, before=before, position=position, sequences=sequences, sql=sql,
            routes=[event.route for event in intake.applied[:SEQS_TOLD]],
            owners=[event.owner for event in intake.applied[:SEQS_TOLD]],
        )  # fmt: skip
    for delivery, verdict in intake.verdicts[:VERDICTS_TOLD]:
        text = f"{verdict.outcome}: {verdict.reason}"
        session.tell("verdict", text, stream_seq=delivery.stream_seq, verdict=verdict.outcome)


def _seqs(deliveries: Sequence[Delivery]) -> list[int]:
    return [delivery.stream_seq for delivery in deliveries[:SEQS_TOLD]]


def _span(deliveries: Sequence[Delivery]) -> str:
    if len(deliveries) == 1:
        only = deliveries[0]
        return f"{only.stream_seq}" + (f" again, delivery {only.deliveries}" if only.deliveries > 1 else "")
    return f"{len(deliveries)} messages, {deliveries[0].stream_seq} to {deliveries[-1].stream_seq}"
