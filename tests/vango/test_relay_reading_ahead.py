"""Reading ahead: the relay has the next batch at hand, and yet marks every row in order and forgets it when it crashes."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from pathlib import Path

from vango.bench import Bench
from vango.keeper import Keeper
from vango.outbox import count_waiting
from vango.points import Point
from vango.relay import BATCH

EVENTS = BATCH * 2 + 500


@asynccontextmanager
async def loaded(folder: Path) -> AsyncIterator[Bench]:
    """Open a bench with more events in its outbox than two batches hold, and nobody who publishes them."""
    keeper = await Keeper.start()
    try:
        bench = await Bench.open(folder / "bench", keeper)
        try:
            await bench.settle()
            await bench.perform("kill_edges")
            await bench.perform("kill_relay")
            for number in range(EVENTS):
                await bench.control.promote("shop", ("alloc-b", "alloc-c")[number % 2])
            yield bench
        finally:
            await bench.close()
    finally:
        await keeper.close()


async def until_published(bench: Bench) -> None:
    async with asyncio.timeout(120):
        while count_waiting(bench.truth):
            bench.changes.clear()
            await bench.changes.wait()


def ranges(bench: Bench) -> list[tuple[int, int]]:
    """Return the first and last position of every mark, in the order in which they were made."""
    moments = bench.journal.since(0, 100_000)
    marks = [moment.detail for moment in moments if moment.actor == "relay" and "first_position" in moment.detail]
    return [(mark["first_position"], mark["last_position"]) for mark in marks if mark["count"] > 1]


def stored(bench: Bench) -> list[int]:
    with closing(sqlite3.connect(bench.folder / "truth.db")) as db:
        rows = db.execute("SELECT stream_seq FROM outbox WHERE feed = 'route' AND stream_seq > 0 ORDER BY position")
        return [row[0] for row in rows]


def test_what_is_read_ahead_is_published_and_marked_in_order(tmp_path: Path) -> None:
    async def publish() -> None:
        async with loaded(tmp_path) as bench:
            await bench.perform("start_relay")
            await until_published(bench)
            made = ranges(bench)[-3:]
            assert [last - first + 1 for first, last in made] == [BATCH, BATCH, EVENTS - 2 * BATCH]
            assert made == sorted(made)
            assert stored(bench) == sorted(set(stored(bench))), "the stream has every event once and in order"

    asyncio.run(publish())


def test_a_crash_before_the_marks_forgets_what_was_read_ahead(tmp_path: Path) -> None:
    async def crash() -> None:
        async with loaded(tmp_path) as bench:
            waiting = count_waiting(bench.truth)
            bench.relay.arm(Point.BEFORE_MARK)
            await bench.perform("start_relay")
            async with asyncio.timeout(60):
                while bench.relay.is_running:
                    bench.changes.clear()
                    await bench.changes.wait()
            assert count_waiting(bench.truth) == waiting, "nothing was marked"
            bench.relay.arm(None)
            await bench.perform("start_relay")
            await until_published(bench)
            assert ranges(bench) == sorted(ranges(bench)), "no row is marked before its predecessor"
            assert bench.relay.duplicates == BATCH, "the first batch was stored before the crash, and only that one"

    asyncio.run(crash())
