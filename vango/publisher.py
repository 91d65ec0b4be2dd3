"""Pipelined publishing: many messages under way at once, each with its own PubAck, in the order they were sent.

Not `js.publish_async`: in nats-py 2.16 an error reply never resolves its future (NATS-FACTS 11). One inbox
subscription takes all PubAcks; the last token of the reply subject says which message each belongs to.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import Sequence
from dataclasses import dataclass

from nats.aio.msg import Msg
from nats.errors import Error as NatsError

from vango.wire import Wire

ACK_S = 2.0
# An answer is one JSON value with nothing round it: `json.loads` would look for its encoding and for spaces as well.
_DECODE = json.JSONDecoder().raw_decode


@dataclass(frozen=True, slots=True)
class Outgoing:
    """One message to publish. `headers` may be empty."""

    subject: str
    body: bytes
    headers: dict[str, str]


@dataclass(frozen=True, slots=True)
class PubAck:
    """The broker's answer: stored under `seq`, or `error` in its words with the server's `code`."""

    seq: int
    duplicate: bool = False
    error: str = ""
    code: int = 0


class Publisher:
    """Publishes batches over one connection."""

    def __init__(self, wire: Wire) -> None:
        self._wire = wire
        self._inbox = wire.client.new_inbox()
        self._prefix = len(self._inbox) + 1
        self._answers: dict[str, PubAck] = {}
        self._sent = self._missing = 0
        self._batch = 0
        self._complete = asyncio.Event()
        wire.wakes(self._complete)

    async def open(self) -> None:
        """Subscribe to the PubAcks."""
        await self._wire.subscribe(f"{self._inbox}.*", self._hear)

    async def publish(self, messages: Sequence[Outgoing], *, timeout_s: float = ACK_S) -> list[PubAck | None]:
        """Send all messages, wait for the answers and return them in order, as `send` and `answers` do."""
        await self.send(messages)
        return await self.answers(timeout_s=timeout_s)

    async def send(self, messages: Sequence[Outgoing]) -> None:
        """Send all messages. Ends early, without a word, when the connection is gone: then answers will be missing."""
        self._batch += 1
        self._answers = {}
        self._sent = self._missing = len(messages)
        self._complete.clear()
        send = self._wire.client.publish
        with contextlib.suppress(OSError, NatsError):
            for index, message in enumerate(messages):
                reply = f"{self._inbox}.{self._batch}-{index}"
                await send(message.subject, message.body, reply=reply, headers=message.headers or None)

    async def answers(self, *, timeout_s: float = ACK_S) -> list[PubAck | None]:
        """Wait for the answers to what was sent and return them in order; None where none came in time.

        None is indefinite: the message may have been stored (NATS-FACTS 13).
        """
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(0 if self._wire.broken.is_set() else timeout_s):
                await self._complete.wait()
        return [self._answers.get(f"{self._batch}-{index}") for index in range(self._sent)]

    async def _hear(self, message: Msg) -> None:
        key = message.subject[self._prefix :]
        if not key.startswith(f"{self._batch}-") or key in self._answers:
            return
        self._answers[key] = _read(message)
        self._missing -= 1
        if self._missing == 0:
            self._complete.set()


def _read(message: Msg) -> PubAck:
    if not message.data:
        return PubAck(0, error="no stream listens on this subject", code=503)
    reply, _ = _DECODE(message.data.decode())
    if error := reply.get("error"):
        return PubAck(0, error=error.get("description", ""), code=error.get("err_code", error.get("code", 0)))
    return PubAck(reply["seq"], bool(reply.get("duplicate")))
