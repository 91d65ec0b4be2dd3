"""The moves of lab 1 that are not those of a solution: which write order is right is the learner's to find."""

from __future__ import annotations

from labs.commit_first.checks import untold as saw
from studylab.lab import Evidence, Move, choose, does, moves_of
from studylab.lab.scripts import call, promote, rebuild_edges, refused

ORDERS = ("publish first", "commit then publish", "outbox")


def survive(evidence: Evidence) -> tuple[Move, ...]:
    """Choose an order and prove it with both accidents. Inventions that are left from before are removed first."""
    clean = (call("purge"), *rebuild_edges()) if saw.has_phantoms(evidence.now) else ()
    return (
        *moves_of(clean),
        choose("Choose a write order", *(call("write_order", order=order) for order in ORDERS)),
        does(refused("promote", route="shop", to="alloc-d")),
        does(call("crash_control")),
        does(promote("api", "alloc-a")),
    )
