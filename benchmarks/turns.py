"""Row 9: how long the event loop that all benches share stands still: the longest turn of any callback, with a history.

By the thread's own processor time, because time on the clock counts what other programs of the machine take. It is
scaled to a machine of 90 million turns of an empty loop a second, so that a limit means the same everywhere.
"""

from __future__ import annotations

import asyncio
import gc
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest import mock

from benchmarks.machine import TRIES, TURNS
from benchmarks.report import Row, Target
from benchmarks.rounds import Scale, within
from vango.bench.bench import Bench
from vango.broker.keeper import Keeper

COMPARED_WITH = 90e6
LIMIT_MS = 20.0
HISTORY = 100_000
MOST = 10_000
WITHIN_S = 300.0


@dataclass
class Turns:
    """The longest turn so far, and who took it."""

    scale: float
    longest_ms: float = 0.0
    who: str = ""

    def take(self, callback: Any, seconds: float) -> None:
        """Note one turn."""
        ms = seconds * 1000 * self.scale
        if ms > self.longest_ms:
            self.longest_ms, self.who = ms, _name(callback)


def _turns_a_cpu_second() -> float:
    """Return what `machine.turns_a_second` does, by processor time: what other programs take does not count here either."""

    def seconds() -> float:
        began = time.thread_time()
        for _ in range(TURNS):
            pass
        return time.thread_time() - began

    return TURNS / min(seconds() for _ in range(TRIES))


def _name(callback: Any) -> str:
    owner = getattr(callback, "__self__", None)
    if not isinstance(owner, asyncio.Task):
        return repr(callback)
    where = [f"{frame.f_code.co_qualname}:{frame.f_lineno}" for frame in owner.get_stack()]
    return f"{owner.get_name()} in {owner.get_coro()!r}, now at {', '.join(where) or 'its end'}"


@contextmanager
def turns() -> Iterator[Turns]:
    """Measure every turn of every loop meanwhile. The garbage collector stands still: it strikes anybody."""
    found, run = Turns(_turns_a_cpu_second() / COMPARED_WITH), asyncio.Handle._run

    def measured(self: Any) -> Any:
        callback, began = self._callback, time.thread_time()
        try:
            return run(self)
        finally:
            found.take(callback, time.thread_time() - began)

    gc.collect()
    gc.disable()
    try:
        with mock.patch.object(asyncio.Handle, "_run", measured):
            yield found
    finally:
        gc.enable()


async def longest_ms(history: int, changes: int) -> float:
    """Return the longest turn in milliseconds while a bench with this many moments does long work."""
    work: tuple[tuple[str, dict[str, Any]], ...] = (
        ("promote", {"route": "shop", "to": "alloc-c"}),
        ("burst", {"n": changes}),
        ("take_snapshot", {}),
        ("replay", {"edge": "iad"}),
        ("destroy_database", {}),
        ("rebuild_database", {}),
        ("restore_database", {}),
    )
    keeper = await Keeper.start()
    try:
        with tempfile.TemporaryDirectory() as folder:
            bench = await Bench.open(Path(folder) / "bench", keeper)
            try:
                for number in range(history):
                    bench.journal.write("learner", "note", f"something happened, for the {number}th time", n=number)
                await bench.settle()
                async with within(WITHIN_S, "A bench with a long history at work"):
                    with turns() as found:
                        for verb, arguments in work:
                            await bench.perform(verb, arguments)
                            await bench.observe()
                return found.longest_ms
            finally:
                await bench.close()
    finally:
        await keeper.close()


def measure(scale: Scale) -> list[Row]:
    """Return the row of the longest turn."""
    history, changes = min(HISTORY, scale.events), min(MOST, scale.events // 10)
    values = tuple(asyncio.run(longest_ms(history, changes)) for _ in range(scale.rounds))
    what = f"the longest turn of the loop, {history:,} moments in the journal, of a machine of 90 M turns/s"
    return [Row("turn", what, "ms", values, Target(LIMIT_MS))]
