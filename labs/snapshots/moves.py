"""The moves of lab 7: what happens between a snapshot and a new edge."""

from __future__ import annotations

from labs.snapshots.scripts import OTHERS_CURRENT, promotion, syd_refuses
from studylab.lab import Call, Evidence, Move, does, move
from studylab.lab.scripts import Wait, call

TAKE, WIPE = call("take_snapshot"), call("wipe_view", edge="syd")
REFUSES = Wait("syd to refuse", syd_refuses)


def _promote(evidence: Evidence) -> Call:
    return next(item for item in promotion(evidence.now) if isinstance(item, Call))


def new(evidence: Evidence) -> tuple[Move, ...]:
    """A promotion falls between the snapshot and the new edge."""
    return does(TAKE, after=OTHERS_CURRENT), does(_promote(evidence)), does(WIPE, after=OTHERS_CURRENT)


def refuse(evidence: Evidence) -> tuple[Move, ...]:
    """The three accidents, each with its buttons in order."""
    proof = {"verify_checksum": True, "prove_continuity": True, "ask_high_water_mark": True}
    later = call("edge_rules", edge="syd", follow_from="new")
    return (
        move("Give syd all three, and let it read on from the snapshot",
             call("edge_rules", edge="syd", follow_from="the snapshot", **proof), after=OTHERS_CURRENT),
        move("The flipped bit", TAKE, call("corrupt_snapshot"), WIPE),
        move("A snapshot that is too old", TAKE, call("burst", n=6), call("purge", keep=2), WIPE, after=REFUSES),
        move("Reading on from new", later, TAKE, _promote(evidence), WIPE, any_values=True, after=REFUSES),
    )  # fmt: skip


def follow(evidence: Evidence) -> tuple[Move, ...]:
    """The right order."""
    return (
        does(call("edge_rules", edge="syd", follow_from="the snapshot")),
        does(TAKE, after=OTHERS_CURRENT),
        does(_promote(evidence)),
        does(WIPE, after=OTHERS_CURRENT),
    )
