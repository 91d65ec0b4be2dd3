"""The two sides of a comparison: turns at going first, waits that end, and rounds that are void when events are lost."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest

from benchmarks.edge import edge_rate
from benchmarks.ground import ROUTES, Ground, fill
from benchmarks.rounds import Clock, in_turn, within
from tests.conftest import Run
from vango.actors.errors import Unavailable
from vango.broker.keeper import Keeper


@pytest.fixture
def keeper(run: Run) -> Iterator[Keeper]:
    keeper = run(Keeper.start())
    yield keeper
    run(keeper.close())


def test_the_sides_take_turns_at_going_first(run: Run) -> None:
    order: list[str] = []

    async def side(name: str) -> float:
        order.append(name)
        return float(len(order))

    values, peers = run(in_turn(3, lambda: side("ours"), lambda: side("peer")))
    assert order == ["ours", "peer", "peer", "ours", "ours", "peer"]
    assert (values, peers) == ((1.0, 4.0, 5.0), (2.0, 3.0, 6.0))


def test_a_wait_ends_with_a_sentence_that_says_what_was_seen(run: Run) -> None:
    async def wait() -> None:
        async with within(0.01, "The last ack", lambda: "3 of 5"):
            await asyncio.Event().wait()

    with pytest.raises(Unavailable, match=r"The last ack did not come about within 0\.01 s\. Last seen: 3 of 5"):
        run(wait())


def test_a_clock_counts_from_its_first_start_only() -> None:
    with pytest.raises(Unavailable):
        Clock().stop()
    clock = Clock()
    clock.start()
    before = clock.stop()
    clock.start()
    assert clock.stop() >= before


def test_every_event_is_in_the_outbox_and_names_its_predecessor(tmp_path: Path) -> None:
    rows = [row for row in fill(tmp_path / "truth.db", ROUTES + 5) if row.feed == "route"]
    assert [row.sequence for row in rows] == list(range(1, ROUTES + 6))
    assert all(before.event_id.encode() in row.body for before, row in pairwise(rows))


def test_a_round_is_void_when_a_stream_lacks_an_event(run: Run, keeper: Keeper, tmp_path: Path) -> None:
    rows = fill(tmp_path / "truth.db", 20)

    async def lose_one() -> None:
        async with Ground.laid(keeper) as ground:
            await ground.store(rows[:-1])
            await ground.must_hold(rows)

    with pytest.raises(Unavailable, match=f"hold {len(rows) - 1} messages instead of {len(rows)}"):
        run(lose_one())


def test_a_round_is_void_when_the_edge_did_not_apply_every_event(
    run: Run, keeper: Keeper, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("benchmarks.edge.ROUND_S", 1.0)
    rows = [row for row in fill(tmp_path / "truth.db", 20) if row.feed == "route"]
    with pytest.raises(Unavailable, match="failed closed"):
        run(edge_rate(keeper, [*rows[:10], *rows[11:]]))
