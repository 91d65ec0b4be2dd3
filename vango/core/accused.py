"""The accused: which part of the system a finding is about, as a value. It is drawn as wrong everywhere."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Part(StrEnum):
    """The kinds of parts that a finding may accuse."""

    EDGE = "edge"
    RELAY = "relay"
    STREAM = "stream"
    DATABASE = "database"


@dataclass(frozen=True, slots=True)
class Accused:
    """One accused part: the `name` of the edge, empty for the others, and its accused rows by their `routes`."""

    part: Part
    name: str = ""
    routes: tuple[str, ...] = ()


def edge(name: str, *routes: str) -> tuple[Accused, ...]:
    """Accuse one edge, and its rows of some routes."""
    return (Accused(Part.EDGE, name, routes),)
