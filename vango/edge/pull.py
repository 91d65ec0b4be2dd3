"""A continuous pull: messages are asked for before they are needed, so that a consumer never waits for a round trip.

`fetch` of nats-py makes a task for each message and tops out near 20,000 a second (docs/nats-facts.md#fetch); one inbox
with a callback takes three times as many. What is delivered waits here until the edge takes it, and the broker has a
whole batch more to deliver while the edge is at work.

Each request has a reply subject of its own, so that a status tells which request it ends. What comes in answer bears
its own subject and not the request's, so messages are counted over all of them; a status says how many its request
still had.
"""

from __future__ import annotations

import asyncio
import itertools
import json
from collections import deque
from collections.abc import Callable, Mapping
from typing import NamedTuple

from nats.aio.msg import Msg
from nats.aio.subscription import Subscription

from vango.actors.errors import Unavailable
from vango.broker.connection import Connection

BATCH = 500
AHEAD = 2
"""Open requests while nothing comes: the one being answered, and the next."""
EXPIRES_S: float = 30
LATE_S: float = 5
"""How long after its time a request's end may be told. One that the server never saw, or forgot, is told never."""
AGAIN_S = 1.0
"""How long to wait with the next request when the broker has refused one."""
GONE = ("deleted", "push based")


class ConsumerGone(Exception):
    """The server has no such consumer any more: deleted, expired, or its stream was."""


class Delivery(NamedTuple):
    """One delivered message. `deliveries` counts from 1; `pending` is how many are still to be delivered."""

    payload: bytes
    reply: str
    stream_seq: int
    deliveries: int
    pending: int
    subject: str = ""
    headers: Mapping[str, str] | None = None


class Pull:
    """Asks one consumer for messages and holds those that came. `asked` is the request, for people.

    `tell` hears once in words why the broker refuses requests. With a batch of 1 one request is out at a time.
    """

    def __init__(
        self,
        wire: Connection,
        stream: str,
        consumer: str,
        wake: Callable[[], None],
        *,
        batch: int = BATCH,
        tell: Callable[[str], None] = lambda _: None,
    ) -> None:
        self._wire = wire
        self.consumer = consumer
        self._subject = f"$JS.API.CONSUMER.MSG.NEXT.{stream}.{consumer}"
        request = {"batch": batch, "expires": int(EXPIRES_S * 10**9)}
        self._request = json.dumps(request).encode()
        self.asked = {"subject": self._subject, "request": request}
        self._wake = wake
        self._tell = tell
        self._batch = batch
        self._at_most = batch if batch == 1 else AHEAD * batch
        self._asked = 0
        self._open: dict[str, None] = {}
        self._tokens = itertools.count(1)
        self._refused = ""
        self._again: asyncio.Task[None] | None = None
        self._lost: asyncio.TimerHandle | None = None
        self.inbox = wire.client.new_inbox()
        self._sub: Subscription | None = None
        self.held: deque[Delivery] = deque()
        self.gone = False

    async def open(self) -> None:
        """Subscribe and ask for the first messages."""
        self._sub = await self._wire.subscribe(f"{self.inbox}.*", self._hear)
        await self._ask()

    async def close(self) -> None:
        """Stop listening; what is held stays held."""
        self.stop_asking()
        if self._sub is not None:
            await self._wire.unsubscribe(self._sub)

    def stop_asking(self) -> None:
        """Drop the request that waits to be made, and look for none that was lost."""
        for waiting in (self._again, self._lost):
            if waiting is not None:
                waiting.cancel()

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
        """Ask for as many batches as may be out. After a refusal that is left to `_ask_later`."""
        while self._again is None and self._asked + self._batch <= self._at_most:
            token = str(next(self._tokens))
            self._asked += self._batch
            self._open[token] = None
            if len(self._open) > self._at_most:
                # More than there are messages to come. The server serves them in turn: the oldest was served first.
                del self._open[next(iter(self._open))]
            self._look_later()
            try:
                await self._wire.publish(self._subject, self._request, reply=f"{self.inbox}.{token}")
            except Unavailable:
                self._wake()
                return

    def _look_later(self) -> None:
        """Each request puts off the look for lost ones: once the newest is past its time, none can be out any more."""
        if self._lost is not None:
            self._lost.cancel()
        self._lost = asyncio.get_running_loop().call_later(EXPIRES_S + LATE_S, self._give_up_lost)

    def _give_up_lost(self) -> None:
        """Ask again: a consumer that is deleted just when a request comes in drops it without an answer."""
        self._asked = 0
        self._open.clear()
        if self._again is None:
            self._again = asyncio.create_task(self._ask_later(0.0), name="ask again")

    async def _ask_later(self, wait_s: float) -> None:
        await asyncio.sleep(wait_s)
        self._again = None
        await self._ask()

    async def _hear(self, message: Msg) -> None:
        if message.subject.startswith(self.inbox):
            await self._hear_status(message.subject.rpartition(".")[2], message.headers or {})
            return
        # $JS.ACK.<stream>.<consumer>.<deliveries>.<stream seq>.<consumer seq>.<time>.<pending>
        tokens = message.reply.rsplit(".", 5)
        self.held.append(
            Delivery(
                message.data, message.reply, int(tokens[2]), int(tokens[1]), int(tokens[5]), message.subject,
                message.headers,
            )
        )  # fmt: skip
        self._asked = max(0, self._asked - 1)
        # A request must have left before the edge handles what came: it hears and sends nothing meanwhile.
        if self._asked + self._batch <= self._at_most:
            await self._ask()
        self._wake()

    async def _hear_status(self, token: str, headers: Mapping[str, str]) -> None:
        """Close the request that a status ends, and ask again. It ends no other, unless the consumer is gone."""
        status, words = headers.get("Status", ""), headers.get("Description", "")
        if status == "100" or token not in self._open:
            return
        del self._open[token]
        self._asked = max(0, self._asked - int(headers.get("Nats-Pending-Messages", self._batch)))
        if status == "503" or (status == "409" and any(word in words.lower() for word in GONE)):
            self.gone = True
            self._wake()
        elif status in ("404", "408"):
            await self._ask()
        else:
            self._hear_refusal(f"{status} {words}")

    def _hear_refusal(self, refusal: str) -> None:
        if refusal != self._refused:
            self._refused = refusal
            self._tell(f"the broker refused a request for messages: {refusal}; it is asked again every {AGAIN_S:g} s")
        if self._again is None:
            self._again = asyncio.create_task(self._ask_later(AGAIN_S), name="ask again")
