"""The first reset of a new bench at which nobody has looked has nothing to do; any other one is done for real."""

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


def test_a_new_bench_is_reset_as_it_is(run: Run[None], keeper: Keeper, tmp_path: Path) -> None:
    async def use(bench: Bench) -> None:
        broker, moment = bench.broker.pid, bench.journal.last
        await bench.perform("reset")
        assert bench.broker.pid == broker
        assert [one.kind for one in bench.journal.since(moment, 10) if one.actor == "learner"] == ["verb", "reset"]
        assert has_converged(await bench.settle())
        with pytest.raises(Refused, match="nothing was done since the bench was reset"):
            await bench.perform("undo")
        await bench.perform("reset")
        assert bench.broker.pid != broker, "it was looked at"

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
def test_a_bench_that_may_have_been_used_is_reset_for_real(
    run: Run[None], keeper: Keeper, tmp_path: Path, before: Callable[[Bench], Awaitable[None]]
) -> None:
    async def use(bench: Bench) -> None:
        broker = bench.broker.pid
        await before(bench)
        await bench.perform("reset")
        assert bench.broker.pid != broker
        assert bench.pace.is_live

    run(on_new(tmp_path / "bench", keeper, use))


def test_a_bench_that_was_opened_before_is_reset_for_real(run: Run[None], keeper: Keeper, tmp_path: Path) -> None:
    async def do_nothing(_: Bench) -> None:
        pass

    async def use(bench: Bench) -> None:
        broker = bench.broker.pid
        await bench.perform("reset")
        assert bench.broker.pid != broker

    run(on_new(tmp_path / "bench", keeper, do_nothing))
    run(on_new(tmp_path / "bench", keeper, use))


def test_a_second_try_within_the_same_gesture_sets_nothing_aside(
    run: Run[None], keeper: Keeper, tmp_path: Path
) -> None:
    async def use(bench: Bench) -> None:
        broker = bench.broker.pid
        with bench.history.as_one("catch me up"):
            await bench.perform("reset")
            await bench.perform("edge_rules", RULES)
            assert bench.broker.pid == broker
            await bench.perform("reset")
        assert bench.history.undoes == ""
        assert bench.edge("fra").rules.ask_high_water_mark

    run(on_new(tmp_path / "bench", keeper, use))
