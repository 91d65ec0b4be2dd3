"""The control plane: takes commands, commits them to truth, and sees that the world is told. In which order is a rule.

`outbox` is the correct one. The other two are what most systems begin with; each has a moment in which a refusal or
a crash leaves the database and the stream telling different stories, and nothing that would ever notice.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from contextlib import nullcontext
from itertools import cycle, islice

from vango.actors import tasks
from vango.actors.crash_points import CONTROL_POINTS, Crashed, Pace, Path, Point
from vango.actors.errors import Refused, Unavailable
from vango.actors.progress import Progress
from vango.actors.sqlite import patiently
from vango.broker.connection import Connection
from vango.core.events import Event, encode
from vango.core.rules import WriteOrder
from vango.journal.journal import Journal
from vango.truth.store import AllocationChange, Change, Committed, Promotion, Truth, describe

MOVES_WITHIN_S = 0.05
CHANGES = "changes"
NAME = "database"
"""The actor's name in the journal and at the gates of the pace: what it moves is the database of truth."""


class ControlPlane:
    """Commands on one database of truth. `wake_relay` is called after each commit that left a row in the outbox."""

    def __init__(
        self,
        truth: Truth,
        journal: Journal,
        wire: Callable[[], Connection],
        wake_relay: Callable[[], None],
        pace: Pace | None = None,
        progress: Progress | None = None,
    ) -> None:
        self.truth = truth
        self.write_order = WriteOrder.OUTBOX
        self.path = Path(NAME, pace)
        self.wake_relay = wake_relay
        self._journal = journal
        self._wire = wire
        self._moving: asyncio.Task[str] | None = None
        self._progress = progress or Progress()

    @property
    def is_under_way(self) -> bool:
        """Whether a command waits on its way."""
        return self._moving is not None and not self._moving.done()

    # The three write orders.

    async def outbox(self, change: Change) -> Committed:
        """Commit first: the fact and its outbox row, in one transaction. The relay publishes second."""
        await self.path.reach(Point.BEFORE_COMMIT)
        committed = await patiently(self.truth.commit, change, queue=True)
        self._tell_commit(change, committed)
        await self.path.reach(Point.BETWEEN_COMMIT_AND_PUBLISH)
        self.wake_relay()
        return committed

    async def publish_first(self, change: Change) -> Committed:
        """Publish, then commit. When the database refuses, everybody has already been told."""
        event = self.truth.draft(change)
        await self.publish(event)
        await self.path.reach(Point.BEFORE_COMMIT)
        committed = await patiently(self.truth.record, change, event)
        self._tell_commit(change, committed)
        return committed

    async def commit_then_publish(self, change: Change) -> Committed:
        """Commit, then publish, with nothing written down in between. A crash there, and nobody is ever told."""
        await self.path.reach(Point.BEFORE_COMMIT)
        committed = await patiently(self.truth.commit, change, queue=False)
        self._tell_commit(change, committed)
        await self.path.reach(Point.BETWEEN_COMMIT_AND_PUBLISH)
        if committed.event is not None:
            await self.publish(committed.event)
        return committed

    async def publish(self, event: Event) -> None:
        """Publish one event directly and wait for the PubAck. Raises `Unavailable` when the outcome is unknown."""
        wire = self._wire()
        sent = f"send {event.id} on {event.subject}"
        self._journal.write("database", "send", sent, event_id=event.id, subject=event.subject)
        ack = await wire.store(event.subject, encode(event), message_id=event.id)
        self._journal.seen_stored.add(event.id)
        word = "duplicate" if ack.get("duplicate") else "publish"
        text = f"publish {event.id} → seq {ack['seq']}"
        self._journal.write("database", word, text, event_id=event.id, subject=event.subject, api=wire.last)

    # The commands.

    async def promote(self, route: str, to: str, *, operation: str = "") -> str:
        """Give a route to another allocation. With an operation id, asking twice is doing once.

        Without one, `Refused` when the route belongs to that allocation already: nothing would change. A new operation
        is carried out whatever it asks for: who requested it waits for its completion.
        """
        return await self._carry_out(self._promote(route, to, operation))

    async def _promote(self, route: str, to: str, operation: str) -> str:
        is_its_owner = self.truth.owners().get(route) == to
        if is_its_owner and not operation:
            raise Refused(f"{route} belongs to {to} already. Nothing was changed. Choose another owner.")
        committed = await self._do(Promotion(route, to, operation=operation))
        if committed is None:
            return "The control plane crashed, and was started again."
        if committed.event is None:
            return f"Operation {operation} was done before, at revision {committed.revision}. Nothing was changed."
        if is_its_owner:
            return (
                f"{route} belonged to {to} already. Operation {operation} was new, so epoch {committed.event.epoch} "
                "began all the same: event and drain."
            )
        return f"{route} belongs to {to} under epoch {committed.event.epoch}, revision {committed.revision}."

    async def add_route(self, route: str, owner: str) -> str:
        """Create a route."""
        done = f"The route {route} was created with owner {owner}."
        return await self._carry_out(self._one(Promotion(route, owner, new=True), done))

    async def add_allocation(self, allocation: str) -> str:
        """Create an allocation, pending."""
        done = f"The allocation {allocation} was created, pending."
        return await self._carry_out(self._one(AllocationChange(allocation, "pending"), done))

    async def set_allocation(self, allocation: str, state: str) -> str:
        """Put an allocation into a state."""
        done = f"The allocation {allocation} is {state}."
        return await self._carry_out(self._one(AllocationChange(allocation, state), done))

    async def burst(self, n: int) -> str:
        """Commit n promotions over all routes. Raises `Refused` when there are no two ready allocations."""
        return await self._carry_out(self._burst(n))

    async def _burst(self, n: int) -> str:
        ready, owners = self.truth.ready_allocations(), self.truth.owners()
        if len(ready) < 2 or not owners:
            raise Refused("A burst needs a route and two ready allocations to own it in turn.")
        # An actor that waits at every point is not work in progress.
        with nullcontext() if self.path.is_slowed else self._progress.counting(n, CHANGES):
            for made, route in enumerate(islice(cycle(owners), n)):
                if await self._progress.step(made, CHANGES):
                    return self._tell_stop(made, n)
                owned_by = owners[route]
                owners[route] = ready[(ready.index(owned_by) + 1) % len(ready)] if owned_by in ready else ready[0]
                if await self._do(Promotion(route, owners[route])) is None:
                    return "The control plane crashed between commit and publish; the rest of the burst was not made."
        return f"{n} change{'s were' if n > 1 else ' was'} committed."

    def _tell_stop(self, made: int, n: int) -> str:
        """A burst is stopped between two commits. The journal has the requested number and the result."""
        said = f"The burst was stopped: {made:,} of {n:,} changes were committed, and they stay."
        self._journal.write("learner", "stopped", said, verb="burst", arguments={"n": made})
        return said

    async def set_write_order(self, order: WriteOrder) -> str:
        """Choose the write order."""
        self.write_order = order
        return f"The control plane's write order is now: {order}."

    def arm(self, point: Point | None) -> str:
        """Arm a crash, or disarm. Raises `Refused` for a point that is not on this path."""
        if point is not None and point not in CONTROL_POINTS:
            raise Refused(f"The control plane does not pass “{point}”; its points are: {', '.join(CONTROL_POINTS)}.")
        self.path.armed = point
        return f"The control plane will crash {point}." if point else "The control plane is not armed."

    async def stop(self) -> None:
        """Drop a waiting command."""
        moving, self._moving = self._moving, None
        await tasks.end(moving)

    async def _carry_out(self, command: Coroutine[None, None, str]) -> str:
        """Perform a command; while the bench is slowed, only until it waits: it continues when it is released.

        Raises what the command raises. `Refused` while an earlier command is still waiting.
        """
        if not self.path.is_slowed:
            return await command
        if self.is_under_way:
            command.close()
            raise Refused("The control plane waits at a point of an earlier command. Let it continue first.")
        self._moving = asyncio.create_task(command, name="control plane")
        self._moving.add_done_callback(tasks.look_at)
        await asyncio.wait([self._moving], timeout=MOVES_WITHIN_S)
        return self._moving.result() if self._moving.done() else "The control plane waits at a point."

    async def _one(self, change: Change, done: str) -> str:
        committed = await self._do(change)
        return done if committed is not None else "The control plane crashed, and was started again."

    async def _do(self, change: Change) -> Committed | None:
        """Perform a change in the chosen order. None when the control plane crashed on the way."""
        ways: dict[WriteOrder, Callable[[Change], Awaitable[Committed]]] = {
            WriteOrder.OUTBOX: self.outbox,
            WriteOrder.PUBLISH_FIRST: self.publish_first,
            WriteOrder.COMMIT_THEN_PUBLISH: self.commit_then_publish,
        }
        try:
            return await ways[self.write_order](change)
        except Crashed as crash:
            text = f"the control plane crashed {crash.point}; started again"
            self._journal.write("database", "crash", text, point=crash.point)
            return None
        except (Refused, Unavailable) as error:
            # What the database refuses, it names.
            text = str(error) if isinstance(error, Refused) else f"{describe(change)}: {error}"
            self._journal.write("database", "refused", text)
            raise

    def _tell_commit(self, change: Change, committed: Committed) -> None:
        event = committed.event
        if event is None:
            self._journal.write(
                "database", "done before", f"{describe(change)} was done before, at r{committed.revision}",
                revision=committed.revision, operation=change.operation if isinstance(change, Promotion) else "",
            )  # fmt: skip
            return
        epoch = f" e{event.epoch}" if event.epoch else ""
        self._journal.write(
            "database", "commit", f"commit r{event.revision} {describe(change)}{epoch}", revision=event.revision,
            sequence=event.sequence, event_id=event.id, subject=event.subject, sql=committed.sql,
        )  # fmt: skip
