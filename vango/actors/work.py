"""A long verb that is under way, as it is seen."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class WorkSeen:
    """A long verb that is under way: `done` of `total` are through, and `of` says of what; `total` 0 is not known."""

    verb: str
    done: int
    total: int
    of: str
    is_stopping: bool = False

    @property
    def words(self) -> str:
        """How far it is, for a person."""
        stops = ", and it stops" if self.is_stopping else ""
        return f"{self.done:,}{f' of {self.total:,}' if self.total else ''} {self.of}{stops}"
