"""What the scripts of lab 3 share: changes in parts, and the waits for syd and the broker."""

from __future__ import annotations

from labs.streams.checks import common
from studylab.lab.observed import Observation
from studylab.lab.scripts import Script, Wait, call, claims

MORE_ROUTES = {"docs": "alloc-c", "img": "alloc-a"}
SMALL = 5
LOWER = 10
PART = 4


def keeping_up(seen: Observation) -> bool:
    """Return whether every edge that is not down has applied the latest event."""
    awake = [edge for edge in seen.edges if edge.mode != "down"]
    return not seen.outbox.waiting and all(edge.sequence == seen.truth.sequence for edge in awake)


def changes(n: int, part: int) -> Script:
    """Change owners in parts, so that edges which are awake keep up even with a small stream."""
    one = (call("burst", n=part), Wait("the edges that are awake to keep up", keeping_up))
    return one * (n // part)


BACK = claims(common.SLEEPER, "syd to be done")
ANSWERS = Wait("the broker to answer", lambda seen: seen.stream("ROUTES").available)
