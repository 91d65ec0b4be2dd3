"""Rows 6 and 7: many benches with one open page each; busy with one verb every 5 s each, and idle.

One app serves them all. Its cost is that of all its processes: the app, the keeper and one nats-server a bench. The
learners' sockets are in this process, on the same machine.
"""

from __future__ import annotations

import asyncio
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from benchmarks.machine import cpu_s, family, pss_gb
from benchmarks.report import Row, Target, percentile
from benchmarks.rounds import Scale, within
from benchmarks.served import Served
from benchmarks.visitors import REACH_S, Visitor
from studylab.views import MAX_STREAMS
from vango.actors.errors import BadInput

EVERY_S = 5.0
VERBS_A_ROUND = 2
AT_ONCE = 8
OWNERS = ("alloc-b", "alloc-c")
# The relay tells its mark more slowly after ten quiet seconds; idle is what comes after that.
IDLE_AFTER_S = 15.0
IDLE_ROUND_S = 6.0
OPENING_S = 300.0


async def _open(address: str, n: int) -> list[Visitor]:
    """Let them in a few at a time, as people come into a room."""
    visitors = [Visitor(address) for _ in range(n)]
    door = asyncio.Semaphore(AT_ONCE)

    async def enter(visitor: Visitor) -> None:
        async with door:
            await visitor.enter()

    async with within(OPENING_S, f"The opening of {n} benches"):
        await asyncio.gather(*map(enter, visitors))
    return visitors


async def busy_round(visitors: Sequence[Visitor]) -> list[float | None]:
    """Have each learner promote twice, 5 s apart and not all at once; return each verb's milliseconds, None when lost."""
    began = time.monotonic()

    async def learn(number: int, visitor: Visitor) -> list[float | None]:
        times = []
        for turn in range(VERBS_A_ROUND):
            due = began + EVERY_S * (turn + number / len(visitors))
            await asyncio.sleep(max(due - time.monotonic(), 0))
            times.append(await visitor.promote(OWNERS[turn % 2]))
        return times

    taken = await asyncio.gather(*(learn(number, visitor) for number, visitor in enumerate(visitors)))
    return [took for times in taken for took in times]


async def not_as_truth(visitors: Sequence[Visitor]) -> int:
    """Return how many pages show at last, at some edge, another epoch than their database has."""
    wrong = 0
    for visitor in visitors:
        wrong += set(visitor.shown.values()) != {await visitor.true_epoch()}
    return wrong


async def idle_cores(pid: int) -> float:
    """Return the share of one core that the app and all its processes used, in percent, while nobody did anything."""
    processes, began = family(pid), time.monotonic()
    before = cpu_s(processes)
    await asyncio.sleep(IDLE_ROUND_S)
    return (cpu_s(processes) - before) / (time.monotonic() - began) * 100


async def _measure(scale: Scale, app: Served) -> list[Row]:
    pid = app.process.pid
    family(pid)
    visitors = await _open(app.address, scale.crowd)
    try:
        busy = [await busy_round(visitors) for _ in range(scale.rounds)]
        wrong = await not_as_truth(visitors)
        await asyncio.sleep(IDLE_AFTER_S)
        cores, memory = [], []
        for _ in range(scale.rounds):
            cores.append(await idle_cores(pid))
            memory.append(pss_gb(family(pid)))
    finally:
        await asyncio.gather(*(visitor.leave() for visitor in visitors))
    return _rows(scale.crowd, busy, wrong, cores, memory)


def _rows(
    n: int, busy: Sequence[Sequence[float | None]], wrong: int, cores: Sequence[float], memory: Sequence[float]
) -> list[Row]:
    # A verb that never reached its page counts as the whole time that was waited for it: it cannot improve the p95.
    p95 = tuple(percentile([REACH_S * 1000 if took is None else took for took in times], 0.95) for times in busy)
    lost = [float(sum(took is None for took in times)) for times in busy]
    lost[-1] += wrong
    each = f"{n} benches with open pages"
    return [
        Row("crowd-p95", f"{each}, a verb every 5 s each: verb to last fragment, p95", "ms", p95, Target(300)),
        Row("crowd-lost", f"{each}: changes that never reached their page", "changes", tuple(lost), Target(0)),
        Row("crowd-idle", f"{each}, idle: processor", "% of a core", tuple(cores), Target(40)),
        Row("crowd-memory", f"{each}, idle: memory of all processes (PSS)", "GB", tuple(memory), Target(2)),
    ]


def measure(scale: Scale) -> list[Row]:
    """Return the crowd's rows, none for a crowd of 0. Raises `BadInput` for more than the app lets in."""
    if not scale.crowd:
        return []
    if not 0 < scale.crowd <= MAX_STREAMS:
        raise BadInput(f"The crowd is {scale.crowd}; the app shows from 1 to {MAX_STREAMS} pages at a time.")
    with tempfile.TemporaryDirectory() as folder:
        options = ("--max-benches", str(scale.crowd), "--park-after", "3600")
        with Served(Path(folder), *options) as app:
            return asyncio.run(_measure(scale, app))
