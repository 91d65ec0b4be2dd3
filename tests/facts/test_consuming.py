"""What a server remembers of a reader, and what it tells it: docs/nats-facts.md#consuming."""

from __future__ import annotations

import json
from typing import Any

import pytest
from nats.aio.client import Client

from tests.facts.conftest import NS, Server, ack, api, consumer, cut, delivery, of_consumer, pull, store, stream, until

FAR = {"deliver_policy": "by_start_sequence", "opt_start_seq": 100}
SOON = NS // 10


def cursor(seen: Any) -> tuple[int, int, int, int]:
    """Return the ack floor, the last delivered, how many are outstanding and how many pending."""
    floor, last = seen["ack_floor"]["stream_seq"], seen["delivered"]["stream_seq"]
    return floor, last, seen["num_ack_pending"], seen["num_pending"]


async def test_an_ack_that_is_only_queued_dies_with_its_client(server: Server, client: Client) -> None:
    await stream(client)
    await consumer(client, ack_wait=SOON)
    await store(client, "e1")
    reader = await server.connect()
    bound = await reader.jetstream().pull_subscribe_bind(consumer="c", stream="S")
    (message,) = await bound.fetch(1, timeout=5)
    await message.ack()
    cut(reader)
    assert delivery(await pull(client))[:2] == (2, 1)


async def test_nothing_is_delivered_again_because_a_client_went_away(server: Server, client: Client) -> None:
    await stream(client)
    await consumer(client)
    await store(client, "e1")
    reader = await server.connect()
    await pull(reader)
    await reader.close()
    status = await pull(client, expires=0, no_wait=True)
    assert (status.headers or {})["Status"] == "404"
    assert cursor(await of_consumer(client)) == (0, 1, 1, 0)


async def test_what_was_not_acked_comes_again_after_what_is_newer(client: Client) -> None:
    await stream(client)
    await consumer(client, ack_wait=SOON)
    await store(client, "e1", "e2")
    await pull(client)
    newer = await pull(client)
    await ack(client, newer)
    late = await pull(client)
    assert (delivery(newer)[:2], delivery(late)[:2]) == ((1, 2), (2, 1))


async def test_an_ack_of_an_expired_delivery_counts(client: Client) -> None:
    await stream(client)
    await consumer(client, ack_wait=SOON)
    await store(client, "e1")
    first, second = await pull(client), await pull(client)
    assert (delivery(first)[0], delivery(second)[0]) == (1, 2)
    await ack(client, first)
    assert cursor(await of_consumer(client)) == (1, 1, 0, 0)


async def test_a_purge_moves_the_floor_past_what_nobody_read(client: Client) -> None:
    await stream(client)
    await consumer(client)
    await store(client, "e1", "e2", "e3", "e4", "e5")
    await ack(client, await pull(client))
    await api(client, "STREAM.PURGE.S")
    seen = await until(lambda: of_consumer(client), lambda seen: seen["ack_floor"]["stream_seq"] == 5)
    assert cursor(seen) == (5, 5, 0, 0)


async def test_a_reader_that_fell_behind_is_handed_what_is_left_and_told_nothing(client: Client) -> None:
    await stream(client, max_msgs=5)
    await consumer(client)
    await store(client, "e1", "e2", "e3")
    for _ in range(3):
        await ack(client, await pull(client))
    await store(client, *(f"e{number}" for number in range(4, 13)))
    # The server counts what it evicts a moment after it has confirmed what was stored.
    await until(lambda: of_consumer(client), lambda found: cursor(found) == (3, 3, 0, 5))
    message = await pull(client)
    assert delivery(message) == (1, 8, 4), "deliveries, stream seq, consumer seq"
    assert message.headers == {"Nats-Msg-Id": "e8"}
    await ack(client, message)
    assert cursor(await of_consumer(client)) == (8, 8, 0, 4)


async def test_a_start_beyond_the_end_is_accepted_and_makes_a_deaf_consumer(client: Client) -> None:
    await stream(client)
    await store(client, "e1")
    assert "error" not in await consumer(client, **FAR)
    await store(client, "e2")
    assert (await of_consumer(client))["num_pending"] == 0
    assert ((await pull(client, expires=0, no_wait=True)).headers or {})["Status"] == "404"


async def test_a_start_before_the_first_message_begins_with_the_first_and_says_nothing(client: Client) -> None:
    await stream(client, max_msgs=2)
    await store(client, "e1", "e2", "e3", "e4")
    made = await consumer(client, deliver_policy="by_start_sequence", opt_start_seq=1)
    assert (made["config"]["opt_start_seq"], made["num_pending"]) == (1, 2)
    assert delivery(await pull(client)) == (1, 3, 1)


async def test_a_filter_that_matches_nothing_is_accepted_and_stays_silent(client: Client) -> None:
    await stream(client)
    await store(client, "e1")
    assert (await consumer(client, filter_subject="s.typo"))["num_pending"] == 0


