"""Who has a place: a limited number of benches may be awake, and a learner keeps a place over a break.

A file in its folder marks an unused bench. It gives up its place first, and loses nothing.
"""

from __future__ import annotations

import time
from collections.abc import Collection
from pathlib import Path

MARK = "untouched"


class Places:
    """The places of one app. A parked bench that somebody used keeps its place for `keep_s` seconds after that."""

    def __init__(self, stored: Path, most: int, keep_s: float) -> None:
        self.most = most
        self._keep_s = keep_s
        self._left = _used_lately(stored, keep_s)

    def is_free_for(self, key: str, awake: Collection[str]) -> bool:
        """Return whether a bench may wake beside those that are awake or waking."""
        self._forget()
        kept = self._left.keys() - set(awake)
        return len(awake) < self.most and (key in kept or len(awake) + len(kept) < self.most)

    def take(self, key: str) -> None:
        """A bench is awake: its place is counted with those."""
        self._left.pop(key, None)

    def leave(self, key: str, folder: Path) -> None:
        """A bench was parked: its place is kept if somebody has used it."""
        if not is_untouched(folder):
            self._left[key] = time.monotonic()

    def give_up(self, key: str) -> None:
        """Nobody comes back to a parked bench: its place is kept no longer."""
        self._left.pop(key, None)

    def _forget(self) -> None:
        now = time.monotonic()
        self._left = {key: at for key, at in self._left.items() if now - at < self._keep_s}


def mark_untouched(folder: Path) -> None:
    """Note that this new bench is unused."""
    (folder / MARK).touch()


def touch(folder: Path) -> None:
    """Note that this bench was used."""
    (folder / MARK).unlink(missing_ok=True)


def is_untouched(folder: Path) -> bool:
    """Return whether this bench is still unused."""
    return (folder / MARK).exists()


def _used_lately(stored: Path, keep_s: float) -> dict[str, float]:
    """Return when the benches in a folder were left, on this process's clock: places outlast a start of the app."""
    now, clock = time.time(), time.monotonic()
    folders = stored.iterdir() if stored.is_dir() else ()
    ages = {folder.name: max(0.0, now - _written(folder)) for folder in folders if not is_untouched(folder)}
    return {key: clock - age for key, age in ages.items() if age < keep_s}


def _written(folder: Path) -> float:
    return max((file.stat().st_mtime for file in folder.glob("*.db*")), default=0.0)
