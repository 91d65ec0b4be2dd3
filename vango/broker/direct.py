"""Direct gets: reading many messages of a stream at a time, without a consumer. Deleted ones are skipped at once."""

from __future__ import annotations

import asyncio
import json
from typing import Any

from nats.aio.msg import Msg
from nats.errors import NoRespondersError

from vango.actors.errors import NotThere, Unavailable
from vango.broker.connection import Connection

PATIENCE_S = 1.0
BATCH = 256
NOBODY = "The server has no stream {0} with direct access to its messages."


async def batch(wire: Connection, stream: str, request: dict[str, Any]) -> list[Msg]:
    """Return the answers to one batched direct get: many messages, then a status that ends them.

    Raises `NotThere` when no stream of that name listens, `Unavailable` when no end comes.
    """
    messages: list[Msg] = []
    ended: asyncio.Future[str] = asyncio.get_running_loop().create_future()

    async def hear(message: Msg) -> None:
        headers = message.headers or {}
        if "Nats-Sequence" in headers:
            messages.append(message)
        elif not ended.done():
            ended.set_result(headers.get("Status", ""))

    inbox = wire.client.new_inbox()
    subscription = await wire.subscribe(inbox, hear)
    try:
        await wire.publish(f"$JS.API.DIRECT.GET.{stream}", json.dumps(request).encode(), reply=inbox)
        status = await asyncio.wait_for(ended, PATIENCE_S)
    except TimeoutError as error:
        raise Unavailable(f"The stream {stream} does not allow direct access to its messages.") from error
    finally:
        await wire.unsubscribe(subscription)
    if status == "503":
        raise NotThere(NOBODY.format(stream))
    return messages


async def one(wire: Connection, stream: str, seq: int) -> list[Msg]:
    """Return the message at a stream seq, or nothing when there is none: one request, without a subscription.

    Raises as `batch` does.
    """
    try:
        asked = json.dumps({"seq": seq}).encode()
        message = await wire.request(f"$JS.API.DIRECT.GET.{stream}", asked, timeout_s=PATIENCE_S)
    except Unavailable as error:
        if isinstance(error.__cause__, NoRespondersError):
            raise NotThere(NOBODY.format(stream)) from error
        raise
    return [message] if "Nats-Sequence" in (message.headers or {}) else []


async def everything(wire: Connection, stream: str, subject: str) -> list[Msg]:
    """Return every message of a stream on a subject, oldest first. Raises as `batch` does."""
    found: list[Msg] = []
    seq = 1
    while more := await batch(wire, stream, {"seq": seq, "batch": BATCH, "next_by_subj": subject}):
        found += more
        if len(more) < BATCH and more[-1].headers and more[-1].headers.get("Nats-Num-Pending") == "0":
            break
        seq = sequence(more[-1]) + 1
    return found


def sequence(message: Msg) -> int:
    """Return the stream seq of a message that was read."""
    return int((message.headers or {})["Nats-Sequence"])
