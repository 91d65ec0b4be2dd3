"""The lives of a bench, and every verb of each: the list that undo and fork follow. It is in the journal's database.

A life begins with the bench, with each reset and with each rebuild. Its list grows by one with each verb and is never
trimmed while undo may return to the life. The journal writes the list together with its moments: a verb that begins at
once, before it acts, and the rest at the end of the turn. What the disk refuses waits in memory for the next write.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from typing import Any

from sqlite_utils import Database

DONE = "done"
UNKNOWN = ""
NEEDS_NO_ROW = frozenset({"undo", "fork", "reset", "pace", "go_on", "run_on", "remove_guest"})
"""Verbs that begin a life, or that concern the learner's pace and guests: they are never played again."""

_SCHEMA = """
CREATE TABLE IF NOT EXISTS life (
    number INTEGER PRIMARY KEY, began INTEGER NOT NULL, cause TEXT NOT NULL, before INTEGER NOT NULL,
    lacks TEXT NOT NULL
) STRICT;
CREATE TABLE IF NOT EXISTS verb (
    life INTEGER NOT NULL, position INTEGER NOT NULL, verb TEXT NOT NULL, arguments TEXT NOT NULL,
    outcome TEXT NOT NULL, revision INTEGER, moment INTEGER NOT NULL, cause TEXT NOT NULL, copy TEXT NOT NULL,
    stored INTEGER,
    waiting INTEGER NOT NULL, PRIMARY KEY (life, position)
) STRICT;
"""


@dataclass(slots=True)
class Row:
    """One verb that was performed. `outcome` is `DONE`, the class of the error, or `UNKNOWN` when its end was not seen.

    `revision` is the truth's afterwards, None when it was not settled then. `cause` names the gesture that it is part
    of, empty for a single verb. `copy` names the copy of the bench after it, empty when there is none. `stored` is
    the last stream seq of ROUTES when the next verb began, None when it was unknown or not at rest; `waiting` are the
    rows that waited in the outbox then.
    """

    verb: str
    arguments: dict[str, Any]
    moment: int = 0
    outcome: str = UNKNOWN
    revision: int | None = None
    cause: str = ""
    copy: str = ""
    stored: int | None = None
    waiting: int = 0


@dataclass(slots=True)
class Life:
    """One life. `began` is its first moment, `before` the number of the life that undo restores; 0 is none.

    `lacks` says why its list is not complete, empty when it is.
    """

    number: int
    began: int = 0
    cause: str = ""
    before: int = 0
    lacks: str = ""
    rows: list[Row] = field(default_factory=list)


class Lives:
    """The lives in one database. `lost` says why the list of an older bench is missing; empty for a new bench.

    `write_soon` and `write_now` have the journal call `write`.
    """

    def __init__(
        self, database: Database, lost: str, write_soon: Callable[[], None], write_now: Callable[[], None]
    ) -> None:
        self._db = database
        self._write_soon, self._write_now = write_soon, write_now
        self._owed: dict[tuple[int, int], tuple[Life, int]] = {}
        database.conn.executescript(_SCHEMA)
        newest = self._last("1")
        if newest is None:
            for life in _from_moments(database, lost):
                newest = life
                self._owe(life, range(len(life.rows)))
            with database.conn as connection:
                self.write(connection)
            self.written()
        assert newest is not None
        self.current: Life = newest

    def begin(self, at: int, cause: str, *, before: int = 0, lacks: str = "", rows: Iterable[Row] = ()) -> None:
        """Begin a life at a moment, with the verbs that led to its first state."""
        self.current = Life(self.current.number + 1, at, cause, before, lacks, [replace(row) for row in rows])
        self._owe(self.current, range(len(self.current.rows)))
        self._write_now()

    def add(self, row: Row) -> None:
        """Add a verb that begins. It is on the disk before the verb acts."""
        self.current.rows.append(row)
        self._owe(self.current, [len(self.current.rows) - 1])
        self._write_now()

    def note(self, row: Row) -> None:
        """New information about a verb of this life. Verbs of an earlier life are not written any more."""
        rows = self.current.rows
        place = next((place for place in reversed(range(len(rows))) if rows[place] is row), None)
        if place is not None:
            self._owe(self.current, [place])
            self._write_soon()

    def note_all(self) -> None:
        """New information about this life, or about all of its verbs."""
        self._owe(self.current, range(len(self.current.rows)))
        self._write_now()

    def stopped(self, verb: str, arguments: dict[str, Any]) -> None:
        """The running verb was stopped: it did no more than these arguments say."""
        if self.current.rows and self.current.rows[-1].verb == verb:
            self.current.rows[-1].arguments = dict(arguments)
            self.note(self.current.rows[-1])

    def of(self, number: int) -> Life | None:
        """Return a life by its number; None when it is not kept."""
        return self.current if number == self.current.number else self._last("number = ?", number)

    def at(self, moment: int) -> Life | None:
        """Return the life that contains a moment; None when it is not kept."""
        return self.current if moment >= self.current.began else self._last("began <= ?", moment)

    def forget(self, first_moment: int) -> None:
        """Delete the lives that end before a moment, except this one and the one that undo restores."""
        kept = (self.current.number, self.current.before)
        numbers = "number NOT IN (?, ?) AND (SELECT min(began) FROM life AS next WHERE next.number > life.number) <= ?"
        try:
            with self._db.conn as connection:
                connection.execute(
                    f"DELETE FROM verb WHERE life IN (SELECT number FROM life WHERE {numbers})",
                    [*kept, first_moment],
                )
                connection.execute(f"DELETE FROM life WHERE {numbers}", [*kept, first_moment])
        except sqlite3.Error:
            return  # The disk is full: it is tried again when the next life begins.

    @property
    def is_owing(self) -> bool:
        """Whether something is not written yet."""
        return bool(self._owed)

    def write(self, connection: sqlite3.Connection) -> None:
        """Write what is new, within a transaction of the caller's."""
        if not self._owed:
            return
        lives = {life.number: life for life, _ in self._owed.values()}
        rows = [_as_row(life, place) for life, place in self._owed.values() if place >= 0]
        connection.executemany(
            "INSERT OR REPLACE INTO life VALUES (?, ?, ?, ?, ?)",
            [(life.number, life.began, life.cause, life.before, life.lacks) for life in lives.values()],
        )
        connection.executemany("INSERT OR REPLACE INTO verb VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", rows)

    def written(self) -> None:
        """The caller's transaction is committed."""
        self._owed.clear()

    def _owe(self, life: Life, places: Iterable[int]) -> None:
        for place in (-1, *places):
            self._owed[life.number, place] = (life, place)

    def _last(self, where: str, *values: int) -> Life | None:
        connection = self._db.conn
        found = connection.execute(
            f"SELECT * FROM life WHERE {where} ORDER BY number DESC LIMIT 1",
            values,
        ).fetchone()
        if found is None:
            return None
        kept = connection.execute("SELECT * FROM verb WHERE life = ? ORDER BY position", [found[0]])
        number, began, cause, before, lacks = found
        return Life(number, began, cause, before, lacks, [_read(row) for row in kept])


