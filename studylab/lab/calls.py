"""What a script is made of: calls of verbs, and waits until the bench looks as it should."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from vango.observe.model import Observation


@dataclass(frozen=True, slots=True)
class Call:
    """One verb with its arguments. `refusal` says that the database is expected to refuse it."""

    verb: str
    arguments: Mapping[str, Any] = field(default_factory=dict)
    refusal: bool = False


@dataclass(frozen=True, slots=True)
class Wait:
    """A pause in a script until the bench looks as `until` says; `what` names it when it does not come."""

    what: str
    until: Callable[[Observation], bool]
    timeout_s: float = 10.0


Script = tuple[Call | Wait, ...]


def call(verb: str, **arguments: Any) -> Call:
    """Write a verb call as it reads: `call("promote", route="shop", to="alloc-c")`."""
    return Call(verb, arguments)


def refused(verb: str, **arguments: Any) -> Call:
    """Write a verb call that the database is expected to refuse."""
    return Call(verb, arguments, refusal=True)
