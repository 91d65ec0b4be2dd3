"""What a verb needs of a bench. The bench itself is a layer above: it performs verbs, and knows every part."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

from vango.actors.pace import Pace
from vango.core.judge import Row
from vango.edge.edge import Edge
from vango.faults.target import Target
from vango.guests.guests import Guests
from vango.truth.control_plane import ControlPlane


class RuleChanges(Protocol):
    """Changes the rules of running parts. Each returns a sentence; what is not named is unchanged."""

    async def edge(self, name: str, changes: dict[str, Any], /) -> str: ...
    async def relay(self, changes: dict[str, Any], /) -> str: ...
    async def stream(self, name: str, changes: dict[str, Any], /) -> str: ...
    async def subjects(self, name: str, subjects: Sequence[str], /) -> str: ...


class History(Protocol):
    """Goes back: one verb, or to an earlier moment."""

    async def undo(self) -> str: ...
    async def fork(self, moment: int, /) -> str: ...


class Trials(Protocol):
    """Storms, single cells of the matrix, and protections taken away."""

    async def take_away(self, key: str, /) -> str: ...
    async def give_back(self, key: str, /) -> str: ...
    async def storm(self, seed: int, length: int, /) -> str: ...
    async def shrink(self) -> str: ...
    async def try_without(self, key: str, fault_key: str, /) -> str: ...


class Bench(Target, Protocol):
    """The parts that verbs act on, and the code around all of them."""

    control: ControlPlane
    edges: dict[str, Edge[Row]]
    guests: Guests
    pace: Pace

    @property
    def rule_changes(self) -> RuleChanges: ...
    @property
    def history(self) -> History: ...
    @property
    def trials(self) -> Trials: ...

    def edge(self, name: str) -> Edge[Row]:
        """Return an edge by name. Raises `NotThere`."""

    async def reset(self) -> str:
        """Start again with a fresh truth, a fresh store, fresh views and the correct rules."""
