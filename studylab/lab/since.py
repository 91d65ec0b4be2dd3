"""Since: the moments of one attempt, read again after a new start or an undo."""

from __future__ import annotations

from typing import TYPE_CHECKING

from studylab.lab.moments import Moments

if TYPE_CHECKING:
    from vango.journal.journal import Journal


class Since:
    """Holds the moments since a step began, and makes them again when that or the past has changed."""

    def __init__(self, journal: Journal, began_at: int) -> None:
        self._journal = journal
        self._moments, self._times_back = Moments(journal, began_at), journal.times_back

    def of(self, began_at: int) -> Moments:
        """Return the moments since a number."""
        times_back = self._journal.times_back
        if (self._moments.began_at, self._times_back) != (began_at, times_back):
            self._moments, self._times_back = Moments(self._journal, began_at), times_back
        return self._moments
