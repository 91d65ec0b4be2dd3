"""What an actor tells outside a bench: it goes to Python's logging, and wakes who waits for something to be so."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable
from typing import Any

from vango.actors.errors import Unavailable

log = logging.getLogger("vango.kit")
WAIT_S = 10.0


class Notes:
    """The log of one actor. Each moment goes to the logger `vango.kit` at level INFO, with its detail as `detail`."""

    def __init__(self) -> None:
        self._changed = asyncio.Event()
        self.on_write: Callable[[], None] = self._changed.set

    def write(self, actor: str, kind: str, text: str, /, **detail: Any) -> None:
        """Log a moment."""
        log.info("%s %s: %s", actor, kind, text, extra={"detail": detail})
        self.on_write()

    async def until(
        self,
        is_so: Callable[[], bool],
        seen: Callable[[], str],
        timeout_s: float = WAIT_S,
        at: Callable[[], object] = lambda: None,
    ) -> None:
        """Wait until something is so. Raises `Unavailable` with what is `seen` after `timeout_s` seconds.

        `at` says how far it has come: as long as that moves, the seconds begin again.
        """
        was, deadline = at(), time.monotonic() + timeout_s
        while not is_so():
            self._changed.clear()
            try:
                async with asyncio.timeout(deadline - time.monotonic()):
                    await self._changed.wait()
            except TimeoutError as error:
                if not is_so() and at() == was:
                    raise Unavailable(f"Waited {timeout_s:g} s, and nothing changed: {seen().rstrip('.')}.") from error
            if (now := at()) != was:
                was, deadline = now, time.monotonic() + timeout_s
