"""Fair shares: what one seat may ask of the machine that all share. Each limit is told in a sentence.

What is not here is limited where it is made: changes, messages, copies and guests of a bench in vango, open pages and
requests at once in studylab.hub and studylab.views, connections and bodies in studylab.web.admission.
"""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

from vango.actors.errors import BadInput, Refused, VangoError


@dataclass(frozen=True, slots=True)
class Share:
    """What a seat may do: a number each second, and a larger one at once after a pause."""

    a_second: float
    at_once: float
    what: str


ACTS = Share(5.0, 20.0, "things on its bench")
LOOKS = Share(20.0, 100.0, "requests")
MAX_BURST = 2_000
LIMITS = {("burst", "n"): (MAX_BURST, "changes in one burst")}
"""Where a room has a narrower limit than one learner alone. A storm has 8 gusts at most anywhere."""
LONG = frozenset({"storm", "shrink_storm", "try_without", "fork", "undo"})
LONG_AT_ONCE = 4
"""Verbs that play many others, and on how many benches of a host they may be at work at once."""
SOON_S = 0.001
"""The least that is waited for: what is left after a wait may be less than one by a rounding."""
HELD_BACK_S = 0.5
HELD_AT_ONCE = 8
"""How long a refusal waits before it is sent, and how many may wait: who asks again at once costs the others less."""


class TooFast(VangoError):
    """One seat asks more than its share."""

    status_hint = 429


class Shares:
    """The shares of all seats of a host. From any thread. `clock` counts seconds, `sleep` and `rest` wait for some."""

    def __init__(
        self,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
        rest: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._clock, self._sleep, self._rest = clock, sleep, rest
        self._places = threading.Semaphore(HELD_AT_ONCE)
        self._lock = threading.Lock()
        self._left: dict[tuple[str, Share], tuple[float, float]] = {}

    def take(self, seat: str, share: Share) -> None:
        """Take one of a seat's share. Raises `TooFast` when none is left, after a moment: then nothing was taken."""
        if not self._wait_s(seat, share):
            return
        self._hold_back()
        raise TooFast(
            f"One seat may do {share.a_second:g} {share.what} a second, and {share.at_once:g} at once. "
            "Nothing was done; wait a second."
        )

    async def turn(self, seat: str, share: Share) -> None:
        """Take one of a seat's share as soon as there is one: what is played for a seat costs it what it would do."""
        while wait_s := self._wait_s(seat, share):
            await self._rest(wait_s)

    def _wait_s(self, seat: str, share: Share) -> float:
        """Take one of a seat's share, and return 0; when none is left, how many seconds it is until there is."""
        with self._lock:
            now = self._clock()
            left, at = self._left.get((seat, share), (share.at_once, now))
            left = min(share.at_once, left + (now - at) * share.a_second)
            if left < 1:
                return max((1 - left) / share.a_second, SOON_S)
            self._left[seat, share] = left - 1, now
            return 0.0

    def _hold_back(self) -> None:
        """Wait a moment, unless threads would be missed because many wait already."""
        if self._places.acquire(blocking=False):
            try:
                self._sleep(HELD_BACK_S)
            finally:
                self._places.release()


def check(verb: str, arguments: Mapping[str, Any], at_work: int) -> None:
    """Refuse a verb that is too large where many share a machine. What is no number, the verb itself refuses.

    `at_work` is on how many other benches something long is at work.
    """
    for name, given in arguments.items():
        most, what = LIMITS.get((verb, name), (0, ""))
        try:
            is_more = bool(most) and float(given) > most
        except (TypeError, ValueError, OverflowError):
            continue
        if is_more:
            raise BadInput(f"In a room there are at most {most:,} {what}: many share this machine. Nothing was done.")
    if verb in LONG and at_work >= LONG_AT_ONCE:
        raise Refused(
            f"On {LONG_AT_ONCE} other benches of this machine a storm or the like is being played. Nothing was done; "
            "try again when one has ended."
        )
