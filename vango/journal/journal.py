"""The journal: everything that happened on a bench, in order. It is a record; nothing decides by it.

Every moment is committed in the turn of the event loop in which it happens, together with the others of that turn, so
that it survives a kill of the app. A frame is the packed observation of a moment, to show the bench as it was.
"""

from __future__ import annotations

import asyncio
import heapq
import json
import sqlite3
import time
import zlib
from collections import deque
from collections.abc import Callable, Collection, Iterable, Iterator
from pathlib import Path
from typing import Any

from vango.actors.sqlite import connect, is_damaged
from vango.actors.told import fit, read_object
from vango.journal.moment import Moment, moment_of, stored_detail
from vango.journal.seen_stored import SeenStored
from vango.journal.source import source
from vango.journal.verb_log import Lives

MAX_MOMENTS = 20_000
MAX_FRAMES = 5_000
MAX_UNWRITTEN = 2_000
MAX_TOGETHER = 500
LATEST = 100
MAX_OF_A_KIND = 500
OLDEST = 400_000
BACK = "back"
"""The kind of a moment that says: an earlier state was restored, and the moments `since` are not part of it."""
DAMAGED = "The journal was damaged and was set aside, with the list of verbs in it."
GONE = "The journal with the list of verbs is no longer in the bench’s folder."
_TRIM_EVERY = 50

_SCHEMA = """
CREATE TABLE IF NOT EXISTS moment (
    n INTEGER PRIMARY KEY AUTOINCREMENT, at REAL NOT NULL, actor TEXT NOT NULL, kind TEXT NOT NULL,
    text TEXT NOT NULL, detail TEXT NOT NULL
) STRICT;
CREATE INDEX IF NOT EXISTS moment_by_kind ON moment (actor, kind);
CREATE TABLE IF NOT EXISTS frame (n INTEGER PRIMARY KEY, packed BLOB NOT NULL) STRICT;
"""

_TRIM = """
DELETE FROM moment WHERE actor = ? AND kind = ? AND n <= min(?, (
    SELECT n FROM moment WHERE actor = ? AND kind = ? ORDER BY n DESC LIMIT 1 OFFSET ?
))
"""


