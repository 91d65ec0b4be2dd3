"""Fair shares: what one seat may ask of the machine that all share. Each limit is told in a sentence.

What is not here is limited where it is made: changes, messages, copies and guests of a bench in vango, open pages and
requests in studylab.hub and studylab.views, connections and bodies in studylab.web.admission.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from typing import Any

from studylab.web.given import fields
from vango.actors.errors import BadInput, VangoError

ACTS_A_SECOND, AT_ONCE = 5.0, 20.0
MAX_BURST = 2_000


class TooFast(VangoError):
    """One seat asks more than its share."""

    status_hint = 429


class Shares:
    """The shares of all seats of a host. From any thread. `clock` counts seconds."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._left: dict[str, tuple[float, float]] = {}

    def take(self, seat: str, view_args: Mapping[str, Any]) -> None:
        """Take one act of a seat's share. Raises `TooFast` when none is left, `BadInput` when the act is too large."""
        with self._lock:
            now = self._clock()
            left, at = self._left.get(seat, (AT_ONCE, now))
            left = min(AT_ONCE, left + (now - at) * ACTS_A_SECOND)
            if left >= 1:
                self._left[seat] = left - 1, now
        if left < 1:
            raise TooFast(
                f"A seat may do {ACTS_A_SECOND:g} things a second, and {AT_ONCE:g} at once. Nothing was done; wait a second."
            )
        if verb := view_args.get("verb"):
            check(str(verb), fields())


LIMITS = {("burst", "n"): (MAX_BURST, "changes in one burst")}
"""Where a room has a narrower limit than one learner alone. A storm has 8 gusts at most anywhere."""


def check(verb: str, arguments: Mapping[str, Any]) -> None:
    """Refuse a verb that is too large where many share a machine. What is no number, the verb itself refuses."""
    for name, given in arguments.items():
        most, what = LIMITS.get((verb, name), (0, ""))
        try:
            is_more = bool(most) and float(given) > most
        except (TypeError, ValueError):
            continue
        if is_more:
            raise BadInput(f"In a room there are at most {most:,} {what}: many share this machine. Nothing was done.")
