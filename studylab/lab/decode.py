"""Plain JSON values to frozen records, by their type hints: what does not fit is named by its place, never guessed.

Every text, number and collection has a limit, because what is read may come from anywhere.
"""

from __future__ import annotations

import types
import typing
from collections.abc import Mapping
from dataclasses import MISSING, fields, is_dataclass
from functools import cache
from typing import Any, TypeVar

MAX_TEXT = 4_000
MAX_ITEMS = 500
MAX_NUMBER = 2.5e11
"""The last second of the year 9891; no count comes near it."""

T = TypeVar("T")


class Misfit(ValueError):
    """A value that does not fit: where it stands, and what was expected there."""


def decode(kind: type[T], value: Any, where: str = "") -> T:
    """Return a value of a type: str, int, float, bool, None, a tuple or mapping of them, or a dataclass. Raises Misfit."""
    found: T = _decode(kind, value, where)
    return found


def _decode(kind: Any, value: Any, where: str) -> Any:
    origin = typing.get_origin(kind)
    if origin in (typing.Union, types.UnionType):
        return None if value is None else _decode(_without_none(kind), value, where)
    if origin is tuple:
        return _sequence(typing.get_args(kind)[0], value, where)
    if origin is Mapping:
        return _mapping(typing.get_args(kind)[1], value, where)
    if is_dataclass(kind):
        return _record(kind, value, where)
    return _plain(kind, value, where)


def _without_none(kind: Any) -> Any:
    return next(option for option in typing.get_args(kind) if option is not types.NoneType)


def _sequence(kind: Any, value: Any, where: str) -> tuple[Any, ...]:
    if not isinstance(value, list | tuple) or len(value) > MAX_ITEMS:
        raise Misfit(f"{where} is not a list of at most {MAX_ITEMS}")
    return tuple(_decode(kind, item, f"{where}[{index}]") for index, item in enumerate(value))


def _mapping(kind: Any, value: Any, where: str) -> dict[str, Any]:
    if not isinstance(value, dict) or len(value) > MAX_ITEMS:
        raise Misfit(f"{where} is not an object of at most {MAX_ITEMS} members")
    return {
        _plain(str, key, f"a name in {where}"): _decode(kind, item, f"{where}.{key}") for key, item in value.items()
    }


def _record(kind: Any, value: Any, where: str) -> Any:
    if not isinstance(value, dict):
        raise Misfit(f"{where or 'it'} is not an object")
    hints = _hints(kind)
    for name in value:
        if name not in hints:
            raise Misfit(f"{where} has an unknown member {name[:40]!r}")
    missing = [f.name for f in fields(kind) if f.name not in value and f.default is f.default_factory is MISSING]
    if missing:
        raise Misfit(f"{where} lacks {', '.join(missing)}")
    return kind(**{name: _decode(hints[name], item, f"{where}.{name}".lstrip(".")) for name, item in value.items()})


@cache
def _hints(kind: type) -> dict[str, Any]:
    return typing.get_type_hints(kind)


def _plain(kind: Any, value: Any, where: str) -> Any:
    if kind is str and isinstance(value, str) and len(value) <= MAX_TEXT and not _has_half_a_character(value):
        return value
    if kind is bool and isinstance(value, bool):
        return value
    is_number = isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value <= MAX_NUMBER
    if kind is float and is_number:
        return float(value)
    if kind is int and is_number and value == int(value):
        return int(value)
    words = {str: f"text of at most {MAX_TEXT} characters", int: "a whole number from 0", float: "a number from 0"}
    raise Misfit(f"{where} is not {words.get(kind, 'true or false')}")


def _has_half_a_character(text: str) -> bool:
    """Return whether a text holds half of a surrogate pair: JSON can write one, and no file can hold it."""
    return any("\ud800" <= character <= "\udfff" for character in text)
