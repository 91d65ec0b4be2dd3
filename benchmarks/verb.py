"""Row 8: what one verb costs the server, processor time of app and broker, while one page is open. Linux only.

The page is a socket that reads the event stream, so nothing but the server is measured. A verb's frames are all drawn
before the next verb: two in five seconds are a pace at which nothing can be saved by drawing two changes as one.
"""

from __future__ import annotations

import asyncio
import tempfile
from pathlib import Path

from benchmarks.machine import cpu_s, family
from benchmarks.report import Row
from benchmarks.rounds import Scale, within
from benchmarks.served import Served
from benchmarks.visitors import Visitor

APART_S = 0.4
WARM_UP = 5
OWNERS = ("alloc-b", "alloc-c")
PATIENCE_S = 60.0


async def _promote(visitor: Visitor, verbs: int) -> None:
    for number in range(verbs):
        await visitor.promote(OWNERS[number % 2])
        await asyncio.sleep(APART_S)


async def cpu_ms(app: Served, verbs: int) -> float:
    """Return the milliseconds of processor time that the app and all its processes used for each verb."""
    visitor = Visitor(app.address)
    async with within(PATIENCE_S + verbs * 1.0, f"{verbs} promotions"):
        await visitor.enter()
        try:
            await _promote(visitor, WARM_UP)
            processes = family(app.process.pid)
            before = cpu_s(processes)
            await _promote(visitor, verbs)
            return (cpu_s(processes) - before) / verbs * 1000
        finally:
            await visitor.leave()


def measure(scale: Scale) -> list[Row]:
    """Return the row of a verb's processor time."""
    with tempfile.TemporaryDirectory() as folder, Served(Path(folder)) as app:
        values = tuple(asyncio.run(cpu_ms(app, scale.clicks)) for _ in range(scale.rounds))
    return [Row("verb-cpu", "one verb with one page open: processor time of app and broker", "ms", values)]
