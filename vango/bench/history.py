"""The history of a bench: what undo undoes, and how a bench returns to an earlier state.

Undo and fork build a fresh bench from the list of verbs. The present bench stands aside meanwhile. It is restored if
a verb has a different result this time, or if a person stops it. A reset sets everything that it ends aside, so that
undo can restore the files. After a trial, which no clock repeats, a copy is kept, and verbs continue from it.
"""

from __future__ import annotations

import asyncio
import json
import sqlite3
from collections.abc import Mapping, Sequence
from typing import Any

from vango.actors.errors import NotThere, Refused
from vango.actors.progress import Stopped
from vango.bench import rerun, standing
from vango.bench.aside import BEFORE, UNDONE, Aside, Stood
from vango.bench.copies import Copies
from vango.bench.gesture import Gesture
from vango.bench.plan import Plan, needs_a_copy, plan
from vango.bench.whole import Whole
from vango.journal.journal import BACK
from vango.journal.verb_log import DONE, NEEDS_NO_ROW, Life, Row
from vango.truth.outbox import count_waiting

RESET, FORK = "reset", "fork"
NOTHING = "There is nothing to undo: nothing was done since the bench was"
NO_LIST = "The list of verbs of this bench cannot be read."
ENDS_EARLY = "The truth was changed by more than the verbs on the list."


