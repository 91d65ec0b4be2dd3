"""Verbs on the edges, built in and external."""

from __future__ import annotations

from typing import Any

from vango.actors.crash_points import Point
from vango.core.rules import EdgeRules
from vango.verbs.arguments import Seq, given
from vango.verbs.registry import Name, verb
from vango.verbs.subject import Bench


@verb("edge", destructive=True)
async def kill_edge(bench: Bench, *, edge: Name) -> str:
    """Kill an edge: memory gone, socket aborted, view as it was committed."""
    return await bench.edge(edge).kill()


@verb("edge")
async def start_edge(bench: Bench, *, edge: Name) -> str:
    """Start an edge from its own view and position."""
    return await bench.edge(edge).start()


@verb("edge")
async def restart_edge(bench: Bench, *, edge: Name) -> str:
    """Kill an edge and start it again."""
    await bench.edge(edge).kill()
    return await bench.edge(edge).start()


@verb("edge", destructive=True)
async def kill_edges(bench: Bench) -> str:
    """Kill every edge, one after another, so that no edge listens."""
    return " ".join([await edge.kill() for edge in bench.edges.values()])


@verb("edge")
async def start_edges(bench: Bench) -> str:
    """Start every edge from its own view and position."""
    return " ".join([await edge.start() for edge in bench.edges.values()])


@verb("edge", destructive=True)
async def crash_edge(bench: Bench, *, edge: Name, at: Point) -> str:
    """Arm an edge to crash at a point of its path, once."""
    return bench.edge(edge).arm(at)


@verb("edge")
async def disarm_edge(bench: Bench, *, edge: Name) -> str:
    """Disarm a crash of an edge."""
    return bench.edge(edge).arm(None)


@verb("edge", rules=EdgeRules)
async def edge_rules(bench: Bench, *, edge: Name, **changes: Any) -> str:
    """Change how an edge consumes; it is restarted with the new rules."""
    return await bench.rule_changes.edge(edge, given(**changes))


@verb("edge", destructive=True)
async def stumble_edge(bench: Bench, *, edge: Name) -> str:
    """Let an edge fail at its next message, once: it leaves it unacked and continues with the next."""
    return bench.edge(edge).stumble()


@verb("edge", destructive=True)
async def wipe_view(bench: Bench, *, edge: Name) -> str:
    """Destroy an edge's view and position; it starts again with an empty view."""
    return await bench.edge(edge).wipe()


@verb("edge")
async def replay(bench: Bench, *, edge: Name, from_seq: Seq = 1) -> str:
    """Set an edge's consumer back to a stream seq; view and position are unchanged."""
    return await bench.edge(edge).replay(from_seq)


@verb("edge", destructive=True)
async def remove_guest(bench: Bench, *, guest: Name) -> str:
    """Remove an external edge: its present name and instance are ignored from then on."""
    return await bench.guests.remove(guest)
