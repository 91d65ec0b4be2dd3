"""The source: what runs beside your database. It publishes the outbox, tells marks, and hands out snapshots."""

from __future__ import annotations

import asyncio
import inspect
import secrets
from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any, TypeAlias

from nats.aio.client import Client
from nats.aio.msg import Msg

from vango.actors.errors import BadInput, Unavailable, VangoError
from vango.actors.sqlite import patiently
from vango.broker import streams
from vango.broker.connection import OURS, Address, Connection
from vango.core.rules import StreamRules
from vango.core.snapshot import Snapshot
from vango.kit.facts import Feed, Row
from vango.kit.notes import Notes
from vango.kit.outbox import Outbox, Read, rows_of
from vango.relay.relay import Relay
from vango.truth import snapshots
from vango.truth.outbox import high_water_mark, release_lease

Connect: TypeAlias = Callable[[str], Awaitable[Connection]]
"""Opens one connection under a name. Raises `Unavailable`."""


def connecting(url: str, *, user: str = "", password: str = "", **options: Any) -> Connect:
    """Return what opens connections to a server. `options` are those of `nats.connect`, such as `token` or `tls`.

    Raises `BadInput` for an option that there is not, or that a connection of ours sets.
    """
    if strange := sorted(options.keys() - inspect.signature(Client.connect).parameters.keys()):
        raise BadInput(f"nats.connect has no option {', '.join(strange)}. Look at its signature.")
    if taken := sorted(options.keys() & OURS):
        raise BadInput(
            f"Leave out {', '.join(taken)}: each connection is opened once, named, and watched by its owner."
        )
    return partial(Connection.open, Address(url, user, password, options))


class Source:
    """The relay of one database, with all that edges ask of it.

    `tables` says for each feed how your table is read. `limits` are those of a stream that it makes: 10,000 messages
    unless you choose otherwise. One source at a time publishes, by a lease in the database. After a kill another waits
    until the lease has run out, unless it has the same `name`: give one where no two can run at once. Make it on the
    event loop that it is to run on. Raises `BadInput`, and `Refused` as `create` does.
    """

    def __init__(
        self,
        path: Path | str,
        tables: Mapping[Feed, Read],
        connect: Connect,
        *,
        limits: StreamRules | None = None,
        name: str = "",
    ) -> None:
        services = {feed.service for feed in tables}
        if len(services) != 1:
            raise BadInput("The feeds of one source belong to one service; give at least one feed.")
        self.tables = dict(tables)
        self.notes = Notes()
        self.outbox = Outbox(path, [*tables])
        self._connect = connect
        self._limits = limits or StreamRules(max_bytes=-1)
        self._trouble = ""
        self._loop = asyncio.get_running_loop()
        control = next(iter(tables)).domain.control
        name = name or f"relay-{secrets.token_hex(4)}"
        self.relay = Relay(self.outbox, self.notes, self._prepared, name, control=control, hear=self._hear_edges)

    async def start(self) -> None:
        """Begin to publish, and go on through every broken connection. Also after a stop."""
        self.outbox.open()
        await self.relay.start()

    async def stop(self) -> None:
        """Stop. What waits in the outbox goes out after the next start."""
        await self.relay.stop("stopped")
        if not self.outbox.is_open:
            return
        try:
            await patiently(release_lease, self.outbox, self.relay.token)
        finally:
            self.outbox.close()

    def wake(self) -> None:
        """Say that something was committed; from any thread. Without it, the relay looks every few seconds."""
        self._loop.call_soon_threadsafe(self.relay.wake)

    def latest(self, feed: Feed) -> int:
        """Return the sequence of the last event of a feed; 0 before the first."""
        return high_water_mark(self.outbox, feed.name).sequence

    async def published(self) -> None:
        """Wait until the broker has confirmed all that is committed. Raises `Unavailable` when none is for 10 s."""
        marks = partial(high_water_mark, self.outbox)
        await self.notes.until(
            lambda: all(mark.sequence == mark.published for mark in map(marks, self.outbox.feeds)),
            lambda: f"the relay is {self.relay.state}: {self.relay.reason or 'it still publishes'}",
            at=lambda: [mark.published for mark in map(marks, self.outbox.feeds)],
        )

    async def _prepared(self, name: str) -> Connection:
        """Open the relay's connection. Streams and buckets are made to be there."""
        try:
            wire = await self._connect(name)
            try:
                for feed in self.tables:
                    await self._prepare(wire, feed)
            except BaseException:
                await wire.cut()
                raise
        except VangoError as error:
            # It is tried again several times a second: told once.
            if str(error) != self._trouble:
                self._trouble = str(error)
                self.notes.write(name, "trouble", self._trouble)
            raise Unavailable(str(error)) from error
        self._trouble = ""
        return wire

    async def _prepare(self, wire: Connection, feed: Feed) -> None:
        domain = feed.domain
        await streams.ensure(wire, domain.stream, self._limits, [f"{domain.prefix}>"])
        await snapshots.create_bucket(wire, domain.bucket)

    async def _hear_edges(self, wire: Connection) -> None:
        """Let edges ask for snapshots."""
        for feed in self.tables:
            await wire.subscribe(feed.domain.control.snapshot, partial(self._answer, wire, feed))

    async def _answer(self, wire: Connection, feed: Feed, request: Msg) -> None:
        await snapshots.answer(request, self._snapshot(wire, feed))

    async def _snapshot(self, wire: Connection, feed: Feed) -> tuple[str, Snapshot[Row]]:
        return await snapshots.take(wire, self.outbox, feed.domain, rows_of(feed, self.tables[feed]))
