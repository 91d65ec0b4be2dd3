"""The pipeline: the rows of one feed on their way to the broker, many at once and in order.

The outbox loop (`vango.relay.sending`) iterates over it and gets one proof for each batch. The pipeline decides which
rows go next, how many are under way, and when to stop. The next batch is sent before the first is marked, so that the
broker is never idle. Nothing is sent after a row that did not go, because it could be stored before that row. What the
broker may refuse goes alone for the same reason.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Sequence
from typing import NamedTuple

from vango.actors.crash_points import Point
from vango.relay.envelope import Envelopes
from vango.relay.lane import Lane
from vango.relay.proof import Proof, prove
from vango.relay.publisher import Publisher, Sent
from vango.relay.reception import Reception, why_never
from vango.relay.state import RelayState
from vango.relay.telling import tell_publish
from vango.truth.outbox import Waiting, waiting

BATCH = 600
UNDER_WAY = 2
"""Batches under way at most. The second keeps the broker busy while the first is marked; a crash sends both again."""


class Batch(NamedTuple):
    """Rows that were sent, and the answers that came so far."""

    rows: Sequence[Waiting]
    sent: Sent


class Pipeline:
    """An iterator over the proofs of one feed's batches, in the order of sending. It ends when nothing more can go.

    `unsendable` is then the row at the head of the feed that no broker can store, with the reason; None without one.
    """

    def __init__(
        self, relay: RelayState, lane: Lane, publisher: Publisher, envelopes: Envelopes, reception: Reception
    ) -> None:
        self.unsendable: tuple[Waiting, str] | None = None
        self._relay = relay
        self._lane = lane
        self._publisher = publisher
        self._envelopes = envelopes
        self._reception = reception
        self._under_way: deque[Batch] = deque()
        self._stops = False

    def __aiter__(self) -> Pipeline:
        return self

    async def __anext__(self) -> Proof:
        """Send what may go, then return what the oldest batch's answers prove."""
        if self._publisher.is_broken:
            raise StopAsyncIteration
        await self.fill()
        if not self._under_way:
            raise StopAsyncIteration
        rows, sent = self._under_way.popleft()
        proof = prove(rows, await self._publisher.answers(sent, timeout_s=self._relay.rules.ack_timeout_s))
        # Nothing more is sent after a row that did not go. What is under way is still heard out.
        self._stops = self._stops or len(proof.stored) < len(rows) or self._relay.path.is_slowed
        return proof

    async def fill(self) -> None:
        """Send the next rows until enough batches are under way, without waiting for any answer."""
        while not self._stops and len(self._under_way) < UNDER_WAY and (rows := self._next_rows()):
            await self._relay.path.reach(Point.BEFORE_PUBLISH)
            tell_publish(self._relay, rows, self._envelopes.headers(rows[0]))
            sent = await self._publisher.send([self._envelopes.outgoing(row) for row in rows])
            self._under_way.append(Batch(rows, sent))
            # Every other bench has its turn between two batches.
            await asyncio.sleep(0)

    def _next_rows(self) -> Sequence[Waiting]:
        """Return the rows after those under way, as many as may be sent before an answer is heard."""
        last = self._under_way[-1].rows[-1] if self._under_way else None
        goes_alone = self._relay.path.is_slowed or bool(self._lane.trouble)
        if last is not None and (goes_alone or not self._reception.expects(last)):
            return []
        after, limit = (last.position if last else 0), (1 if goes_alone else BATCH)
        rows = waiting(self._relay.truth, after=after, limit=limit, feed=self._lane.feed)
        for index, row in enumerate(rows):
            headers = self._envelopes.headers(row)
            if reason := why_never(row.subject, row.body, headers, self._publisher.max_payload):
                if index == 0 and last is None:
                    self.unsendable = row, reason
                return rows[:index]
            if not self._reception.expects(row):
                return rows[:index] if index or last else rows[:1]
        return rows
