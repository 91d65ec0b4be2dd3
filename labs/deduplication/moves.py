"""The moves of lab 8: the relay's accident, and what is published again about the event that it was about."""

from __future__ import annotations

from labs.deduplication.checks import common
from studylab.lab import Evidence, Move, ask, does, reading
from studylab.lab.observed import Point
from studylab.lab.scripts import Wait, call, promote, settled

DOWN = Wait("the relay to crash", common.relay_is_down)
OVER = Wait("the duplicate window to be over", lambda seen: common.relay_is_down(seen) and reading.window_is_over(seen))


def _accident(to: str, after: Wait = DOWN) -> tuple[Move, ...]:
    return (
        does(call("crash_relay", at=Point.BEFORE_MARK)),
        does(promote("blog", to)),
        does(call("start_relay"), after=after),
    )


def inside(evidence: Evidence) -> tuple[Move, ...]:
    """Inside the window: the same id again, with another payload."""
    altered = call("republish_altered", sequence=max(evidence.now.truth.sequence, 1), owner="alloc-c")
    return (*_accident("alloc-b"), does(altered, others=True, any_values=True, after=settled("every edge to serve it")))


def after(evidence: Evidence) -> tuple[Move, ...]:
    """After the window: an eager retry of the same event."""
    often = call("republish_often", sequence=max(evidence.now.truth.sequence, 1), times=10, every_s=0.1)
    again = Wait("the second copy to reach iad", common.is_stored_twice)
    return (
        does(call("stream_limits", duplicate_window_s=0.2)),
        *_accident("alloc-c", OVER),
        does(often, any_values=True, after=again),
    )


CURE: tuple[Move, ...] = (
    ask("Give iad the guard that you picked", "edge_rules", {"edge": "iad"}),
    *_accident("alloc-a", OVER),
)
