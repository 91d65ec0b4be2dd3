"""How long the event loop stands still: the longest turn of any callback, by the thread's own processor time.

Time on the clock would count what other programs of the machine take. The processor time is scaled to a machine of
90 million turns of an empty loop a second, so that a limit means the same everywhere.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import pytest

from benchmarks.machine import turns_a_second

COMPARED_WITH = 90e6


@dataclass
class Turns:
    """The longest turns, each with who took it."""

    scale: float
    longest_ms: float = 0.0
    who: str = ""

    def take(self, handle: asyncio.Handle, seconds: float) -> None:
        ms = seconds * 1000 * self.scale
        if ms > self.longest_ms:
            self.longest_ms, self.who = ms, _name(handle)


def _name(handle: asyncio.Handle) -> str:
    callback = handle._callback  # type: ignore[attr-defined]
    owner = getattr(callback, "__self__", None)
    if not isinstance(owner, asyncio.Task):
        return repr(callback)
    where = [f"{frame.f_code.co_qualname}:{frame.f_lineno}" for frame in owner.get_stack()]
    return f"{owner.get_name()} in {owner.get_coro()!r}, now at {', '.join(where) or 'its end'}"


@contextmanager
def turns() -> Iterator[Turns]:
    """Measure every turn of every loop meanwhile."""
    found, run = Turns(turns_a_second() / COMPARED_WITH), asyncio.Handle._run

    def measured(self: asyncio.Handle) -> Any:
        began = time.thread_time()
        try:
            return run(self)
        finally:
            found.take(self, time.thread_time() - began)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(asyncio.Handle, "_run", measured)
        yield found
