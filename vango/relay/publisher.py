"""Pipelined publishing: many messages under way at once, each with its own PubAck, in the order they were sent.

Not `js.publish_async`: in nats-py 2.16 an error reply never resolves its future (docs/nats-facts.md#publish-async). One
inbox subscription takes all PubAcks; the last token of the reply subject says which message each belongs to.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Sequence
from typing import NamedTuple

import msgspec
from nats.aio.msg import Msg
from nats.errors import Error as NatsError

from vango.broker.connection import Connection

ACK_S = 2.0
NO_STREAM = 503


class Outgoing(NamedTuple):
    """One message to publish. `headers` may be empty."""

    subject: str
    body: bytes
    headers: dict[str, str]


class PubAck(NamedTuple):
    """The broker's answer: stored under `seq`, or `error` in its words with the server's `code`."""

    seq: int
    duplicate: bool = False
    error: str = ""
    code: int = 0


class _Error(msgspec.Struct, gc=False):
    code: int = 0
    err_code: int | None = None
    description: str = ""


class _Answer(msgspec.Struct, gc=False):
    seq: int | None = None
    duplicate: bool = False
    error: _Error | None = None


_decode = msgspec.json.Decoder(_Answer).decode


class Sent:
    """Messages that are under way, with the answers that came so far, in the order of sending; None where none came."""

    def __init__(self, number: int, count: int) -> None:
        self.number = number
        self.answers: list[PubAck | None] = [None] * count
        self.missing = count


class Publisher:
    """Publishes batches over one connection. Several may be under way; the broker takes them in order of sending."""

    def __init__(self, wire: Connection) -> None:
        self._wire = wire
        self._inbox = wire.client.new_inbox()
        self._prefix = len(self._inbox) + 1
        self._under_way: dict[int, Sent] = {}
        self._batches = 0
        self._news = asyncio.Event()
        wire.wakes(self._news)

    @property
    def is_broken(self) -> bool:
        """Whether the connection is gone: nothing more can be sent, and no answer will come."""
        return self._wire.broken.is_set()

    @property
    def max_payload(self) -> int:
        """The bytes of a message, headers and body, that the server said it takes."""
        return self._wire.client.max_payload

    async def open(self) -> None:
        """Subscribe to the PubAcks."""
        await self._wire.subscribe(f"{self._inbox}.*", self._hear)

    async def publish(self, messages: Sequence[Outgoing], *, timeout_s: float = ACK_S) -> list[PubAck | None]:
        """Send all messages, wait for the answers and return them in order, as `send` and `answers` do."""
        return await self.answers(await self.send(messages), timeout_s=timeout_s)

    async def send(self, messages: Sequence[Outgoing]) -> Sent:
        """Send all messages. Ends early, without a word, when the connection is gone: then answers will be missing."""
        self._batches += 1
        sent = self._under_way[self._batches] = Sent(self._batches, len(messages))
        send, replies = self._wire.client.publish, f"{self._inbox}.{self._batches}-"
        with contextlib.suppress(OSError, NatsError):
            for index, message in enumerate(messages):
                await send(message.subject, message.body, f"{replies}{index}", message.headers or None)
        return sent

    async def answers(self, sent: Sent, *, timeout_s: float = ACK_S) -> list[PubAck | None]:
        """Wait for the answers to what was sent and return them in order; None where none came in time.

        None is indefinite: the message may have been stored (docs/nats-facts.md#no-answer).
        """
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(timeout_s):
                while sent.missing and not self.is_broken:
                    self._news.clear()
                    await self._news.wait()
        self._under_way.pop(sent.number, None)
        return sent.answers

    async def _hear(self, message: Msg) -> None:
        batch, _, index = message.subject[self._prefix :].partition("-")
        sent = self._under_way.get(int(batch))
        if sent is None or sent.answers[int(index)] is not None:
            return
        answer = _read(message)
        if answer is None:
            return
        sent.answers[int(index)] = answer
        sent.missing -= 1
        if sent.missing == 0:
            self._news.set()


def _read(message: Msg) -> PubAck | None:
    """Read the broker's answer; None for what somebody else on the subject answered, which says nothing of storing."""
    if not message.data:
        is_the_servers = (message.headers or {}).get("Status") == str(NO_STREAM)
        return PubAck(0, error="no stream listens", code=NO_STREAM) if is_the_servers else None
    try:
        answer = _decode(message.data)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return None
    if error := answer.error:
        return PubAck(0, error=error.description, code=error.code if error.err_code is None else error.err_code)
    return None if answer.seq is None else PubAck(answer.seq, answer.duplicate)
