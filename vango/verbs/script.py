"""Acts: verbs with their arguments as plain text, so that a run can be printed, read back and repeated.

Pure. One act is one line, as in `crash_edge edge=iad at='after receive'`. Nothing here knows whether the verb exists
or the arguments fit: the registry says so when the act is done.
"""

from __future__ import annotations

import shlex
from collections.abc import Iterable
from dataclasses import dataclass

from vango.actors.errors import BadInput

MAX_ACTS = 200


@dataclass(frozen=True, slots=True)
class Act:
    """One verb and its arguments, in the order in which they are written."""

    verb: str
    arguments: tuple[tuple[str, str], ...] = ()

    def __str__(self) -> str:
        return " ".join([self.verb, *(f"{name}={shlex.quote(value)}" for name, value in self.arguments)])


def act(verb: str, **arguments: str | float | bool) -> Act:
    """Make an act: `act("promote", route="shop", to="alloc-b")`."""
    return Act(verb, tuple((name, _text(value)) for name, value in arguments.items()))


def as_text(acts: Iterable[Act]) -> str:
    """Return a script, one act a line."""
    return "".join(f"{act}\n" for act in acts)


def parse(text: str) -> tuple[Act, ...]:
    """Read a script back; empty lines and lines that begin with # are skipped. Raises `BadInput` with the line."""
    lines = [line.strip() for line in text.splitlines()]
    acts = tuple(_line(line) for line in lines if line and not line.startswith("#"))
    if len(acts) > MAX_ACTS:
        raise BadInput(f"The script has {len(acts)} acts; at most {MAX_ACTS} are played. Cut it into parts.")
    return acts


def _line(line: str) -> Act:
    try:
        verb, *rest = shlex.split(line)
    except ValueError as error:
        raise BadInput(f"The line {line[:80]!r} cannot be read: {error}. Expected: verb name=value …") from error
    pairs = [word.partition("=") for word in rest]
    for name, equals, _ in pairs:
        if not (name and equals):
            raise BadInput(f"The line {line[:80]!r} has {name[:40]!r} where name=value is expected.")
    return Act(verb, tuple((name, value) for name, _, value in pairs))


def _text(value: str | float | bool) -> str:
    if isinstance(value, bool):
        return "on" if value else "off"
    return f"{value:g}" if isinstance(value, float) else str(value)
