"""Facts: what an edge must know of a domain in order to follow it. `vango.core.routes` says it of the routes.

The judge asks five things of an event and three of a row. Whatever else is in them is the domain's own affair.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Generic, Protocol, TypeVar

from vango.core.names import Domain
from vango.core.rules import Foreign

NOT_IN_SNAPSHOTS: Mapping[str, Any] = MappingProxyType({"in snapshots": False})
"""The metadata of a row's field that an edge keeps for itself: a snapshot does not have it."""


class Notice(Protocol):
    """An event, as the judge sees it. `key` names the row that it changes and is empty when it changes none.

    `epoch` grows with each change of that row; `words` says the change to a person.
    """

    @property
    def id(self) -> str: ...
    @property
    def type(self) -> str: ...
    @property
    def key(self) -> str: ...
    @property
    def epoch(self) -> int: ...
    @property
    def sequence(self) -> int: ...
    @property
    def previous_id(self) -> str: ...
    @property
    def words(self) -> str: ...


class Held(Protocol):
    """One row of a view, as the judge sees it: its key, its epoch, and the id of the event that made it."""

    @property
    def key(self) -> str: ...
    @property
    def epoch(self) -> int: ...
    @property
    def event_id(self) -> str: ...


E = TypeVar("E", bound=Notice)
R = TypeVar("R", bound=Held)


@dataclass(frozen=True, slots=True)
class Facts(Generic[E, R]):
    """What an edge must know of one domain.

    `read` reads a message and returns None for one of another domain; it raises `InvalidEvent`. `apply` makes the new
    row out of the old one, if there is one, and an event. `read_row` reads a row out of a snapshot's JSON; it raises
    `ValueError`, `KeyError` or `TypeError`.
    """

    domain: Domain
    read: Callable[[bytes, Foreign], E | None]
    apply: Callable[[R | None, E], R]
    read_row: Callable[[dict[str, Any]], R]
