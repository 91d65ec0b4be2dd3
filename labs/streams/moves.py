"""The moves of lab 3 that are not those of a solution: the size of the stream is the learner's to calculate."""

from __future__ import annotations

from labs.streams.checks import common
from labs.streams.scripts import PART, keeping_up
from studylab.lab import Evidence, Move, ask, does, move, reading
from studylab.lab.scripts import Wait, call

KEEP_UP = Wait("the edges that are awake to keep up", keeping_up)
TWELVE = tuple(does(call("burst", n=PART), after=KEEP_UP) for _ in range(12 // PART))

SIZE: tuple[Move, ...] = (
    move("Give syd a fresh snapshot", call("take_snapshot"), call("load_snapshot", edge=common.SLEEPER)),
    ask("Set the limit that you calculated", "stream_limits"),
    does(call("kill_edge", edge=common.SLEEPER)),
    does(call("burst", n=common.LONG_OUTAGE)),
    does(call("start_edge", edge=common.SLEEPER), after=KEEP_UP),
)


def forget(evidence: Evidence) -> tuple[Move, ...]:
    """Publish again the first and the last of the changes that were committed since the step began."""
    last = evidence.now.truth.sequence
    first = last - reading.count_commits(evidence) + 1
    return (
        *TWELVE,
        does(call("restart_broker"), after=KEEP_UP),
        does(call("republish", sequence=max(first, 1)), others=True),
        does(call("republish", sequence=max(last, 1)), others=True),
    )
