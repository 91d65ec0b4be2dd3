"""Running a bench's history again: the journal's verbs are a script, and a fresh bench on a new server can follow it.

What depends on the clock (a message that expired, an ack that came late) comes out as the clock of this run has it.
The pace is left out: a re-run is live.
"""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from vango.core.modes import Mode
from vango.errors import Refused, StudyLabError
from vango.journal import Journal
from vango.outbox import count_waiting, high_water_mark

if TYPE_CHECKING:
    from vango.bench import Bench

LEFT_OUT = frozenset({"undo", "fork", "reset", "pace", "go_on", "remove_guest"})
MAX_VERBS = 2_000
VERBS = "verbs"
QUIET_S = 0.015
QUIET_WITHIN_S = 0.5

Done = tuple[str, dict[str, Any]]


def script(journal: Journal, up_to: int | None = None) -> list[Done]:
    """Return the verbs since the last reset, up to and including a moment. Raises `Refused` when there are too many."""
    verbs = journal.verbs(up_to)
    started = max((place for place, (name, _) in enumerate(verbs) if name == "reset"), default=-1)
    done = [(name, arguments) for name, arguments in verbs[started + 1 :] if name not in LEFT_OUT]
    if len(done) > MAX_VERBS:
        raise Refused(f"{len(done)} verbs lie before that moment; at most {MAX_VERBS} are run again.")
    return done


async def follow(bench: Bench, verbs: Sequence[Done]) -> int:
    """Carry out verbs on a bench that was just reset, each after what the one before it set in motion.

    Returns how many were carried out: fewer than all when it was stopped on its way.
    """
    with bench.progress.counting(len(verbs), VERBS):
        for done, (name, arguments) in enumerate(verbs):
            if await bench.progress.step(done, VERBS):
                return done
            # What was refused then is refused again: it is part of the history.
            with contextlib.suppress(StudyLabError):
                await bench.carry_out(name, arguments)
            await _until_quiet(bench)
    return len(verbs)


async def _until_quiet(bench: Bench) -> None:
    """Wait until the news has arrived everywhere, or until nothing moves any more."""
    waited_s = 0.0
    while waited_s < QUIET_WITHIN_S and not _has_arrived(bench):
        bench.changes.clear()
        if not await bench.changes.wait(QUIET_S):
            return
        waited_s += QUIET_S


def _has_arrived(bench: Bench) -> bool:
    latest = high_water_mark(bench.truth, "route").sequence
    return count_waiting(bench.truth) == 0 and all(
        edge.mode is Mode.CURRENT and edge.committed()[1].sequence == latest for edge in bench.edges.values()
    )
