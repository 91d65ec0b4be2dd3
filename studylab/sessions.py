"""Benches by their keys: opened on a visit, parked when idle, found again after a restart, never more than allowed."""

from __future__ import annotations

import asyncio
import logging
import re
import secrets
import sqlite3
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from filelock import FileLock, Timeout

from studylab.hub import Count, Draw, Hub
from studylab.views import MAX_STREAMS, Views
from vango import tasks
from vango.bench import Bench
from vango.errors import BadInput, Unavailable
from vango.files import own_folder, write_whole
from vango.keeper import Keeper

if TYPE_CHECKING:
    from studylab.lab.model import Lab

KEY = re.compile(r"[0-9a-f]{32}", re.ASCII)
LOOK_EVERY_S = 5.0
MAX_STORED = 2000
KEY_BYTES = 32

log = logging.getLogger(__name__)


@dataclass(slots=True)
class _Door:
    """What only one at a time goes through, and how many hold it or wait for it."""

    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    users: int = 0


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
        streams: int = MAX_STREAMS,
    ) -> None:
        self.data = data
        self.labs = labs
        self.views = Views(streams)
        self.draw: Draw = lambda _context, before: iter((before,))
        self._keeper = keeper
        self._park_after_s = park_after_s
        self._most = most
        self._live: dict[str, Hub] = {}
        self._coming = 0
        self._streams = Count()
        self._doors: dict[str, _Door] = {}
        self._executor = ThreadPoolExecutor(1, thread_name_prefix="drawing")
        self._parking = asyncio.create_task(tasks.keep_going(self._park_idle, log.error, "parking"), name="parking")

    @property
    def live(self) -> int:
        """How many benches are awake."""
        return len(self._live)

    @property
    def viewers(self) -> int:
        """How many streams are open in all."""
        return self._streams.now

    @staticmethod
    def new_key() -> str:
        """Return a key that nobody can guess."""
        return secrets.token_hex(16)

    def folder(self, key: str) -> Path:
        """Return where a bench is kept. Raises `BadInput` for what is no key."""
        if not KEY.fullmatch(key):
            raise BadInput("This is no bench's key. Clear the site's cookies and reload the page.")
        return self.data / "benches" / key

    def at_hand(self, key: str) -> Hub | None:
        """Return the hub of a bench that is awake, held awake until `release`. May be called from any thread."""
        hub = self._live.get(key)
        return hub if hub is not None and hub.hold() else None

    async def hub(self, key: str) -> Hub:
        """Return a bench's hub, waking the bench if it is parked, and hold it awake until `release`. Raises `Unavailable` when there is no room."""
        folder = self.folder(key)
        async with self._alone(key):
            if key not in self._live:
                self._make_room(folder)
                self._coming += 1
                try:
                    bench = await self._open(folder)
                finally:
                    self._coming -= 1
                self._live[key] = Hub(bench, self.labs, self.draw, self._executor, self._streams)
            hub = self._live[key]
            hub.hold()
        return hub

    async def _open(self, folder: Path) -> Bench:
        try:
            # A folder's name is the key of a visitor: who may list the folders may be anybody.
            own_folder(folder.parent)
            return await Bench.open(folder, self._keeper)
        except (sqlite3.DatabaseError, OSError) as error:
            log.error("the bench in %s cannot be opened: %s", folder, error)
            raise Unavailable(
                f"Your bench cannot be opened: {error}. Its files were left as they are; whoever runs Study Lab finds them "
                f"in benches/{folder.name}. Without this site's cookies you get a new bench."
            ) from error

    def _make_room(self, folder: Path) -> None:
        # Those that are being opened count: who arrives meanwhile must not take their place.
        if len(self._live) + self._coming >= self._most:
            raise Unavailable(f"All {self._most} benches are in use. Try again in a few minutes: idle ones are parked.")
        stored = folder.parent
        if not folder.exists() and stored.exists() and sum(1 for _ in stored.iterdir()) >= MAX_STORED:
            raise Unavailable(
                f"{MAX_STORED} benches are stored here already. Whoever runs Study Lab can delete old ones."
            )

    async def park(self, key: str, *, idle_s: float | None = None) -> None:
        """Stop a bench's processes and keep its files, unless somebody has used it within `idle_s` meanwhile."""
        async with self._alone(key):
            hub = self._live.get(key)
            if hub is not None and hub.end(unless_used_s=idle_s):
                del self._live[key]
                await hub.bench.close()

    @asynccontextmanager
    async def _alone(self, key: str) -> AsyncIterator[None]:
        """Open and park one bench one after another. The lock lives for as long as somebody holds it or waits for it."""
        door = self._doors.setdefault(key, _Door())
        door.users += 1
        try:
            async with door.lock:
                yield
        finally:
            door.users -= 1
            if not door.users:
                del self._doors[key]

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
        self._executor.shutdown(wait=False)


def lock_data(data: Path) -> FileLock:
    """Take the data folder for this app. Raises `Unavailable` when it cannot be written or another app has it."""
    try:
        data.mkdir(parents=True, exist_ok=True)
        lock = FileLock(data / "lock")
        lock.acquire(timeout=0)
    except Timeout as error:
        raise Unavailable(
            f"Another Study Lab uses the data folder {data}. Stop it, or choose another with --data."
        ) from error
    except OSError as error:
        reason = error.strerror or error
        raise Unavailable(f"The data folder {data} cannot be written: {reason}. Choose another with --data.") from error
    return lock


def secret_key(data: Path) -> bytes:
    """Return the key that signs cookies; made once, readable by its owner only. One that is cut short is made anew."""
    path = data / "secret.key"
    found = path.read_bytes() if path.exists() else b""
    if len(found) >= KEY_BYTES:
        return found
    if path.exists():
        log.warning(
            "%s held %d of %d bytes; a new key was made, and every visitor gets a new bench",
            path,
            len(found),
            KEY_BYTES,
        )
    made = secrets.token_bytes(KEY_BYTES)
    write_whole(path, made)
    return made
