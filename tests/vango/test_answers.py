"""A request gets its own answer, or an error that says what is known of its effect, and never waits for a connection
that is gone.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from nats.aio.msg import Msg

from tests.vango.conftest import DEADLINE_S, Hands
from vango.actors.errors import Refused, Unavailable
from vango.broker.connection import Connection

LONG_S = 10 * DEADLINE_S
ASKED = "elsewhere.asked"


@pytest.fixture
def connected(hands: Hands, run: Any) -> Callable[[Callable[[Connection], Awaitable[Any]]], Any]:
    """Run something over a connection of its own."""

    def connected(use: Callable[[Connection], Awaitable[Any]]) -> Any:
        async def used() -> Any:
            wire = await hands.bench.link.connect("test")
            try:
                return await asyncio.wait_for(use(wire), DEADLINE_S)
            finally:
                await wire.cut()

        return run(used())

    return connected


def test_each_request_gets_its_own_answer_in_whatever_order_they_come(connected: Any) -> None:
    async def in_reverse(wire: Connection) -> list[bytes]:
        asked: list[Msg] = []

        async def hear(message: Msg) -> None:
            asked.append(message)
            if len(asked) == 3:
                for one in reversed(asked):
                    await one.respond(b"to " + one.data)

        await wire.subscribe(ASKED, hear)
        answers = await asyncio.gather(*(wire.request(ASKED, b"%d" % n) for n in range(3)))
        return [answer.data for answer in answers]

    assert connected(in_reverse) == [b"to 0", b"to 1", b"to 2"]


def test_a_request_that_nobody_hears_was_certainly_without_effect(connected: Any) -> None:
    async def ask(wire: Connection) -> None:
        with pytest.raises(Unavailable, match="no responders") as refused:
            await wire.request("elsewhere.nobody", timeout_s=LONG_S)
        assert refused.value.definite

    connected(ask)


def test_a_request_without_an_answer_ends_in_its_time_and_its_effect_is_unknown(connected: Any) -> None:
    async def ask(wire: Connection) -> bytes:
        late: list[Msg] = []

        async def hear(message: Msg) -> None:
            late.append(message)

        await wire.subscribe(ASKED, hear)
        with pytest.raises(Unavailable, match="timeout") as refused:
            await wire.request(ASKED, b"first", timeout_s=0.01)
        assert not refused.value.definite
        # The late answer to the first is not taken for that to the second.
        asking = asyncio.ensure_future(wire.request(ASKED, b"second", timeout_s=LONG_S))
        while len(late) < 2:  # noqa: ASYNC110 (the subscription has no event for it)
            await asyncio.sleep(0)
        for message in late:
            await message.respond(b"to " + message.data)
        return (await asking).data

    assert connected(ask) == b"to second"


def test_a_request_does_not_wait_for_a_connection_that_breaks(connected: Any) -> None:
    async def ask(wire: Connection) -> None:
        await wire.subscribe(ASKED, ignore)
        asking = asyncio.ensure_future(wire.request(ASKED, timeout_s=LONG_S))
        await wire.client.flush()
        wire.abort()
        for ask_again in (False, True):
            with pytest.raises(Unavailable, match="the connection broke") as refused:
                await (wire.request(ASKED, timeout_s=LONG_S) if ask_again else asking)
            assert not refused.value.definite

    connected(ask)


async def ignore(_: Msg) -> None:
    pass


def test_a_full_stream_refuses_a_message_and_is_not_taken_for_a_server_that_is_away(connected: Any) -> None:
    async def fill(wire: Connection) -> None:
        full = {"name": "FULL", "subjects": ["full"], "max_msgs": 1, "discard": "new"}
        await wire.api("STREAM.CREATE.FULL", full)
        await wire.store("full", b"fits")
        with pytest.raises(Refused, match="maximum messages exceeded") as refused:
            await wire.store("full", b"one too many")
        assert (refused.value.err_code, refused.value.definite) == (10077, True)

    connected(fill)
