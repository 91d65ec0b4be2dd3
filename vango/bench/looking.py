"""Looking at a bench: one observation at a time, and waiting until one meets a condition."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

from vango.actors.errors import Unavailable
from vango.bench.whole import Whole
from vango.journal.recording import Recording
from vango.observe.model import Observation
from vango.observe.rest import has_converged, is_at_rest

FRESH_S = 0.5


class Looking:
    """The looks at one bench. `lock` is held during each."""

    def __init__(self, bench: Whole, recording: Recording[Observation]) -> None:
        self.lock = asyncio.Lock()
        self._bench = bench
        self._recording = recording
        self._at_rest: tuple[Observation, int, float] | None = None

    async def observe(self) -> Observation:
        """Take one observation, and record it."""
        async with self.lock:
            changes, moment = self._bench.changes, self._bench.journal.last
            noted = changes.noted
            observation = await self._bench.observer.observe()
            is_rest = is_at_rest(observation)
            if is_rest and observation.moment == moment:
                # What was noted meanwhile is in no message and no table: it was read at the end, after the broker's
                # answers.
                noted = changes.noted
        changes.looked_as_of = noted
        self._at_rest = (observation, noted, time.monotonic()) if is_rest else None
        if is_rest:
            changes.found_at_rest(noted)
        self._recording.take(observation)
        return observation

    def fresh(self) -> Observation | None:
        """Return the last observation if another would show the same: just taken, at rest, nothing noted since."""
        if self._at_rest is None:
            return None
        observation, noted, taken = self._at_rest
        is_fresh = noted == self._bench.changes.noted and time.monotonic() - taken < FRESH_S
        return observation if is_fresh else None

    async def wait_until(self, is_so: Callable[[Observation], bool], timeout_s: float = 10.0) -> Observation:
        """Observe after every change until a condition holds. Raises `Unavailable` with the last observation."""
        seen: Observation | None = None
        deadline = time.monotonic() + timeout_s
        try:
            # The timeout cancels, and on Python 3.11 a wait inside may swallow that (see `vango.actors.tasks`), so
            # check both.
            async with asyncio.timeout(timeout_s):
                while time.monotonic() < deadline:
                    self._bench.changes.clear()
                    seen = await self.observe()
                    if is_so(seen):
                        return seen
                    await self._bench.changes.wait()
                raise TimeoutError
        except TimeoutError as error:
            raise Unavailable(
                f"The condition was not met within {timeout_s:g} s. Last seen: {_summary(seen)}"
            ) from error

    async def settle(self, timeout_s: float = 5.0) -> Observation:
        """Wait until nothing is under way: connected, the outbox is empty, every live edge current or failed closed."""

        def is_settled(seen: Observation) -> bool:
            return has_converged(seen) and (self._bench.link.is_open or self._bench.broker.state != "up")

        await self.wait_until(is_settled, timeout_s)
        # That observation looked at the streams before it looked at the edges: look once more, now that all is at rest.
        return await self.observe()


def _summary(seen: Observation | None) -> str:
    if seen is None:
        return "nothing."
    edges = "; ".join(f"{edge.name} {edge.claim} {edge.reason}" for edge in seen.edges)
    return (f"truth at {seen.truth.sequence}, {seen.outbox.waiting} waiting, "
            f"relay {seen.relay.state} {seen.relay.reason}; "
            f"{edges}; audit {seen.audit.soundness} {seen.audit.sentence}")  # fmt: skip
