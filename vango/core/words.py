"""Words for people: which fields of a record are sentences, free to be reworded. Nobody decides by them."""

from __future__ import annotations

import typing
from dataclasses import fields, is_dataclass
from functools import cache
from typing import Annotated, Any

_FOR_PEOPLE = "for people"
Sentence = Annotated[str, _FOR_PEOPLE]
"""Text that is read by people only. What a program may go by stands beside it, as an enum, a number or a name."""


_NUMBERS = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve")


def counted(count: int, noun: str) -> str:
    """Return a small number in words with its noun, which gets an s for any number but one."""
    number = _NUMBERS[count] if count < len(_NUMBERS) else str(count)
    return f"{number} {noun}{'' if count == 1 else 's'}"


@cache
def sentences_of(kind: type) -> tuple[str, ...]:
    """Return the names of the fields of a record that hold sentences, one or several."""
    hints = typing.get_type_hints(kind, include_extras=True)
    return tuple(field.name for field in fields(kind) if _is_sentence(hints[field.name]))


def _is_sentence(hint: Any) -> bool:
    if typing.get_origin(hint) is Annotated:
        return _FOR_PEOPLE in hint.__metadata__
    return any(_is_sentence(part) for part in typing.get_args(hint) if not is_dataclass(part))
