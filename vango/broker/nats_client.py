"""The private parts of nats-py that a connection needs, in one place: tests/vango/test_connection_ends.py fails when
they move.

nats-py 2.16 reports the end of a connection from inside its own close. That close first writes what is pending, and
on a reset connection the write raises. `closed_cb` is then never called, subscriptions stay alive and the socket
stays open. So the end is read from the client's read task, which cannot miss it, and a client is released part by
part.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from typing import Any

from nats.aio.client import Client
from nats.aio.subscription import Subscription

from vango.actors import tasks


def when_ended(client: Client, tell: Callable[[], None]) -> None:
    """Call `tell` once, when nothing more can be read from this connected client, for any reason."""

    reading = client._reading_task
    assert reading is not None, "a connected client reads"
    reading.add_done_callback(lambda _: tell())
    for task in _tasks(client):
        # Errors that nats-py met while it closed. Only the end itself is reported.
        task.add_done_callback(tasks.look_at)


def abort(client: Client) -> None:
    """Cut the connection with a reset: no flush, no goodbye."""
    writer = getattr(client._transport, "_io_writer", None)
    if writer is not None:
        writer.transport.abort()


async def release(client: Client) -> None:
    """Cut the connection, even a half-open one, and end every task that the client still has."""
    abort(client)
    client._status = Client.CLOSED
    mine = asyncio.current_task()
    await asyncio.gather(*(tasks.end(task) for task in _tasks(client) if task is not mine))


async def end_after(client: Client, subscription: Subscription, messages: int) -> None:
    """Let the server end a subscription after this number of messages.

    nats-py's own `unsubscribe(limit=…)` drops received messages that still wait once the limit is reached.
    """
    await client._send_unsubscribe(subscription._id, limit=messages)


def received(subscription: Subscription) -> int:
    """Return how many messages of a subscription have come."""
    return subscription._received


def _tasks(client: Client) -> Iterator[asyncio.Task[Any]]:
    subscriptions = [subscription._wait_for_msgs_task for subscription in client._subs.values()]
    for task in (client._reading_task, client._ping_interval_task, client._flusher_task, *subscriptions):
        if task is not None:
            yield task
