"""Sending: publish, then mark. The loop of the outbox, and what happens to a row that was not confirmed.

The pipeline (`vango.relay.pipeline`) sends, the proof (`vango.relay.proof`) says what the answers are worth, and
`Sending.publish_then_mark` acts on it. A missing answer says nothing about what was stored, so the row is published
again under the same id; the broker's duplicate window and the edges' own checks absorb the second copy.
`vango.relay.unanswered` has the two wrong ways beside this one.

A row that the broker does not take stops its own feed and no other: the later rows of that feed wait. Rows that were
under way after it and were acked are marked all the same, so that they are not sent twice.
"""

from __future__ import annotations

from vango.actors.crash_points import Point
from vango.actors.sqlite import patiently
from vango.broker.connection import Connection
from vango.core.records import StuckRow
from vango.core.rules import OnNoAnswer
from vango.relay.envelope import CHAINED_FEED, Envelopes
from vango.relay.lane import Lane
from vango.relay.pipeline import Pipeline
from vango.relay.proof import WRONG_LAST_MSG_ID, Answered
from vango.relay.publisher import NO_STREAM, PubAck, Publisher
from vango.relay.reception import Reception, stuck_for_ever, stuck_until_changed
from vango.relay.state import RelayState
from vango.relay.telling import Marked, tell_mark, tell_refusal, tell_silence, tell_unsendable
from vango.relay.unanswered import Unanswered
from vango.truth.outbox import Waiting, mark_published


class Sending:
    """How one relay sends. It outlives every connection."""

    def __init__(self, relay: RelayState) -> None:
        self._relay = relay
        self._reception = Reception()
        self._unanswered = Unanswered(relay.truth)
        self._envelopes = Envelopes(relay, self._unanswered)

    def forget_reception(self) -> None:
        """Another connection, or a stream that was made or changed: ask again what the broker takes."""
        self._reception.forget()

    async def ask_reception(self, wire: Connection) -> None:
        """Ask what the broker's streams take, if that is unknown and something has happened since it was asked."""
        await self._reception.ask(wire)

    async def send(self, publisher: Publisher, lane: Lane) -> None:
        """Send what waits in one feed until nothing waits or a row cannot go. Raises `LeaseLost`, `Crashed`."""
        pipeline = Pipeline(self._relay, lane, publisher, self._envelopes, self._reception)
        await self.publish_then_mark(pipeline, lane)
        if pipeline.unsendable:
            self._refuse(lane, *pipeline.unsendable)

    async def publish_then_mark(self, pipeline: Pipeline, lane: Lane) -> None:
        """The outbox: publish the rows in order, and mark each row that the broker has confirmed.

        The rows without an answer are not marked: stored or not is unknown, so they are published again.
        """
        async for stored, refused, unknown in pipeline:
            await self._relay.path.reach(Point.BEFORE_MARK)
            await self.mark(stored, lane)
            self.retry(unknown, lane)
            self.stop_at(refused, lane)

    async def mark(self, stored: Answered, lane: Lane) -> Marked | None:
        """Mark the rows that are stored, in one transaction. Raises `LeaseLost` when another relay has taken over."""
        if not stored:
            return None
        acks = [(row, ack.seq) for row, ack in stored]
        sql = await patiently(mark_published, self._relay.truth, acks, token=self._relay.token)
        self._unanswered.settled([row for row, _ in stored])
        lane.went()
        self._reception.may_have_changed()
        relay, duplicates = self._relay, sum(ack.duplicate for _, ack in stored)
        relay.published += len(stored)
        relay.duplicates += duplicates
        of_routes = (ack.seq for row, ack in reversed(stored) if row.feed == CHAINED_FEED)
        relay.stored_seq = next(of_routes, relay.stored_seq)
        marked = Marked(stored, duplicates, sql)
        tell_mark(relay, marked)
        return marked

    def retry(self, unknown: list[Waiting], lane: Lane) -> None:
        """Stored or not is unknown: do as `on_no_answer` says. Correct is to publish again under the same id."""
        if not unknown:
            return
        what = self._unanswered.deal_with(unknown, self._relay.rules.on_no_answer, token=self._relay.token)
        self._relay.unanswered += len(unknown)
        self._relay.last_unanswered = unknown[-1].event_id
        self._relay.gave_up = self._relay.rules.on_no_answer is OnNoAnswer.GIVE_UP
        self._hold(lane, f"no PubAck for {unknown[0].event_id}: stored or not is unknown; {what}")
        self._reception.is_silent()
        tell_silence(self._relay, unknown, lane.trouble)

    def stop_at(self, refused: Answered, lane: Lane) -> None:
        """Certainly not stored: the first refused row waits, and its whole feed waits with it."""
        if not refused:
            return
        row, ack = refused[0]
        self._relay.refused += 1
        refusal = _refusal(ack)
        is_chain = ack.code == WRONG_LAST_MSG_ID
        stuck = None if is_chain else stuck_until_changed(row, refusal)
        self._hold(lane, f"the broker refused {row.event_id}: {refusal}; it was not stored", stuck)
        self._reception.may_have_changed()
        # The stream does not end in the predecessor: purged, restarted or rolled back. Begin a new chain there;
        # edges that miss what lies between will see it by the events' own links.
        self._envelopes.begins_chain = is_chain
        if lane.is_news(row.event_id, refusal):
            tell_refusal(self._relay, row, ack)

    def _hold(self, lane: Lane, trouble: str, stuck: StuckRow | None = None) -> None:
        lane.hold(trouble, stuck)
        self._relay.reason = trouble
        self._reception.doubt()

    def _refuse(self, lane: Lane, row: Waiting, reason: str) -> None:
        """Of a row that no broker can store: it is not sent, and all that follows it in its feed waits."""
        text = f"{row.event_id} (outbox row {row.position}) can never be stored: {reason}"
        self._hold(lane, text, stuck_for_ever(row, reason))
        if lane.is_news(row.event_id, reason):
            tell_unsendable(self._relay, row)


def _refusal(ack: PubAck) -> str:
    return f"{ack.code}: {ack.error}" if ack.code == NO_STREAM else f"{ack.code} {ack.error}"
