"""Recent ids: the last few event ids that an edge keeps in memory, besides the one that made each row.

A memory of ids has two limits. It is bounded, so an older event looks new again. And it is in memory, so a restart
forgets all of it. So the epoch is needed as well: see `vango.core.judge`.
"""

from __future__ import annotations

from collections import OrderedDict


class RecentIds:
    """At most `limit` event ids, the oldest forgotten first. A limit of 0 remembers nothing."""

    def __init__(self, limit: int = 0) -> None:
        self.limit = limit
        self._ids: OrderedDict[str, None] = OrderedDict()

    def __contains__(self, event_id: str) -> bool:
        return event_id in self._ids

    def __len__(self) -> int:
        return len(self._ids)

    def copy(self) -> RecentIds:
        """Return a memory of its own with the same ids."""
        other = RecentIds(self.limit)
        other._ids = self._ids.copy()
        return other

    def keep(self, event_id: str) -> None:
        """Remember an id as the latest."""
        if not self.limit:
            return
        self._ids[event_id] = None
        self._ids.move_to_end(event_id)
        if len(self._ids) > self.limit:
            self._ids.popitem(last=False)
