"""The tour: a route, an owner, an edge and a promotion in slow motion, in five captions on the learner's own bench.

Each caption names one place of the stage. Every act is a verb that the learner has too; nothing is shown that the bench
does not do.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from studylab.lab.calls import Script, Wait, call
from studylab.lab.playing import follow
from vango.actors.crash_points import Tempo
from vango.core.modes import Mode
from vango.observe.model import Observation

if TYPE_CHECKING:
    from vango.bench.bench import Bench

ROUTE = "shop"
WITHIN_S = 20.0
"""How long an event may take to every edge at the slow pace, in seconds; it takes about six."""
GESTURE = "the tour"
"""What undo calls the start of the tour."""


@dataclass(frozen=True, slots=True)
class Caption:
    """One caption: its words, the panel that it is about, and what happens just before it is shown."""

    title: str
    text: Callable[[Observation], str]
    place: str
    act: Callable[[Observation], Script] = lambda _: ()


def _owner(seen: Observation) -> str:
    return next((route.owner for route in seen.truth.routes if route.name == ROUTE), "nobody")


def _promotion(seen: Observation) -> Script:
    """Give the route to another ready allocation. At the slow pace a promotion is answered before its commit."""
    ready = [allocation.name for allocation in seen.truth.allocations if allocation.state == "ready"]
    to = next(name for name in reversed(ready) if name != _owner(seen))
    return call("promote", route=ROUTE, to=to), Wait("the commit", lambda now: _owner(now) == to, WITHIN_S)


def _last_seq(seen: Observation) -> int:
    return seen.routes.last_seq if seen.routes else 0


def _is_stored(seen: Observation) -> bool:
    return any(cell.sequence == seen.truth.sequence for cell in (seen.routes.cells if seen.routes else ()))


def _is_everywhere(seen: Observation) -> bool:
    return all(edge.mode is Mode.CURRENT and edge.sequence == seen.truth.sequence for edge in seen.edges)


CAPTIONS = (
    Caption(
        "A route and its owner",
        lambda seen: (
            f"Visitors ask for {ROUTE}. The database says who serves it: {_owner(seen)} owns it now. Only the database "
            "decides."
        ),
        "panel-truth",
    ),
    Caption(
        "An edge",
        lambda _: (
            "fra keeps its own copy of the routes, and answers requests from it. iad and syd do the same elsewhere. "
            "Each bar of the strip is a request: right, wrong or refused."
        ),
        "panel-edge-fra",
    ),
    Caption(
        "A promotion",
        lambda seen: (
            f"You gave {ROUTE} to {_owner(seen)}. One transaction changed the owner, raised the route’s epoch (e) and "
            "wrote a row into the outbox. The relay publishes that row. Time is slow, so that you can watch."
        ),
        "panel-relay",
        _promotion,
    ),
    Caption(
        "The event in the stream",
        lambda seen: (
            f"The broker stored the event as stream seq {_last_seq(seen)}, and delivers it to each edge. The event "
            "announces the new owner. It decides nothing."
        ),
        "panel-stream",
        lambda _: (Wait("the event to be stored", _is_stored, WITHIN_S),),
    ),
    Caption(
        "Every edge is current",
        lambda seen: (
            f"Each edge applied the event, and acked it after that. All say “current at {seen.truth.sequence}”, and "
            f"send {ROUTE} to {_owner(seen)}. The labs show how each part of this can fail."
        ),
        "panel-edge-iad",
        lambda _: (Wait("every edge to be current", _is_everywhere, WITHIN_S),),
    ),
)


async def begin(bench: Bench) -> str:
    """Start with a fresh bench at the slow pace. Returns the pace to put back. Undo restores the bench that was."""
    was = (await bench.observe()).pace.tempo.value
    with bench.history.as_one(GESTURE):
        await bench.perform("reset", {})
    await bench.perform("pace", {"tempo": Tempo.SLOW.value})
    return was


async def come_to(bench: Bench, at: int, pace: str) -> Observation:
    """Do what comes before a caption, from 1. At the last one the pace is put back. Raises `Unavailable`."""
    for item in CAPTIONS[at - 1].act(await bench.observe()):
        await follow(bench, item)
    if at == len(CAPTIONS):
        await bench.perform("pace", {"tempo": pace})
    return await bench.observe()
