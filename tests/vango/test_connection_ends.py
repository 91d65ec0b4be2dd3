"""However a connection ends, everybody who uses it learns of it, and nothing of it is left."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
from typing import Any

import pytest

from tests.vango.conftest import DEADLINE_S, Hands, stop_from_outside
from vango.actors.errors import Unavailable
from vango.broker.connection import Address, Connection

ROUNDS = 8
PENDING = 1_000_000  # bytes, more than the client sends in one go


@pytest.mark.skipif(not hasattr(signal, "SIGSTOP"), reason="nothing can be stopped by a signal here")
def test_the_end_is_noticed_when_the_client_still_has_something_to_send(hands: Hands, run: Any) -> None:
    async def ends_with_messages_pending() -> None:
        wire = await hands.bench.link.connect("test")
        pid = hands.bench.broker.pid
        assert pid is not None
        stop_from_outside(pid)
        sending = asyncio.create_task(flood(wire))
        # The broker reads no more: the client's own buffer fills after the socket's.
        while wire.client.pending_data_size < PENDING:  # noqa: ASYNC110 (nats-py has no event for it)
            await asyncio.sleep(0)
        os.kill(pid, signal.SIGKILL)
        try:
            await asyncio.wait_for(wire.broken.wait(), DEADLINE_S)
        finally:
            await wire.cut()
            sending.cancel()
            await asyncio.wait([sending])

    run(ends_with_messages_pending())


async def ignore(_: Any) -> None:
    pass


async def flood(wire: Connection) -> None:
    while not wire.broken.is_set():
        await wire.publish("elsewhere", bytes(60_000))
        await asyncio.sleep(0)


@pytest.mark.long
def test_a_burst_and_a_kill_of_the_broker_leave_no_edge_deaf(hands: Hands) -> None:
    for n in range(ROUNDS):
        hands.do("burst", n=200 + 150 * n)
        hands.do("kill_broker")
        hands.do("start_broker")
        hands.until(all_are_current)


def all_are_current(seen: Any) -> bool:
    return all(edge.claim == f"current at {seen.truth.sequence}" for edge in seen.edges)


def test_a_port_where_nobody_listens_is_refused_in_the_words_of_the_system(run: Any) -> None:
    with pytest.raises(Unavailable, match="Connect call failed"):
        run(Connection.open(Address(f"nats://127.0.0.1:{free_port()}", "", ""), "test"))


def free_port() -> int:
    with socket.socket() as tried:
        tried.bind(("127.0.0.1", 0))
        return int(tried.getsockname()[1])


def test_a_connection_that_nobody_waits_for_any_more_closes_its_socket(run: Any) -> None:
    async def give_up_on_a_silent_broker() -> None:
        ended: asyncio.Queue[bytes] = asyncio.Queue()

        async def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            accepted.set()
            try:
                ended.put_nowait(await reader.read())
            except ConnectionResetError:
                ended.put_nowait(b"")
            writer.close()

        accepted = asyncio.Event()
        server = await asyncio.start_server(accept, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        connecting = asyncio.create_task(Connection.open(Address(f"nats://127.0.0.1:{port}", "", ""), "test"))
        await accepted.wait()
        connecting.cancel()
        await asyncio.wait([connecting])
        assert await asyncio.wait_for(ended.get(), DEADLINE_S) == b""
        server.close()

    run(give_up_on_a_silent_broker())


def test_nothing_of_a_connection_is_left_after_it_was_cut(hands: Hands, run: Any) -> None:
    async def open_use_and_cut() -> set[str]:
        before = asyncio.all_tasks()
        wire = await hands.bench.link.connect("test")
        await wire.subscribe("elsewhere.>", ignore)
        await wire.cut()
        with pytest.raises(Unavailable):
            await wire.publish("elsewhere.too", b"")
        return {task.get_name() for task in asyncio.all_tasks() - before}

    assert run(open_use_and_cut()) == set()
