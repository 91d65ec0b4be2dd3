"""The types of arguments that several verbs take, with their limits. `None` as a default means: unchanged."""

from __future__ import annotations

from typing import Annotated, Any

from vango.verbs.registry import Between

MAX_BURST = 10_000
MAX_SEQ = 10**12
"""Far beyond any stream of a bench, and far below what a snapshot can count to: events after a purge begin there."""

Count = Annotated[int, Between(1, MAX_BURST)]
Seq = Annotated[int, Between(1, MAX_SEQ)]
Limit = Annotated[int, Between(-1, MAX_SEQ)]
Bytes = Annotated[int, Between(-1, 256 * 1024 * 1024)]
Seconds = Annotated[float, Between(0, 7 * 86_400)]


def given(**arguments: Any) -> dict[str, Any]:
    """Return the given arguments: None means “unchanged”."""
    return {name: value for name, value in arguments.items() if value is not None}
