"""A host that says nothing because its machine is busy keeps its seats; after its end they go to others."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from studylab.room.desk import hosts, knocking
from tests.conftest import Run
from tests.room.conftest import a_room, until


@asynccontextmanager
async def a_door(answer: bytes | None) -> AsyncIterator[str]:
    """Yield the address of a door that opens. It answers this, or nothing until it closes."""
    closed = asyncio.Event()

    async def opened(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if answer is None:
            await closed.wait()
        else:
            writer.write(answer)
        writer.close()

    server = await asyncio.start_server(opened, "127.0.0.1", 0)
    try:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    finally:
        closed.set()
        server.close()
        await server.wait_closed()


@pytest.mark.parametrize(
    ("answer", "is_there"),
    [(b"HTTP/1.1 200 OK\r\n\r\n", True), (None, True), (b"HTTP/1.1 502 Bad Gateway\r\n\r\n", False), (b"", False)],
)
def test_who_opens_the_door_is_there_unless_a_proxy_opened(
    run: Run, monkeypatch: pytest.MonkeyPatch, answer: bytes | None, is_there: bool
) -> None:
    monkeypatch.setattr(knocking, "KNOCK_S", 0.3)

    async def story() -> None:
        async with a_door(answer) as url:
            assert await knocking.runs(url) is is_there
        assert await knocking.runs(url) is False
        assert await knocking.runs("http://[::1") is False, "an address that nobody can read"

    run(story())


@pytest.mark.slow
def test_a_silent_host_whose_door_opens_keeps_its_seats_and_loses_them_when_it_is_gone(
    tmp_path: Path, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hosts, "LOST_AFTER_S", 3.5)

    async def story() -> None:
        async with a_room(tmp_path, "h1", "h2") as room:
            seats = [await room.join("") for _ in range(4)]
            silent = room.desk.hosts["h1"]
            async with a_door(b"HTTP/1.1 200 OK\r\n\r\n") as url:
                room.hosts["h1"].url = url
                await until(lambda: silent.row.url == url)
                await room.hosts.pop("h1").close()
                await until(lambda: silent.silent_s > hosts.LOST_AFTER_S + 1)
                assert room.desk.hosts.alive() == ["h1", "h2"]
            await until(lambda: room.desk.hosts.alive() == ["h2"])
            await until(lambda: all(tile.seat.host == "h2" for tile in room.desk.wall.since(0)[1]))
            assert len(seats) == len(room.desk.wall)

    run(story())
