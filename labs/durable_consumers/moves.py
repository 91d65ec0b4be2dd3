"""The moves of lab 4 that depend on what the learner has done."""

from __future__ import annotations

from labs.durable_consumers.checks import common
from labs.durable_consumers.checks import cursor as saw
from studylab.lab import Evidence, Move, does, move
from studylab.lab.scripts import Wait, call

HAS_ALL = Wait("iad to catch up", lambda seen: seen.edge("iad").sequence == seen.truth.sequence)
SENT = Wait("the changes to be published", lambda seen: not seen.outbox.waiting)


def cure(evidence: Evidence) -> tuple[Move, ...]:
    """Make the consumer durable and sleep again. Double effects of a replay are corrected from a snapshot first."""
    clean = move("Correct iad from a fresh snapshot", call("take_snapshot"), call("load_snapshot", edge="iad"))
    return (
        *((clean,) if saw.has_doubled(evidence.now) else ()),
        does(call("edge_rules", edge="iad", durable=True, inactive_threshold_s=0.0, begin="own position")),
        does(call("kill_edge", edge="iad"), after=HAS_ALL),
        does(call("burst", n=common.CHANGES)),
        does(call("start_edge", edge="iad"), after=SENT),
    )
