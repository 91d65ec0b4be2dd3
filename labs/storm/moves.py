"""The moves of lab 12: which protections and which storms is the learner's to find."""

from __future__ import annotations

from studylab.lab import Evidence, Move, ask, does, move
from studylab.lab.scripts import call

TAKEN = ("event-ids", "epochs", "continuity", "mark")

STORM: tuple[Move, ...] = (does(call("storm", seed=2, length=4), others=True, any_values=True),)

MATRIX: tuple[Move, ...] = tuple(
    ask(f"Prove a {which} protection", "try_without") for which in ("first", "second", "third")
)

FEW: tuple[Move, ...] = (
    ask("Take away a protection", "take_away"),
    ask("Take away another one", "take_away"),
    ask("Play a storm", "storm"),
    ask("Play a second storm", "storm"),
    ask("Take away exactly one more", "take_away"),
    ask("Find a storm that does harm", "storm"),
)


def everything(evidence: Evidence) -> tuple[Move, ...]:
    """Give all four back, and play the storm that did harm."""
    seed, length = evidence.memory.get("seed", 2), evidence.memory.get("length", 4)
    return (
        move("Give the four protections back", *(call("give_back", protection=key) for key in TAKEN)),
        does(call("storm", seed=seed, length=length), others=True),
    )
