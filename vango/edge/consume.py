"""The idempotent consumer: what an edge does with the messages that came.

Judge the batch, apply it to the view and move the position in one transaction, then ack. The order of the last two is
the whole difference between a redelivered message and a lost one.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from vango.actors.crash_points import Point
from vango.core.intake import take_in
from vango.core.rules import AckOrder, Poison
from vango.edge.pull import Delivery
from vango.edge.session import Session
from vango.edge.state import Gap
from vango.edge.telling import (
    Acked,
    Applied,
    Refused,
    tell_acked,
    tell_applied,
    tell_got,
    tell_refused,
    tell_stumbled,
)

STUCK_AFTER = 3
RETRY_DELAY_S = 0.2


async def handle(session: Session, deliveries: Sequence[Delivery]) -> None:
    """Handle messages that have come, in the order that the rules say. Raises `Gap`, `Crashed`, `Unavailable`."""
    tell_got(session, deliveries)
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
    """Fail at the first message: leave it unacked, so that it comes again, and continue with the next."""
    session.edge.stumbles = False
    tell_stumbled(session, deliveries[0])
    return deliveries[1:]


async def apply_then_ack(session: Session, deliveries: Sequence[Delivery]) -> None:
    """Make the effect durable, then tell the broker. A crash in between brings the messages back: a duplicate."""
    applied = await apply(session, deliveries)
    await session.edge.path.reach(Point.AFTER_APPLY)
    await ack(session, applied.intake.done)
    await conclude(session, applied)


async def ack_then_apply(session: Session, deliveries: Sequence[Delivery]) -> None:
    """Tell the broker, then make the effect durable. A crash in between loses the messages, and nothing shows it."""
    await ack_and_confirm(session, deliveries)
    await session.edge.path.reach(Point.AFTER_ACK)
    applied = await apply(session, deliveries)
    await conclude(session, applied)


async def queue_ack_then_apply(session: Session, deliveries: Sequence[Delivery]) -> None:
    """As before, but the acks wait in the client's buffer: a crash before they are flushed takes them with it."""
    await ack(session, deliveries)
    await session.edge.path.reach(Point.AFTER_ACK, at_once=True)
    applied = await apply(session, deliveries)
    await conclude(session, applied)


async def apply_only(session: Session, deliveries: Sequence[Delivery]) -> None:
    """Never ack: the broker counts a message as done when it is delivered, and a crash before the apply loses it."""
    applied = await apply(session, deliveries)
    await session.edge.path.reach(Point.AFTER_APPLY)
    await conclude(session, applied)


async def apply(session: Session, deliveries: Sequence[Delivery]) -> Applied:
    """Judge a batch and write what follows from it: rows and position in one transaction."""
    view, was = session.view, session.view.position
    intake = take_in(session.edge.facts, view.rows, view.position, deliveries, session.rules, session.edge.recent_ids)
    sql = await session.keep(view.apply, intake.rows.values(), intake.position) if intake.rows else []
    session.edge.recent_ids = intake.recent_ids
    if view.position != was:
        session.claiming.note_move(mark_follows=True)
    session.edge.counters.update(intake.counts)
    if session.foreign.is_all(deliveries):
        session.foreign.pass_over(intake.done)
    applied = Applied(intake, was.sequence, sql)
    tell_applied(session, applied)
    return applied


async def ack(session: Session, deliveries: Sequence[Delivery]) -> Acked:
    """Ack each message. An ack that gets lost costs a redelivery, no more."""
    await session.wire.publish_each([delivery.reply for delivery in deliveries], b"+ACK")
    acked = Acked(deliveries, confirmed=False)
    tell_acked(session, acked)
    return acked


async def ack_and_confirm(session: Session, deliveries: Sequence[Delivery]) -> Acked:
    """A queued ack dies with the client (docs/nats-facts.md#queued-acks): ask the broker to confirm each."""
    for delivery in deliveries:
        await session.wire.request(delivery.reply, b"+ACK")
    acked = Acked(deliveries, confirmed=True)
    tell_acked(session, acked)
    return acked


async def conclude(session: Session, applied: Applied) -> None:
    """Refuse what could not be read, and stop at a gap. Raises `Gap`."""
    intake = applied.intake
    for delivery, reason in intake.poison:
        await refuse_poison(session, delivery, reason)
    if not intake.poison and intake.done:
        session.edge.stuck = ""
    if intake.stopped:
        raise Gap(intake.stopped)


async def refuse_poison(session: Session, delivery: Delivery, reason: str) -> Refused:
    """Refuse a message that cannot be read: once and for all with the reason, or, if the rules say so, until later."""
    refused = Refused(delivery, reason, retried=session.rules.poison is Poison.RETRY)
    if refused.retried:
        await session.wire.publish(delivery.reply, b'-NAK {"delay": %d}' % int(RETRY_DELAY_S * 1e9))
    else:
        await session.wire.publish(delivery.reply, f"+TERM {reason}"[:200].encode())
    tell_refused(session, refused)
    if refused.retried and delivery.deliveries >= STUCK_AFTER:
        times = f"delivered {delivery.deliveries} times"
        session.edge.stuck = f"stream seq {delivery.stream_seq} cannot be read: {reason}, {times}"
    return refused
