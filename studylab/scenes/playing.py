"""Playing a script on a learner's bench: a reset, then act after act at the learner's pace, with progress and a stop.

It begins with a reset and is one gesture, so undo restores the bench from before. It waits for states, never for a
time, and decides nothing: verbs act, and the audit judges.
"""

from __future__ import annotations

import asyncio
import math
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from studylab.lab.calls import Call, Script, Wait
from vango.actors.crash_points import Tempo
from vango.actors.errors import Refused, Unavailable, VangoError
from vango.actors.progress import Stopped
from vango.bench.bench import Bench
from vango.storm.play import ACTS, STILL, rest

LOOK_S = 1.0
REST_S = 3.0
SLOW_REST_S = 15.0
"""More than an event takes through all points at the slow pace. With a poison message a bench never rests."""
SLOWER = 20.0


@dataclass(slots=True)
class Played:
    """How far a script has come: acts done, and those of them that were refused."""

    done: int = 0
    refused: int = 0

    @property
    def words(self) -> str:
        """The acts, counted."""
        refused = f", {self.refused} refused" if self.refused else ""
        return f"{self.done} act{'' if self.done == 1 else 's'}{refused}"


async def _now() -> None:
    """Nothing is waited for."""


async def play(bench: Bench, name: str, script: Script, turn: Callable[[], Awaitable[None]] = _now) -> str:
    """Reset the bench and play a script. Returns how it ended in a sentence. `turn` is waited for before each act.

    Raises `Refused` when another script or a lab is being played, and `Unavailable` when a wait does not come.
    """
    played, tempo = Played(), bench.pace.tempo
    with bench.history.as_one(name), bench.progress.of(name), bench.progress.counting(len(script), ACTS):
        await bench.perform("reset", {})
        try:
            for number, item in enumerate(script):
                await _stop_or_go_on(bench, number)
                if isinstance(item, Wait):
                    await _wait(bench, item)
                    continue
                if item.verb not in STILL:
                    # The rules are set at full speed, so that the learner watches the story and not its preparation.
                    tempo = await _at(bench, tempo)
                await turn()
                await _do(bench, item, played)
                await _rest(bench, item)
            await _at(bench, tempo)
        except Stopped:
            return f"“{name}” was stopped after {played.words}. Undo brings back what was before."
    return f"“{name}” was played: {played.words}. Undo brings back what was before."


async def _at(bench: Bench, tempo: Tempo) -> Tempo:
    """Return to the learner's tempo once; from then on it is the learner's to change."""
    if tempo is not Tempo.LIVE:
        await bench.perform("pace", {"tempo": tempo.value})
    return Tempo.LIVE


async def _stop_or_go_on(bench: Bench, number: int) -> None:
    if await bench.progress.step(number, ACTS):
        raise Stopped


async def _do(bench: Bench, item: Call, played: Played) -> None:
    played.done += 1
    try:
        await bench.perform(item.verb, dict(item.arguments))
    except VangoError as error:
        if not (item.refusal and isinstance(error, Refused | Unavailable)):
            raise
        played.refused += 1


async def _rest(bench: Bench, item: Call) -> None:
    """Give an act time to take effect. Verbs that only set something need none."""
    loop = asyncio.get_running_loop()
    begun = loop.time()
    while item.verb not in STILL and not await rest(bench, LOOK_S):
        if bench.progress.is_stopping:
            raise Stopped
        # A command that is still on its way would refuse the next one.
        if not bench.control.is_under_way and _is_too_late(bench, loop.time() - begun, REST_S, SLOW_REST_S):
            return


async def _wait(bench: Bench, item: Wait) -> None:
    """Wait for a state, or until a person stops the script. One look may take seconds while the broker is silent."""
    loop = asyncio.get_running_loop()
    begun = loop.time()
    while not bench.progress.is_stopping:
        try:
            await bench.wait_until(lambda seen: bench.progress.is_stopping or item.until(seen), item.timeout_s)
            return
        except Unavailable as error:
            if _is_too_late(bench, loop.time() - begun, item.timeout_s, item.timeout_s * SLOWER):
                raise Unavailable(f"Waited for {item.what} and it did not come. {error}") from error
    raise Stopped


def _is_too_late(bench: Bench, waited_s: float, live_s: float, slow_s: float) -> bool:
    """Return whether a wait has lasted too long at the present pace. In step only the learner decides."""
    limits = {Tempo.LIVE: live_s, Tempo.SLOW: slow_s}
    return waited_s >= limits.get(bench.pace.tempo, math.inf)
