"""Showing: a script played for someone who watches, act by act with a caption, and the pace put back afterwards."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

from studylab.lab.calls import Call, Wait
from studylab.lab.labels import label
from studylab.lab.playing import follow
from vango.actors.crash_points import Tempo

if TYPE_CHECKING:
    from vango.bench.bench import Bench

PAUSE_S = 1.0
"""How long the caption of an act can be read before the next act."""
PATIENCE = 6
"""How many times longer a wait may take while the actors pause at every point."""


@asynccontextmanager
async def at_pace(bench: Bench, tempo: Tempo) -> AsyncIterator[None]:
    """Run the bench at a tempo, and at its own again afterwards."""
    before = bench.pace.tempo
    if before is not tempo:
        await bench.perform("pace", {"tempo": tempo.value})
    try:
        yield
    finally:
        if bench.pace.tempo is not before:
            await bench.perform("pace", {"tempo": before.value})


async def show(bench: Bench, item: Call | Wait, say: Callable[[str], None]) -> None:
    """Issue a verb or wait, as `follow` does, and say what is done, then what the journal says."""
    if isinstance(item, Wait):
        say(f"Waiting for {item.what}.")
        await follow(bench, replace(item, timeout_s=item.timeout_s * PATIENCE))
        return
    words = label(item.verb, item.arguments)
    say(f"{words}.")
    await follow(bench, item)
    told = next((moment.text for moment in reversed(bench.journal.tail(5)) if moment.kind != "verb"), "")
    say(f"{words}: {told}" if told else f"{words}.")
    await asyncio.sleep(PAUSE_S)
