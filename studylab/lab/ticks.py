"""Which moves of a step are done: a pure function of what the learner has issued since the step began.

Each issued verb counts for one button at most, so that a move that occurs twice is done twice.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from studylab.lab.calls import Call
from studylab.lab.labels import full, plain
from studylab.lab.ledgers import HELD, shorten
from studylab.lab.model import Do, Evidence
from studylab.lab.move import Move, moves_of
from vango.journal.facts import Asked
from vango.journal.moment import Moment

SETTINGS = ("edge_rules", "relay_rules", "stream_limits")
"""Verbs that leave as it is what they do not name: further changes do no harm."""


@dataclass(slots=True)
class Issued:
    """One verb that the learner issued, and whether it was refused."""

    verb: str
    arguments: Mapping[str, Any]
    refused: bool = False


class Acts:
    """What the learner issued, oldest first: the latest `HELD`, up to twice as many.

    A refusal belongs to the last of its verb.
    """

    def __init__(self) -> None:
        self.held: list[Issued] = []

    def add(self, moment: Moment) -> None:
        """Take in the next moment."""
        asked = moment.read(Asked)
        if moment.kind == "verb":
            self.held.append(Issued(asked.verb, asked.arguments))
            shorten(self.held, HELD)
            return
        last = next((act for act in reversed(self.held) if act.verb == asked.verb), None)
        if last is not None:
            last.refused = True


def moves_now(step: Do, evidence: Evidence) -> tuple[Move, ...]:
    """Return the moves of a step: its own, made from the evidence if need be, else those of its static script."""
    if callable(step.moves):
        return step.moves(evidence)
    return step.moves or (moves_of(step.solution) if isinstance(step.solution, tuple) else ())


def ticks(moves: Sequence[Move], evidence: Evidence) -> tuple[tuple[bool, ...], ...]:
    """Return for each move which of its calls were issued since the step began."""
    open_acts = list(evidence.moments.ask(Acts, [("learner", "verb"), ("learner", "refused")]).held)
    found = [[_take(call, open_acts) for call in move.calls] for move in moves]
    for move, done in zip(moves, found, strict=True):
        for at, call in enumerate(move.calls if move.any_values else ()):
            done[at] = done[at] or _take(call, open_acts, any_values=True)
    return tuple(tuple(done) for done in found)


def is_done(move: Move, ticked: Sequence[bool]) -> bool:
    """Return whether a move is done. What is only to be watched is done with what follows it."""
    return bool(ticked) and (any(ticked) if move.one else all(ticked))


def _take(call: Call, acts: list[Issued], *, any_values: bool = False) -> bool:
    """Return whether a call was issued, and take that act away, so that it counts for no other."""
    for at, act in enumerate(acts):
        if act.verb == call.verb and (any_values or _fits(call, act)) and (call.refusal or not act.refused):
            del acts[at]
            return True
    return False


def _fits(call: Call, act: Issued) -> bool:
    wanted, given = _words(call.verb, call.arguments), _words(act.verb, act.arguments)
    return wanted.items() <= given.items() if call.verb in SETTINGS else wanted == given


def _words(verb: str, arguments: Mapping[str, Any]) -> dict[str, str]:
    return {name: plain(value) for name, value in full(verb, arguments).items()}
