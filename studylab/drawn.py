"""What was drawn for one kind of page, with versions: a page asks for what is newer than its last frame."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol


class Drawn(Protocol):
    """A drawn panel."""

    @property
    def html(self) -> str:
        """What it looks like."""


Draw = Callable[[dict[str, Any], Mapping[str, Any]], Iterator[Mapping[str, Drawn]]]
"""Draws a page's panels, by id and part by part, from their context and from their last drawing."""


def whole(parts: Iterable[Mapping[str, Drawn]]) -> dict[str, Drawn]:
    """Return all parts of a drawing as one."""
    return {panel: drawn for part in parts for panel, drawn in part.items()}


@dataclass(slots=True)
class Page:
    """One kind of page on a bench: the sandbox, or a lab by its slug. `panels` are id to (version, what was drawn).

    `begun` counts how often a page was opened when none was open. `loaded` is what was drawn for the last page that was
    loaded and is not in `panels` yet.
    """

    viewers: int = 0
    begun: int = 0
    version: int = 0
    panels: dict[str, tuple[int, Drawn]] = field(default_factory=dict)
    loaded: dict[str, Drawn] = field(default_factory=dict)

    @property
    def drawn(self) -> dict[str, Drawn]:
        """The last drawing of each panel, for its page or its stream."""
        return {panel: drawn for panel, (_, drawn) in self.panels.items()} | self.loaded

    def keep(self, drawn: Mapping[str, Drawn], begun: int) -> bool:
        """Take in a drawing, unless it was begun for a page that has gone. Returns whether it shows anything new."""
        if self.begun != begun:
            return False
        kept = self.panels.items()
        versions = {panel: n for panel, (n, was) in kept if panel in drawn and was.html == drawn[panel].html}
        is_news = len(versions) < len(drawn)
        self.version += is_news
        self.panels |= {panel: (versions.get(panel, self.version), new) for panel, new in drawn.items()}
        self.loaded = {panel: one for panel, one in self.loaded.items() if panel not in drawn}
        return is_news

    def newer(self, than: int) -> dict[str, str]:
        """Return the panels that changed after a version."""
        return {panel: drawn.html for panel, (version, drawn) in self.panels.items() if version > than}
