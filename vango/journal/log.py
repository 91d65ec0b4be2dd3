"""A log: whom an actor tells what it does. The journal of a bench is one, and an actor needs no more of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol


class Log(Protocol):
    """Takes moments. `on_write` is called after each, and after a change that is no moment but may be looked at."""

    on_write: Callable[[], None]

    def write(self, actor: str, kind: str, text: str, /, **detail: Any) -> None:
        """Add a moment. Never fails."""
