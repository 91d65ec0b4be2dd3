"""The tape of a long stream: a window is read and seen, whatever else the stream holds or has lost."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from contextvars import ContextVar
from pathlib import Path
from typing import Any

import pytest

from vango.actors.errors import Unavailable
from vango.bench.bench import Bench
from vango.broker.connection import Connection
from vango.broker.keeper import Keeper
from vango.observe.model import StreamSeen
from vango.observe.tape import WINDOW

LONG = 10_000
FOREIGN = "telemetry.sampled.host-1"


@asynccontextmanager
async def opened(folder: Path) -> AsyncIterator[Bench]:
    """Open a bench on which nothing moves, so that every request to the broker is one of looking."""
    keeper = await Keeper.start()
    try:
        bench = await Bench.open(folder / "bench", keeper)
        try:
            await bench.settle()
            await bench.perform("kill_relay")
            await bench.perform("kill_edges")
            yield bench
        finally:
            await bench.close()
    finally:
        await keeper.close()


async def fill(bench: Bench, n: int, stream: str = "TELEMETRY") -> None:
    client = bench.wire().client
    for _ in range(n):
        await client.publish(FOREIGN, b"{}")
    last = -1
    while last < n:
        last = (await bench.wire().api(f"STREAM.INFO.{stream}"))["state"]["last_seq"]


_looking = ContextVar("looking", default=False)


@contextmanager
def counted(monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, int]]:
    """Count what looking asks of the broker and the bytes that it answers; what others ask meanwhile is not counted."""
    seen = {"requests": 0, "messages": 0, "bytes": 0}
    api = Connection.api

    async def count_api(self: Connection, subject: str, *arguments: Any, **named: Any) -> dict[str, Any]:
        reply = await api(self, subject, *arguments, **named)
        if _looking.get():
            seen["requests"] += 1
            seen["bytes"] += len(json.dumps(reply))
        return reply

    with monkeypatch.context() as patched:
        patched.setattr(Connection, "api", count_api)
        from vango.observe import tape

        batch = tape._batch

        async def count_batch(wire: Connection, stream: str, seq: int) -> Any:
            found = await batch(wire, stream, seq)
            seen["requests"] += 1
            seen["messages"] += len(found)
            return found

        patched.setattr(tape, "_batch", count_batch)
        token = _looking.set(True)
        yield seen
        _looking.reset(token)


def lost(n: int) -> range:
    """Return the stream seqs to delete: every other one of the older ones, none of them in the window."""
    return range(2, min(n - WINDOW, 2_000), 2)


def telemetry(bench: Bench) -> StreamSeen:
    return next(stream for stream in bench.observer.broker.streams if stream.name == "TELEMETRY")


def test_looking_at_ten_thousand_messages_with_holes_costs_no_more_than_at_a_hundred(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def costs(folder: Path, n: int) -> dict[str, int]:
        async with opened(folder) as bench:
            await fill(bench, n)
            wire = bench.wire()
            await asyncio.gather(
                *(wire.api("STREAM.MSG.DELETE.TELEMETRY", {"seq": seq, "no_erase": True}) for seq in lost(n))
            )
            with counted(monkeypatch) as seen:
                await bench.observe()
            first = dict(seen)
            with counted(monkeypatch) as seen:
                await bench.observe()
            assert seen["messages"] == 0, "a second look reads nothing again"
            assert telemetry(bench).deleted == len(lost(n))
            assert [cell.seq for cell in telemetry(bench).cells] == [*range(n - WINDOW + 1, n + 1)]
            return first

    few = asyncio.run(costs(tmp_path / "few", 100))
    many = asyncio.run(costs(tmp_path / "many", LONG))
    assert many["requests"] <= few["requests"]
    assert many["messages"] <= few["messages"]
    assert many["bytes"] < few["bytes"] * 1.2


@pytest.mark.parametrize("seq", [45, 99, 100, 1])
def test_a_message_deleted_since_the_last_look_is_a_hole(tmp_path: Path, seq: int) -> None:
    async def look() -> None:
        async with opened(tmp_path) as bench:
            await fill(bench, 100)
            await bench.observe()
            await bench.wire().api("STREAM.MSG.DELETE.TELEMETRY", {"seq": seq, "no_erase": True})
            await bench.observe()
            seen = telemetry(bench)
            window = range(41, 101)
            assert [cell.seq for cell in seen.cells] == [n for n in window if n != seq]
            assert seen.holes == tuple(n for n in window if n == seq)

    asyncio.run(look())


def test_one_new_message_is_read_without_a_subscription(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def refuse(*_: Any) -> None:
        raise Unavailable("no subscription is needed")

    async def look() -> None:
        async with opened(tmp_path) as bench:
            await fill(bench, 2)
            await bench.observe()
            monkeypatch.setattr(Connection, "subscribe", refuse)
            await bench.wire().store(FOREIGN, b"the third")
            await bench.observe()
            assert [cell.seq for cell in telemetry(bench).cells] == [1, 2, 3]

    asyncio.run(look())
