"""Another program holds a database of a bench: who owns it is told so, and the loop that all benches share turns on."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.vango.conftest import Hands
from vango.actors.errors import Unavailable
from vango.bench.bench import Bench
from vango.broker.keeper import Keeper

SENTENCE = "another program holds the database; close it and try again"


@contextmanager
def held(file: Path) -> Iterator[None]:
    outside = sqlite3.connect(file, isolation_level=None)
    outside.execute("BEGIN IMMEDIATE")
    try:
        yield
    finally:
        outside.close()


class Counted:
    """Counts how often the loop comes round while something else is awaited."""

    def __init__(self) -> None:
        self.rounds = 0

    async def beside(self, work: Any) -> Any:
        async def count() -> None:
            while True:
                self.rounds += 1
                await asyncio.sleep(0.005)

        counting = asyncio.create_task(count())
        try:
            return await work
        finally:
            counting.cancel()


def test_a_verb_on_a_held_truth_is_refused_in_words_and_the_loop_turns_meanwhile(hands: Hands) -> None:
    counted = Counted()
    with held(hands.bench.folder / "truth.db"), pytest.raises(Unavailable, match=SENTENCE) as refused:
        hands._run(counted.beside(hands.bench.perform("promote", {"route": "shop", "to": "alloc-c"})))
    assert "eset the bench" not in str(refused.value)
    assert counted.rounds > 20
    hands.do("promote", route="shop", to="alloc-c")
    assert hands.settle().audit.soundness == "sound"


def test_a_look_at_a_bench_whose_truth_is_held_waits_for_nothing(hands: Hands) -> None:
    with held(hands.bench.folder / "truth.db"):
        assert hands._run(hands.bench.observe()).truth.sequence == 3


def test_a_snapshot_needs_no_lock(hands: Hands) -> None:
    with held(hands.bench.folder / "truth.db"):
        assert "at 3" in hands.do("take_snapshot")


def test_a_lock_that_is_let_go_in_time_refuses_nothing(hands: Hands) -> None:
    async def promote_while_held() -> str:
        work = asyncio.create_task(hands.bench.perform("promote", {"route": "shop", "to": "alloc-c"}))
        with held(hands.bench.folder / "truth.db"):
            await asyncio.sleep(0.1)
            assert not work.done()
        return str(await work)

    assert "shop belongs to alloc-c" in hands._run(promote_while_held())


def test_a_relay_marks_what_it_published_once_it_may(hands: Hands) -> None:
    async def promote_and_hold() -> None:
        await hands.bench.perform("promote", {"route": "shop", "to": "alloc-c"})
        with held(hands.bench.folder / "truth.db"):
            await hands.bench.wait_until(lambda seen: SENTENCE in seen.relay.reason)

    hands._run(promote_and_hold())
    seen = hands.settle()
    assert (seen.outbox.waiting, seen.relay.state, seen.audit.soundness) == (0, "up", "sound")


def test_an_edge_whose_view_is_held_waits_for_it_and_loses_nothing(hands: Hands) -> None:
    with held(hands.bench.folder / "fra.db"):
        hands.do("promote", route="shop", to="alloc-c")
        seen = hands.until(lambda seen: "another program holds fra.db" in seen.edge("fra").reason)
        assert seen.edge("fra").sequence == 3
        assert hands.until(lambda seen: seen.edge("iad").claim == "current at 4")
    seen = hands.settle()
    assert {edge.claim for edge in seen.edges} == {"current at 4"}
    assert seen.edge("fra").reason == ""
    assert seen.audit.soundness == "sound"


def test_an_edge_starts_from_a_view_that_is_held(hands: Hands) -> None:
    with held(hands.bench.folder / "fra.db"):
        hands.do("restart_edge", edge="fra")
        hands.until(lambda seen: seen.edge("fra").claim == "current at 3")


def test_a_held_journal_is_written_when_it_may_be(hands: Hands) -> None:
    journal, first = hands.bench.journal, hands.bench.journal.last
    with held(hands.bench.folder / "journal.db"):
        hands.do("promote", route="shop", to="alloc-c")
        hands.settle()
    hands.do("promote", route="blog", to="alloc-c")
    hands.settle()
    assert journal.trouble == ""
    numbers = [moment.n for moment in journal.since(first, 1_000)]
    assert numbers == list(range(first + 1, first + 1 + len(numbers)))


def test_a_bench_opens_while_its_databases_are_held(hands: Hands, keeper: Keeper) -> None:
    folder = hands.bench.folder
    hands._run(hands.bench.close())
    with held(folder / "truth.db"), held(folder / "fra.db"), held(folder / "journal.db"):
        bench = hands._run(Bench.open(folder, keeper))
        hands._run(bench.close())
