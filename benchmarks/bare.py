"""The fastest that plain nats-py does through its public parts: pipelined publishing, and a continuous pull with acks.

These are peers of the relay and the edge, without their work: no database, no proof of what was stored, no view. Other
shapes were tried and were not faster: a reply subject for each message, windows from 1,000 to 8,000 messages, one
request for everything, `message.ack()`. `publish_async` and `fetch` make a task or a future for each message. Atomic
batches are no pipelining: the server takes all of one or none of it, and one duplicate refuses it all.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence

from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.js.api import AckPolicy, ConsumerConfig

from benchmarks.rounds import Clock
from vango.core.rules import ROUTE_EVENTS
from vango.edge.consumers import MAX_ACK_PENDING
from vango.truth.outbox import Waiting

WINDOW = 1_000
CHUNK = 250
"""Messages sent before the loop turns, and the answers are read."""
BATCH = 500
AHEAD = 2
"""Requests for messages that are out: the one being answered, and the next."""
EXPIRES_S = 30
LIMIT_BYTES = 256 << 20
"""What waits for a callback beyond this the client drops. It is out of reach."""


class Counted:
    """Counts what comes, and lets one wait until enough has come."""

    def __init__(self) -> None:
        self.count = 0
        self._wanted = 0
        self._enough = asyncio.Event()

    def add_one(self) -> None:
        """Something came."""
        self.count += 1
        if self.count >= self._wanted:
            self._enough.set()

    async def until(self, wanted: int) -> None:
        """Wait until this many have come in all."""
        self._wanted = wanted
        while self.count < wanted:
            self._enough.clear()
            await self._enough.wait()


async def pipeline(client: Client, rows: Sequence[Waiting], clock: Clock, acks: Counted) -> float:
    """Publish rows under their ids, at most a window of them unanswered. Returns the seconds until the last answer.

    The answers are counted and not read. Whether everything was stored is looked at when the clock has stopped.
    """

    async def hear(_: Msg) -> None:
        acks.add_one()

    inbox, publish = client.new_inbox(), client.publish
    await client.subscribe(inbox, cb=hear, pending_bytes_limit=LIMIT_BYTES)
    clock.start()
    for start in range(0, len(rows), CHUNK):
        await acks.until(start + CHUNK - WINDOW)
        for row in rows[start : start + CHUNK]:
            await publish(row.subject, row.body, inbox, {"Nats-Msg-Id": row.event_id})
        await asyncio.sleep(0)
    await acks.until(len(rows))
    return clock.stop()


async def pull(client: Client, stream: str, durable: str, n: int, got: Counted) -> None:
    """Make a durable as an edge has it, read n messages from it, and ack each as it comes.

    A request for the next batch is always out, so that the server never waits for one.
    """
    inbox, publish = client.new_inbox(), client.publish
    subject = f"$JS.API.CONSUMER.MSG.NEXT.{stream}.{durable}"
    request = json.dumps({"batch": BATCH, "expires": EXPIRES_S * 10**9}).encode()

    async def hear(message: Msg) -> None:
        if not message.reply:
            # The end of a request: of time, or of the consumer. What is missing then runs into the round's deadline.
            return
        await publish(message.reply)
        got.add_one()
        if got.count % BATCH == 0:
            await publish(subject, request, inbox)

    config = ConsumerConfig(
        durable_name=durable, filter_subject=ROUTE_EVENTS, ack_policy=AckPolicy.EXPLICIT,
        max_ack_pending=MAX_ACK_PENDING,
    )  # fmt: skip
    await client.jetstream().add_consumer(stream, config)
    await client.subscribe(inbox, cb=hear, pending_bytes_limit=LIMIT_BYTES)
    for _ in range(AHEAD):
        await publish(subject, request, inbox)
    await got.until(n)
