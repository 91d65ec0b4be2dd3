"""Following: what an edge does over one connection, from its first question to the connection's end.

It reads, has what came handled, and with nothing left to handle decides what may be claimed. Every surprise goes to
`vango.edge.recovery`.
"""

from __future__ import annotations

import asyncio
import time
from collections import deque

from nats.aio.msg import Msg

from vango.actors.errors import Unavailable
from vango.core.modes import ANSWERS, Mode
from vango.core.rules import OnGap
from vango.core.snapshot import BadSnapshot
from vango.edge import consumers, recovery
from vango.edge.consume import handle
from vango.edge.orders import Order
from vango.edge.session import Session
from vango.edge.state import Gap

DELETIONS = ("$JS.EVENT.ADVISORY.CONSUMER.DELETED.{stream}.>", "$JS.EVENT.ADVISORY.STREAM.DELETED.{stream}")
TOGETHER = 500
"""At most this many messages are handled in one turn of the loop: more would hold up every other bench."""


class Following:
    """One session from its beginning to its end. `orders` are done between two batches."""

    def __init__(self, session: Session, orders: deque[Order]) -> None:
        self._session = session
        self._orders = orders
        self._may_be_gone = False

    async def run(self) -> None:
        """Go on until the connection breaks. Raises `Unavailable` then, and `ConsumerGone`, `NotThere`, `Crashed`."""
        session = self._session
        try:
            await self._run()
        finally:
            session.claiming.stop_waiting()
            session.edge.word = session.edge.word.waited()
            if session.pull is not None:
                session.pull.stop_asking()

    async def _run(self) -> None:
        session = self._session
        session.wire.wakes(session.edge.wakeup)
        await session.wire.subscribe(session.domain.control.heartbeat, session.claiming.hear_mark)
        for subject in DELETIONS:
            await session.wire.subscribe(subject.format(stream=session.domain.stream), self._hear_deletion)
        if session.edge.mode is Mode.LOADING:
            await recovery.begin(session)
        elif session.edge.mode in ANSWERS:
            await session.open_consumer(from_new=False)
            session.edge.reason = ""
        else:
            await recovery.recover(session)
        await session.claiming.ask_mark()
        while not session.wire.broken.is_set():
            try:
                await self._follow()
            except Gap as gap:
                await recovery.fail_closed(session, gap.reason)
                if session.rules.on_gap is OnGap.CARRY_ON:
                    # It would see the same gap again at once, and write of nothing else.
                    await session.edge.wakeup.rest()
            except BadSnapshot as error:
                await recovery.fail_closed(session, recovery.refusal(error))
        raise Unavailable("The connection to the broker broke.")

    @property
    def _one_at_a_time(self) -> bool:
        """True when each event is to be seen separately: a crash is armed, the bench is slowed, or it takes time."""
        path = self._session.edge.path
        return path.armed is not None or path.is_slowed or self._session.rules.handling_s > 0

    async def _follow(self) -> None:
        """Obey an order, or handle what came, or look at how far the truth is said to be and wait."""
        session, pull, edge = self._session, self._session.pull, self._session.edge
        if self._orders:
            await self._orders.popleft().obey(session)
        elif pull is not None and (deliveries := pull.take(1 if self._one_at_a_time else TOGETHER)):
            edge.heard_at = time.monotonic()
            edge.taken_seq = deliveries[-1].stream_seq
            await handle(session, deliveries)
            # What was handled was at hand, so nothing above waited: let the others have their turn.
            await asyncio.sleep(0)
        else:
            edge.wakeup.clear()
            await self._make_sure_of_consumer()
            session.foreign.rest()
            if pull is not None and pull.idle and edge.mode in ANSWERS:
                await session.claiming.consider(pull)
            await edge.wakeup.rest()
            if recovery.is_due(session):
                # Nobody had a snapshot when it was asked for. Something has been heard since: perhaps now.
                await recovery.recover(session)

    async def _make_sure_of_consumer(self) -> None:
        """Now and then the server deletes a consumer and does not end its pull: ask. Raises `NotThere`."""
        if self._may_be_gone and self._session.pull is not None:
            self._may_be_gone = False
            session = self._session
            await consumers.has_nothing_left(session.wire, session.domain.stream, session.consumer)

    async def _hear_deletion(self, _: Msg) -> None:
        self._may_be_gone = True
        self._session.edge.wakeup.set()
