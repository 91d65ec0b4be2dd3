"""What was drawn of a page: its panels, each with the version at which it changed last."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol


class Drawn(Protocol):
    """A drawn panel."""

    @property
    def html(self) -> str:
        """What it looks like."""


Draw = Callable[[dict[str, Any], Mapping[str, Any]], Iterator[Mapping[str, Drawn]]]
"""Draws a page's panels, by id and part by part, from their context and from their last drawing."""


@dataclass(slots=True)
class Page:
    """One kind of page on a bench: the sandbox, or a lab by its slug. `panels` are id to (version, what was drawn).

    `begun` counts how often a page was opened when none was open.
    """

    viewers: int = 0
    begun: int = 0
    version: int = 0
    panels: dict[str, tuple[int, Drawn]] = field(default_factory=dict)
