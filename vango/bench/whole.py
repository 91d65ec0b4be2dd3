"""What the parts of this package need of their bench."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Protocol

from vango.bench.aside import Stood
from vango.bench.changes import Changes
from vango.bench.settings import Settings
from vango.storm.play import Stage


class Connected(Protocol):
    """Return whether the bench's own connection to its broker is open."""

    @property
    def is_open(self) -> bool: ...


class Whole(Stage, Protocol):
    """The whole bench: it can start again, with other files, and perform a verb within a verb."""

    changes: Changes
    settings: Settings

    @property
    def link(self) -> Connected: ...

    async def afresh(self, wanted: Settings) -> None:
        """Start with a fresh truth, a fresh store and fresh views, and with these settings."""

    async def exchange(self, move: Callable[[], Stood], then: Callable[[], None] = ..., *, keeps: bool = ...) -> None:
        """Stop everything, move files, and start with the files that are then in place."""

    async def carry_out(self, verb_name: str, arguments: Mapping[str, Any], *, cause: str = ...) -> str:
        """Perform a verb as part of a running one."""
