"""A session: one connection of an edge to the broker, with the consumer that it reads from and the view that it keeps.

What must outlive the connection (mode, rules, counters) belongs to the edge. How messages are handled is in `consume`,
how an edge comes back in `recovery`, and what calls whom when in `follow`.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from vango.actors.sqlite import Held, P, T, patiently
from vango.broker.connection import Connection
from vango.core.names import Domain
from vango.core.rules import EdgeRules, Poison
from vango.edge import consumers
from vango.edge.claiming import Claiming
from vango.edge.foreign import ForeignMessages
from vango.edge.pull import BATCH, Pull
from vango.edge.state import EdgeState
from vango.edge.view import View


class Session:
    """One connection of one edge. `view` is the edge's; `pull` is what it reads with, None while it does not read."""

    def __init__(self, edge: EdgeState, wire: Connection, view: View[Any]) -> None:
        self.edge = edge
        self.wire = wire
        self.view = view
        self.tell = edge.tell
        self.foreign = ForeignMessages(edge.facts.domain.prefix, edge.tell)
        self.claiming = Claiming(edge, wire, view)
        self.pull: Pull | None = None
        self.consumer = edge.name

    @property
    def rules(self) -> EdgeRules:
        """How the edge consumes."""
        return self.edge.rules

    @property
    def domain(self) -> Domain:
        """Where the events are that the edge follows."""
        return self.edge.facts.domain

    async def keep(self, write: Callable[P, T], *arguments: P.args, **named: P.kwargs) -> T:
        """Write into the view, however long another program holds it: an edge that waits claims nothing new."""
        waits = f"another program holds {self.edge.name}.db; it waits until that is closed"
        while True:
            try:
                written = await patiently(write, *arguments, **named)
            except Held:
                if self.edge.reason != waits:
                    self.edge.reason = waits
                    self.tell("trouble", waits)
                continue
            if self.edge.reason == waits:
                self.edge.reason = ""
            return written

    async def open_consumer(self, *, from_new: bool) -> None:
        """Find or create the consumer and read with it."""
        self.consumer = await consumers.ensure(
            self.wire, self.domain.stream, self.edge.name, self.rules, self.view.position, from_new=from_new
        )
        self.edge.consumer = self.consumer
        await self.open_pull()

    async def open_pull(self) -> None:
        """Ask the consumer for messages."""
        batch = 1 if self.rules.poison is Poison.RETRY else BATCH
        wire, wake, tell = self.wire, self.edge.wakeup.set, partial(self.tell, "refused")
        self.pull = Pull(wire, self.domain.stream, self.consumer, wake, batch=batch, tell=tell)
        await self.pull.open()

    async def close_pull(self) -> None:
        """Stop reading; what came and was not handled is dropped, and comes again."""
        if self.pull is not None:
            await self.pull.close()
            self.pull = None

    @property
    def asked(self) -> dict[str, Any]:
        """The request that messages come in answer to; empty while the session does not read."""
        return self.pull.asked if self.pull is not None else {}
