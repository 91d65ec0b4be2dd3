"""Live views: a total limit and one per bench. When all are taken, the oldest of the bench with most makes room."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import Protocol

from vango.actors.errors import Unavailable

MAX_STREAMS = 240
EACH = 8
LEAVING = 16

TOO_MANY_TABS = "This page is no longer updated: the bench is open in more than {0} tabs. Reload to update it."
MADE_WAY = (
    "This page is no longer updated: all {0} live views are taken, and this bench had the most. Reload to update it."
)
FULL = "All {0} live views are taken. The page still works; reload it to see changes."
TOO_FAST = "Live views open faster than old ones end. The page still works, and it tries again automatically."


class Holder(Protocol):
    """Whose views they are: a bench."""

    def wake(self) -> None:
        """Let every view check whether it is over."""


@dataclass(eq=False, slots=True)
class View:
    """One live view. `over` is empty until it has to end, and then says why."""

    holder: Holder
    over: str = ""


class Views:
    """All views of one app, opened and closed from any thread: open from before the first byte until after the last."""

    def __init__(self, most: int = MAX_STREAMS, each: int = EACH) -> None:
        self._most, self._each = most, each
        self._held: list[View] = []
        self._leaving: set[View] = set()
        self._lock = threading.Lock()

    @property
    def count(self) -> int:
        """How many are open, without those that are about to end."""
        return len(self._held)

    def open(self, holder: Holder) -> View:
        """Open a view, if needed in the place of an older one, which is told so. Raises `Unavailable` when all are
        taken.
        """
        with self._lock:
            old, why = self._in_the_way_of(holder)
            if old is not None:
                if not self._may_leave(old):
                    raise Unavailable(TOO_FAST)
                self._held.remove(old)
                self._leaving.add(old)
                old.over = why
            view = View(holder)
            self._held.append(view)
        if old is not None:
            old.holder.wake()
        return view

    def close(self, view: View) -> None:
        """A view has ended. Calling it twice is harmless."""
        with self._lock:
            self._leaving.discard(view)
            if view in self._held:
                self._held.remove(view)

    def _may_leave(self, old: View) -> bool:
        """Return whether one more may be about to end: each has a thread until its client took the last message."""
        own = sum(each.holder is old.holder for each in self._leaving)
        return own < self._each and len(self._leaving) < LEAVING

    def _in_the_way_of(self, holder: Holder) -> tuple[View | None, str]:
        """Return the view that must end for another one of this holder, and the sentence for it."""
        by_holder: dict[Holder, list[View]] = {}
        for view in self._held:
            by_holder.setdefault(view.holder, []).append(view)
        own = by_holder.get(holder, [])
        if len(own) >= self._each:
            return own[0], TOO_MANY_TABS.format(self._each)
        if len(self._held) < self._most:
            return None, ""
        greediest = max(by_holder.values(), key=len)
        if len(greediest) < 2:
            raise Unavailable(FULL.format(self._most))
        return greediest[0], MADE_WAY.format(self._most)
