"""Row 5: how long it takes until the app serves a page, a new bench is ready, and a reset one is as new."""

from __future__ import annotations

import asyncio
import tempfile
import time
import urllib.request
from pathlib import Path

from benchmarks.report import Row, Target
from benchmarks.rounds import Scale, within
from benchmarks.served import Served
from vango.bench.bench import Bench
from vango.broker.keeper import Keeper

PAGE_S = 10.0
BENCH_S = 30.0


def page_ms(folder: Path) -> float:
    """Start the app on an empty data folder and return the milliseconds until its first page has been read."""
    started = time.perf_counter()
    with Served(folder) as app:
        with urllib.request.urlopen(app.address, timeout=PAGE_S) as answer:
            answer.read()
        return (time.perf_counter() - started) * 1000


async def bench_ms(keeper: Keeper, folder: Path) -> tuple[float, float]:
    """Return the milliseconds until a new bench has settled, and until it has again after a reset."""
    async with within(BENCH_S, "A new bench and its reset"):
        started = time.perf_counter()
        bench = await Bench.open(folder, keeper)
        try:
            await bench.settle()
            opened = time.perf_counter()
            await bench.perform("reset")
            await bench.settle()
            return (opened - started) * 1000, (time.perf_counter() - opened) * 1000
        finally:
            await bench.close()


async def _benches(rounds: int) -> list[tuple[float, float]]:
    keeper = await Keeper.start()
    try:
        return [await _in_a_folder(keeper) for _ in range(rounds)]
    finally:
        await keeper.close()


async def _in_a_folder(keeper: Keeper) -> tuple[float, float]:
    with tempfile.TemporaryDirectory() as folder:
        return await bench_ms(keeper, Path(folder) / "bench")


def measure(scale: Scale) -> list[Row]:
    """Return the rows of the three starts."""
    served = []
    for _ in range(scale.rounds):
        with tempfile.TemporaryDirectory() as folder:
            served.append(page_ms(Path(folder)))
    opened, reset = zip(*asyncio.run(_benches(scale.rounds)), strict=True)
    return [
        Row("start-app", "from `python app.py` to a served page", "ms", tuple(served), Target(1000)),
        Row("start-bench", "a new bench ready", "ms", opened, Target(300)),
        Row("start-reset", "a reset", "ms", reset, Target(300)),
    ]
