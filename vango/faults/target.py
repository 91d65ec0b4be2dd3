"""What a fault needs of its bench. `vango.bench.bench` has it; so may anything else that runs the parts."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Protocol

from vango.actors.progress import Progress
from vango.broker.broker import Broker
from vango.broker.connection import Connection
from vango.core.judge import Row
from vango.core.rules import StreamRules
from vango.core.snapshot import Snapshot
from vango.journal.journal import Journal
from vango.observe.model import RefusedRow
from vango.observe.observer import Observer
from vango.relay.relay import Relay
from vango.truth.store import Truth


class StreamSettings(Protocol):
    """The settings of each stream, by the stream's name: limits and subjects."""

    streams: dict[str, StreamRules]
    subjects: dict[str, tuple[str, ...]]


class Target(Protocol):
    """The targets of faults. `refused_rows` are those that a rebuilt database refused."""

    folder: Path
    truth: Truth
    relay: Relay
    broker: Broker
    journal: Journal
    observer: Observer
    progress: Progress
    refused_rows: tuple[RefusedRow, ...]

    @property
    def settings(self) -> StreamSettings: ...

    @property
    def looking(self) -> asyncio.Lock:
        """Held during each look, and by a fault that replaces the truth."""

    def wire(self) -> Connection:
        """Return the bench's own connection. Raises `Unavailable` while the broker is down."""

    async def take_snapshot(self) -> tuple[str, Snapshot[Row]]:
        """Take a snapshot of truth and store it; returns its name with it."""
