"""What scripts are made of, and what those of several labs share: each function returns a call, a wait or a script."""

from __future__ import annotations

from typing import Any

from studylab.lab import reading
from studylab.lab.model import Call as Call
from studylab.lab.model import Script as Script
from studylab.lab.model import Wait as Wait
from studylab.lab.model import call as call
from studylab.lab.model import refused as refused

EDGES = ("fra", "iad", "syd")
"""The edges of every bench."""


def opening(*calls: Call | Wait) -> Script:
    """Set up a lab: wait for the first events, make some calls, and wait until every edge is current again."""
    return (
        settled("the first events to reach every edge"),
        *calls,
        settled("every edge to be current again"),
    )


def promote(route: str, to: str, **arguments: Any) -> Call:
    """Give a route to an allocation."""
    return call("promote", route=route, to=to, **arguments)


def rules(*edges: str, **changed: Any) -> Script:
    """Change the same rules of some edges."""
    return tuple(call("edge_rules", edge=edge, **changed) for edge in edges)


def settled(what: str = "every edge to be current") -> Wait:
    """Wait until the outbox is empty and every edge is current and right. `what` names the wait when it fails."""
    return Wait(what, reading.all_agree)


def claims(edge: str, what: str = "") -> Wait:
    """Wait until an edge says that it is current, right or not."""
    return Wait(what or f"{edge} to be current", lambda seen: reading.is_current(seen.edge(edge)))


def published(what: str = "the changes to be published") -> Wait:
    """Wait until the outbox is empty."""
    return Wait(what, lambda seen: not seen.outbox.waiting)


def asleep(edge: str, *meanwhile: Call | Wait) -> Script:
    """Kill an edge, make some calls, and start it again."""
    return (call("kill_edge", edge=edge), *meanwhile, call("start_edge", edge=edge))


def load_fresh_snapshot(*edges: str) -> Script:
    """Take a snapshot of the database and load it into some edges, into all of them when none is named."""
    return (call("take_snapshot"), *(call("load_snapshot", edge=edge) for edge in edges or EDGES))


def rebuild_edges() -> Script:
    """Load a fresh snapshot into every edge, and wait until all are current."""
    return (*load_fresh_snapshot(), settled())
