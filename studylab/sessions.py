"""Benches by their keys: opened on request, parked when idle, found again, never more than allowed."""

from __future__ import annotations

import asyncio
import logging
import re
import secrets
import shutil
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from studylab import places
from studylab.beside import Beside, Nothing
from studylab.doors import Doors
from studylab.drawn import Draw
from studylab.hub import Hub
from studylab.turns import Drawing, Turns
from studylab.views import MAX_STREAMS, Views
from vango.actors import tasks
from vango.actors.errors import BadInput, Unavailable
from vango.actors.files import own_folder
from vango.bench.bench import Bench
from vango.broker.keeper import Keeper

if TYPE_CHECKING:
    from studylab.lab.model import Lab

KEY = re.compile(r"[0-9a-f]{32}", re.ASCII)
LOOK_EVERY_S = 5.0
OPEN_AT_ONCE = 4
MAX_STORED = 2000
MIN_FREE = 512 << 20
"""Bytes that the disk must have free for a new bench: so much may a busy one come to need in a day."""
UNTOUCHED_S = 30.0
"""How long an unused bench may stay unseen before its place goes to a newcomer."""

log = logging.getLogger(__name__)


class Full(Unavailable):
    """All places are taken. The page opens when one is free."""

    retry_s = 5


class Benches:
    """All benches of one app. Everything but `at_hand` and `end_streams` runs on the loop."""

    def __init__(
        self,
        data: Path,
        keeper: Keeper,
        labs: dict[str, Lab],
        *,
        park_after_s: float,
        most: int,
        keep_s: float,
        streams: int = MAX_STREAMS,
    ) -> None:
        self.data = data
        self.labs = labs
        self.views = Views(streams)
        self.draw: Draw = lambda _context, before: iter((before,))
        self.beside: Callable[[str], Beside[Hub]] = lambda _key: Nothing()
        self._keeper = keeper
        self._park_after_s = park_after_s
        self._places = places.Places(data / "benches", most, keep_s)
        self._live: dict[str, Hub] = {}
        self._coming: set[str] = set()
        self._doors = Doors()
        self._drawing, self._opening = Drawing(), Turns(OPEN_AT_ONCE)
        self._parking = asyncio.create_task(tasks.keep_going(self._park_idle, log.error, "parking"), name="parking")

    @property
    def live(self) -> int:
        """How many benches are awake."""
        return len(self._live)

    @property
    def viewers(self) -> int:
        """How many streams are open in all."""
        return self.views.count

    @staticmethod
    def new_key() -> str:
        """Return a key that cannot be guessed."""
        return secrets.token_hex(16)

    def folder(self, key: str) -> Path:
        """Return where a bench is kept. Raises `BadInput` for anything but a key."""
        if not KEY.fullmatch(key):
            raise BadInput("This key belongs to no bench. Clear the site's cookies and reload the page.")
        return self.data / "benches" / key

    def at_hand(self, key: str) -> Hub | None:
        """Return the hub of a bench that is awake, held awake until `release`. May be called from any thread."""
        hub = self._live.get(key)
        return hub if hub is not None and hub.hold() else None

    async def hub(self, key: str) -> Hub:
        """Return a bench's hub, waking the bench if it is parked, and hold it awake until `release`.

        Raises `Unavailable` when there is no room.
        """
        async with self._doors.alone(key):
            if key not in self._live:
                await self._make_room(key)
                try:
                    async with self._opening.take():
                        bench = await self._open(self.folder(key))
                finally:
                    self._coming.discard(key)
                self._places.take(key)
                self._live[key] = Hub(bench, self.labs, self.draw, self._drawing, self.beside(key))
            hub = self._live[key]
            hub.hold()
        return hub

    async def _open(self, folder: Path) -> Bench:
        try:
            # A folder's name is the key of a visitor, and anyone may be able to list the folders.
            own_folder(folder.parent)
            if not folder.exists():
                own_folder(folder)
                places.mark_untouched(folder)
            return await Bench.open(folder, self._keeper)
        except (sqlite3.DatabaseError, OSError) as error:
            log.error("the bench in %s cannot be opened: %s", folder, error)
            raise Unavailable(
                f"Your bench cannot be opened: {error}. Its files were not changed. The operator finds them in "
                f"benches/{folder.name}. Without this site's cookies you get a new bench."
            ) from error

    async def _make_room(self, key: str) -> None:
        """Take a place for a bench that is to be opened. Raises `Full`, or `Unavailable` when no more can be stored."""
        # Benches that are being opened count: a newcomer must not take their place.
        while not self._places.is_free_for(key, self._live.keys() | self._coming):
            if not await self._give_up_one():
                raise Full(
                    f"All places are taken ({self._places.most}). A place becomes free when someone leaves, or has "
                    "been away for long."
                )
        self._coming.add(key)
        try:
            await self._make_space(self.folder(key))
        except BaseException:
            self._coming.discard(key)
            raise

    async def _give_up_one(self) -> bool:
        """Remove an awake bench that is unused and has no open page. Returns whether there was one."""
        for key, hub in list(self._live.items()):
            # A bench that is being opened or parked is not waited for: two that wait for each other would wait for
            # ever.
            if key in self._doors.busy or not places.is_untouched(hub.bench.folder):
                continue
            await self.park(key, idle_s=UNTOUCHED_S)
            if key not in self._live:
                await self._remove(hub.bench.folder)
                return True
        return False

    async def _make_space(self, folder: Path) -> None:
        """Remove parked, unused benches while there is no space for a new one."""
        stored = folder.parent
        if folder.exists() or not stored.exists():
            return
        if (free := shutil.disk_usage(stored).free) < MIN_FREE:
            raise Unavailable(
                f"The disk has {free >> 20} MB free; a new bench needs {MIN_FREE >> 20} MB. The operator of Study "
                "Lab can delete old benches, or choose another folder with --data."
            )
        found = list(stored.iterdir())
        if len(found) < MAX_STORED:
            return
        awake = self._live.keys() | self._coming | self._doors.busy
        unused = [kept for kept in found if kept.name not in awake and places.is_untouched(kept)]
        if not unused:
            raise Unavailable(
                f"{MAX_STORED} benches are stored already. The operator of Study Lab can delete old ones."
            )
        for kept in unused:
            await self._remove(kept)

    async def _remove(self, folder: Path) -> None:
        """Remove a bench's files. Its key leads to a new bench from then on."""
        async with self._doors.alone(folder.name):
            if folder.name not in self._live and places.is_untouched(folder):
                await asyncio.to_thread(shutil.rmtree, folder, ignore_errors=True)

    async def delete(self, key: str) -> None:
        """Stop a bench and delete its files, used or not. Its key leads to a new bench from then on."""
        await self.park(key)
        async with self._doors.alone(key):
            if key not in self._live:
                await asyncio.to_thread(shutil.rmtree, self.folder(key), ignore_errors=True)

    def stored(self) -> list[str]:
        """Return the keys of all benches that have files."""
        folder = self.data / "benches"
        return [kept.name for kept in folder.iterdir() if KEY.fullmatch(kept.name)] if folder.is_dir() else []

    async def park(self, key: str, *, idle_s: float | None = None) -> None:
        """Stop a bench's processes and keep its files, unless it was used within `idle_s` meanwhile."""
        async with self._doors.alone(key):
            hub = self._live.get(key)
            if hub is not None and hub.end(unless_used_s=idle_s):
                del self._live[key]
                self._places.leave(key, hub.bench.folder)
                await hub.bench.close()

    async def leave(self, key: str) -> None:
        """Park a bench to which nobody comes back: its place is free at once, its files stay."""
        await self.park(key)
        self._places.give_up(key)

    async def _park_idle(self) -> None:
        while True:
            await asyncio.sleep(min(LOOK_EVERY_S, self._park_after_s))
            for key, hub in list(self._live.items()):
                if not hub.is_in_use(self._park_after_s):
                    try:
                        await self.park(key, idle_s=self._park_after_s)
                    except Exception:
                        log.exception("a bench could not be parked")

    def end_streams(self) -> None:
        """Let every open stream go. May be called from any thread."""
        for hub in list(self._live.values()):
            hub.end()

    async def close(self) -> None:
        """Park everything."""
        self._parking.cancel()
        await asyncio.gather(self._parking, return_exceptions=True)
        for hub in self._live.values():
            hub.end()
        for ended in await asyncio.gather(*(self.park(key) for key in list(self._live)), return_exceptions=True):
            if isinstance(ended, Exception):
                log.error("a bench could not be parked", exc_info=ended)
        self._drawing.thread.shutdown(wait=False)
