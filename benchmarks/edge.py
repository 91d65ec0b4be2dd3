"""Rows 3 and 3b: an edge that catches up into a durable view, beside plain nats-py with no view.

One peer is the usual way, `fetch` and `ack`; the other is the fastest (`benchmarks.bare`). All read the same events from
a stream of their own that was filled before, and ack each. For all the clock starts when the connection stands, so
making the consumer counts; it stops when the broker says that nothing is pending and that the last ack has arrived.
"""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from benchmarks import bare
from benchmarks.ground import Ground, fill
from benchmarks.report import Row, Target
from benchmarks.rounds import Clock, Scale, in_turn, within
from vango.actors.errors import Unavailable
from vango.broker.keeper import Keeper
from vango.core.names import ROUTES
from vango.core.rules import ROUTE_EVENTS, EdgeRules
from vango.edge import consumers
from vango.edge.edge import Edge
from vango.edge.routes import ROUTE_FACTS
from vango.edge.view import RouteTable
from vango.journal.journal import Journal
from vango.truth.outbox import Waiting

ROUND_S = 120.0
FETCH = 500
FETCH_S = 5.0


async def edge_rate(keeper: Keeper, rows: Sequence[Waiting]) -> float:
    """Return how many events a second an edge judges, applies to its view and acks."""
    async with Ground.laid(keeper) as ground:
        await ground.store(rows)
        told, clock = asyncio.Event(), Clock()
        journal = Journal(ground.folder / "journal.db", told.set)
        edge = Edge("fra", ground.folder, ROUTE_FACTS, RouteTable(), journal, ground.connecting(clock), EdgeRules())
        try:
            async with within(ROUND_S, f"The catching up on {len(rows)} events", lambda: _progress(edge)):
                await edge.start()
                while sequence(edge) < len(rows):
                    told.clear()
                    await told.wait()
                await _all_acked(ground, "fra")
                took_s = clock.stop()
            _must_have_applied(edge, len(rows))
        finally:
            await edge.kill()
            journal.close()
    return len(rows) / took_s


def sequence(edge: Edge[Any]) -> int:
    """Return the sequence of the last event in an edge's view."""
    return edge.view.position.sequence if edge.view else 0


def _progress(edge: Edge[Any]) -> str:
    return f"{edge.name} {edge.mode} at {sequence(edge)} {edge.reason}"


def _must_have_applied(edge: Edge[Any], n: int) -> None:
    if edge.counters["applied"] != n:
        raise Unavailable(f"{edge.name} applied {dict(edge.counters)} instead of {n} events; the round is void.")


async def _all_acked(ground: Ground, consumer: str) -> None:
    while not await consumers.has_nothing_left(ground.wire, ROUTES.stream, consumer):
        pass


async def bare_rate(keeper: Keeper, rows: Sequence[Waiting]) -> float:
    """Return how many messages a second `fetch(500)` and `ack` handle when nothing is done with them."""
    async with Ground.laid(keeper) as ground:
        await ground.store(rows)
        client = await ground.bare_client()
        clock, got = Clock(), 0
        async with within(ROUND_S, f"The fetching of {len(rows)} messages", lambda: f"{got} fetched"):
            clock.start()
            subscription = await client.jetstream().pull_subscribe(ROUTE_EVENTS, durable="bare", stream="ROUTES")
            while got < len(rows):
                for message in await subscription.fetch(FETCH, timeout=FETCH_S):
                    await message.ack()
                    got += 1
            await _all_acked(ground, "bare")
            took_s = clock.stop()
        await client.close()
    return len(rows) / took_s


async def fastest_rate(keeper: Keeper, rows: Sequence[Waiting]) -> float:
    """Return how many messages a second a continuous pull gets and acks when nothing else is done with them."""
    async with Ground.laid(keeper) as ground:
        await ground.store(rows)
        client = await ground.bare_client(skip_subject_validation=True)
        clock, got = Clock(), bare.Counted()
        async with within(ROUND_S, f"The pull of {len(rows)} messages", lambda: f"{got.count} got"):
            clock.start()
            await bare.pull(client, ROUTES.stream, "bare", len(rows), got)
            await _all_acked(ground, "bare")
            took_s = clock.stop()
        await client.close()
    return len(rows) / took_s


async def _measure(scale: Scale) -> list[Row]:
    with tempfile.TemporaryDirectory() as folder:
        rows = [row for row in fill(Path(folder) / "truth.db", scale.events) if row.feed == "route"]
    keeper = await Keeper.start()
    try:
        values, usual, fastest = await in_turn(
            scale.rounds,
            lambda: edge_rate(keeper, rows),
            lambda: bare_rate(keeper, rows),
            lambda: fastest_rate(keeper, rows),
        )
    finally:
        await keeper.close()
    what, unit = f"edge: catching up on {len(rows):,} events into a durable view", "events/s"
    return [
        Row("edge", what, unit, values, Target(1.2, at_least=True, of_peer=True),
            "fetch(500) and ack, no view", usual),
        Row("edge-fastest", what, unit, values, Target(0.6, at_least=True, of_peer=True),
            "continuous pull, ack each, no view", fastest),
    ]  # fmt: skip


def measure(scale: Scale) -> list[Row]:
    """Return the edge's rows, one for each peer."""
    return asyncio.run(_measure(scale))
