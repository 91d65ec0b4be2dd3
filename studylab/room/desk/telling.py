"""Changes of the room: each writes a row and tells it in one transaction.

`Telling` is one transaction. What it told goes to the wall when it is committed, never before.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from typing import Any, TypeVar

from studylab.room.database import Database
from studylab.room.desk.wall import Wall
from studylab.room.protocol import DESK, as_told
from vango import kit

T = TypeVar("T")


class Telling:
    """One transaction of the desk. `told` has the rows with their versions, in order."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self.db = db
        self.told: list[tuple[int, Any]] = []

    def tell(self, key: str, version: int, row: Any) -> None:
        """Tell a row that was written in this transaction."""
        kit.tell(self.db, DESK, **as_told(key, version, row))
        self.told.append((version, row))


class Changes:
    """Does changes in the desk's database, and shows the wall what came of them. From any thread."""

    def __init__(self, database: Database, wall: Wall) -> None:
        self.database, self.wall = database, wall

    def now(self, change: Callable[[Telling], T]) -> T:
        """Make a change and wait until it is committed. Raises what the change raises, and `Unavailable`."""
        told, result = self.database.now(_work(change))
        self.wall.take(told)
        return result

    async def soon(self, change: Callable[[Telling], T]) -> T:
        """Make a change while the loop turns."""
        told, result = await self.database.soon(_work(change))
        self.wall.take(told)
        return result


def _work(change: Callable[[Telling], T]) -> Callable[[sqlite3.Connection], tuple[list[tuple[int, Any]], T]]:
    def work(db: sqlite3.Connection) -> tuple[list[tuple[int, Any]], T]:
        telling = Telling(db)
        result = change(telling)
        return telling.told, result

    return work
