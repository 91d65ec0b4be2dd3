"""Turns: a few benches are at it at once, the others wait in their order, and none holds up the rest for long."""

from __future__ import annotations

import asyncio

import pytest

from studylab import turns
from studylab.turns import Turns

AT_ONCE = 3
WITHIN_S = 10.0


class Many:
    """Benches that take a turn each, in their order, and hold it until they are let go."""

    def __init__(self, count: int) -> None:
        self.turns, self.begun = Turns(AT_ONCE), asyncio.Queue[int]()
        self._ends = [asyncio.Event() for _ in range(count)]
        self.tasks = [asyncio.create_task(self._hold(number)) for number in range(count)]

    async def _hold(self, number: int) -> None:
        async with self.turns.take():
            self.begun.put_nowait(number)
            await self._ends[number].wait()

    async def next(self, count: int) -> list[int]:
        return [await self.begun.get() for _ in range(count)]

    async def let_go(self, *numbers: int) -> None:
        for number in numbers:
            self._ends[number].set()
        await asyncio.gather(*(self.tasks[number] for number in numbers))


def test_who_comes_while_all_turns_are_taken_waits_for_one_that_ends() -> None:
    async def work() -> None:
        many = Many(AT_ONCE + 2)
        assert await many.next(AT_ONCE) == [*range(AT_ONCE)]
        await asyncio.sleep(0)
        assert many.begun.empty()
        await many.let_go(1)
        assert await many.next(1) == [AT_ONCE]
        await many.let_go(*range(AT_ONCE + 2))
        assert await many.next(1) == [AT_ONCE + 1]

    asyncio.run(asyncio.wait_for(work(), WITHIN_S))


def test_a_bench_that_never_ends_loses_its_turn_and_gives_none_back_later(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(turns, "LONGEST_S", 0.01)

    async def work() -> None:
        many = Many(3 * AT_ONCE)
        assert await many.next(3 * AT_ONCE) == [*range(3 * AT_ONCE)]
        assert not any(task.done() for task in many.tasks)
        await many.let_go(*range(3 * AT_ONCE))
        assert many.turns._free._value == AT_ONCE

    asyncio.run(asyncio.wait_for(work(), WITHIN_S))
