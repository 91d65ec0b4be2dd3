"""Row 8: what one verb costs the server, processor time of app and broker, while one page is open. Linux only.

The app's own share is also given in turns of an empty loop, timed in the same round: that compares two machines.

The page is a socket that reads the event stream, so nothing but the server is measured. A verb's frames are all drawn
before the next verb: two in five seconds are a pace at which nothing can be saved by drawing two changes as one.
"""

from __future__ import annotations

import asyncio
import tempfile
from pathlib import Path

from benchmarks.machine import cpu_s, family, turns_a_second
from benchmarks.report import Row, Target
from benchmarks.rounds import Scale, within
from benchmarks.served import Served
from benchmarks.visitors import Visitor

APART_S = 0.4
WARM_UP = 5
OWNERS = ("alloc-b", "alloc-c")
PATIENCE_S = 60.0


async def _promote(visitor: Visitor, numbers: range) -> None:
    """Promote to one owner and the other in turn: to the present one it would be refused."""
    for number in numbers:
        await visitor.promote(OWNERS[number % 2])
        await asyncio.sleep(APART_S)


async def cpu_ms(app: Served, verbs: int) -> tuple[float, float]:
    """Return the milliseconds of processor time for each verb: of the app with all its processes, and of the app alone."""
    visitor = Visitor(app.address)
    async with within(PATIENCE_S + verbs * 1.0, f"{verbs} promotions"):
        await visitor.enter()
        try:
            await _promote(visitor, range(WARM_UP))
            processes = family(app.process.pid)
            before, alone = cpu_s(processes), cpu_s(processes[:1])
            await _promote(visitor, range(WARM_UP, WARM_UP + verbs))
            used = cpu_s(processes) - before, cpu_s(processes[:1]) - alone
            return used[0] / verbs * 1000, used[1] / verbs * 1000
        finally:
            await visitor.leave()


def measure(scale: Scale) -> list[Row]:
    """Return the rows of a verb's processor time."""
    with tempfile.TemporaryDirectory() as folder, Served(Path(folder)) as app:
        rounds = [(asyncio.run(cpu_ms(app, scale.clicks)), turns_a_second()) for _ in range(scale.rounds)]
    both = tuple(family_ms for (family_ms, _), _ in rounds)
    alone = tuple(app_ms for (_, app_ms), _ in rounds)
    turns = tuple(app_ms / 1000 * speed / 1e6 for (_, app_ms), speed in rounds)
    return [
        Row("verb-cpu", "one verb with one page open: processor time of app and broker", "ms", both),
        Row("verb-app", "one verb with one page open: processor time of the app", "ms", alone),
        Row(
            "verb-turns",
            "one verb with one page open: the same in turns of an empty loop",
            "million turns",
            turns,
            Target(0.8),
        ),
    ]
