"""Checks that every value of a lab is of the kind that the model asks for. Says what was seen and expected."""

from __future__ import annotations

import types
import typing
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, fields, is_dataclass
from functools import cache
from typing import Any

Path = tuple[str | int, ...]
"""Where a value stands in a lab: names of fields, indexes in tuples."""


@dataclass(frozen=True, slots=True)
class Slip:
    """One fault in a lab's definition: a sentence, and its place in the lab."""

    sentence: str
    path: Path = ()

    def __str__(self) -> str:
        return self.sentence


def misfits(value: Any, kind: Any, path: Path) -> Iterator[Slip]:
    """Yield a slip for each value that is not of its kind, as deep as the first that does not fit."""
    options = _options(kind)
    fitting = next((option for option in options if _fits(value, option)), None)
    if fitting is None:
        yield Slip(f"{_name(path)} is {_seen(value)}; expected {' or '.join(map(_expected, options))}", path)
    elif is_dataclass(fitting):
        hints = _hints(typing.cast("type", fitting))
        for field in fields(fitting):
            yield from misfits(getattr(value, field.name), hints[field.name], (*path, field.name))
    elif typing.get_origin(fitting) is tuple:
        for index, item in enumerate(value):
            yield from misfits(item, typing.get_args(fitting)[0], (*path, index))
    elif typing.get_origin(fitting) is Mapping:
        for item in value.values():
            yield from misfits(item, typing.get_args(fitting)[1], path)


@cache
def _hints(kind: type) -> dict[str, Any]:
    return typing.get_type_hints(kind)


def _options(kind: Any) -> tuple[Any, ...]:
    union = typing.get_origin(kind) in (typing.Union, types.UnionType)
    return tuple(typing.get_args(kind)) if union else (kind,)


def _fits(value: Any, kind: Any) -> bool:
    if kind is Any:
        return True
    origin = typing.get_origin(kind) or kind
    if origin is Callable:
        return callable(value)
    if origin is float:
        return isinstance(value, int | float) and not isinstance(value, bool)
    return isinstance(value, origin) and (origin is bool or not isinstance(value, bool))


def _name(path: Path) -> str:
    """Return which value it is, by the last field and the place in it."""
    names = [part for part in path if isinstance(part, str)]
    numbers = [part for part in path[-1:] if isinstance(part, int)]
    return f"{names[-1] if names else 'the lab'}{f', item {numbers[0] + 1},' if numbers else ''}"


def _seen(value: Any) -> str:
    if value is None:
        return "None"
    words = {str: "text", bool: "True or False", int: "a number", float: "a number", list: "a list", tuple: "a tuple"}
    if callable(value) and not isinstance(value, type):
        return "a function"
    return words.get(type(value), f"a {type(value).__name__}")


def _expected(kind: Any) -> str:
    words = {str: "text", bool: "True or False", int: "a whole number", float: "a number", types.NoneType: "None"}
    origin = typing.get_origin(kind)
    if origin is tuple:
        items = " or ".join(option.__name__ for option in _options(typing.get_args(kind)[0]))
        return f"a tuple of {items} (of one, with a comma after it)"
    if origin is Callable:
        return "a function"
    return words.get(kind, f"a {getattr(kind, '__name__', kind)}")
