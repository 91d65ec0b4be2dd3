"""Moves: what a step asks for, one after another, as buttons. A move is a plain value; `ticks` says which are done."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any

from studylab.lab.calls import Call, Script
from studylab.lab.calls import Wait as Wait
from studylab.lab.labels import label

FREE = ("promote", "burst")
"""Verbs that most steps accept with any values."""


@dataclass(frozen=True, slots=True)
class Move:
    """One thing to do: short words, and the calls that its buttons issue, all of them or any `one`.

    With `others` a second button opens the verb's dialog with these values set. With `any_values` the verb counts with
    whatever values it was issued. With `asks` there is only the dialog: the values are the learner's to find. A move
    without calls is something to look at, in the panel `at`. `after` is what the move should wait for.
    """

    words: str
    calls: tuple[Call, ...] = ()
    one: bool = False
    others: bool = False
    any_values: bool = False
    asks: bool = False
    at: str = ""
    after: Wait | None = None


def move(words: str, *calls: Call, **drawn: Any) -> Move:
    """Write a move with words of its own: one button for each call."""
    return Move(words, calls, **drawn)


def does(*calls: Call, **drawn: Any) -> Move:
    """Write a move in the words of its first call. Promotions and bursts may have other values."""
    free = (
        {"others": True, "any_values": True}
        if calls[0].verb in FREE and not calls[0].arguments.get("operation")
        else {}
    )
    return Move(label(calls[0].verb, calls[0].arguments), calls, **{**free, **drawn})


def choose(words: str, *calls: Call, **drawn: Any) -> Move:
    """Write a choice: a button for each way, any of which is the move. It does not say which one is right."""
    return Move(words, calls, one=True, **drawn)


def ask(words: str, verb: str, given: Mapping[str, Any] | None = None, **drawn: Any) -> Move:
    """Write a move whose values the learner must find: only the verb's dialog, with what is `given` set."""
    return Move(words, (Call(verb, given or {}),), asks=True, any_values=True, **drawn)


def watch(words: str, at: str) -> Move:
    """Write something to look at, in a panel."""
    return Move(words, at=at)


def moves_of(script: Script) -> tuple[Move, ...]:
    """Make moves of a script: one for each call, one with several buttons where the calls differ in the edge only."""
    return tuple(_one(group) for group in _groups(script))


@dataclass(slots=True)
class _Group:
    """Calls of one move, and the wait before them."""

    calls: list[Call] = field(default_factory=list)
    after: Wait | None = None


def _groups(script: Script) -> Iterator[_Group]:
    after: Wait | None = None
    for is_wait, items in groupby(script, key=lambda item: isinstance(item, Wait)):
        if is_wait:
            after = next((item for item in reversed(list(items)) if isinstance(item, Wait)), None)
            continue
        for _, calls in groupby((item for item in items if isinstance(item, Call)), key=_but_the_edge):
            group = list(calls)
            if "edge" in group[0].arguments:
                yield _Group(group, after)
                after = None
                continue
            for call in group:
                yield _Group([call], after)
                after = None


def _but_the_edge(call: Call) -> tuple[str, str]:
    return call.verb, repr(sorted((name, str(value)) for name, value in call.arguments.items() if name != "edge"))


def _one(group: _Group) -> Move:
    if len(group.calls) == 1:
        return does(group.calls[0], after=group.after)
    rest = {**group.calls[0].arguments, "edge": _listed([str(call.arguments["edge"]) for call in group.calls])}
    return Move(label(group.calls[0].verb, rest), tuple(group.calls), after=group.after)


def _listed(names: list[str]) -> str:
    return f"{', '.join(names[:-1])} and {names[-1]}"
