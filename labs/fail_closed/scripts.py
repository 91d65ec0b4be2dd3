"""What the scripts of lab 10 share: sleeping through an accident, and mending after it."""

from __future__ import annotations

from studylab.lab import reading
from studylab.lab.observed import Mode, Observation
from studylab.lab.scripts import Call, Script, Wait, call, published, rebuild_edges

SLEEPING = ("kill_edges", "start_edges", "kill_edge", "start_edge", "restart_edge", "burst")
SNAPSHOTS = ("take_snapshot", "load_snapshot")
"""The verbs of every step: to let edges sleep through something, and to mend them afterwards."""


def _syd_refuses(seen: Observation) -> bool:
    others = (seen.edge(name) for name in ("fra", "iad"))
    return reading.has_failed_closed(seen.edge("syd")) and all(map(reading.is_current, others))


def _awake(seen: Observation) -> bool:
    return all(edge.mode not in (Mode.DOWN, Mode.LOADING, Mode.REBUILDING) for edge in seen.edges)


ASLEEP: Script = (
    call("kill_edges"),
    call("burst", n=3),
    published("the burst to be published"),
)

LATER: Script = (call("burst", n=1), published("it to be published"))

AWAKE: Script = (call("start_edges"), Wait("syd to refuse", _syd_refuses))

HEAL: Script = (
    call("start_edges"),
    Wait("the edges to be awake", _awake),
    *rebuild_edges(),
)


def through(*accident: Call) -> Script:
    """Sleep through three changes and an accident, with nothing behind it, and wake up."""
    return (*ASLEEP, *accident, *AWAKE)


def through_with_more(*accident: Call) -> Script:
    """The same with one more change behind the accident."""
    return (*ASLEEP, *accident, *LATER, *AWAKE)
