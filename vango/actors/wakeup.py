"""What wakes an actor that has nothing to do, and whether it has nothing to do now."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable


class Wakeup:
    """An event that one actor waits for. `rests` is true while it does and nobody has called; `on_rest` hears it begin."""

    def __init__(self) -> None:
        self.on_rest: Callable[[], None] | None = None
        self._called = asyncio.Event()
        self._is_idle = False

    def set(self) -> None:
        """Wake the actor, or keep it from falling asleep."""
        self._called.set()

    def clear(self) -> None:
        """Begin to look for what there is to do: whoever calls from here on is heard."""
        self._called.clear()

    async def rest(self, at_most_s: float | None = None) -> None:
        """Wait until somebody calls, or for so long."""
        self._is_idle = True
        if self.on_rest is not None and self.is_idle:
            self.on_rest()
        try:
            await self.listen(at_most_s)
        finally:
            self._is_idle = False

    async def listen(self, at_most_s: float | None = None) -> None:
        """Wait until somebody calls, or for so long, with something still under way: this is no rest."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(at_most_s):
                await self._called.wait()

    @property
    def is_idle(self) -> bool:
        """Whether the actor waits and nobody has called."""
        return self._is_idle and not self._called.is_set()
