"""What permissions and accounts let a client do: docs/nats-facts.md#access."""

from __future__ import annotations

import asyncio

import pytest

from tests.facts.conftest import Serve, Server, api, state, store, stream, until

USERS = """
accounts { ONE { jetstream: enabled, users: [
  { user: all, password: all }
  { user: few, password: few, permissions: { publish: ["$JS.API.INFO"], subscribe: ["_INBOX.>"] } }
] } }
"""


@pytest.fixture
def server(serve: Serve) -> Server:
    return serve("server", more=USERS)


async def test_a_publish_that_is_not_allowed_raises_nothing_and_is_told_beside_it(server: Server) -> None:
    told: asyncio.Queue[str] = asyncio.Queue()

    async def tell(error: Exception) -> None:
        await told.put(str(error))

    client = await server.connect(user="few", password="few", error_cb=tell)
    await client.publish("s.a", b"")
    assert await told.get() == 'nats: permissions violation for publish to "s.a"'
    assert client.is_connected


async def test_permissions_ask_where_a_message_goes_and_not_where_its_answer_goes(server: Server) -> None:
    owner, guest = await server.connect(user="all", password="all"), await server.connect(user="few", password="few")
    await stream(owner)
    await guest.publish("$JS.API.INFO", b"", reply="s.a")
    # The answer goes into a stream that the guest may not publish to, and is stored there in the stream's own time.
    await until(lambda: state(owner), lambda seen: seen["messages"] == 1)


async def test_an_account_whose_jetstream_is_off_is_told_503_and_has_its_streams_when_it_is_on_again(
    server: Server,
) -> None:
    owner = await server.connect(user="all", password="all")
    await stream(owner)
    await store(owner, "one")
    for more in (USERS.replace("jetstream: enabled, ", ""), USERS):
        server.stop()
        server.more = more
        server.start()
        owner = await server.connect(user="all", password="all")
        for subject in ("STREAM.INFO.S", "STREAM.LIST") if more != USERS else ():
            error = (await api(owner, subject))["error"]
            assert (error["code"], error["err_code"]) == (503, 10039)
    assert (await state(owner))["messages"] == 1
