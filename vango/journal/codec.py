"""The one way between JSON and frozen records: records are written by their fields and read back by their type hints.

What this program wrote itself is `read`: a field that it did not know then has its default, and what it no longer knows
is left out. What may come from anywhere is `decode`d: every text, number and collection has a limit, and what does not
fit is named by its place, never guessed.
"""

from __future__ import annotations

import json
import types
import typing
from collections.abc import Callable, Mapping
from dataclasses import MISSING, fields, is_dataclass
from enum import Enum
from functools import cache
from typing import Any, TypeVar

import msgspec

MAX_TEXT = 4_000
MAX_ITEMS = 500
MAX_NUMBER = 2.5e11
"""The last second of the year 9891; no count comes near it."""

T = TypeVar("T")
_Reader = Callable[[Any], Any]


class Misfit(ValueError):
    """A value that does not fit: where it stands, and what was expected there."""

    def __init__(self, what: str, where: str = "") -> None:
        super().__init__(f"{where.lstrip('.') or 'it'} {what}")
        self._what, self._where = what, where

    def under(self, part: str) -> Misfit:
        """Return the same, seen from the value that this one is a part of."""
        return Misfit(self._what, f"{part}{self._where}")


def write(record: Any) -> str:
    """Return a record as JSON. Enums become their words; what JSON does not know becomes its text."""
    return json.dumps(record, default=_plain)


def write_fast(record: Any) -> str:
    """Return a record of records as JSON, much faster. Its texts are not escaped, and must be fit for a page."""
    return _encode(record).decode()


def write_wide(value: Any) -> str:
    """Return plain JSON values as JSON for people, indented by two."""
    try:
        return msgspec.json.format(msgspec.json.encode(value), indent=2).decode()
    except (TypeError, ValueError, RecursionError, OverflowError):
        # Half a character, or another key than a text.
        return json.dumps(value, indent=2, ensure_ascii=False)


def as_plain(record: Any) -> dict[str, Any]:
    """Return the fields of a record by their names; the values stay what they are."""
    return {name: getattr(record, name) for name in record.__dataclass_fields__}


def read_fast(written: str) -> Any:
    """Return the plain values of what `write_fast` wrote."""
    return _decode(written)


_decode = msgspec.json.Decoder().decode
_encode = msgspec.json.Encoder(enc_hook=str).encode


def _plain(value: Any) -> Any:
    return as_plain(value) if is_dataclass(value) and not isinstance(value, type) else str(value)


def read(kind: Callable[..., T], plain: Any) -> T:
    """Return the record that plain values were made from. Raises `Misfit` for a value of another kind."""
    found: T = _reader(kind, False)(plain)
    return found


def read_known(kind: Callable[..., T], plain: Mapping[str, Any]) -> T:
    """Return a record of which every field has a default: a field that is missing, or of another kind, is not known."""
    known = {}
    for name, reader in _readers(kind, False).items():
        if name in plain:
            try:
                known[name] = reader(plain[name])
            except Misfit:
                continue
    return kind(**known)


def decode(kind: Callable[..., T], value: Any, where: str = "") -> T:
    """Return a value of a type, of whatever came from outside. Raises `Misfit`, also for a name that is not known."""
    try:
        found: T = _reader(kind, True)(value)
    except Misfit as error:
        raise error.under(where) from None
    return found


@cache
def _reader(kind: Any, is_foreign: bool) -> _Reader:
    """Make what reads values of a kind, once for each kind."""
    origin = typing.get_origin(kind)
    if origin is typing.Annotated:
        return _reader(kind.__origin__, is_foreign)
    if origin in (typing.Union, types.UnionType):
        inner = next(option for option in typing.get_args(kind) if option is not types.NoneType)
        return _or_none(_reader(inner, is_foreign))
    if origin is tuple:
        return _sequence(_reader(typing.get_args(kind)[0], is_foreign), is_foreign)
    if origin in (Mapping, dict):
        return _mapping(*(_reader(part, is_foreign) for part in typing.get_args(kind)), is_foreign=is_foreign)
    if is_dataclass(kind):
        return _record(kind, is_foreign)
    if isinstance(kind, type) and issubclass(kind, Enum):
        return _choice(kind)
    return _anything if kind is Any else _limited(kind) if is_foreign else _typed(kind)


def _or_none(inner: _Reader) -> _Reader:
    return lambda value: None if value is None else inner(value)


def _under(part: str, reader: _Reader, value: Any) -> Any:
    try:
        return reader(value)
    except Misfit as error:
        raise error.under(part) from None


def _sequence(inner: _Reader, is_foreign: bool) -> _Reader:
    def reader(value: Any) -> Any:
        if not isinstance(value, list | tuple) or (is_foreign and len(value) > MAX_ITEMS):
            raise Misfit(f"is not a list of at most {MAX_ITEMS}")
        try:
            return tuple([inner(item) for item in value])
        except Misfit:
            # Only now is it worth to count: which was it?
            return tuple(_under(f"[{index}]", inner, item) for index, item in enumerate(value))

    return reader


def _mapping(name_of: _Reader, inner: _Reader, *, is_foreign: bool) -> _Reader:
    def reader(value: Any) -> Any:
        if not isinstance(value, dict) or (is_foreign and len(value) > MAX_ITEMS):
            raise Misfit(f"is not an object of at most {MAX_ITEMS} members")
        return {_under(" has a name that", name_of, key): _under(f".{key}", inner, item) for key, item in value.items()}

    return reader


@cache
def _readers(kind: Any, is_foreign: bool) -> dict[str, _Reader]:
    hints = typing.get_type_hints(kind, include_extras=True)
    return {field.name: _reader(hints[field.name], is_foreign) for field in fields(kind)}


def _record(kind: Any, is_foreign: bool) -> _Reader:
    needed = [f.name for f in fields(kind) if f.default is f.default_factory is MISSING]

    def reader(value: Any) -> Any:
        readers = _readers(kind, is_foreign)
        if not isinstance(value, dict):
            raise Misfit("is not an object")
        if is_foreign and (unknown := next((name for name in value if name not in readers), None)) is not None:
            raise Misfit(f"has an unknown member {unknown[:40]!r}")
        if missing := [name for name in needed if name not in value]:
            raise Misfit(f"lacks {', '.join(missing)}")
        given = [(name, value[name]) for name in readers if name in value]
        return kind(**{name: _under(f".{name}", readers[name], item) for name, item in given})

    return reader


def _choice(kind: type[Enum]) -> _Reader:
    def reader(value: Any) -> Any:
        try:
            return kind(value)
        except ValueError:
            raise Misfit(f"is not one of {', '.join(str(one.value) for one in kind)}") from None

    return reader


def _anything(value: Any) -> Any:
    return value


def _typed(kind: type) -> _Reader:
    accepted = (int, float) if kind is float else kind

    def reader(value: Any) -> Any:
        if not isinstance(value, accepted) or (isinstance(value, bool) and kind is not bool):
            raise Misfit(f"is not {kind.__name__}")
        return value

    return reader


def _limited(kind: type) -> _Reader:
    def reader(value: Any) -> Any:
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
        raise Misfit(f"is not {words.get(kind, 'true or false')}")

    return reader


def _has_half_a_character(text: str) -> bool:
    """Return whether a text holds half of a surrogate pair: JSON can write one, and no file can hold it."""
    return any("\ud800" <= character <= "\udfff" for character in text)
