"""How a server answers who pulls from it, and how it delivers to who does not: docs/nats-facts.md#consuming."""

from __future__ import annotations

import json

from nats.aio.client import Client

from tests.facts.conftest import NS, api, consumer, delivery, of_consumer, pull, store, stream, until

SOON = NS // 10


async def test_the_end_of_a_request_says_how_many_messages_it_still_had(client: Client) -> None:
    await stream(client)
    await consumer(client)
    status = (await pull(client, batch=7, expires=SOON)).headers or {}
    assert (status["Status"], status["Nats-Pending-Messages"]) == ("408", "7")


async def test_one_request_too_many_is_refused_and_the_consumer_lives(client: Client) -> None:
    await stream(client)
    await consumer(client, max_waiting=1)
    waiting = await client.subscribe(client.new_inbox())
    body = json.dumps({"batch": 1, "expires": 60 * NS}).encode()
    await client.publish("$JS.API.CONSUMER.MSG.NEXT.S.c", body, reply=waiting.subject)
    status = (await pull(client)).headers or {}
    assert (status["Status"], status["Description"]) == ("409", "Exceeded MaxWaiting")
    await store(client, "e1")
    assert delivery(await waiting.next_msg(timeout=10))[1] == 1


async def test_a_request_that_waits_is_told_that_its_consumer_was_deleted(client: Client) -> None:
    await stream(client)
    await consumer(client)
    waiting = await client.subscribe(client.new_inbox())
    body = json.dumps({"batch": 1, "expires": 60 * NS}).encode()
    await client.publish("$JS.API.CONSUMER.MSG.NEXT.S.c", body, reply=waiting.subject)
    await until(lambda: of_consumer(client), lambda seen: seen["num_waiting"] == 1)
    await api(client, "CONSUMER.DELETE.S.c")
    status = (await waiting.next_msg(timeout=10)).headers or {}
    assert (status["Status"], status["Description"]) == ("409", "Consumer Deleted")


async def test_a_consumer_for_copying_is_in_no_list_and_in_no_count(client: Client) -> None:
    await stream(client)
    heard = await client.subscribe(client.new_inbox())
    config = {
        "name": "copy", "direct": True, "deliver_subject": heard.subject, "deliver_policy": "new",
        "ack_policy": "none", "headers_only": True, "mem_storage": True, "max_deliver": 1,
    }  # fmt: skip
    await api(client, "CONSUMER.CREATE.S.copy", {"stream_name": "S", "config": config})
    await store(client, "e1", payload=b"not sent")
    message = await heard.next_msg(timeout=10)
    assert (message.data, (message.headers or {})["Nats-Msg-Size"]) == (b"", "8")
    assert (await api(client, "CONSUMER.NAMES.S"))["total"] == 0
    assert (await api(client, "STREAM.INFO.S"))["state"]["consumer_count"] == 0
