"""What a server keeps and what it forgets: files, limits, deletions, restarts. docs/nats-facts.md#storing."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
from pathlib import Path
from typing import Any

import pytest
from nats.aio.client import Client

from tests.facts.conftest import Serve, Server, api, consumer, delivery, pull, state, store, stream, until


def ids(count: int, first: int = 1) -> list[str]:
    return [f"e{number}" for number in range(first, first + count)]


async def test_the_kernel_chooses_a_port_for_minus_one_and_a_file_names_it(serve: Serve) -> None:
    one, other = serve("one"), serve("other")

    async def named() -> str:
        await asyncio.sleep(0)
        # The file can be read half written: what is no JSON yet is read again.
        for path in one.folder.glob(f"nats-server_{one.pid}.ports"):
            try:
                return str(json.loads(path.read_text())["nats"][0])
            except ValueError:
                return ""
        return ""

    assert await until(named, bool) == f"nats://{one.address}"
    assert one.address != other.address


async def test_a_killed_server_loses_no_message_that_it_confirmed(server: Server, client: Client) -> None:
    await stream(client)
    assert (await store(client, *ids(200)))["seq"] == 200
    server.kill()
    server.start()
    again = await server.connect()
    assert (await state(again))["messages"] == 200


async def test_two_servers_on_one_store_both_start_and_give_one_number_to_two_messages(
    serve: Serve, server: Server, client: Client
) -> None:
    await stream(client)
    await store(client, "e1")
    other = await serve("second", store=server.store).connect()
    assert (await store(client, "ours"))["seq"] == (await store(other, "theirs"))["seq"] == 2


async def test_a_store_that_is_put_back_gives_its_numbers_to_other_messages(server: Server, tmp_path: Path) -> None:
    client = await server.connect()
    await stream(client)
    await store(client, "e1", "e2")
    created = (await api(client, "STREAM.INFO.S"))["created"]
    server.kill()
    shutil.copytree(server.store, tmp_path / "kept")
    server.start()
    client = await server.connect()
    assert (await store(client, "e3"))["seq"] == 3
    server.kill()
    shutil.rmtree(server.store)
    (tmp_path / "kept").rename(server.store)
    server.start()
    client = await server.connect()
    assert (await store(client, "e4"))["seq"] == 3
    assert (await api(client, "STREAM.INFO.S"))["created"] == created


async def test_one_flipped_byte_takes_messages_and_no_answer_says_so(server: Server, client: Client) -> None:
    await stream(client)
    await store(client, *ids(100), payload=bytes(100))
    server.stop()
    (block,) = server.store.glob("**/S/msgs/*.blk")
    with block.open("r+b") as file:
        file.seek(block.stat().st_size // 2)
        byte = file.read(1)[0]
        file.seek(-1, os.SEEK_CUR)
        file.write(bytes([byte ^ 1]))
    server.start()
    again = await server.connect()
    seen = await state(again)
    assert seen["messages"] < 100
    assert "lost" not in seen
    assert (await store(again, "later"))["seq"] <= 100, "numbers of lost messages are given out again"


async def test_a_recreated_stream_begins_again_at_one_and_only_its_time_of_creation_tells(client: Client) -> None:
    before = await stream(client)
    await store(client, "e1", "e2")
    assert (await api(client, "STREAM.DELETE.S"))["success"]

    async def made_empty() -> Any:
        await api(client, "STREAM.DELETE.S")
        return await stream(client)

    # By chance the old messages come back with it: see the next test.
    after = await until(made_empty, lambda made: made["state"]["last_seq"] == 0)
    assert (await store(client, "e3"))["seq"] == 1
    assert after["created"] != before["created"]


@pytest.mark.slow
async def test_a_stream_made_again_at_once_can_come_back_with_its_messages_and_the_answer_says_so(
    client: Client,
) -> None:
    """The files of an earlier deletion must still be on their way out, so it does not happen each time: many are made."""
    for _ in range(20_000):
        made = await stream(client)
        if "error" in made:
            # The other way in which it fails: the folder that is being removed is in the way.
            assert made["error"]["err_code"] == 10049
            continue
        if made["state"]["last_seq"]:
            assert made["state"] == await state(client)
            assert (await store(client, "e1"))["duplicate"]
            return
        await store(client, "e1", "e2", "e3")
        await api(client, "STREAM.DELETE.S")
    pytest.fail("no stream came back with its messages: the retry that guards against it is no longer needed")


async def test_a_lower_limit_evicts_at_once(client: Client) -> None:
    await stream(client)
    await store(client, *ids(10))
    changed = await api(client, "STREAM.UPDATE.S", {"name": "S", "subjects": ["s.>"], "storage": "file", "max_msgs": 3})
    assert (changed["state"]["messages"], changed["state"]["first_seq"]) == (3, 8)


async def test_a_deleted_message_leaves_a_hole_that_no_delivery_shows(client: Client) -> None:
    await stream(client)
    await consumer(client)
    await store(client, "e1", "e2", "e3")
    assert (await api(client, "STREAM.MSG.DELETE.S", {"seq": 2}))["success"]
    came = [delivery(await pull(client)) for _ in range(2)]
    assert came == [(1, 1, 1), (1, 3, 2)], "deliveries, stream seq, consumer seq"
    assert (await state(client))["num_deleted"] == 1


async def test_eviction_is_told_to_nobody_and_a_change_of_limits_is(client: Client) -> None:
    told = await client.subscribe("$JS.EVENT.ADVISORY.>")
    await client.flush()
    await stream(client, max_msgs=2)
    await store(client, *ids(10))
    await api(client, "STREAM.UPDATE.S", {"name": "S", "subjects": ["s.>"], "storage": "file", "max_msgs": 1})
    subjects: list[str] = []
    while not subjects or "UPDATED" not in subjects[-1]:
        message = await told.next_msg(timeout=10)
        if ".ADVISORY.API" not in message.subject:  # the requests themselves
            subjects.append(message.subject.removeprefix("$JS.EVENT.ADVISORY."))
    assert subjects == ["STREAM.CREATED.S", "STREAM.UPDATED.S"]


async def test_one_subject_belongs_to_one_stream(client: Client) -> None:
    await stream(client)
    error = (await stream(client, "T", subjects=["s.a"]))["error"]
    assert (error["err_code"], error["description"]) == (10065, "subjects overlap with an existing stream")


async def test_a_list_of_streams_is_told_by_256(client: Client) -> None:
    for number in range(257):
        await stream(client, f"S{number}", subjects=[f"s{number}"], storage="memory")
    page = await api(client, "STREAM.LIST", {"offset": 0})
    assert (page["total"], len(page["streams"])) == (257, 256)
    assert len((await api(client, "STREAM.LIST", {"offset": 256}))["streams"]) == 1


async def test_a_direct_get_brings_many_messages_without_a_consumer_and_then_an_end(client: Client) -> None:
    await stream(client, allow_direct=True)
    await store(client, *ids(5))
    inbox = client.new_inbox()
    heard = await client.subscribe(inbox)
    ask = json.dumps({"seq": 2, "batch": 3, "next_by_subj": "s.>"}).encode()
    await client.publish("$JS.API.DIRECT.GET.S", ask, reply=inbox)
    answers = [(await heard.next_msg(timeout=10)).headers or {} for _ in range(4)]
    assert [headers.get("Nats-Sequence") for headers in answers] == ["2", "3", "4", None]
    assert (answers[2]["Nats-Num-Pending"], answers[3]["Status"]) == ("1", "204")
    assert (await state(client))["consumer_count"] == 0
