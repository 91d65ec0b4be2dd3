"""The envelope: what goes with a row besides its body, so that the broker can recognise it.

The message id makes a second attempt a duplicate. The predecessor's id, sent by rule, makes the broker refuse a message
that would break the chain.
"""

from __future__ import annotations

from vango.relay.publisher import Outgoing
from vango.relay.state import RelayState
from vango.relay.unanswered import Unanswered
from vango.truth.outbox import Waiting, predecessor

CHAINED_FEED = "route"
"""The feed that has a stream to itself, so that its predecessor is the stream's last message."""


class Envelopes:
    """The envelopes of one relay. With `begins_chain` the next row of the chained feed names no predecessor."""

    def __init__(self, relay: RelayState, unanswered: Unanswered) -> None:
        self.begins_chain = False
        self._relay = relay
        self._unanswered = unanswered

    def outgoing(self, row: Waiting) -> Outgoing:
        """Return a row as a message to publish."""
        headers = self.headers(row)
        if self._relay.rules.expect_predecessor and row.feed == CHAINED_FEED:
            if not self.begins_chain and (before := predecessor(self._relay.truth, row)):
                headers["Nats-Expected-Last-Msg-Id"] = before
            self.begins_chain = False
        return Outgoing(row.subject, row.body, headers)

    def headers(self, row: Waiting) -> dict[str, str]:
        """Return the headers that every attempt has: the message id, unless the rules leave it out."""
        return {"Nats-Msg-Id": self._unanswered.message_id(row)} if self._relay.rules.message_ids else {}
