"""Row 4: from the order to promote a route until all three edges of the bench have it in their views.

The commit is within the span, and so is the last edge: what a learner waits for, less the page.
"""

from __future__ import annotations

import asyncio
import tempfile
import time
from pathlib import Path

from benchmarks.edge import sequence
from benchmarks.report import Row, Target, percentile
from benchmarks.rounds import Scale, within
from vango.bench.bench import Bench
from vango.broker.keeper import Keeper

CHANGE_S = 10.0
OWNERS = ("alloc-b", "alloc-c")


async def change_ms(bench: Bench, to: str) -> float:
    """Promote shop and return the milliseconds until the last edge has it."""
    told = asyncio.Event()
    bench.changes.on_change = told.set
    aim = max(map(sequence, bench.edges.values())) + 1
    async with within(CHANGE_S, f"Event {aim} in every view", lambda: {n: sequence(e) for n, e in bench.edges.items()}):
        started = time.perf_counter()
        await bench.control.promote("shop", to)
        while min(map(sequence, bench.edges.values())) < aim:
            await told.wait()
            told.clear()
        return (time.perf_counter() - started) * 1000


async def _round(keeper: Keeper, changes: int) -> list[float]:
    with tempfile.TemporaryDirectory() as folder:
        bench = await Bench.open(Path(folder) / "bench", keeper)
        try:
            await bench.settle()
            return [await change_ms(bench, OWNERS[number % 2]) for number in range(changes)]
        finally:
            await bench.close()


async def _measure(scale: Scale) -> list[Row]:
    keeper = await Keeper.start()
    try:
        rounds = [await _round(keeper, scale.changes) for _ in range(scale.rounds)]
    finally:
        await keeper.close()
    p50, p95 = (tuple(percentile(times, share) for times in rounds) for share in (0.5, 0.95))
    return [
        Row("latency-p50", "commit to the last edge's view, p50", "ms", p50),
        Row("latency-p95", "commit to the last edge's view, p95", "ms", p95, Target(10)),
    ]


def measure(scale: Scale) -> list[Row]:
    """Return the rows of the way from commit to view."""
    return asyncio.run(_measure(scale))
