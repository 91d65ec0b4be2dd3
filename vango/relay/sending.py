"""Sending: what waits in one feed is published in order, and marked on its PubAcks.

A batch is sent pipelined, with a message id each, and its rows are marked in one transaction; the broker stores the next
batch meanwhile. An answer that does not come says nothing about what was stored, so the row is published again under
the same id; the broker's duplicate window and the edges' own checks absorb the second copy. `vango.relay.unanswered` has
the two wrong ways beside this one.

A row that the broker does not take stops its feed, and nobody else's: later rows of that feed wait behind it. What was
under way behind it and was acked is marked all the same, so that it is not sent twice. What may be refused, as far as is
known, goes alone (`vango.relay.reception`).
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Sequence
from typing import NamedTuple

from vango.actors.crash_points import Point
from vango.actors.sqlite import patiently
from vango.broker.connection import Wire
from vango.core.records import StuckRow
from vango.core.rules import OnNoAnswer
from vango.relay.lane import Lane
from vango.relay.pipeline import NO_STREAM, Outgoing, PubAck, Publisher, Sent
from vango.relay.reception import Reception, stuck_for_ever, stuck_until_changed, why_never
from vango.relay.state import RelayState
from vango.relay.telling import tell_mark, tell_publish, tell_silence
from vango.relay.unanswered import NoAnswer
from vango.truth.outbox import Waiting, mark_published, predecessor, waiting

BATCH = 400
UNDER_WAY = 2
"""Batches at a time. The second keeps the broker busy while the first is marked; more would be more to send again."""
WRONG_LAST_MSG_ID = 10070
HEADERS_ALLOWED = 512
"""What the headers of a message take at most, when its size is held against a stream's limit."""
CHAINED_FEED = "route"
"""The feed that has a stream to itself, so that its predecessor is the stream's last message."""


class Batch(NamedTuple):
    """Rows that are under way to the broker, and what was heard of them so far."""

    rows: Sequence[Waiting]
    sent: Sent


