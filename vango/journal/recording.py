"""The recording: the observations that differed from the one before, each kept with the moment that it was taken at.

Writing one down takes longer than taking it, so it is done a little later, when the page has what it waits for.
"""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Any

from vango.journal.journal import Journal
from vango.observe.model import Observation, as_text

LATER_S = 0.05


class Recording:
    """The recording of one bench, kept in its journal."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        self._last: Observation | None = None
        self._waiting: list[Observation] = []
        self._due: asyncio.TimerHandle | None = None

    def take(self, observation: Observation) -> None:
        """Keep an observation, unless it shows what the last one showed."""
        if self._last is not None and replace(observation, at=self._last.at) == self._last:
            return
        self._last = observation
        self._waiting.append(observation)
        if self._due is None:
            self._due = asyncio.get_running_loop().call_later(LATER_S, self.write_down)

    def at(self, moment: int) -> dict[str, Any] | None:
        """Return the last observation taken at or before a moment, as plain values, or None."""
        self.write_down()
        return self._journal.frame(moment)

    @property
    def first(self) -> int:
        """The first moment of which an observation is kept; 0 when none is."""
        self.write_down()
        return self._journal.first_frame

    def write_down(self) -> None:
        """Write down what waits."""
        if self._due is not None:
            self._due.cancel()
            self._due = None
        waiting, self._waiting = self._waiting, []
        for observation in waiting:
            self._journal.keep_frame(observation.moment, as_text(observation))
