"""What a server does with a message that is published into a stream: docs/nats-facts.md#publishing."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest
from nats.aio.client import Client
from nats.errors import NoRespondersError
from nats.errors import TimeoutError as NoAnswer

from tests.facts.conftest import NS, Server, api, state, store, stream, until

WINDOW = NS // 10
EXPECTED = "Nats-Expected-Last-Msg-Id"


async def test_a_known_id_is_a_duplicate_whatever_the_payload_and_the_subject(client: Client) -> None:
    await stream(client)
    assert await store(client, "e1", payload=b"a") == {"stream": "S", "seq": 1}
    duplicate = {"stream": "S", "seq": 1, "duplicate": True}
    assert await store(client, "e1", payload=b"b") == duplicate
    elsewhere = await client.request("s.b", b"", headers={"Nats-Msg-Id": "e1"}, timeout=5)
    assert json.loads(elsewhere.data) == duplicate
    assert (await state(client))["messages"] == 1


async def test_the_window_runs_from_the_first_store_and_does_not_slide(client: Client) -> None:
    await stream(client, duplicate_window=WINDOW)
    await store(client, "e1")
    offers = 0

    async def offer() -> Any:
        nonlocal offers
        offers += 1
        return await store(client, "e1")

    assert (await until(offer, lambda ack: "duplicate" not in ack))["seq"] == 2
    assert offers > 1


@pytest.mark.parametrize(
    ("config", "words"),
    [
        ({"duplicate_window": NS // 20}, "duplicates window needs to be >= 100ms"),
        ({"duplicate_window": 2 * NS, "max_age": NS}, "duplicates window can not be larger then max age"),
    ],
)
async def test_a_window_has_limits(client: Client, config: dict[str, int], words: str) -> None:
    error = (await stream(client, **config))["error"]
    assert (error["err_code"], error["description"]) == (10052, words)


async def test_the_id_of_an_evicted_message_is_known_until_the_server_is_started_again(
    server: Server, client: Client
) -> None:
    await stream(client, max_msgs=1)
    await store(client, "e1", "e2")
    assert (await store(client, "e1"))["duplicate"]
    server.stop()
    server.start()
    again = await server.connect()
    assert (await store(again, "e2"))["duplicate"], "what is still stored is still known"
    assert await store(again, "e1") == {"stream": "S", "seq": 3}


async def test_the_expected_last_id_counts_after_the_window_only_and_its_refusal_names_the_last_id(
    client: Client,
) -> None:
    await stream(client, duplicate_window=WINDOW)
    assert (await store(client, "e1"))["seq"] == 1
    assert (await store(client, "e2", headers={EXPECTED: "e1"}))["seq"] == 2
    first = await store(client, "e2", headers={EXPECTED: "e1"})
    late = await until(lambda: store(client, "e2", headers={EXPECTED: "e1"}), lambda ack: "error" in ack)
    assert first["duplicate"]
    assert (late["error"]["err_code"], late["error"]["description"]) == (10070, "wrong last msg ID: e2")


async def test_an_expected_last_sequence_is_asked_for_before_the_id(client: Client) -> None:
    await stream(client)
    assert (await store(client, "e1", headers={"Nats-Expected-Last-Sequence": "0"}))["seq"] == 1
    error = (await store(client, "e1", headers={"Nats-Expected-Last-Sequence": "0"}))["error"]
    assert (error["err_code"], error["description"]) == (10071, "wrong last sequence: 1")


async def test_the_last_id_outlives_a_purge_but_not_a_purge_and_a_restart(server: Server, client: Client) -> None:
    await stream(client)
    await store(client, "e1")
    await api(client, "STREAM.PURGE.S")
    assert (await store(client, "e2", headers={EXPECTED: "e1"}))["seq"] == 2
    await api(client, "STREAM.PURGE.S")
    server.stop()
    server.start()
    again = await server.connect()
    error = (await store(again, "e3", headers={EXPECTED: "e2"}))["error"]
    assert (error["err_code"], error["description"]) == (10070, "wrong last msg ID: ")


async def test_no_answer_does_not_mean_refused_what_a_frozen_server_was_sent_is_stored(
    server: Server, client: Client
) -> None:
    await stream(client)
    server.freeze()
    with pytest.raises(NoAnswer):
        await client.request("s.a", b"", headers={"Nats-Msg-Id": "e1"}, timeout=0.2)
    server.thaw()
    assert (await store(client, "e1"))["duplicate"]
    assert (await state(client))["messages"] == 1


async def test_what_is_published_without_a_connection_waits_in_the_client_and_is_stored_later(server: Server) -> None:
    lost, found = asyncio.Event(), asyncio.Event()

    async def lose() -> None:
        lost.set()

    async def find() -> None:
        found.set()

    client = await server.connect(
        allow_reconnect=True, reconnect_time_wait=0.01, max_reconnect_attempts=-1,
        disconnected_cb=lose, reconnected_cb=find,
    )  # fmt: skip
    await stream(client)
    server.kill()
    await lost.wait()
    with pytest.raises(NoAnswer):
        await client.jetstream().publish("s.a", b"late", timeout=0.2)
    server.start()
    await found.wait()
    assert (await until(lambda: state(client), lambda seen: seen["messages"] > 0))["messages"] == 1


async def test_without_a_stream_the_answer_comes_at_once_unless_somebody_listens(client: Client) -> None:
    with pytest.raises(NoRespondersError):
        await client.request("s.a", b"", timeout=20)
    await client.subscribe("s.>")
    with pytest.raises(NoAnswer):
        await client.request("s.a", b"", timeout=0.2)


async def test_a_full_stream_that_discards_what_is_new_refuses_with_a_code(client: Client) -> None:
    await stream(client, max_msgs=1, discard="new")
    await store(client, "e1")
    error = (await store(client, "e2"))["error"]
    assert (error["code"], error["err_code"], error["description"]) == (503, 10077, "maximum messages exceeded")
    await api(client, "STREAM.PURGE.S")
    assert (await store(client, "e3"))["seq"] == 2


async def test_what_is_sent_without_waiting_is_stored_and_answered_in_the_order_of_sending(client: Client) -> None:
    await stream(client)
    inbox = client.new_inbox()
    answers = await client.subscribe(f"{inbox}.*")
    for number in range(200):
        await client.publish("s.a", b"%d" % number, reply=f"{inbox}.{number}")
    for number in range(200):
        answer = await answers.next_msg(timeout=10)
        assert answer.subject == f"{inbox}.{number}"
        assert json.loads(answer.data)["seq"] == number + 1


@pytest.mark.parametrize("what", ["s.a with headers over max_payload", "a subject over 4,096 bytes"])
async def test_the_server_ends_a_connection_over_what_it_can_never_take(server: Server, what: str) -> None:
    ended = asyncio.Event()

    async def end() -> None:
        ended.set()

    client = await server.connect(closed_cb=end)
    if what.startswith("s.a"):
        await client.publish("s.a", bytes(client.max_payload), headers={"a": "b"})
    else:
        await client.publish("s." + 5000 * "a", b"")
    await ended.wait()


async def test_a_purge_takes_the_messages_and_neither_their_ids_nor_their_numbers(client: Client) -> None:
    await stream(client)
    await store(client, "e1", "e2")
    await api(client, "STREAM.PURGE.S")
    assert (await store(client, "e1"))["duplicate"], "the message is gone and its id is not"
    seen = await state(client)
    assert (seen["messages"], seen["first_seq"], seen["last_seq"]) == (0, 3, 2)
