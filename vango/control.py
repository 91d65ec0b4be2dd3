"""The control plane: takes commands, commits them to truth, and sees that the world is told. In which order is a rule.

`outbox` is the correct one. The other two are what most systems begin with; each has a moment in which a refusal or
a crash leaves the database and the stream telling different stories, and nothing that would ever notice.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from itertools import cycle, islice

from vango.core.events import Event, encode
from vango.core.rules import WriteOrder
from vango.errors import Refused, Unavailable
from vango.journal import Journal
from vango.points import CONTROL_POINTS, Crashed, Path, Point
from vango.truth import AllocationChange, Change, Committed, Promotion, Truth, describe
from vango.wire import Wire


class ControlPlane:
    """Commands on one database of truth. `wake_relay` is called after each commit that left a row in the outbox."""

    def __init__(
        self, truth: Truth, journal: Journal, wire: Callable[[], Wire], wake_relay: Callable[[], None]
    ) -> None:
        self.truth = truth
        self.write_order = WriteOrder.OUTBOX
        self.path = Path()
        self.wake_relay = wake_relay
        self._journal = journal
        self._wire = wire

    # The three write orders.

    async def outbox(self, change: Change) -> Committed:
        """Commit first: the fact and the row that will tell of it, in one transaction. The relay publishes second."""
        committed = self.truth.commit(change, queue=True)
        self._tell_commit(change, committed)
        await self.path.reach(Point.BETWEEN_COMMIT_AND_PUBLISH)
        self.wake_relay()
        return committed

    async def publish_first(self, change: Change) -> Committed:
        """Publish, then commit. When the database refuses, everybody has already been told."""
        event = self.truth.draft(change)
        await self.publish(event)
        committed = self.truth.record(change, event)
        self._tell_commit(change, committed)
        return committed

    async def commit_then_publish(self, change: Change) -> Committed:
        """Commit, then publish, with nothing written down in between. A crash there, and nobody is ever told."""
        committed = self.truth.commit(change, queue=False)
        self._tell_commit(change, committed)
        await self.path.reach(Point.BETWEEN_COMMIT_AND_PUBLISH)
        if committed.event is not None:
            await self.publish(committed.event)
        return committed

    async def publish(self, event: Event) -> None:
        """Publish one event directly and wait for the PubAck. Raises `Unavailable` when the outcome is unknown."""
        ack = await self._wire().store(event.subject, encode(event), message_id=event.id)
        word = "duplicate" if ack.get("duplicate") else "publish"
        self._journal.write("database", word, f"publish {event.id} → seq {ack['seq']}", subject=event.subject)

    # The commands.

    async def promote(self, route: str, to: str, *, operation: str = "") -> str:
        """Give a route to another allocation. With an operation id, asking twice is doing once."""
        committed = await self._do(Promotion(route, to, operation=operation))
        if committed is None:
            return "The control plane crashed between commit and publish, and was started again."
        if committed.event is None:
            return f"Operation {operation} was done before, at revision {committed.revision}. Nothing was changed."
        return f"{route} belongs to {to} under epoch {committed.event.epoch}, revision {committed.revision}."

    async def add_route(self, route: str, owner: str) -> str:
        """Create a route."""
        await self._do(Promotion(route, owner, new=True))
        return f"The route {route} was created with owner {owner}."

    async def add_allocation(self, allocation: str) -> str:
        """Create an allocation, pending."""
        await self._do(AllocationChange(allocation, "pending"))
        return f"The allocation {allocation} was created, pending."

    async def set_allocation(self, allocation: str, state: str) -> str:
        """Put an allocation into a state."""
        await self._do(AllocationChange(allocation, state))
        return f"The allocation {allocation} is {state}."

    async def burst(self, n: int) -> str:
        """Commit n promotions over all routes. Raises `Refused` when there are no two ready allocations."""
        ready, owners = self.truth.ready_allocations(), self.truth.owners()
        if len(ready) < 2 or not owners:
            raise Refused("A burst needs a route and two ready allocations to give it to in turn.")
        for route in islice(cycle(owners), n):
            owners[route] = ready[(ready.index(owners[route]) + 1) % len(ready)] if owners[route] in ready else ready[0]
            if await self._do(Promotion(route, owners[route])) is None:
                return "The control plane crashed between commit and publish; the rest of the burst was not made."
        return f"{n} changes were committed."

    async def set_write_order(self, order: WriteOrder) -> str:
        """Choose the write order."""
        self.write_order = order
        return f"The control plane's write order is now: {order}."

    def arm(self, point: Point | None) -> str:
        """Arm a crash, or disarm. Raises `Refused` for a point that is not on this path."""
        if point is not None and point not in CONTROL_POINTS:
            raise Refused(f"The control plane does not pass “{point}”; its point is: {CONTROL_POINTS[0]}.")
        self.path.armed = point
        return f"The control plane will crash {point}." if point else "The control plane is not armed."

    async def _do(self, change: Change) -> Committed | None:
        """Carry out a change in the chosen order. None when the control plane crashed on the way."""
        ways: dict[WriteOrder, Callable[[Change], Awaitable[Committed]]] = {
            WriteOrder.OUTBOX: self.outbox,
            WriteOrder.PUBLISH_FIRST: self.publish_first,
            WriteOrder.COMMIT_THEN_PUBLISH: self.commit_then_publish,
        }
        try:
            return await ways[self.write_order](change)
        except Crashed as crash:
            self._journal.write("database", "crash", f"the control plane crashed {crash.point}; started again")
            return None
        except (Refused, Unavailable) as error:
            self._journal.write("database", "refused", f"{describe(change)}: {error}")
            raise

    def _tell_commit(self, change: Change, committed: Committed) -> None:
        event = committed.event
        if event is None:
            self._journal.write("database", "commit", f"{describe(change)} was done before, at r{committed.revision}")
            return
        epoch = f" e{event.epoch}" if event.epoch else ""
        self._journal.write(
            "database", "commit", f"commit r{event.revision} {describe(change)}{epoch}", revision=event.revision,
            sequence=event.sequence, event_id=event.id, subject=event.subject,
        )  # fmt: skip
