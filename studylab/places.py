"""The places for live views: so many in all, so many a bench, and in a full house the oldest of whoever has most makes way."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import Protocol

from vango.errors import Unavailable

MAX_STREAMS = 240
EACH = 8
LEAVING = 16

TOO_MANY_TABS = "This page went quiet: the bench is open in more than {0} tabs. Reload to look again."
MADE_WAY = "This page went quiet: all {0} live views are taken, and this bench had the most. Reload to look again."
FULL = "All {0} live views are taken. The page still works; reload it to see changes."
TOO_FAST = "Live views are opened faster than old ones end. The page still works; it tries again by itself."


class Holder(Protocol):
    """Whose views they are: a bench."""

    def wake(self) -> None:
        """Let every view look whether it is over."""


@dataclass(eq=False, slots=True)
class Place:
    """One live view. `over` is empty until it has to end, and then says why."""

    holder: Holder
    over: str = ""


class Places:
    """Hands out places, from any thread. A view has its place from before it begins until it has come to its end."""

    def __init__(self, most: int = MAX_STREAMS, each: int = EACH) -> None:
        self._most, self._each = most, each
        self._held: list[Place] = []
        self._leaving: set[Place] = set()
        self._lock = threading.Lock()

    @property
    def taken(self) -> int:
        """How many places are taken, without those whose views are about to end."""
        return len(self._held)

    def take(self, holder: Holder) -> Place:
        """Take a place, where need be that of an older view, which is told so. Raises `Unavailable` in a full house."""
        with self._lock:
            old, why = self._in_the_way_of(holder)
            if old is not None:
                if len(self._leaving) >= LEAVING:
                    raise Unavailable(TOO_FAST)
                self._held.remove(old)
                self._leaving.add(old)
                old.over = why
            place = Place(holder)
            self._held.append(place)
        if old is not None:
            old.holder.wake()
        return place

    def leave(self, place: Place) -> None:
        """Give a place back; more than once does no harm."""
        with self._lock:
            self._leaving.discard(place)
            if place in self._held:
                self._held.remove(place)

    def _in_the_way_of(self, holder: Holder) -> tuple[Place | None, str]:
        """Return the view that must end for another one of this holder, and the sentence for it."""
        by_holder: dict[Holder, list[Place]] = {}
        for place in self._held:
            by_holder.setdefault(place.holder, []).append(place)
        own = by_holder.get(holder, [])
        if len(own) >= self._each:
            return own[0], TOO_MANY_TABS.format(self._each)
        if len(self._held) < self._most:
            return None, ""
        greediest = max(by_holder.values(), key=len)
        if len(greediest) < 2:
            raise Unavailable(FULL.format(self._most))
        return greediest[0], MADE_WAY.format(self._most)
