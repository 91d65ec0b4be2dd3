"""Fresh benches in a temporary folder, for trials from a shell. A reset costs tens of milliseconds."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Awaitable, Callable, Iterable
from itertools import product
from pathlib import Path

from vango.bench.bench import Bench
from vango.broker.keeper import Keeper
from vango.storm.fault_table import FAULTS, Fault
from vango.storm.matrix import ALL_ON, Cell, Cells, script, word
from vango.storm.play import Until, Verdict, play
from vango.storm.protections import PROTECTIONS, Protection
from vango.verbs.script import Act

SIDE_BY_SIDE = 2
"""How many benches fill cells at the same time. Each needs a broker; more than there are cores gains nothing."""


async def on_benches(work: Callable[[Bench], Awaitable[None]], count: int, nats_server: Path | None = None) -> None:
    """Do some work on this many new benches at the same time, and close them in any case."""
    keeper = await Keeper.start(nats_server)
    benches: list[Bench] = []
    try:
        with tempfile.TemporaryDirectory(prefix="vango-trial-") as folder:
            try:
                for number in range(count):
                    benches.append(await Bench.open(Path(folder) / f"bench-{number}", keeper))
                await asyncio.gather(*(work(bench) for bench in benches))
            finally:
                for bench in benches:
                    await bench.close()
    finally:
        await keeper.close()


async def play_afresh(bench: Bench, script: Iterable[Act | Until]) -> Verdict:
    """Reset a bench and play a script on it. Raises `BadInput`, `NotThere` for an impossible act."""
    await bench.reset()
    return await play(bench, script)


async def fill(
    protections: Iterable[Protection] = (ALL_ON, *PROTECTIONS),
    faults: Iterable[Fault] = FAULTS,
    *,
    nats_server: Path | None = None,
    on_cell: Callable[[Cell], None] = lambda _: None,
) -> Cells:
    """Fill the cells of some rows and columns, a few side by side, each on a fresh bench. Returns them by key."""
    wanted = list(product(protections, faults))[::-1]
    found: Cells = {}

    async def work(bench: Bench) -> None:
        while wanted:
            without, fault = wanted.pop()
            verdict = await play_afresh(bench, script(without, fault))
            found[without.key, fault.key] = word(verdict)
            on_cell(Cell(without.key, fault.key, word(verdict)))

    await on_benches(work, min(SIDE_BY_SIDE, len(wanted)), nats_server)
    return found