def _as_row(life: Life, place: int) -> tuple[Any, ...]:
    row = life.rows[place]
    arguments = json.dumps(row.arguments, default=str)
    return (
        life.number, place, row.verb, arguments, row.outcome, row.revision, row.moment, row.cause, row.copy, row.stored,
        row.waiting,
    )  # fmt: skip


def _read(kept: tuple[Any, ...]) -> Row:
    _life, _position, verb, arguments, *rest = kept
    outcome, revision, moment, cause, copy, stored, waiting = rest
    return Row(verb, json.loads(arguments), moment, outcome, revision, cause, copy, stored, waiting)


def _from_moments(database: Database, lost: str) -> Iterable[Life]:
    """Yield the lives in a journal without this table: each reset begins one."""
    life = Life(1, began=1, lacks=lost)
    told = database.conn.execute(
        "SELECT n, kind, detail FROM moment WHERE kind IN ('verb', 'stopped', 'refused') AND actor = 'learner'"
        " ORDER BY n"
    )
    for n, kind, written in told.fetchall():
        detail = json.loads(written)
        verb, last = detail.get("verb"), life.rows[-1] if life.rows else None
        if kind == "verb" and verb == "reset":
            yield _if_whole(database, life, n)
            life = Life(life.number + 1, began=n)
        elif kind == "verb" and verb not in NEEDS_NO_ROW:
            life.rows.append(Row(verb, detail["arguments"], n, DONE))
        elif last is not None and last.verb == verb and kind == "stopped":
            last.arguments = detail["arguments"]
        elif last is not None and last.verb == verb and kind == "refused":
            last.outcome = REFUSED_THEN
    yield _if_whole(database, life, None)


def _if_whole(database: Database, life: Life, end: int | None) -> Life:
    """Note when moments of a life are missing: the oldest are deleted, and a long full disk loses some."""
    kept, last = database.conn.execute(
        "SELECT count(*), max(n) FROM moment WHERE n >= ? AND (? IS NULL OR n < ?)", [life.began, end, end]
    ).fetchone()
    if kept and kept < last - life.began + 1:
        life.lacks = life.lacks or LACKS
    return life


LACKS = "The journal of an earlier version of Study Lab no longer had every verb."
REFUSED_THEN = "refused"
"""The outcome of a verb that an earlier version wrote down as refused, whatever the class of the error."""


def same(then: Row, now: Row) -> bool:
    """Return whether a verb that was played again had the same result as the first time."""
    is_as_refused = then.outcome == REFUSED_THEN and now.outcome not in (DONE, UNKNOWN)
    is_as_far = then.revision is None or now.revision is None or then.revision == now.revision
    return is_as_far and (is_as_refused or then.outcome == now.outcome)
