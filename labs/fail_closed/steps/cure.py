"""Two more gaps, with the proof."""

from __future__ import annotations

from labs.fail_closed import moves
from labs.fail_closed.checks import cure as saw
from labs.fail_closed.scripts import ASLEEP, HEAL, LATER, SLEEPING, SNAPSHOTS, through
from studylab.lab import Check, Do, Hints, Wrong, reading
from studylab.lab.observed import Observation
from studylab.lab.scripts import Script, Wait, call, settled

PROOF: Script = (
    call(
        "edge_rules",
        edge="fra",
        prove_continuity=True,
        ask_high_water_mark=True,
        on_gap="rebuild",
        answers="only when current",
    ),
)


def _fra_rests(seen: Observation) -> bool:
    return reading.is_current(seen.edge("fra")) and seen.edge("fra").sequence == seen.truth.sequence


FRA_BACK: Script = (call("start_edges"), Wait("fra to have rebuilt", _fra_rests))


SCRIPT: Script = (
    *HEAL,
    *PROOF,
    Wait("fra to be current", _fra_rests),
    *ASLEEP,
    call("purge"),
    *FRA_BACK,
    *ASLEEP,
    call("purge"),
    *LATER,
    *FRA_BACK,
)


CURE = Do(
    id="cure",
    title="Give fra the proof",
    prose="""
        Choose rules under which *fra* misroutes **nothing**, and prove it with two gaps.
    """,
    checks=(
        Check("A missing end: noticed, nothing misrouted", saw.end_survived),
        Check("A gap before an event: noticed, nothing misrouted", saw.inside_survived),
        Check("fra is rebuilt, current and right", saw.rebuilt_and_right),
    ),
    solution=SCRIPT,
    moves=moves.cure,
    hints=Hints(
        nudge=(
            "Which two things did *syd* have that *fra* did not? And when did *syd* answer? Every request since *fra* "
            "got its rules counts."
        ),
        panel="panel-edge-fra",
        look="*Rules…* at *fra*: the continuity proof, the high-water mark, what to do on a gap, and when to answer.",
        principle=(
            "Prove what lies between (the chain) and how far it goes (the mark). Until both hold, refuse. Then "
            "rebuild from a verified snapshot."
        ),
        verb=(
            "Rules of *fra*: demand the continuity proof on, ask for the high-water mark on, on a gap rebuild, "
            "answer only when current. Then stop, burst 3, purge, start. Repeat with one promotion after the purge."
        ),
    ),
    wrong=(
        Wrong(
            "the chain alone, claiming after “nothing pending”",
            (
                *HEAL,
                call("edge_rules", edge="fra", prove_continuity=True),
                settled("fra to be current"),
                *through(call("purge")),
            ),
            "because it takes “nothing pending” for “nothing missing”",
        ),
        Wrong(
            "the right rules, and no gap",
            (*HEAL, *PROOF, Wait("fra to be current", _fra_rests)),
            "has not met a missing end yet",
        ),
    ),
    keep=saw.keep_cure,
    controls=(
        *SLEEPING,
        "promote",
        "edge_rules",
        "stream_limits",
        "purge",
        "delete_message",
        "recreate_stream",
        "keep_store",
        "rollback_store",
        "start_broker",
        *SNAPSHOTS,
    ),
)

STEPS = (CURE,)
