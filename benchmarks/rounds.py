"""What the rows share: how much is measured, sides that take turns at going first, and waits that end with a sentence."""

from __future__ import annotations

import asyncio
import gc
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass

from vango.actors.errors import Unavailable


@dataclass(frozen=True, slots=True)
class Scale:
    """How much is measured: rounds, and in each the clicks, changes, events, and outside acts of each kind.

    `crowd` learners; 0 skips them. `room` learners in a room, and `sizes` of a class that grows; `seats` are simulated,
    on `hosts`.
    """

    rounds: int
    clicks: int
    changes: int
    events: int
    outside: int
    crowd: int
    room: int = 0
    sizes: tuple[int, ...] = ()
    seats: int = 0
    hosts: int = 0


FULL = Scale(
    rounds=5,
    clicks=100,
    changes=200,
    events=99_000,
    outside=20,
    crowd=200,
    room=200,
    sizes=(25, 50, 100, 200, 400),
    seats=10_000,
    hosts=50,
)
QUICK = Scale(
    rounds=1, clicks=3, changes=20, events=2_000, outside=2, crowd=0, room=4, sizes=(2, 3), seats=200, hosts=4
)

Side = Callable[[], Awaitable[float]]


async def in_turn(rounds: int, *sides: Side) -> tuple[tuple[float, ...], ...]:
    """Measure all sides in every round, the first of them first in one and last in the next; return each side's values."""
    measured: list[tuple[Side, list[float]]] = [(side, []) for side in sides]
    for number in range(rounds):
        for side, values in measured if number % 2 == 0 else measured[::-1]:
            # What one side left behind is not the other's to clear away.
            gc.collect()
            values.append(await side())
    return tuple(tuple(values) for _, values in measured)


@asynccontextmanager
async def within(timeout_s: float, what: str, seen: Callable[[], object] = lambda: "") -> AsyncIterator[None]:
    """Give a block this many seconds. Raises `Unavailable`, which says what was waited for and what was seen last."""
    try:
        async with asyncio.timeout(timeout_s):
            yield
    except TimeoutError as error:
        last = f" Last seen: {seen()}." if seen() != "" else ""
        raise Unavailable(
            f"{what} did not come about within {timeout_s:g} s.{last} Is the machine busy? Try again, or with --quick."
        ) from error


class Clock:
    """Measures one span. Only the first call of `start` counts."""

    def __init__(self) -> None:
        self._started: float | None = None

    def start(self) -> None:
        """Begin, unless it has begun."""
        if self._started is None:
            self._started = time.perf_counter()

    def stop(self) -> float:
        """Return the seconds since it began. Raises `Unavailable` when it never did."""
        if self._started is None:
            raise Unavailable("The clock was stopped before what it measures had begun.")
        return time.perf_counter() - self._started
