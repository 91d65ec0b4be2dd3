"""Performing: verbs run one after another, each first written to the journal and to the list of the bench's history."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import sqlite3
from collections.abc import Callable, Mapping
from typing import Any

from vango.actors import tasks
from vango.actors.errors import Refused, Unavailable, VangoError
from vango.actors.sqlite import trouble
from vango.bench import standing
from vango.bench.history import History
from vango.bench.whole import Whole
from vango.verbs.registry import Verb, find

STOP_WITHIN_S = 5.0


class Performing:
    """The verbs of one bench. `save` keeps its settings after each."""

    def __init__(self, bench: Whole, history: History, save: Callable[[], None]) -> None:
        self._bench = bench
        self._history = history
        self._save = save
        self._one_at_a_time = asyncio.Lock()
        self._acting: set[asyncio.Task[str]] = set()

    @property
    def is_under_way(self) -> bool:
        """Whether a verb is running."""
        return self._one_at_a_time.locked()

    async def perform(self, verb_name: str, arguments: Mapping[str, Any] | None = None) -> str:
        """Perform a verb and return a sentence. Verbs run one after another and are journalled first.

        The verb has its own task: the caller may stop waiting, and the verb still runs to its end. Raises `NotThere`
        or `BadInput` before anything happens, `Refused` or `Unavailable` from the part that acts.
        """
        find(verb_name).arguments(arguments or {})
        acting = asyncio.create_task(self._perform(verb_name, arguments or {}), name=f"verb {verb_name}")
        self._acting.add(acting)
        acting.add_done_callback(self._acting.discard)
        acting.add_done_callback(tasks.look_at)
        return await asyncio.shield(acting)

    async def _perform(self, verb_name: str, arguments: Mapping[str, Any]) -> str:
        try:
            async with self._one_at_a_time:
                with self._bench.progress.of(verb_name):
                    return await self.carry_out(verb_name, arguments)
        finally:
            self._bench.changes.rested.set()

    async def carry_out(self, verb_name: str, arguments: Mapping[str, Any], *, cause: str = "") -> str:
        """Perform a verb as `perform` does, within a verb that is already running. `cause` is the gesture that it
        belongs to.
        """
        verb = find(verb_name)
        checked = verb.arguments(arguments)
        await standing.until_crashed(self._bench)
        self._bench.pace.hold()
        said = ", ".join(f"{name}={value}" for name, value in checked.items())
        self._bench.journal.write("learner", "verb", f"{verb_name}({said})", verb=verb_name, arguments=checked)
        row = await self._history.begin(verb_name, checked, cause)
        try:
            done = await self._act(verb, checked)
            await self._history.end(row)
            return done
        except VangoError as error:
            self._bench.journal.write(
                "learner", "refused", str(error), verb=verb_name, arguments=checked, err_code=error.err_code
            )
            await self._history.end(row, type(error).__name__)
            raise
        finally:
            self._save()
            self._bench.changes.note()

    async def _act(self, verb: Verb, arguments: dict[str, Any]) -> str:
        try:
            return await verb.act(self._bench, **arguments)
        except sqlite3.Error as error:
            said = f"The database cannot be used: {error}. Nothing was committed. {trouble(error)}"
            raise Unavailable(said) from error
        except OSError as error:
            why = f"the disk cannot be written ({error.strerror}). Free some space."
            if error.errno in (errno.ENOSPC, errno.EDQUOT):
                then = "restart it" if verb.place in ("broker", "relay", "edge") else "try again"
                why = f"the disk is full; free some space, then {then}."
            raise Unavailable(f"{verb.name} was not completed: {why}", definite=False) from error

    async def end(self) -> None:
        """Let the running verbs end cleanly: long ones are asked to stop, and the others are short."""
        with contextlib.suppress(Refused):
            self._bench.progress.stop()
        if self._acting:
            await asyncio.wait(self._acting, timeout=STOP_WITHIN_S)
        for acting in list(self._acting):
            await tasks.end(acting)
