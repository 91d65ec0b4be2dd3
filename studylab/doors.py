"""Doors: opening and parking one bench happen one after another; different benches do not wait for each other."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Set
from contextlib import asynccontextmanager
from dataclasses import dataclass, field


@dataclass(slots=True)
class _Door:
    """What only one at a time goes through, and how many hold it or wait for it."""

    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    users: int = 0


class Doors:
    """A door for every key. It exists while somebody holds it or waits for it."""

    def __init__(self) -> None:
        self._doors: dict[str, _Door] = {}

    @property
    def busy(self) -> Set[str]:
        """The keys whose door is held or waited for."""
        return self._doors.keys()

    @asynccontextmanager
    async def alone(self, key: str) -> AsyncIterator[None]:
        """Hold the door of a key, once nobody else does."""
        door = self._doors.setdefault(key, _Door())
        door.users += 1
        try:
            async with door.lock:
                yield
        finally:
            door.users -= 1
            if not door.users:
                del self._doors[key]