class History:
    """The history of one bench, based on the list of its verbs and on what was set aside.

    All that is done within `as_one(cause)` is one gesture that begins with a reset, or on a new bench; undo undoes what a
    reset began. `keep_beside` keeps the files of others with each life.
    """

    def __init__(self, bench: Whole, aside: Aside) -> None:
        self.aside = aside
        self._bench = bench
        self._lives = bench.journal.lives
        self._copies = Copies(bench, aside)
        self._gesture = Gesture(bench)
        self.as_one, self.keep_beside = self._gesture.begin, self._gesture.keep_beside
        self._is_as_made = aside.is_empty

    # The list.

    async def begin(self, verb: str, arguments: Mapping[str, Any], cause: str = "") -> Row | None:
        """A verb begins: put it on the list, unless it is never played again."""
        self._is_as_made = False
        if verb in NEEDS_NO_ROW:
            return None
        if self._lives.current.rows:
            await self.leave(self._lives.current.rows[-1])
        given = json.loads(json.dumps(arguments))
        row = Row(verb, given, self._bench.journal.last, cause=cause or self._gesture.cause)
        self._lives.add(row)
        return row

    async def leave(self, row: Row) -> None:
        """Note the result of a verb, as far as the bench is at rest now."""
        try:
            row.stored, row.waiting = await standing.stored(self._bench), count_waiting(self._bench.truth)
        except sqlite3.Error:
            row.stored = None  # A truth that cannot be read is nothing to compare with.
        self._lives.note(row)

    async def end(self, row: Row | None, outcome: str = DONE) -> None:
        """A verb has ended: note how, and copy a result that does not come out the same twice."""
        if row is None:
            return
        row.outcome, row.revision = outcome, standing.revision(self._bench)
        self._lives.note(row)
        if needs_a_copy(row):
            await self._copies.after(row, self._gesture.read())

    # Resets.

    def begin_on_new(self) -> bool:
        """Begin a gesture without a reset, if the bench is as it was made. Returns whether it is.

        It is while no verb was done, and nobody has looked at it: so nobody knows where its broker is.
        """
        is_new = self._is_as_made and not self._bench.changes.was_looked_at and self._bench.broker.state == "up"
        self._gesture.has_reset = self._gesture.has_reset or is_new
        return is_new

    async def reset(self) -> None:
        """Start a new life with a fresh bench. The old life is set aside whole, so that undo can restore it."""
        life = self._lives.current
        is_first_of_gesture = bool(self._gesture.cause) and not self._gesture.has_reset
        was_used = bool(life.rows) or life.cause not in ("", RESET)
        is_kept = is_first_of_gesture or (not self._gesture.cause and was_used)
        stood = self._gesture.read()

        def move() -> Stood:
            if is_kept:
                self._set_aside(stood)
            return self.aside.clear()

        before = life.number if is_kept else life.before
        await self._bench.exchange(move, lambda: self._begin_life(self._gesture.cause or RESET, before), keeps=is_kept)
        self._gesture.has_reset = True
        await self._copies.sweep()

    def _set_aside(self, stood: Stood) -> None:
        try:
            self.aside.set_aside(BEFORE, stood)
        except OSError:
            # A full disk must not prevent a reset.
            self.aside.drop(BEFORE)

    def _begin_life(self, cause: str, before: int, rows: Sequence[Row] = (), lacks: str = "") -> None:
        journal = self._bench.journal
        self._lives.begin(journal.last + 1, cause, before=before, lacks=lacks, rows=rows)
        self._lives.forget(journal.first)
        journal.write("learner", "reset", "the bench was reset")

    # Undo and fork.

    @property
    def undoes(self) -> str:
        """What undo would undo: a verb, or the gesture that this life began with; empty when there is nothing."""
        life = self._lives.current
        if self.undoes_a_beginning:
            return life.cause
        return "" if self._is_only_a_beginning else life.rows[-1].verb

    @property
    def undoes_a_beginning(self) -> bool:
        """Whether undo would restore the previous life."""
        is_kept = bool(self._lives.current.before) and self.aside.has(BEFORE)
        return not self._gesture.cause and is_kept and self._is_only_a_beginning

    @property
    def _is_only_a_beginning(self) -> bool:
        """Whether nothing was done in this life but what belongs to the gesture that it began with."""
        return all(row.cause for row in self._lives.current.rows)

    async def undo(self) -> str:
        """Undo the last verb, or the gesture that this life began with. If it is refused, the bench is unchanged.

        Raises `Refused` when there is nothing, when it is impossible, or when a verb has a different result this
        time.
        """
        self._gesture.refuse_within()
        life = self._lives.current
        if self.undoes_a_beginning:
            await self._bring_back(BEFORE)
            return f"{life.cause[0].upper()}{life.cause[1:]} was undone: the bench is as it was before."
        if self._is_only_a_beginning:
            raise Refused(life.lacks or f"{NOTHING} {'reset' if life.cause else 'made'}.")
        way = plan(life, life.rows[:-1], self.aside.has)
        return await self._build(way) or f"{life.rows[-1].verb} was undone: {way.words}"

    async def fork(self, moment: int) -> str:
        """Continue from a moment of the journal. Raises `NotThere` for an unknown moment, `Refused` as undo does."""
        self._gesture.refuse_within()
        if moment > self._bench.journal.last:
            raise NotThere(f"There is no moment {moment}; the last is {self._bench.journal.last}.")
        life = self._lives.at(moment)
        if life is None:
            raise Refused(
                f"The verbs before moment {moment} are no longer kept; nothing was changed. Choose a later one."
            )
        way = plan(life, [row for row in life.rows if row.moment <= moment], self.aside.has)
        return await self._build(way, FORK) or f"The bench is as it was at moment {moment}: {way.words}"

    async def _build(self, way: Plan, cause: str = "") -> str:
        """Build what a plan describes, while the present bench stands aside. Returns a sentence when a person stopped
        it.
        """
        old, stood = self._lives.current, self._gesture.read()

        def move() -> Stood:
            self.aside.set_aside(UNDONE, stood)
            return self.aside.lay_out(way.copy) if way.copy else {}

        try:
            begins = (cause, 0) if cause else (old.cause, old.before)
            await self._bench.exchange(move, lambda: self._begin_life(*begins, way.done, way.lacks))
            await rerun.follow(self._bench, way.again, self.leave)
        except Stopped:
            await self._bring_back(UNDONE)
            return "Stopped: the bench is unchanged."
        except BaseException:
            if self.aside.has(UNDONE):
                await self._bring_back(UNDONE)
            raise
        if cause:
            self._is_one_gesture(cause, old)
        await asyncio.to_thread(self.aside.drop, UNDONE)
        await self._copies.sweep()
        return ""

    def _is_one_gesture(self, cause: str, old: Life) -> None:
        """Undo undoes all that was built: the bench that stands aside is the previous life."""
        self.aside.rename(UNDONE, BEFORE)
        life = self._lives.current
        life.before = old.number
        for row in life.rows:
            row.cause = row.cause or cause
        self._lives.note_all()

    # Restoring what was set aside.

    async def _bring_back(self, name: str) -> None:
        def move() -> Stood:
            self.aside.put_back(name)
            return self.aside.stood(name)

        await self._bench.exchange(move, lambda: self.is_back(name))

    def is_back(self, name: str) -> None:
        """The files of a state are in their place again: so are its list, and the files beside it."""
        stood = self.aside.stood(name)
        journal = self._bench.journal
        life = self._lives.of(stood.get("life", 0)) or Life(0, lacks=NO_LIST)
        before = life.before if name == UNDONE else 0
        self._lives.begin(journal.last + 1, life.cause, before=before, lacks=life.lacks, rows=life.rows)
        journal.write("learner", BACK, "the bench was restored", since=stood.get("moment", journal.last))
        self._gesture.give_back(stood)
        self.aside.drop(name)
        self._gesture.tell_return()

    def open(self, returned: str) -> None:
        """Load the history of a bench that is being opened. `returned` is the state that was restored, if any."""
        if returned:
            self.is_back(returned)
        elif self.aside.has(BEFORE) and self.aside.stood(BEFORE).get("life") == self._lives.current.number:
            self._begin_life(RESET, self._lives.current.number)

    def check(self) -> None:
        """Note when the truth of a bench that was just opened is not where its verbs left it."""
        life = self._lives.current
        last = life.rows[-1].revision if life.rows else None
        if last is not None and standing.revision(self._bench) not in (None, last):
            life.lacks = life.lacks or ENDS_EARLY
            self._lives.note_all()
