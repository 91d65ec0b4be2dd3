"""The recording: the observations that differed from the one before, each with the moment at which it was taken.

Storing one takes longer than taking it, so it is done a little later, several in one transaction. A kill of the app loses
those of the last second; the moments themselves are kept.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace
from typing import Any, ClassVar, Generic, Protocol, TypeVar

from vango.journal.journal import Journal

LATER_S = 1.0


class Frame(Protocol):
    """What a recording needs of an observation: a dataclass with its moment and Unix time."""

    __dataclass_fields__: ClassVar[dict[str, Any]]

    @property
    def at(self) -> float: ...
    @property
    def moment(self) -> int: ...


F = TypeVar("F", bound=Frame)


class Recording(Generic[F]):
    """The recording of one bench, kept in its journal. `as_text` writes an observation as JSON."""

    def __init__(self, journal: Journal, as_text: Callable[[F], str]) -> None:
        self._journal = journal
        self._as_text = as_text
        self._last: F | None = None
        self._waiting: list[F] = []
        self._due: asyncio.TimerHandle | None = None

    def take(self, observation: F) -> None:
        """Keep an observation, unless it shows the same as the last one."""
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
        """The first moment with an observation; 0 when there is none."""
        self.write_down()
        return self._journal.first_frame

    def write_down(self) -> None:
        """Write down what waits."""
        if self._due is not None:
            self._due.cancel()
            self._due = None
        waiting, self._waiting = self._waiting, []
        if waiting:
            self._journal.keep_frames((observation.moment, self._as_text(observation)) for observation in waiting)
