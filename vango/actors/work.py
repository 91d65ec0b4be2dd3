"""A long, running verb, as observers see it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class WorkSeen:
    """A long, running verb: `done` of `total` are finished, and `of` names what is counted; `total` 0 means unknown."""

    verb: str
    done: int
    total: int
    of: str
    is_stopping: bool = False

    @property
    def words(self) -> str:
        """The progress, for a person."""
        stops = ", and it stops" if self.is_stopping else ""
        return f"{self.done:,}{f' of {self.total:,}' if self.total else ''} {self.of}{stops}"
