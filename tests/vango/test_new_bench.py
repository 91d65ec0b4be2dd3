"""A new bench that nobody has used or seen needs no reset before something begins on it; any other one does."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from tests.vango.conftest import Run
from vango.actors.errors import Refused
from vango.bench.bench import Bench
from vango.broker.keeper import Keeper
from vango.observe.rest import has_converged

RULES = {"edge": "fra", "ask_high_water_mark": False}


async def on_new(folder: Path, keeper: Keeper, use: Callable[[Bench], Awaitable[None]]) -> None:
    bench = await Bench.open(folder, keeper)
    try:
        await use(bench)
    finally:
        await bench.close()


def test_a_gesture_begins_on_a_new_bench_as_it_is(run: Run[None], keeper: Keeper, tmp_path: Path) -> None:
    async def use(bench: Bench) -> None:
        with bench.history.as_one("start of the lab"):
            assert bench.history.begin_on_new()
            await bench.perform("edge_rules", RULES)
        assert has_converged(await bench.settle())
        with pytest.raises(Refused, match="There is nothing to undo: nothing was done since the bench was made"):
            await bench.perform("undo")
        await bench.perform("promote", {"route": "shop", "to": "alloc-c"})
        assert (await bench.perform("undo")).startswith("promote was undone")
        assert bench.history.undoes == ""
        assert not bench.edge("fra").rules.ask_high_water_mark, "what the gesture did is still there"

    run(on_new(tmp_path / "bench", keeper, use))


async def look(bench: Bench) -> None:
    await bench.observe()


async def act(bench: Bench) -> None:
    await bench.perform("edge_rules", RULES)


async def slow_down(bench: Bench) -> None:
    await bench.perform("pace", {"tempo": "slow"})


async def lose_the_broker(bench: Bench) -> None:
    await bench.broker.kill()


@pytest.mark.parametrize("before", [look, act, slow_down, lose_the_broker])
def test_a_bench_that_may_have_been_used_is_not_new(
    run: Run[None], keeper: Keeper, tmp_path: Path, before: Callable[[Bench], Awaitable[None]]
) -> None:
    async def use(bench: Bench) -> None:
        await before(bench)
        assert not bench.history.begin_on_new()

    run(on_new(tmp_path / "bench", keeper, use))


def test_a_bench_that_was_opened_before_is_not_new(run: Run[None], keeper: Keeper, tmp_path: Path) -> None:
    async def do_nothing(_: Bench) -> None:
        pass

    async def use(bench: Bench) -> None:
        assert not bench.history.begin_on_new()

    run(on_new(tmp_path / "bench", keeper, do_nothing))
    run(on_new(tmp_path / "bench", keeper, use))


def test_a_second_try_within_the_same_gesture_sets_nothing_aside(
    run: Run[None], keeper: Keeper, tmp_path: Path
) -> None:
    async def use(bench: Bench) -> None:
        with bench.history.as_one("catch me up"):
            assert bench.history.begin_on_new()
            await bench.perform("edge_rules", RULES)
            assert not bench.history.begin_on_new()
            await bench.perform("reset")
        assert bench.history.undoes == ""
        assert bench.edge("fra").rules.ask_high_water_mark

    run(on_new(tmp_path / "bench", keeper, use))
