"""A lane: one feed's way to the broker. A row that cannot go stops its own lane and no other.

It holds no rows. It knows when its feed may be tried again, and remembers what it reported about the row at its
head, so that nothing is reported twice.
"""

from __future__ import annotations

import asyncio
import time

from vango.core.records import StuckRow

FIRST_PAUSE_S = 0.25
LONGEST_PAUSE_S = 2.0


class Lane:
    """One feed. `trouble` says what keeps its first waiting row from going, empty when nothing does.

    `stuck` is that row when it is certain that it was not stored, and no next attempt alone will help.
    """

    def __init__(self, feed: str) -> None:
        self.feed = feed
        self.trouble = ""
        self.stuck: StuckRow | None = None
        self.task: asyncio.Task[None] | None = None
        self._told: tuple[str, str] = ("", "")
        self._pause_s = FIRST_PAUSE_S
        self._held_until = 0.0

    @property
    def held_s(self) -> float:
        """For how many seconds more it waits before its first row is tried again; 0 when it may go now."""
        return max(0.0, self._held_until - time.monotonic())

    def hold(self, trouble: str, stuck: StuckRow | None = None) -> None:
        """Try again after a pause, which grows while nothing goes."""
        self.trouble, self.stuck = trouble, stuck
        self._held_until = time.monotonic() + self._pause_s
        self._pause_s = min(2 * self._pause_s, LONGEST_PAUSE_S)

    def is_news(self, event_id: str, reason: str) -> bool:
        """Return whether this was not yet reported for this row, and remember that it is reported now."""
        is_news, self._told = self._told != (event_id, reason), (event_id, reason)
        return is_news

    def retry(self) -> None:
        """Let the first row be tried at once: something has changed."""
        self._held_until, self._pause_s = 0.0, FIRST_PAUSE_S

    def went(self) -> None:
        """A row was sent: the obstacle is gone."""
        self.retry()
        self.trouble, self.stuck, self._told = "", None, ("", "")
