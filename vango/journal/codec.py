"""From plain values back to frozen ones: the inverse of `vango.observe.model.as_json`, for frames of the journal."""

from __future__ import annotations

import typing
from collections.abc import Callable
from dataclasses import fields, is_dataclass
from enum import Enum
from functools import cache
from typing import Any, TypeVar

T = TypeVar("T")


def revive(kind: Callable[..., T], plain: dict[str, Any]) -> T:
    """Return the dataclass that plain values were made from. A field that did not exist then has its default."""
    return kind(**{name: _value(hint, plain[name]) for name, hint in _hints(kind).items() if name in plain})


@cache
def _hints(kind: Any) -> dict[str, Any]:
    hints = typing.get_type_hints(kind)
    return {field.name: hints[field.name] for field in fields(kind)}


def _value(hint: Any, plain: Any) -> Any:
    if typing.get_origin(hint) is tuple:
        return tuple(_value(typing.get_args(hint)[0], item) for item in plain)
    if isinstance(hint, type) and issubclass(hint, Enum):
        return hint(plain)
    return revive(hint, plain) if is_dataclass(hint) else plain  # type: ignore[arg-type]
