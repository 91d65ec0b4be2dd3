"""The actors of a bench: the control plane, the relay and the edges, built on its files and run together."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

from vango.actors.pace import Pace
from vango.actors.progress import Progress
from vango.bench.changes import Changes
from vango.bench.settings import Settings
from vango.broker.connection import Connection
from vango.core.modes import ANSWERS, Mode
from vango.edge.edge import Edge
from vango.edge.routes import ROUTE_FACTS
from vango.edge.view import RouteTable
from vango.journal.journal import Journal
from vango.relay.relay import Relay
from vango.truth.control_plane import ControlPlane
from vango.truth.store import Truth

CLOSED = "the bench is closed"


class Actors:
    """The actors of one bench. `connect` opens a connection for one of them; `on_rest` is called when one is idle."""

    def __init__(
        self,
        folder: Path,
        settings: Settings,
        journal: Journal,
        *,
        connect: Callable[[str], Awaitable[Connection]],
        wire: Callable[[], Connection],
        pace: Pace,
        progress: Progress,
        on_rest: Callable[[], None],
    ) -> None:
        self.truth = Truth(folder / "truth.db")
        self.relay = Relay(self.truth, journal, connect, pace=pace)
        self.relay.rules = settings.relay
        self.control = ControlPlane(self.truth, journal, wire, self.relay.wake, pace, progress)
        self.control.write_order = settings.write_order
        self.edges = {
            name: Edge(name, folder, ROUTE_FACTS, RouteTable(), journal, connect, rules, pace)
            for name, rules in settings.edges.items()
        }
        for wakeup in (self.relay.wakeup, *(edge.wakeup for edge in self.edges.values())):
            wakeup.on_rest = on_rest

    async def start(self, settings: Settings) -> None:
        """Start the actors that ran when the settings were saved."""
        if settings.relay_runs:
            await self.relay.start()
        for name, edge in self.edges.items():
            if settings.edges_run[name]:
                await edge.start()

    async def come_up(self, changes: Changes, within_s: float) -> None:
        """Give the edges a moment, so that the first look at a bench does not find them still starting."""
        # A deadline instead of `asyncio.timeout`: the wait inside may swallow its cancellation on Python 3.11.
        deadline = time.monotonic() + within_s
        under_way = (Mode.LOADING, Mode.CATCHING_UP)
        while any(edge.mode in under_way for edge in self.edges.values()) and time.monotonic() < deadline:
            changes.clear()
            await changes.wait(max(0.0, deadline - time.monotonic()))

    async def stop(self) -> None:
        """Stop all of them, the control plane first. Each is stopped even if the one before failed."""
        async with contextlib.AsyncExitStack() as ends:
            for edge in reversed(self.edges.values()):
                ends.push_async_callback(edge.stop, CLOSED)
            ends.push_async_callback(self.relay.stop, CLOSED)
            ends.push_async_callback(self.control.stop)

    def write_into(self, settings: Settings) -> None:
        """Write their rules into the settings, and which of them run."""
        settings.write_order = self.control.write_order
        settings.relay = self.relay.rules
        settings.relay_runs = self.relay.is_running
        settings.edges = {name: edge.rules for name, edge in self.edges.items()}
        settings.edges_run = {name: edge.mode is not Mode.DOWN for name, edge in self.edges.items()}

    @property
    def have_news(self) -> bool:
        """Whether something is on its way from the truth to an edge, as far as the actors know without asking."""
        relay_works = self.relay.state == "up" and not self.relay.wakeup.is_idle
        return relay_works or any(
            edge.mode in ANSWERS
            and (not edge.wakeup.is_idle or edge.taken_seq < self.relay.stored_seq or edge.word.is_coming)
            for edge in self.edges.values()
        )
