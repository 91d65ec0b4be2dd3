"""Each is refused for its own reason; then load and follow, with the first event chained on."""

from __future__ import annotations

from labs.snapshots import moves
from labs.snapshots.checks import cure as saw
from labs.snapshots.scripts import (
    CLAIMS,
    OTHERS_CURRENT,
    TRIM,
    VERBS,
    new_edge,
    others_rest,
    promotion,
    syd_misses,
    syd_refuses,
)
from studylab.lab import Check, Do, Evidence, Hints, Wrong
from studylab.lab.observed import Cause
from studylab.lab.scripts import Script, Wait, call, settled

PROOF = {"verify_checksum": True, "prove_continuity": True, "ask_high_water_mark": True}


def _refuse(evidence: Evidence) -> Script:
    """All three with the proof on. The latest snapshot may be damaged when this begins, so a fresh one is taken."""
    return (
        OTHERS_CURRENT,
        call("edge_rules", edge="syd", follow_from="the snapshot", **PROOF),
        *new_edge(call("corrupt_snapshot")),
        Wait("syd to refuse", syd_refuses),
        *new_edge(*TRIM),
        Wait("syd to refuse", syd_misses(Cause.MISSING)),
        call("edge_rules", edge="syd", follow_from="new"),
        *new_edge(call("burst", n=1), Wait("it to be published", others_rest)),
        Wait("syd to refuse", syd_misses(Cause.MISSING_END)),
    )


REFUSE = Do(
    id="refuse",
    title="Make syd refuse each one",
    prose="""
        Give *syd* what it lacks: verify checksums, demand the continuity proof, ask for the high-water mark. Then
        repeat all three accidents. It must refuse each, and each for its own reason.
    """,
    checks=(
        Check("The flipped bit is refused by its checksum", saw.flip_refused),
        Check("The snapshot that is too old is refused by the chain", saw.old_refused),
        Check("Reading on from new is refused by the mark, or by the next event", saw.new_refused),
    ),
    solution=_refuse,
    moves=moves.refuse,
    hints=Hints(
        nudge="Three rules, and the same three accidents as before.",
        panel="panel-edge-syd",
        look="*Rules…* of syd; then the sentence under its claim, each time.",
        principle="Three proofs: of the bytes (checksum), of what follows (chain), of how far it goes (mark).",
        verb=(
            "syd: verify checksums, continuity proof, high-water mark on. *take*, *corrupt*, wipe. *take*, burst 6, "
            "purge keep 2, wipe. syd: read on from new; *take*, promote *shop*, wipe."
        ),
    ),
    wrong=(
        Wrong(
            "verifying the checksum and nothing else",
            (
                OTHERS_CURRENT,
                call("edge_rules", edge="syd", verify_checksum=True),
                *new_edge(*TRIM),
                CLAIMS,
            ),
            "it would follow anything",
        ),
    ),
    keep=saw.keep_refused,
    controls=(*VERBS, "edge_rules", "corrupt_snapshot"),
)


# Load, then follow.


def _follow(evidence: Evidence) -> Script:
    return (
        OTHERS_CURRENT,
        call("edge_rules", edge="syd", follow_from="the snapshot", **PROOF),
        *new_edge(*promotion(evidence.now)),
        settled(),
    )


FOLLOW = Do(
    id="follow",
    title="Load, then follow",
    prose="""
        Now the right order. The first event after the snapshot must prove that it follows. Compare the snapshot's
        *event_id* with what the next message *follows*.
    """,
    checks=(
        Check("An event fell between, and is proven to follow the snapshot", saw.chained_on),
        Check("syd is current at the latest, and right", saw.current_and_right),
    ),
    solution=_follow,
    moves=moves.follow,
    hints=Hints(
        nudge="Keep every proof on, and give it nothing to refuse.",
        panel="panel-edge-syd",
        look="The rule of syd for what to read after a snapshot, and the order of *take* and promotion.",
        principle=(
            "Verify. Load view and position in one transaction. Follow from the stream seq + 1. Believe the first "
            "event only if it follows the snapshot."
        ),
        verb="syd: read on from the snapshot. *take*; promote *shop*; *Wipe view* of *syd*.",
    ),
    wrong=(
        Wrong(
            "the newest snapshot, with nothing falling between",
            (
                OTHERS_CURRENT,
                call("edge_rules", edge="syd", follow_from="the snapshot"),
                *new_edge(),
                settled(),
            ),
            "No event fell between",
        ),
        Wrong(
            "the newest snapshot without any proof",
            (
                OTHERS_CURRENT,
                call(
                    "edge_rules",
                    edge="syd",
                    follow_from="the snapshot",
                    prove_continuity=False,
                    ask_high_water_mark=False,
                ),
                *new_edge(call("burst", n=1), Wait("it to be published", others_rest)),
                settled(),
            ),
            "is luck",
        ),
    ),
    keep=saw.keep_cure,
    controls=(*VERBS, "edge_rules", "corrupt_snapshot"),
)

STEPS = (REFUSE, FOLLOW)