async def test_a_name_is_no_memory(client: Client) -> None:
    await stream(client)
    await consumer(client)
    await store(client, "e1", "e2", "e3")
    await ack(client, await pull(client))
    await api(client, "CONSUMER.DELETE.S.c")
    assert cursor(await consumer(client, deliver_policy="new")) == (3, 3, 0, 0)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"deliver_policy": "new"}, "deliver policy can not be updated"),
        ({"ack_policy": "none"}, "ack policy can not be updated"),
        ({"deliver_policy": "by_start_sequence", "opt_start_seq": 2}, "deliver policy can not be updated"),
    ],
)
async def test_where_a_consumer_begins_and_how_it_is_acked_cannot_be_changed(
    client: Client, change: dict[str, Any], words: str
) -> None:
    await stream(client)
    await consumer(client)
    error = (await consumer(client, **change))["error"]
    assert (error["err_code"], error["description"]) == (10012, words)


async def test_without_acks_a_message_is_done_when_it_is_delivered(client: Client) -> None:
    await stream(client)
    await consumer(client, ack_policy="none")
    await store(client, "e1")
    await pull(client)
    assert cursor(await of_consumer(client)) == (1, 1, 0, 0)


async def test_as_many_as_may_be_outstanding_are_delivered_and_the_rest_waits_in_silence(client: Client) -> None:
    await stream(client)
    await consumer(client, max_ack_pending=1)
    await store(client, "e1", "e2")
    message = await pull(client)
    assert ((await pull(client, expires=SOON)).headers or {})["Status"] == "408"
    await ack(client, message)
    assert delivery(await pull(client))[1] == 2


async def test_a_message_given_up_is_told_once_in_an_advisory(client: Client) -> None:
    await stream(client)
    told = await client.subscribe("$JS.EVENT.ADVISORY.CONSUMER.MAX_DELIVERIES.S.c")
    made = await consumer(client, ack_wait=SOON, max_deliver=1)
    assert made["config"]["max_deliver"] == 1
    await store(client, "e1", "e2")
    await pull(client)
    await ack(client, await pull(client))
    assert ((await pull(client, expires=4 * SOON)).headers or {})["Status"] == "408"
    found = json.loads((await told.next_msg(timeout=10)).data)
    assert (found["stream_seq"], found["deliveries"]) == (1, 1)
    assert cursor(await of_consumer(client)) == (0, 2, 0, 0)


async def test_unless_it_is_set_otherwise_a_message_comes_again_for_ever_after_thirty_seconds(client: Client) -> None:
    await stream(client)
    config = (await consumer(client))["config"]
    assert (config["ack_wait"], config["max_deliver"], config["max_waiting"]) == (30 * NS, -1, 512)


async def test_a_terminated_message_is_told_with_its_reason(client: Client) -> None:
    await stream(client)
    told = await client.subscribe("$JS.EVENT.ADVISORY.CONSUMER.MSG_TERMINATED.S.c")
    await consumer(client)
    await store(client, "e1")
    message = await pull(client)
    await client.request(message.reply, b"+TERM owner is missing", timeout=5)
    assert json.loads((await told.next_msg(timeout=10)).data)["reason"] == "owner is missing"
    assert cursor(await of_consumer(client)) == (1, 1, 0, 0)


async def test_a_durable_with_a_threshold_goes_when_nobody_reads(client: Client) -> None:
    await stream(client)
    told = await client.subscribe("$JS.EVENT.ADVISORY.CONSUMER.DELETED.S.c")
    await consumer(client, inactive_threshold=SOON)
    await told.next_msg(timeout=10)
    assert (await of_consumer(client))["error"]["err_code"] == 10014


async def test_the_floor_is_the_end_of_what_was_acked_without_a_break(client: Client) -> None:
    await stream(client)
    await consumer(client)
    await store(client, "e1", "e2", "e3")
    came = [await pull(client) for _ in range(3)]
    await ack(client, came[2])
    assert cursor(await of_consumer(client)) == (0, 3, 2, 0)
    await ack(client, came[0])
    assert cursor(await of_consumer(client)) == (1, 3, 1, 0)


async def test_a_kill_of_the_server_forgets_acks_of_the_last_moment_though_it_had_confirmed_them(
    server: Server,
) -> None:
    """The state of consumers is written at most every 100 ms: of a few kills one comes before that."""
    for round_ in range(10):
        name, client = f"c{round_}", await server.connect()
        await stream(client)
        await store(client, *(f"{round_}-{number}" for number in range(20)))
        await consumer(client, name)
        floor = 0
        while floor < 20 * (round_ + 1):
            message = await pull(client, name)
            await ack(client, message)
            floor = delivery(message)[1]
        assert cursor(await of_consumer(client, name))[0] == floor
        server.kill()
        server.start()
        again = await server.connect()
        kept = cursor(await of_consumer(again, name))[0]
        await again.close()
        if kept < floor:
            return
    pytest.fail("every confirmed ack survived a kill, ten times")
