"""An edge of your own: the edge of the lab, with your facts and a table of yours for its view."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path

from vango.actors.errors import VangoError
from vango.actors.files import own_folder
from vango.core.modes import Mode
from vango.core.rules import ROUTE_EVENTS, EdgeRules
from vango.edge import edge
from vango.edge.view import Table
from vango.kit.facts import Feed, Row
from vango.kit.notes import Notes
from vango.kit.source import Connect


class JsonTable:
    """A table for rows of any shape: their data is kept as JSON."""

    schema = """
CREATE TABLE IF NOT EXISTS held (
    key TEXT PRIMARY KEY, epoch INTEGER NOT NULL, event_id TEXT NOT NULL, data TEXT NOT NULL
) STRICT;
"""

    def read(self, db: sqlite3.Connection) -> Iterable[Row]:
        found = db.execute("SELECT key, epoch, event_id, data FROM held")
        return (Row(key, epoch, event_id, json.loads(data)) for key, epoch, event_id, data in found)

    def write(self, db: sqlite3.Connection, rows: Iterable[Row]) -> None:
        columns = ((row.key, row.epoch, row.event_id, json.dumps(row.data)) for row in rows)
        db.executemany("INSERT OR REPLACE INTO held VALUES (?, ?, ?, ?)", columns)

    def clear(self, db: sqlite3.Connection) -> None:
        db.execute("DELETE FROM held")


class Edge(edge.Edge[Row]):
    """An edge that follows one feed. Its view is the file `<name>.db` in `folder`; no two edges may share a name.

    `table` keeps the rows; `rules` are the lab's, correct unless you choose otherwise. Make it on the event loop that
    it is to run on.
    """

    def __init__(
        self,
        name: str,
        folder: Path | str,
        feed: Feed,
        connect: Connect,
        *,
        table: Table[Row] | None = None,
        rules: EdgeRules | None = None,
    ) -> None:
        self.notes = Notes()
        rules = rules or EdgeRules()
        if rules.subject_filter == ROUTE_EVENTS:
            rules = replace(rules, subject_filter=f"{feed.domain.prefix}>")
        super().__init__(name, own_folder(Path(folder)), feed.facts, table or JsonTable(), self.notes, connect, rules)

    @property
    def sequence(self) -> int:
        """The sequence of the last event in the view."""
        return self.committed()[1].sequence

    async def until(self, is_so: Callable[[], bool]) -> None:
        """Wait until something is so of this edge. Raises `Unavailable` when it comes no further for 10 s."""
        await self.notes.until(
            is_so,
            lambda: f"{self.name} is {self.mode} at {self.sequence} {self.reason}".rstrip(),
            at=lambda: self.sequence,
        )

    async def current_at(self, sequence: int) -> None:
        """Wait until the edge claims to be current at a sequence or later. Raises `Unavailable` as `until` does."""
        await self.until(lambda: self.mode is Mode.CURRENT and self.sequence >= sequence)

    async def backlog(self) -> tuple[int | None, int | None]:
        """Return how much the broker has pending and outstanding for this edge; None when it does not say."""
        if self._wire is None:
            return None, None
        try:
            found = await self._wire.api(f"CONSUMER.INFO.{self.facts.domain.stream}.{self.consumer}")
        except VangoError:
            return None, None
        return found["num_pending"], found["num_ack_pending"]
