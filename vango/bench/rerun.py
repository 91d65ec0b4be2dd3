"""Playing verbs again on a bench that was just built, each after the effects of the one before.

Results that depend on the clock (a message that expired, an ack that came late) follow the clock of this run. The
pace is left out: a re-run is live. A verb with a different result from the first time is noticed.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Awaitable, Callable, Sequence

from vango.actors.errors import Refused, VangoError
from vango.actors.progress import Stopped
from vango.bench import standing
from vango.bench.whole import Whole
from vango.core.modes import Mode
from vango.journal.verb_log import DONE, UNKNOWN, Row, same
from vango.truth.outbox import count_waiting, high_water_mark

Leave = Callable[[Row], Awaitable[None]]
VERBS = "verbs"
QUIET_S = 0.015
QUIET_WITHIN_S = 0.5
CONNECTS_WITHIN_S = 5.0
EDGES_CONNECT_WITHIN_S = 1.0
STORED_WITHIN_S = 6.0
"""The relay looks every five seconds for rows of which it was not notified."""
PUT_BACK = "So the bench was restored to its former state; nothing was changed."


async def follow(bench: Whole, verbs: Sequence[Row], leave: Leave) -> None:
    """Play verbs; `leave` notes the result of each. Raises `Stopped`, or `Refused` at the first different result."""
    # The first events of a fresh bench are stored before the first verb, as they were then.
    await _while(bench, lambda: standing.is_about_to_send(bench), STORED_WITHIN_S)
    with bench.progress.counting(len(verbs), VERBS):
        for done, then in enumerate(verbs):
            if await bench.progress.step(done, VERBS):
                raise Stopped
            now = await _again(bench, then)
            if not same(then, now):
                raise Refused(_difference(done + 1, then, now))
            await _until_quiet(bench)
            if then.stored is not None:
                await _until_stored(bench, done + 1, then, now, leave)


async def _again(bench: Whole, then: Row) -> Row:
    """Play a verb. What was refused the first time is refused again: it is part of the history."""
    life = bench.journal.lives.current
    before = len(life.rows)
    with contextlib.suppress(VangoError):
        await bench.carry_out(then.verb, then.arguments, cause=then.cause)
    # A verb that this version does not know, or not with these arguments, is on no list.
    return life.rows[before] if len(life.rows) > before else Row(then.verb, then.arguments, outcome="BadInput")


async def _until_stored(bench: Whole, number: int, then: Row, now: Row, leave: Leave) -> None:
    """Wait until the stream is as far as it was then. Raises `Refused` when it comes to rest elsewhere."""
    await _while(bench, lambda: standing.has_more_to_send(bench), STORED_WITHIN_S)
    await leave(now)
    if now.stored is not None and (now.stored, now.waiting) != (then.stored, then.waiting):
        raise Refused(
            f"Played again, verb {number} ({then.verb}) led to stream seq {now.stored} with {now.waiting} events "
            f"waiting. The first time it led to {then.stored} with {then.waiting} waiting. {PUT_BACK}"
        )


def _difference(number: int, then: Row, now: Row) -> str:
    if then.outcome == now.outcome:
        what = f"left the truth at revision {now.revision}, but at {then.revision} the first time"
    else:
        what = f"{_in_words(now.outcome)} this time, but {_in_words(then.outcome)} the first time"
    return f"Played again, verb {number} ({then.verb}) {what}. {PUT_BACK}"


def _in_words(outcome: str) -> str:
    return {DONE: "was done", UNKNOWN: "did not end"}.get(outcome, "was refused")


async def _until_quiet(bench: Whole) -> None:
    """Wait until all running parts are connected, and every event has arrived or nothing moves any more."""
    # Requests to the broker of an edge that is not connected yet would be refused.
    await _while(bench, lambda: bench.broker.state == "up" and not bench.link.is_open, CONNECTS_WITHIN_S)
    await _while(bench, lambda: _some_edge_connects(bench), EDGES_CONNECT_WITHIN_S)
    await _while(bench, lambda: not _has_arrived(bench), QUIET_WITHIN_S, moves=True)


async def _while(bench: Whole, is_so: Callable[[], bool], within_s: float, *, moves: bool = False) -> None:
    """Wait while a condition holds, at most for this time; with `moves` only while changes are seen."""
    until = time.monotonic() + within_s
    while time.monotonic() < until and is_so():
        bench.changes.clear()
        if not await bench.changes.wait(QUIET_S) and moves:
            return


def _some_edge_connects(bench: Whole) -> bool:
    return bench.broker.state == "up" and any(edge.is_connecting for edge in bench.edges.values())


def _has_arrived(bench: Whole) -> bool:
    latest = high_water_mark(bench.truth, "route").sequence
    return count_waiting(bench.truth) == 0 and all(
        edge.mode is Mode.CURRENT and edge.committed()[1].sequence == latest for edge in bench.edges.values()
    )
