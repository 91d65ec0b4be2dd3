"""Limits for guessed codes: for each address, and for all together, without locking out a class behind one address.

Only wrong codes count. An address from which somebody joined is a class's: it may be wrong far more often, and what
strangers elsewhere guess does not count against it.
"""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

from vango.kit import Refused

MAX_ADDRESSES = 10_000


@dataclass(frozen=True, slots=True)
class Allowance:
    """How many wrong codes at once, and how many a second after that."""

    at_once: float
    a_second: float


STRANGER = Allowance(20, 0.1)
CLASS = Allowance(400, 2.0)
ALL_STRANGERS = Allowance(400, 2.0)
"""At this rate a room's code is found after 136 days on average, and the code of any of 200 seats after 245."""


class _Bucket:
    """A number of wrong codes that are left; it fills again over time."""

    def __init__(self, allowance: Allowance, now: float) -> None:
        self.allowance, self._left, self._at = allowance, allowance.at_once, now

    def left(self, now: float) -> float:
        """Return how many are left now."""
        filled = self._left + (now - self._at) * self.allowance.a_second
        self._left, self._at = min(self.allowance.at_once, filled), now
        return self._left

    def take(self, now: float) -> None:
        self._left = self.left(now) - 1

    def widen(self, allowance: Allowance, now: float) -> None:
        """Give more, and what the difference is at once."""
        if self.allowance != allowance:
            self._left = self.left(now) + allowance.at_once - self.allowance.at_once
            self.allowance = allowance


class Guesses:
    """Who has guessed how often. From any thread. `clock` counts seconds."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._all = _Bucket(ALL_STRANGERS, clock())
        self._of: OrderedDict[str, _Bucket] = OrderedDict()

    def may(self, address: str) -> None:
        """Say that an address may try a code now. Raises `Refused` with how long to wait, also for a right code."""
        with self._lock:
            now, own = self._clock(), self._bucket(address)
            for bucket in (own,) if own.allowance is CLASS else (own, self._all):
                if (left := bucket.left(now)) < 1:
                    wait_s = max(1, round((1 - left) / bucket.allowance.a_second))
                    raise Refused(f"Too many wrong codes were tried. Wait {wait_s} s, then try again.")

    def wrong(self, address: str) -> None:
        """Note a wrong code."""
        with self._lock:
            now, own = self._clock(), self._bucket(address)
            own.take(now)
            if own.allowance is not CLASS:
                self._all.take(now)

    def right(self, address: str) -> None:
        """Note a right code: from now on this is an address of the class."""
        with self._lock:
            self._bucket(address).widen(CLASS, self._clock())

    def _bucket(self, address: str) -> _Bucket:
        found = self._of.pop(address, None) or _Bucket(STRANGER, self._clock())
        self._of[address] = found
        while len(self._of) > MAX_ADDRESSES:
            # Those of the class stay: a stranger with many addresses must not push them out.
            oldest = next((one for one, bucket in self._of.items() if bucket.allowance is not CLASS), None)
            self._of.pop(oldest if oldest is not None else next(iter(self._of)))
        return found
