"""What fails with an error that nobody foresaw is told and begins again, and whatever fails while a bench closes, it is closed."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from tests.vango.conftest import DEADLINE_S, Hands, Run, settled
from vango.actors import tasks
from vango.bench.bench import Bench
from vango.bench.changes import Changes
from vango.broker import streams
from vango.broker.keeper import Keeper

pytestmark = pytest.mark.long


def fails_first(times: int, act: Any) -> Any:
    """Do what `act` does, but first raise an unexpected error this many times."""
    left = [times]

    async def first(*arguments: Any) -> Any:
        left[0] -= 1
        if left[0] >= 0:
            raise RuntimeError("unforeseen")
        return await act(*arguments)

    return first


def test_what_fails_is_told_once_and_begins_again(run: Run[Any], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tasks, "BEGIN_AGAIN_S", 0.0)
    told: list[str] = []
    run(tasks.keep_going(fails_first(3, _nothing), told.append, "the work"))
    assert told == ["the work failed with an unexpected error (RuntimeError: unforeseen); it starts again"]


async def _nothing() -> None:
    return None


def test_a_bench_is_connected_again_after_an_error_that_nobody_foresaw(
    hands: Hands, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(streams, "ensure", fails_first(2, streams.ensure))
    hands.do("kill_broker")
    hands.do("start_broker")
    hands.until(lambda seen: all(stream.available for stream in seen.streams))
    assert [text.partition(" (")[0] for text in hands.told("broker", "trouble")] == [
        "the bench's connection to its broker failed with an unexpected error"
    ]


def test_the_clock_goes_on_after_an_error(run: Run[Any], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("vango.bench.changes.TICK_S", 0.001)
    monkeypatch.setattr(tasks, "BEGIN_AGAIN_S", 0.0)
    asked: list[float] = []

    async def ticks_on() -> None:
        changes, again = Changes(), asyncio.Event()
        changes.watched = True

        def patience() -> float:
            asked.append(0.0)
            if len(asked) == 1:
                raise RuntimeError("unforeseen")
            again.set()
            return 1000.0

        changes.begin(patience)
        await asyncio.wait_for(again.wait(), DEADLINE_S)
        await changes.end()

    run(ticks_on())
    assert len(asked) > 1


@pytest.mark.parametrize(
    "part", ["changes.end", "link.end", "relay.stop", "guests.forget", "truth.close", "recording.write_down"]
)
def test_a_close_that_fails_half_way_leaves_nothing_open(
    run: Run[Any], keeper: Keeper, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, part: str
) -> None:
    bench = run(Bench.open(tmp_path / "bench", keeper))
    owner, name = part.split(".")
    ends = getattr(getattr(bench, owner), name)

    async def fails_at_the_end(*arguments: Any) -> None:
        await ends(*arguments)
        raise RuntimeError("unforeseen")

    def fail(*arguments: Any) -> Any:
        if asyncio.iscoroutinefunction(ends):
            return fails_at_the_end(*arguments)
        ends(*arguments)
        raise RuntimeError("unforeseen")

    with monkeypatch.context() as patch:
        patch.setattr(type(getattr(bench, owner)), name, lambda _, *arguments: fail(*arguments))
        with pytest.raises(RuntimeError, match="unforeseen"):
            run(bench.close())
    assert bench.broker.state == "down"
    for hands in settled(run, keeper, tmp_path / "bench"):
        assert hands.do("promote", route="shop", to="alloc-c")
