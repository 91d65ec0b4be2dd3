"""What both sides of a comparison stand on: the same events, and for each side a broker and streams of its own."""

from __future__ import annotations

import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import nats
from nats.aio.client import Client

from benchmarks.rounds import Clock
from vango.actors.errors import Unavailable
from vango.broker import streams
from vango.broker.broker import Broker
from vango.broker.connection import Address, Connection
from vango.broker.keeper import Keeper
from vango.core.rules import StreamRules
from vango.relay.publisher import Outgoing, Publisher
from vango.truth import snapshots
from vango.truth.outbox import Waiting, waiting
from vango.truth.store import AllocationChange, Promotion, Truth

ALLOCATIONS = ("alloc-a", "alloc-b", "alloc-c")
ROUTES = 100
NO_LIMITS = StreamRules(max_msgs=-1, max_bytes=-1)
BATCH = 4000


def fill(path: Path, n: int) -> list[Waiting]:
    """Make a database of truth with n changes of owner over 100 routes and return its outbox, as it waits.

    Every change is a commit of its own, as any other. They are not synced one by one: nothing here outlives the run.
    """
    truth = Truth(path)
    try:
        truth.db.conn.execute("PRAGMA synchronous = OFF")
        for name in ALLOCATIONS:
            truth.commit(AllocationChange(name, "pending"), queue=True)
            truth.commit(AllocationChange(name, "ready"), queue=True)
        for number in range(n):
            turn, route = divmod(number, ROUTES)
            to = ALLOCATIONS[turn % len(ALLOCATIONS)]
            truth.commit(Promotion(f"host-{route:03d}", to, new=turn == 0), queue=True)
        return waiting(truth, limit=n + 2 * len(ALLOCATIONS))
    finally:
        truth.close()


class Ground:
    """A broker and empty streams without limits, in a folder that goes with them. `wire` is there to look."""

    def __init__(self, folder: Path, broker: Broker, wire: Connection) -> None:
        self.folder, self.wire = folder, wire
        self._broker = broker

    @classmethod
    @asynccontextmanager
    async def laid(cls, keeper: Keeper) -> AsyncIterator[Ground]:
        """Lay a fresh one, and take it away at the end."""
        with tempfile.TemporaryDirectory(prefix="studylab-bench-") as name:
            broker = Broker(Path(name) / "broker", keeper, name="ground", on_exit=_silent)
            await broker.start()
            try:
                wire = await Connection.open(Address(broker.url, broker.user, broker.password), "looking")
                for stream in ("ROUTES", "ALLOCATIONS"):
                    await streams.ensure(wire, stream, NO_LIMITS, streams.SUBJECTS[stream])
                await snapshots.create_bucket(wire)
                yield cls(Path(name), broker, wire)
                await wire.close()
            finally:
                await broker.close()

    def connecting(self, clock: Clock) -> Callable[[str], Awaitable[Connection]]:
        """Return what an actor connects with; the clock starts when the first connection stands."""

        async def connect(name: str) -> Connection:
            wire = await Connection.open(Address(self._broker.url, self._broker.user, self._broker.password), name)
            clock.start()
            return wire

        return connect

    async def bare_client(self, **options: Any) -> Client:
        """Connect as a program would that knows nothing of Vango."""
        return await nats.connect(self._broker.url, user=self._broker.user, password=self._broker.password, **options)

    async def store(self, rows: Sequence[Waiting]) -> None:
        """Put events into the streams before anything is measured. Raises `Unavailable` when one is not stored."""
        publisher = Publisher(self.wire)
        await publisher.open()
        for start in range(0, len(rows), BATCH):
            batch = [Outgoing(row.subject, row.body, {}) for row in rows[start : start + BATCH]]
            acks = await publisher.publish(batch, timeout_s=30.0)
            if any(ack is None or ack.error for ack in acks):
                raise Unavailable(f"Not every event from {start + 1} on was stored: {acks[-1]}.")

    async def must_hold(self, rows: Sequence[Waiting]) -> None:
        """See that the streams hold these events and no more: what was lost was not fast. Raises `Unavailable`."""
        held = [
            int((await self.wire.api(f"STREAM.INFO.{stream}"))["state"]["messages"])
            for stream in ("ROUTES", "ALLOCATIONS")
        ]
        if sum(held) != len(rows):
            raise Unavailable(f"The streams hold {sum(held)} messages instead of {len(rows)}; the round is void.")


def _silent(_sentence: str) -> None:
    return None
