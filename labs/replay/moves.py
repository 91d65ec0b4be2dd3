"""The moves of lab 6 that are not those of a solution: which rule stops both accidents is the learner's to find."""

from __future__ import annotations

from studylab.lab import Move, ask, does, move
from studylab.lab.scripts import call, claims

CURE: tuple[Move, ...] = (
    move("Give iad a fresh snapshot", call("take_snapshot"), call("load_snapshot", edge="iad")),
    ask("Find the rule of iad", "edge_rules", {"edge": "iad"}),
    does(call("replay", edge="iad", from_seq=1), after=claims("iad")),
    does(call("republish", sequence=4), after=claims("iad", "iad to read everything again")),
)