class Journal:
    """The journal of one bench, with the list of its verbs in `lives`, and what was seen stored in `seen_stored`.

    `on_write` is called after every moment; `trouble` says why the disk accepts none.
    """

    def __init__(self, path: Path, on_write: Callable[[], None], *, of_a_new_bench: bool = True) -> None:
        self.on_write = on_write
        self.trouble = ""
        self._due: asyncio.Handle | None = None
        try:
            self._take_up(path, "" if path.exists() or of_a_new_bench else GONE)
        except sqlite3.DatabaseError as error:
            if not is_damaged(error):
                raise
            # Nothing is decided by the journal: a damaged one is set aside, and a new one is started.
            for file in path.parent.glob(f"{path.name}*"):
                file.replace(file.with_name(f"damaged-{file.name}"))
            self._take_up(path, DAMAGED)
        self._trimmed = self.last
        self._looked_through = 0

    def _take_up(self, path: Path, lost: str) -> None:
        """Open the file and read what is needed of it. `lost` says why a list of verbs is not in it."""
        # NORMAL: a moment lost in a power cut does not damage the truth, and a write is ten times cheaper.
        self._db = connect(path, synchronous="NORMAL")
        try:
            self._db.conn.executescript(_SCHEMA)
            self._read(lost)
        except BaseException:
            self._db.close()
            raise

    def _read(self, lost: str) -> None:
        self.lives = Lives(self._db, lost, self._write_soon, self._write_down)
        self.seen_stored = SeenStored(self._db)
        row = self._db.conn.execute("SELECT seq FROM sqlite_sequence WHERE name = 'moment'").fetchone()
        self.last: int = row[0] if row else 0
        self._unwritten: deque[Moment] = deque(maxlen=MAX_UNWRITTEN)
        self._details: deque[str] = deque(maxlen=MAX_UNWRITTEN)
        told = self._db.conn.execute("SELECT n, detail FROM moment WHERE kind = ?", [BACK])
        self._gone = [(json.loads(detail)["since"] + 1, n) for n, detail in told]
        self._latest = deque(self.up_to(self.last, LATEST), maxlen=LATEST)

    def write(self, actor: str, kind: str, text: str, /, **detail: Any) -> None:
        """Add a moment. Never fails: while the disk is full, moments wait in memory.

        Its detail gets `source`: the line of the program that wrote it, as file and line number.
        """
        self.last += 1
        written, as_read = stored_detail({**detail, "source": source()})
        self._add(Moment(self.last, time.time(), fit(actor), fit(kind), fit(text), as_read), written)
        if kind == BACK:
            self._gone.append((detail["since"] + 1, self.last))
        if kind == "stopped":
            self.lives.stopped(detail["verb"], detail["arguments"])
        self._write_soon()
        self.on_write()

    def since(self, n: int, limit: int = 500) -> list[Moment]:
        """Return the moments with a number above n, oldest first, at most `limit`."""
        rows = self._db.conn.execute("SELECT * FROM moment WHERE n > ? ORDER BY n LIMIT ?", [n, limit])
        return [*map(moment_of, rows), *(moment for moment in self._unwritten if moment.n > n)][:limit]

    def of(self, kinds: Collection[tuple[str, str]], after: int, up_to: int) -> Iterator[Moment]:
        """Yield the moments of some actors and kinds above one number and up to another, oldest first.

        It reads no others, and leaves undone ones out. Moments of a rare kind stay longer: see `_trim`.
        """
        query = "SELECT * FROM moment WHERE actor = ? AND kind = ? AND n > ? AND n <= ? ORDER BY n"
        found = [self._db.conn.execute(query, [*kind, after, up_to]) for kind in kinds]
        yield from (moment for moment in map(moment_of, heapq.merge(*found)) if self.stands(moment.n))
        unwritten = (m for m in self._unwritten if after < m.n <= up_to and (m.actor, m.kind) in kinds)
        yield from (moment for moment in unwritten if self.stands(moment.n))

    @property
    def times_back(self) -> int:
        """How often an earlier state was restored. Each time, some earlier moments became invalid."""
        return len(self._gone)

    def stands(self, n: int) -> bool:
        """Return whether the moment of that number is still valid, and not undone."""
        return not any(first <= n <= last for first, last in self._gone)

    def tail(self, limit: int) -> list[Moment]:
        """Return the last moments, oldest first. The latest are in memory; more are read from the disk."""
        return list(self._latest)[-limit:] if limit <= LATEST else self.up_to(self.last, limit)

    def up_to(self, n: int, limit: int) -> list[Moment]:
        """Return the last moments up to and including a number, oldest first."""
        rows = self._db.conn.execute("SELECT * FROM moment WHERE n <= ? ORDER BY n DESC LIMIT ?", [n, limit])
        return [*[moment_of(row) for row in rows][::-1], *(m for m in self._unwritten if m.n <= n)][-limit:]

    @property
    def first(self) -> int:
        """The first moment that is still kept."""
        return int(self._db.conn.execute("SELECT coalesce(min(n), 0) FROM moment").fetchone()[0])

    @property
    def first_frame(self) -> int:
        """The first moment with an observation; 0 when there is none."""
        return int(self._db.conn.execute("SELECT coalesce(min(n), 0) FROM frame").fetchone()[0])

    def keep_frames(self, taken: Iterable[tuple[int, str]]) -> None:
        """Keep observations as JSON, each with its moment. If the disk refuses them, the recording lacks them."""
        packed = [(n, zlib.compress(observation.encode(), 1)) for n, observation in taken]
        try:
            with self._db.conn as connection:
                connection.executemany("INSERT OR REPLACE INTO frame VALUES (?, ?)", packed)
        except sqlite3.Error as error:
            self._say_trouble(error)

    def frame(self, n: int) -> dict[str, Any] | None:
        """Return the last observation taken at or before a moment, as plain values, or None."""
        row = self._db.conn.execute("SELECT packed FROM frame WHERE n <= ? ORDER BY n DESC LIMIT 1", [n]).fetchone()
        return None if row is None else read_object(zlib.decompress(row[0]))

    def _write_soon(self) -> None:
        """Write at the end of this turn of the loop; at once when much waits, or when there is no loop."""
        loop = _running_loop()
        if loop is None or len(self._unwritten) >= MAX_TOGETHER:
            self._write_down()
        elif self._due is None:
            self._due = loop.call_soon(self._write_down)

    def _write_down(self) -> None:
        """Write what waits; if the disk refuses it, it continues to wait."""
        if self._due is not None:
            self._due.cancel()
            self._due = None
        if not (self._unwritten or self.seen_stored.is_owing or self.lives.is_owing):
            return
        try:
            self._insert()
        except (sqlite3.Error, OverflowError) as error:
            self._say_trouble(error)
        else:
            self.trouble = ""

    def _insert(self) -> None:
        unwritten = zip(self._unwritten, self._details, strict=True)
        rows = [(m.n, m.at, m.actor, m.kind, m.text, detail) for m, detail in unwritten]
        with self._db.conn as connection:
            connection.executemany("INSERT INTO moment VALUES (?, ?, ?, ?, ?, ?)", rows)
            self.seen_stored.write(connection)
            self.lives.write(connection)
            if self.last >= self._trimmed + _TRIM_EVERY:
                self._trim(connection, self.last - MAX_MOMENTS)
                connection.execute(
                    "DELETE FROM frame WHERE n <= (SELECT n FROM frame ORDER BY n DESC LIMIT 1 OFFSET ?)", [MAX_FRAMES]
                )
                self._trimmed = self.last
        self._unwritten.clear()
        self._details.clear()
        self.seen_stored.written()
        self.lives.written()

    def _trim(self, connection: sqlite3.Connection, up_to: int) -> None:
        """Delete the moments up to a number, except the last `MAX_OF_A_KIND` of each actor and kind for `OLDEST`
        moments.

        So a burst does not push out an earlier kill. Of a kind with that many moments since, nothing older is kept.
        """
        connection.execute("DELETE FROM moment WHERE n <= ?", [up_to - OLDEST])
        fallen = "SELECT DISTINCT actor, kind FROM moment WHERE n > ? AND n <= ?"
        for kind in connection.execute(fallen, [self._looked_through, up_to]).fetchall():
            connection.execute(_TRIM, [*kind, up_to, *kind, MAX_OF_A_KIND])
        self._looked_through = up_to

    def _say_trouble(self, error: Exception) -> None:
        """Write once that the disk is full, as a moment like any other."""
        if self.trouble:
            return
        self.trouble = f"the journal cannot be written ({error}); it stays in memory until it can be written"
        self.last += 1
        self._add(Moment(self.last, time.time(), "database", "trouble", self.trouble, {}), "{}")
        self.on_write()

    def _add(self, moment: Moment, detail: str) -> None:
        self._unwritten.append(moment)
        self._details.append(detail)
        self._latest.append(moment)

    def close(self) -> None:
        """Close the journal; it is found again at the next opening."""
        self._write_down()
        self._db.close()


def _running_loop() -> asyncio.AbstractEventLoop | None:
    try:
        return asyncio.get_running_loop()
    except RuntimeError:
        return None