class Sending:
    """How one relay sends. What it knows of the broker's streams is asked for anew when it no longer holds."""

    def __init__(self, relay: RelayState) -> None:
        self._relay = relay
        self._begins_chain = False
        self._reception: Reception | None = None
        self._may_ask = True
        self._no_answer = NoAnswer(relay.truth)

    def forget_reception(self) -> None:
        """Another connection, or a stream that was made or changed: what the broker takes is to be asked again."""
        self._reception, self._may_ask = None, True

    async def ask_reception(self, wire: Wire) -> None:
        """Ask what the broker's streams take, if that is not known and something has happened since it was asked."""
        if self._reception is None and self._may_ask:
            self._may_ask = False
            self._reception = await Reception.ask(wire)

    async def publish(self, publisher: Publisher, lane: Lane) -> None:
        """Publish what waits in one feed, in order, and mark what the broker acked, until nothing waits or a row cannot go."""
        under_way: deque[Batch] = deque()
        stopped = False
        while not publisher.is_broken:
            while not stopped and len(under_way) < UNDER_WAY and (rows := self._next_rows(lane, under_way, publisher)):
                await self._relay.path.reach(Point.BEFORE_PUBLISH)
                tell_publish(self._relay, rows, self._headers(rows[0]))
                under_way.append(Batch(rows, await publisher.send([self._outgoing(row) for row in rows])))
                # Every other bench has its turn between two batches.
                await asyncio.sleep(0)
            if not under_way:
                return
            rows, sent = under_way.popleft()
            acks = await publisher.answers(sent, timeout_s=self._relay.rules.ack_timeout_s)
            await self._relay.path.reach(Point.BEFORE_MARK)
            # Behind a row that did not go nothing is sent. What is under way behind it is still heard out.
            stopped = not await self._mark_acked(lane, rows, acks) or stopped or self._relay.path.is_slowed

    def _next_rows(self, lane: Lane, under_way: Sequence[Batch], publisher: Publisher) -> Sequence[Waiting]:
        """Return the rows of a feed behind those that are under way, as many as may be sent before an answer is heard."""
        goes_alone = self._relay.path.is_slowed or bool(lane.trouble)
        if under_way and (goes_alone or not self._is_expected(under_way[-1].rows[-1])):
            return []
        last = under_way[-1].rows[-1].position if under_way else 0
        rows = waiting(self._relay.truth, after=last, limit=1 if goes_alone else BATCH, feed=lane.feed)
        for index, row in enumerate(rows):
            if reason := why_never(row.subject, row.body, self._headers(row), publisher.max_payload):
                if index == 0 and not under_way:
                    self._tell_never(lane, row, reason)
                return rows[:index]
            if not self._is_expected(row):
                return rows[:index] if index or under_way else rows[:1]
        return rows

    def _is_expected(self, row: Waiting) -> bool:
        size = len(row.body) + HEADERS_ALLOWED
        return self._reception is not None and self._reception.expects(row.subject, size)

    async def _mark_acked(self, lane: Lane, rows: Sequence[Waiting], acks: Sequence[PubAck | None]) -> bool:
        """Mark the rows that were acked, and say whether all were. Raises nothing for an answer that is missing."""
        read = [(row, _as_stored(row, ack)) for row, ack in zip(rows, acks, strict=True)]
        marked = [(row, ack) for row, ack in read if ack is not None and not ack.error]
        others = [] if len(marked) == len(rows) else read
        refused = [(row, ack) for row, ack in others if ack is not None and ack.error]
        silent = [row for row, ack in others if ack is None]
        if marked:
            stored = [(row.position, ack.seq) for row, ack in marked]
            sql = await patiently(mark_published, self._relay.truth, stored, token=self._relay.token)
            self._no_answer.settled([row for row, _ in marked])
            lane.went()
            self._may_ask = True
            self._count(marked, sql)
        if silent:
            self._deal_with_silence(lane, silent)
        if refused:
            self._tell_refusal(lane, *refused[0])
        return len(marked) == len(rows)

    def _deal_with_silence(self, lane: Lane, rows: Sequence[Waiting]) -> None:
        what = self._no_answer.deal_with(rows, self._relay.rules.on_no_answer, token=self._relay.token)
        self._relay.unanswered += len(rows)
        self._relay.last_unanswered = rows[-1].event_id
        self._relay.gave_up = self._relay.rules.on_no_answer is OnNoAnswer.GIVE_UP
        self._may_ask = False
        self._hold(lane, f"no PubAck for {rows[0].event_id}: stored or not is unknown; {what}")
        tell_silence(self._relay, rows, lane.trouble)

    def _hold(self, lane: Lane, trouble: str, stuck: StuckRow | None = None) -> None:
        lane.hold(trouble, stuck)
        self._relay.reason, self._reception = trouble, None

    def _outgoing(self, row: Waiting) -> Outgoing:
        headers = self._headers(row)
        if self._relay.rules.expect_predecessor and row.feed == CHAINED_FEED:
            if not self._begins_chain and (before := predecessor(self._relay.truth, row)):
                headers["Nats-Expected-Last-Msg-Id"] = before
            self._begins_chain = False
        return Outgoing(row.subject, row.body, headers)

    def _headers(self, row: Waiting) -> dict[str, str]:
        return {"Nats-Msg-Id": self._no_answer.message_id(row)} if self._relay.rules.message_ids else {}

    def _count(self, marked: Sequence[tuple[Waiting, PubAck]], sql: Sequence[str]) -> None:
        relay, duplicates = self._relay, sum(ack.duplicate for _, ack in marked)
        relay.published += len(marked)
        relay.duplicates += duplicates
        of_routes = (ack.seq for row, ack in reversed(marked) if row.feed == CHAINED_FEED)
        relay.stored_seq = next(of_routes, relay.stored_seq)
        tell_mark(relay, marked, duplicates, sql)

    def _tell_refusal(self, lane: Lane, row: Waiting, ack: PubAck) -> None:
        self._relay.refused += 1
        refusal = f"{ack.code}: {ack.error}" if ack.code == NO_STREAM else f"{ack.code} {ack.error}"
        self._may_ask = True
        is_chain = ack.code == WRONG_LAST_MSG_ID
        stuck = None if is_chain else stuck_until_changed(row, refusal)
        self._hold(lane, f"the broker refused {row.event_id}: {refusal}; it was not stored", stuck)
        # The stream does not end in the predecessor: purged, restarted or rolled back. Begin a new chain there;
        # edges that miss what lies between will see it by the events' own links.
        self._begins_chain = is_chain
        if lane.is_news(row.event_id, refusal):
            self._relay.tell("refused", self._relay.reason, subject=row.subject, code=ack.code, definite=True)

    def _tell_never(self, lane: Lane, row: Waiting, reason: str) -> None:
        """Of a row that no broker can store: it is not sent, and all that follows it in its feed waits."""
        text = f"{row.event_id} (outbox row {row.position}) can never be stored: {reason}"
        self._hold(lane, text, stuck_for_ever(row, reason))
        if lane.is_news(row.event_id, reason):
            self._relay.tell("refused", self._relay.reason, position=row.position, definite=True)


def _as_stored(row: Waiting, ack: PubAck | None) -> PubAck | None:
    """The stream ends in this very event: an earlier attempt was stored (docs/nats-facts.md#expected-last-id)."""
    if ack is None or ack.code != WRONG_LAST_MSG_ID or not ack.error.endswith(f": {row.event_id}"):
        return ack
    return PubAck(0, duplicate=True)
