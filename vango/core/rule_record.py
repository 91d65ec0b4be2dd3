"""The record of a rule: all that is said of it anywhere, declared once, with the field that holds its value.

The dialog's words, the limits of the verb's argument, the phrase for an edge that departs from correct behaviour, and
the row of the matrix are all read from here. A rule's name, type and correct value are those of its field.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any, TypeVar

T = TypeVar("T")
_KEY = "rule"


@dataclass(frozen=True, slots=True)
class Protects:
    """The protection that a rule is: its key and words in the matrix, and the value that takes it away."""

    key: str
    words: str
    off: Any


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule. `words` label it. `low` and `high` are the limits of a number, both included.

    `departs` is what is said of a value that is not the correct one: one phrase, with `{}` for the value, or a phrase
    for each such value; empty when there is nothing to say.
    """

    words: str
    departs: str | Mapping[Any, str] = ""
    low: float = -math.inf
    high: float = math.inf
    protects: Protects | None = None

    def departure(self, value: object) -> str:
        """Return the phrase for a value that is not the correct one."""
        return self.departs.format(value) if isinstance(self.departs, str) else self.departs.get(value, "")


def rule(correct: T, record: Rule) -> T:
    """Declare a rule: a field of a dataclass with its correct value and its record."""
    found: T = field(default=correct, metadata={_KEY: record})
    return found


def declared(rules: type) -> Mapping[str, Rule]:
    """Return the records of a class of rules by the names of its fields, in order."""
    return {each.name: each.metadata[_KEY] for each in fields(rules)}


def departures(rules: Any) -> tuple[str, ...]:
    """Return where rules depart from correct behaviour, one phrase a departure; empty when they do not."""
    correct, found = type(rules)(), []
    for name, record in declared(type(rules)).items():
        value = getattr(rules, name)
        if value != getattr(correct, name) and (phrase := record.departure(value)):
            found.append(phrase)
    return tuple(found)
