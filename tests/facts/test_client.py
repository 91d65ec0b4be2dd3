"""What nats-py does, where it differs from what one expects: docs/nats-facts.md#nats-py."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from nats.aio.client import Client

from tests.facts.conftest import Server, api, consumer, store, stream, until


async def test_an_error_reply_never_ends_a_publish_async(server: Server) -> None:
    told = asyncio.Event()

    async def tell(_error: Exception) -> None:
        told.set()

    client = await server.connect(error_cb=tell)
    await stream(client, max_msgs=1, discard="new")
    jetstream = client.jetstream()
    await (await jetstream.publish_async("s.a", b""))
    refused = await jetstream.publish_async("s.a", b"")
    await told.wait()
    assert not refused.done()
    assert jetstream.publish_async_pending() == 1


async def test_fetch_makes_a_task_for_each_message(client: Client) -> None:
    await stream(client)
    await store(client, *(f"e{number}" for number in range(50)))
    await consumer(client)
    bound = await client.jetstream().pull_subscribe_bind(consumer="c", stream="S")
    made = 0

    def count(loop: asyncio.AbstractEventLoop, coro: Any, **options: Any) -> asyncio.Task[Any]:
        nonlocal made
        made += 1
        return asyncio.Task(coro, loop=loop, **options)

    asyncio.get_running_loop().set_task_factory(count)
    found = await bound.fetch(50, timeout=5)
    asyncio.get_running_loop().set_task_factory(None)
    assert made >= len(found)


async def test_a_frozen_server_takes_a_connection_and_never_speaks(server: Server) -> None:
    server.freeze()
    connecting = asyncio.ensure_future(server.connect(connect_timeout=30))
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(asyncio.shield(connecting), 0.2)
    server.thaw()
    await (await connecting).close()


async def test_the_object_store_waits_for_a_chunk_that_is_not_there(client: Client) -> None:
    bucket = await client.jetstream().create_object_store("b")
    await bucket.put("snapshot", b"chunk")
    await api(client, "STREAM.PURGE.OBJ_b", {"filter": "$O.b.C.>"})
    reading = asyncio.ensure_future(bucket.get("snapshot"))

    async def readers() -> Any:
        return (await api(client, "CONSUMER.LIST.OBJ_b"))["consumers"] or []

    (reader,) = await until(readers, bool)
    assert (reader["num_pending"], reader["num_ack_pending"]) == (0, 0), "nothing will come"
    assert not reading.done()
    while not reading.done():
        # Cancelled in the very turn in which its request is answered, a task of the client goes on.
        reading.cancel()
        await asyncio.sleep(0)
