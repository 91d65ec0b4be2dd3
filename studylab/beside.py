"""Beside: what goes with a bench and is none of its parts, such as a learner's seat in a room."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

if TYPE_CHECKING:
    from vango.observe.model import Observation


H_contra = TypeVar("H_contra", contravariant=True)
"""The hub of the bench that it goes with."""


class Beside(Protocol[H_contra]):
    """What goes with a bench and is none of its parts. It hears what the pages hear, on the loop, and adds to them."""

    @property
    def is_being_made_ready(self) -> bool:
        """Whether somebody brings the bench to where its learner begins. Its changes are then not drawn one by one."""

    def attach(self, hub: H_contra) -> None:
        """The bench was opened, or opened again: this is its hub now."""

    def context(self) -> Mapping[str, Any]:
        """Return what else the panels of every page are drawn from. `more` are panel id to template, drawn as well."""

    def opened(self, page: str) -> None:
        """A page was asked for."""

    def saw(self, seen: Observation, watched: bool) -> None:
        """The bench was observed for its pages."""

    def changed(self) -> None:
        """The bench noted a change, or a page came or went. What waits here keeps an actor waiting."""


class Nothing:
    """Beside most benches there is nothing."""

    is_being_made_ready = False

    def attach(self, hub: object) -> None:
        pass

    def context(self) -> Mapping[str, Any]:
        return {}

    def opened(self, page: str) -> None:
        pass

    def saw(self, seen: Observation, watched: bool) -> None:
        pass

    def changed(self) -> None:
        pass
