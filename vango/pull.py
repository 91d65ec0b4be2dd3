"""A continuous pull: messages are asked for before they are needed, so that a consumer never waits for a round trip.

`fetch` of nats-py makes a task for each message and tops out near 20,000 a second (NATS-FACTS 29); one inbox with a
callback takes three times as many. What is delivered waits here until the edge takes it, and the broker has a whole
batch more to deliver while the edge is at work.
"""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from nats.aio.msg import Msg
from nats.aio.subscription import Subscription

from vango.errors import Unavailable
from vango.wire import Wire

BATCH = 500
EXPIRES_S = 30


class ConsumerGone(Exception):
    """The server has no such consumer any more: deleted, expired, or its stream was."""


@dataclass(frozen=True, slots=True)
class Delivery:
    """One delivered message. `deliveries` counts from 1; `pending` is how many are still to be delivered."""

    payload: bytes
    reply: str
    stream_seq: int
    deliveries: int
    pending: int
    subject: str = ""
    headers: Mapping[str, str] | None = None


class Pull:
    """Asks one consumer for messages and holds those that came. `asked` is the request, for people."""

    def __init__(self, wire: Wire, stream: str, consumer: str, wake: Callable[[], None], *, batch: int = BATCH) -> None:
        self._wire = wire
        self._subject = f"$JS.API.CONSUMER.MSG.NEXT.{stream}.{consumer}"
        request = {"batch": batch, "expires": EXPIRES_S * 10**9}
        self._request = json.dumps(request).encode()
        self.asked = {"subject": self._subject, "request": request}
        self._wake = wake
        self._batch = batch
        self._asked = 0
        self._inbox = wire.client.new_inbox()
        self._sub: Subscription | None = None
        self.held: deque[Delivery] = deque()
        self.gone = False

    async def open(self) -> None:
        """Subscribe and ask for the first messages."""
        self._sub = await self._wire.subscribe(self._inbox, self._hear)
        await self._ask()

    async def close(self) -> None:
        """Stop listening; what is held stays held."""
        if self._sub is not None:
            await self._wire.unsubscribe(self._sub)

    def take(self, limit: int) -> list[Delivery]:
        """Take up to `limit` messages that have come, oldest first. Raises `ConsumerGone`."""
        if self.gone and not self.held:
            raise ConsumerGone
        return [self.held.popleft() for _ in range(min(limit, len(self.held)))]

    @property
    def idle(self) -> bool:
        """True when nothing has come that was not taken."""
        return not self.held and self._sub is not None and self._sub.pending_msgs == 0

    async def _ask(self) -> None:
        self._asked += self._batch
        try:
            await self._wire.publish(self._subject, self._request, reply=self._inbox)
        except Unavailable:
            self._wake()

    async def _hear(self, message: Msg) -> None:
        if message.headers and (status := message.headers.get("Status")):
            await self._hear_status(status, message.headers.get("Description", ""))
            return
        # $JS.ACK.<stream>.<consumer>.<deliveries>.<stream seq>.<consumer seq>.<time>.<pending>
        tokens = message.reply.rsplit(".", 5)
        self.held.append(
            Delivery(
                message.data, message.reply, int(tokens[2]), int(tokens[1]), int(tokens[5]), message.subject,
                message.headers,
            )
        )  # fmt: skip
        self._asked -= 1
        # A request must have left before the edge handles what came: it hears and sends nothing meanwhile.
        if self._asked < self._batch:
            await self._ask()
        self._wake()

    async def _hear_status(self, status: str, description: str) -> None:
        if status == "100":
            return
        if status in ("404", "408"):
            self._asked = 0
            await self._ask()
            return
        self.gone = True
        self._wake()
