"""Copies of a bench: one after each verb that does not give the same result twice, while they are of use."""

from __future__ import annotations

import asyncio
import sqlite3

from vango.actors.errors import VangoError
from vango.bench import standing
from vango.bench.aside import BEFORE, UNDONE, Aside, Stood
from vango.bench.whole import Whole
from vango.journal.verb_log import Row

MAX_COPIES = 20


class Copies:
    """The copies of one bench, each named by the row of the verb that it was made after."""

    def __init__(self, bench: Whole, aside: Aside) -> None:
        self._bench = bench
        self._aside = aside
        self._lives = bench.journal.lives

    async def after(self, row: Row, stood: Stood) -> None:
        """Copy the bench after a verb. If the disk is full there is no copy, and the journal says so."""
        life = self._lives.current
        name = f"after-{life.number}-{len(life.rows)}"
        try:
            await standing.copy(self._bench, self._aside, name, stood)
        except (OSError, sqlite3.Error, VangoError) as error:
            self._bench.journal.write("database", "trouble", f"no copy of the bench after {row.verb} was kept: {error}")
            return
        row.copy = name
        self._lives.note(row)
        await self.sweep()

    async def sweep(self) -> None:
        """Remove the copies that no list names, and the oldest when there are many."""
        lives = (self._lives.of(self._lives.current.before), self._lives.current)
        copies = [row.copy for life in lives if life is not None for row in life.rows if row.copy]
        kept = [*list(dict.fromkeys(copies))[-MAX_COPIES:], BEFORE, UNDONE]
        await asyncio.to_thread(self._aside.keep_only, kept)
