"""Verbs on the edges, built in and external."""

from __future__ import annotations

from typing import Annotated

from vango.actors.crash_points import Point
from vango.core.rules import AckOrder, Answers, Begin, FollowFrom, Foreign, OnGap, Poison, StartFrom
from vango.verbs.arguments import Seconds, Seq, given
from vango.verbs.registry import Between, Name, verb
from vango.verbs.subject import Bench

MAX_REMEMBERED = 100_000


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


@verb("edge")
async def edge_rules(
    bench: Bench,
    *,
    edge: Name,
    durable: bool | None = None,
    ack: AckOrder | None = None,
    deduplicate: bool | None = None,
    check_epochs: bool | None = None,
    prove_continuity: bool | None = None,
    on_gap: OnGap | None = None,
    ask_high_water_mark: bool | None = None,
    freshness_s: Seconds | None = None,
    start_from: StartFrom | None = None,
    verify_checksum: bool | None = None,
    follow_from: FollowFrom | None = None,
    answers: Answers | None = None,
    poison: Poison | None = None,
    subject_filter: str | None = None,
    ack_wait_s: Annotated[float, Between(0.1, 3600)] | None = None,
    max_deliver: Annotated[int, Between(-1, 1000)] | None = None,
    begin: Begin | None = None,
    inactive_threshold_s: Annotated[float, Between(0, 3600)] | None = None,
    foreign: Foreign | None = None,
    remember_ids: Annotated[int, Between(0, MAX_REMEMBERED)] | None = None,
    handling_s: Annotated[float, Between(0, 60)] | None = None,
) -> str:
    """Change how an edge consumes; it is restarted with the new rules."""
    changes = {name: value for name, value in locals().items() if name not in ("bench", "edge")}
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
