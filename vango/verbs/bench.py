"""Verbs on the bench as a whole: its pace, its history, its protections and storms."""

from __future__ import annotations

from typing import Annotated

from vango.actors.crash_points import Tempo
from vango.actors.pace import Stretch
from vango.verbs.arguments import Seq
from vango.verbs.registry import Between, Name, verb
from vango.verbs.subject import Bench

MAX_STORM = 8
Seed = Annotated[int, Between(0, 9999)]


@verb("bench")
async def pace(bench: Bench, *, tempo: Tempo) -> str:
    """Let the actors run live, slowly, or step by step: in step each waits at every point of its path."""
    return bench.pace.change(tempo)


@verb("bench")
async def go_on(bench: Bench, *, actor: Name) -> str:
    """Release an actor that waits at a point: it continues to its next."""
    return bench.pace.go_on(actor)


@verb("bench")
async def run_on(bench: Bench, *, to: Stretch) -> str:
    """In step: let all continue without a wait, to the next commit of truth or to the end. Your next act ends it."""
    return bench.pace.run_on(to)


@verb("bench")
async def undo(bench: Bench) -> str:
    """Undo the last verb: a fresh bench on a new server plays all others. After a reset, restore the state before."""
    return await bench.history.undo()


@verb("bench", destructive=True)
async def fork(bench: Bench, *, moment: Seq) -> str:
    """Continue from an earlier moment: a fresh bench on a new server plays every verb up to it."""
    return await bench.history.fork(moment)


@verb("bench")
async def take_away(bench: Bench, *, protection: str) -> str:
    """Take a protection away on all edges at once; the keys are those of docs/matrix.md."""
    return await bench.trials.take_away(protection)


@verb("bench")
async def give_back(bench: Bench, *, protection: str) -> str:
    """Give a protection back on all edges at once."""
    return await bench.trials.give_back(protection)


@verb("bench", destructive=True)
async def storm(bench: Bench, *, seed: Seed, length: Annotated[int, Between(1, MAX_STORM)] = 4) -> str:
    """Play a seeded storm of faults on a fresh bench that has these rules, and let the audit judge the result."""
    return await bench.trials.storm(seed, length)


@verb("bench", destructive=True)
async def shrink_storm(bench: Bench) -> str:
    """Find the smallest part of the last storm that fails in the same way, by playing parts of it on fresh benches."""
    return await bench.trials.shrink()


@verb("bench", destructive=True)
async def try_without(bench: Bench, *, protection: str, fault: str) -> str:
    """Fill one cell of your matrix: a fresh bench without one protection, and one fault, done for real."""
    return await bench.trials.try_without(protection, fault)


@verb("bench", destructive=True)
async def reset(bench: Bench) -> str:
    """Start again: fresh truth, fresh store, fresh views, correct rules."""
    return await bench.reset()
