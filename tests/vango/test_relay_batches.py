"""Two batches under way: the relay sends the next before it marks the first, and sends none twice that was acked."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from pathlib import Path

import pytest

from vango.actors.crash_points import Point
from vango.bench.bench import Bench
from vango.broker.keeper import Keeper
from vango.relay.pipeline import BATCH, UNDER_WAY
from vango.relay.publisher import ACK_S, PubAck, Publisher, Sent
from vango.truth.outbox import count_waiting

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
    """Return the first and last position of every mark of the promotions, in the order in which they were made.

    What the bench began with is of several feeds, which are published side by side.
    """
    opening = bench.truth.db.table("outbox").count - EVENTS
    moments = bench.journal.since(0, 100_000)
    marks = [moment.detail for moment in moments if moment.actor == "relay" and "first_position" in moment.detail]
    return [(mark["first_position"], mark["last_position"]) for mark in marks if mark["first_position"] > opening]


def stored(bench: Bench) -> list[int]:
    with closing(sqlite3.connect(bench.folder / "truth.db")) as db:
        rows = db.execute("SELECT stream_seq FROM outbox WHERE feed = 'route' AND stream_seq > 0 ORDER BY position")
        return [row[0] for row in rows]


def test_batches_are_published_and_marked_in_order(tmp_path: Path) -> None:
    async def publish() -> None:
        async with loaded(tmp_path) as bench:
            await bench.perform("start_relay")
            await until_published(bench)
            made = ranges(bench)
            assert [last - first + 1 for first, last in made] == [*[BATCH] * (EVENTS // BATCH), EVENTS % BATCH]
            assert made == sorted(made)
            assert stored(bench) == sorted(set(stored(bench))), "the stream has every event once and in order"

    asyncio.run(publish())


def test_a_crash_before_the_marks_leaves_both_batches_to_be_sent_again(tmp_path: Path) -> None:
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
            assert BATCH <= bench.relay.duplicates <= UNDER_WAY * BATCH, "the first was stored, perhaps also the second"
            assert stored(bench) == sorted(set(stored(bench))), "the stream has every event once and in order"

    asyncio.run(crash())


def test_what_was_acked_behind_a_lost_answer_is_marked_and_only_the_unanswered_is_sent_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lost_at = BATCH // 2

    class HardOfHearing(Publisher):
        """A publisher that misses one answer of its first batch."""

        async def answers(self, sent: Sent, *, timeout_s: float = ACK_S) -> list[PubAck | None]:
            acks = await super().answers(sent, timeout_s=timeout_s)
            return [*acks[:lost_at], None, *acks[lost_at + 1 :]] if sent.number == 1 else acks

    async def lose() -> None:
        async with loaded(tmp_path) as bench:
            monkeypatch.setattr("vango.relay.relay.Publisher", HardOfHearing)
            await bench.perform("start_relay")
            await until_published(bench)
            assert bench.relay.unanswered == 1
            assert bench.relay.duplicates == 1, "the one whose answer was lost"
            assert stored(bench) == sorted(set(stored(bench))), "the stream has every event once and in order"

    asyncio.run(lose())
