"""Which events the broker was seen to have stored although no outbox row says so: by a PubAck, or on the tape.

It is in the journal's database, because a stream forgets, and so does a restarted app.
"""

from __future__ import annotations

import json
import sqlite3
from collections import OrderedDict
from collections.abc import Iterable

from sqlite_utils import Database

KEPT = 200_000
"""How many ids are kept: twice as many as there are changes in a truth."""
AT_HAND = 20_000

_SCHEMA = "CREATE TABLE IF NOT EXISTS seen_stored (position INTEGER PRIMARY KEY, event_id TEXT NOT NULL UNIQUE) STRICT"


class SeenStored:
    """The ids in one database. The `AT_HAND` latest are in memory; new ones wait for `write`."""

    def __init__(self, database: Database) -> None:
        self._db = database
        self._new: list[str] = []
        self._lately: OrderedDict[str, None] = OrderedDict()
        database.conn.execute(_SCHEMA)

    def add(self, event_id: str) -> None:
        """The broker has stored an event."""
        if event_id in self._lately:
            return
        self._new.append(event_id)
        self._lately[event_id] = None
        if len(self._lately) > AT_HAND:
            self._lately.popitem(last=False)

    def __contains__(self, event_id: str) -> bool:
        """Return whether it was seen recently."""
        return event_id in self._lately

    def of(self, event_ids: Iterable[str]) -> frozenset[str]:
        """Return those of some events that were seen at any time."""
        wanted = [*event_ids]
        found = self._db.conn.execute(
            "SELECT event_id FROM seen_stored WHERE event_id IN (SELECT value FROM json_each(?))", [json.dumps(wanted)]
        )
        return frozenset(row[0] for row in found) | {one for one in wanted if one in self._lately}

    @property
    def is_owing(self) -> bool:
        """Whether something is not written yet."""
        return bool(self._new)

    def write(self, connection: sqlite3.Connection) -> None:
        """Write what is new, within a transaction of the caller's."""
        if self._new:
            rows = [(event_id,) for event_id in self._new]
            connection.executemany("INSERT OR IGNORE INTO seen_stored (event_id) VALUES (?)", rows)
            connection.execute(
                "DELETE FROM seen_stored WHERE position <= (SELECT max(position) FROM seen_stored) - ?", [KEPT]
            )

    def written(self) -> None:
        """The caller's transaction is committed."""
        self._new.clear()
