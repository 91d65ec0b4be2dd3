"""Rows 2 and 2b: the relay, from outbox rows to acked and marked, beside plain nats-py without a database.

One peer is the usual way, `publish_async`; the other is the fastest (`benchmarks.bare`). All publish the same bodies
under the same ids in the same order into empty streams of their own. For all the clock starts when the connection
stands. It stops with the relay when the last row is marked, with a peer at the last ack.
"""

from __future__ import annotations

import asyncio
import shutil
import tempfile
from collections.abc import Sequence
from pathlib import Path

from benchmarks import bare
from benchmarks.ground import Ground, fill
from benchmarks.report import Row, Target
from benchmarks.rounds import Clock, Scale, in_turn, within
from vango.broker.keeper import Keeper
from vango.journal.journal import Journal
from vango.relay.pipeline import BATCH
from vango.relay.relay import Relay
from vango.truth.outbox import Waiting, mark_published, take_lease, waiting
from vango.truth.store import Truth

ROUND_S = 120.0
# The client's own default.
UNDER_WAY = 4000


async def relay_rate(keeper: Keeper, filled: Path, rows: Sequence[Waiting]) -> float:
    """Return how many rows a second the relay publishes and marks."""
    async with Ground.laid(keeper) as ground:
        shutil.copy(filled, ground.folder / "truth.db")
        told, clock = asyncio.Event(), Clock()
        truth, journal = Truth(ground.folder / "truth.db"), Journal(ground.folder / "journal.db", told.set)
        relay = Relay(truth, journal, ground.connecting(clock))
        try:
            async with within(ROUND_S, f"The publishing of {len(rows)} rows", lambda: _progress(relay)):
                await relay.start()
                while relay.published < len(rows):
                    told.clear()
                    await told.wait()
                took_s = clock.stop()
            await ground.must_hold(rows)
        finally:
            await relay.kill()
            journal.close()
            truth.close()
    return len(rows) / took_s


def _progress(relay: Relay) -> str:
    return f"{relay.published} published, relay {relay.state} {relay.reason}"


async def bare_rate(keeper: Keeper, rows: Sequence[Waiting]) -> float:
    """Return how many messages a second `publish_async` gets acked."""
    async with Ground.laid(keeper) as ground:
        client = await ground.bare_client()
        jetstream = client.jetstream(publish_async_max_pending=UNDER_WAY)
        clock = Clock()
        # An error reply never resolves its future, and this would wait for ever (docs/nats-facts.md#publish-async).
        async with within(ROUND_S, f"The publishing of {len(rows)} messages by publish_async"):
            clock.start()
            for row in rows:
                await jetstream.publish_async(row.subject, row.body, headers={"Nats-Msg-Id": row.event_id})
            await jetstream.publish_async_completed()
            took_s = clock.stop()
        await client.close()
        await ground.must_hold(rows)
    return len(rows) / took_s


async def fastest_rate(keeper: Keeper, rows: Sequence[Waiting]) -> float:
    """Return how many messages a second the fastest pipelining of nats-py gets acked."""
    async with Ground.laid(keeper) as ground:
        client = await ground.bare_client(skip_subject_validation=True)
        acks = bare.Counted()
        async with within(ROUND_S, f"The pipelining of {len(rows)} messages", lambda: f"{acks.count} acks"):
            took_s = await bare.pipeline(client, rows, Clock(), acks)
        await client.close()
        await ground.must_hold(rows)
    return len(rows) / took_s


def database_rate(filled: Path, rows: Sequence[Waiting]) -> float:
    """Return how many rows a second the relay's own statements read and mark, batch by batch, with no broker beside."""
    with tempfile.TemporaryDirectory(prefix="studylab-bench-") as folder:
        shutil.copy(filled, Path(folder) / "truth.db")
        truth, clock = Truth(Path(folder) / "truth.db"), Clock()
        try:
            token = take_lease(truth, "bench")
            assert token is not None, "nobody else has this database"
            clock.start()
            for feed in truth.feeds:
                while batch := waiting(truth, limit=BATCH, feed=feed):
                    mark_published(truth, [(row, row.position) for row in batch], token=token)
            return len(rows) / clock.stop()
        finally:
            truth.close()


async def _measure(scale: Scale) -> list[Row]:
    keeper = await Keeper.start()
    try:
        with tempfile.TemporaryDirectory() as folder:
            filled = Path(folder) / "truth.db"
            rows = fill(filled, scale.events)
            values, usual, fastest, database = await in_turn(
                scale.rounds,
                lambda: relay_rate(keeper, filled, rows),
                lambda: bare_rate(keeper, rows),
                lambda: fastest_rate(keeper, rows),
                lambda: asyncio.to_thread(database_rate, filled, rows),
            )
    finally:
        await keeper.close()
    what, unit = "relay: outbox rows to acked and marked", "events/s"
    return [
        Row("relay", what, unit, values, Target(1.0, at_least=True, of_peer=True),
            "publish_async, no database", usual),
        Row("relay-fastest", what, unit, values, Target(0.8, at_least=True, of_peer=True),
            "pipelined publish, acks only counted, no database", fastest),
        Row("relay-bound", "relay: what reading and marking the rows leaves of the fastest, were all else free", "× peer",
            tuple(rate / (rate + bare) for rate, bare in zip(database, fastest, strict=True))),
    ]  # fmt: skip


def measure(scale: Scale) -> list[Row]:
    """Return the relay's rows, one for each peer."""
    return asyncio.run(_measure(scale))
