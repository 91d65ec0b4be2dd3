"""Foreign messages: those of other domains, told in the journal as one moment and not as a thousand.

An edge whose filter is too broad is handed everything. What it passes over still costs deliveries, bytes and time, and
all of that is counted here.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from vango.edge.pull import Delivery


class ForeignMessages:
    """What one session has passed over and not told yet.

    `own` is what the subjects of its own domain begin with; `tell` writes a moment of the edge into the journal.
    """

    def __init__(self, own: str, tell: Callable[..., Any]) -> None:
        self._own = own
        self._tell = tell
        self._count = 0
        self._bytes = 0
        self._more = 0

    def count(self, deliveries: Sequence[Delivery]) -> int:
        """Return how many of them were published in other domains."""
        return sum(not delivery.subject.startswith(self._own) for delivery in deliveries)

    def is_all(self, deliveries: Sequence[Delivery]) -> bool:
        """Return whether all of them were published in other domains."""
        return bool(deliveries) and not any(delivery.subject.startswith(self._own) for delivery in deliveries)

    def pass_over(self, deliveries: Sequence[Delivery]) -> None:
        """Count messages that were of no use."""
        self._count += len(deliveries)
        self._bytes += sum(len(delivery.payload) for delivery in deliveries)
        self._more = deliveries[-1].pending if deliveries else 0

    def rest(self) -> None:
        """Nothing is left to handle right now: tell, unless the server has said that more is to come."""
        if not self._more:
            self.flush()

    def flush(self) -> None:
        """Write what was skipped since the last time; nothing when nothing was."""
        if self._count:
            what = f"passed over {self._count} message{'' if self._count == 1 else 's'} of other domains"
            self._tell("noise", f"{what}, {self._bytes:,} bytes", count=self._count, bytes=self._bytes)
        self._count = self._bytes = 0
