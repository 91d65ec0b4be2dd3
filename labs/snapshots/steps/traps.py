"""Three ways to begin with a snapshot and be confidently wrong."""

from __future__ import annotations

from labs.snapshots.checks import traps as saw
from labs.snapshots.scripts import CLAIMS, OTHERS_CURRENT, TRIM, VERBS, new_edge, others_rest, promotion
from studylab.lab import Check, Do, Evidence, Explain, Hints, Option, Predict, Wrong
from studylab.lab.scripts import Script, Wait, call, promote

PREDICT_NEW = Predict(
    id="predict-new",
    title="Load, then read what is new",
    prose="""
        *syd* will be wiped: a new edge with an empty view. The stream is trimmed, so it cannot begin at 1. It loads
        the latest snapshot and then reads **from new**. You take the snapshot, promote *shop*, and only then wipe
        *syd*. What will it say?
    """,
    options=(
        Option("behind", "Current at the snapshot's sequence, one short of the truth.",
               "The promotion is older than “new” and younger than the snapshot. Nobody will bring it.", happens=True),
        Option("latest", "Current at the latest: the snapshot is fresh enough.",
               "It is as fresh as the moment it was taken. A promotion came after it."),
        Option("catching", "Catching up from the snapshot, until it has the rest.",
               "It asked for new messages only. There is nothing to catch up with."),
        Option("refused", "It refuses, because something is missing.",
               "It would have to compare its position with something. These rules compare with nothing."),
    ),
    measure=saw.claim_after_new,
)  # fmt: skip


def _new(evidence: Evidence) -> Script:
    return (
        OTHERS_CURRENT,
        *new_edge(*promotion(evidence.now)),
        CLAIMS,
    )


FROM_NEW = Do(
    id="new",
    title="Let an event fall between",
    prose="""
        *take* a snapshot (at the stream). Promote *shop* to *alloc-c*. Then *Wipe view* of *syd*. Compare the number
        in its claim with the database's, and open *The latest snapshot*: it says at which sequence it is true, and
        which stream seq that is.
    """,
    checks=(Check("syd says that it is current, and never hears of the promotion", saw.missed_between),),
    solution=_new,
    hints=Hints(
        nudge="Snapshot first, promotion second, wipe third.",
        panel="panel-stream",
        look="The snapshot's sequence at the stream, and the sequence in syd's claim.",
        principle="A snapshot is true at one sequence. What comes after it must be read from there, not from now.",
        verb="*take*; promote *shop* to *alloc-c*; *Wipe view* of *syd*.",
    ),
    wrong=(
        Wrong(
            "a promotion before the snapshot",
            (
                promote("shop", "alloc-c"),
                Wait("it to be published", others_rest),
                *new_edge(),
                CLAIMS,
            ),
            "Nothing was committed between the snapshot",
        ),
    ),
    keep=saw.keep_new,
    controls=VERBS,
)


# Older than the stream.


PREDICT_OLD = Predict(
    id="predict-old",
    title="Load, then read on from there",
    prose="""
        So *syd* shall read on from the stream seq behind its snapshot. But snapshots get old: six changes are
        committed, and the stream keeps the last two. *syd* is wiped again, loads its snapshot, and asks for a stream
        seq that is gone. What then?
    """,
    options=(
        Option("error", "The server refuses: there is no such seq.",
               "It accepts the number and hands out the first message at or behind it."),
        Option("wrong", "It is handed what is left, and says current at the latest.",
               "The latest event moved its position to the end. What lay between was never seen.", happens=True),
        Option("catching", "It stays at catching up, for want of the rest.",
               "Nothing is pending, and it takes that for having everything."),
        Option("refused", "It refuses, because an event does not follow.",
               "It would, if it demanded that events follow."),
    ),
    measure=saw.claim_after_old,
)  # fmt: skip


OLD = Do(
    id="old",
    title="Load a snapshot that is too old",
    prose="""
        *Rules…* of *syd*: after a snapshot, read on from *the snapshot*. Then *take*, burst of 6, *Purge…* keep the
        last 2, and *Wipe view* of *syd*. Look in *Messages* at which event is handed out first, and which one it says
        it follows.
    """,
    checks=(Check("syd says that it is current at the latest, and is wrong", saw.older_than_stream),),
    solution=(
        call("edge_rules", edge="syd", follow_from="the snapshot"),
        OTHERS_CURRENT,
        *new_edge(*TRIM),
        CLAIMS,
    ),
    hints=Hints(
        nudge="The stream must have lost what comes right behind the snapshot.",
        panel="panel-stream",
        look="*First Sequence* at the stream, and the stream seq of the latest snapshot.",
        principle="A start seq below the first message is no error to the server. It begins with what it has.",
        verb=(
            "syd: after a snapshot, read on from the snapshot. *take*; burst 6; purge, keep the last 2; *Wipe view* "
            "of *syd*."
        ),
    ),
    wrong=(
        Wrong(
            "a snapshot taken after the purge",
            (
                call("edge_rules", edge="syd", follow_from="the snapshot"),
                OTHERS_CURRENT,
                *TRIM,
                *new_edge(),
                CLAIMS,
            ),
            "nothing is missing between",
        ),
    ),
    keep=saw.keep_old,
    controls=(*VERBS, "edge_rules"),
)


# One flipped bit.


PREDICT_FLIP = Predict(
    id="predict-flip",
    title="One bit",
    prose="""
        One bit of a fresh snapshot is flipped where it lies, in the name of an owner. *syd* does not verify
        checksums. It is wiped, and loads it. What will its claim say?
    """,
    options=(
        Option("store", "Nothing: the object store gives out no damaged object.",
               "It keeps a digest of what was put into it. What was put into it was damaged."),
        Option("wrong", "Current at the latest, with a wrong owner.",
               "One bit makes another name that is as good as any. Position and sequence are untouched.", happens=True),
        Option("refused", "It refuses: such an owner does not exist.",
               "It does. And an edge has no list of owners to compare with."),
    ),
    measure=saw.claim_after_flip,
)  # fmt: skip


FLIP = Do(
    id="flip",
    title="Flip one bit",
    prose="""
        *take* a fresh snapshot, then *corrupt* it, then *Wipe view* of *syd*. Open *The latest snapshot*: these are
        its bytes, the checksum that it says it has, and the one that the bytes give now.
    """,
    checks=(Check("The checksum is wrong, and syd serves what the snapshot says", saw.flipped_and_believed),),
    solution=(
        OTHERS_CURRENT,
        *new_edge(call("corrupt_snapshot")),
        CLAIMS,
    ),
    hints=Hints(
        nudge="Take it, damage it, load it.",
        panel="panel-stream",
        look="*take* and *corrupt* stand beside the list of snapshots.",
        principle="A baseline that nobody verified is a rumour.",
        verb="*take*; *corrupt*; *Wipe view* of *syd*.",
    ),
    wrong=(
        Wrong(
            "a whole snapshot",
            (
                *new_edge(),
                CLAIMS,
            ),
            "The latest snapshot is whole",
        ),
    ),
    keep=saw.keep_flip,
    controls=(*VERBS, "corrupt_snapshot"),
)

EXPLAIN = Explain(
    id="explain",
    title="Three baselines, three lies",
    prose="""
        Each time *syd* said *current* without a doubt. What would have told it was there: the sequence at which the
        truth stands, the predecessor that the next event names, the checksum over the bytes. A snapshot carries all
        it takes to be checked; somebody has to check.
    """,
    show=saw.show_three,
)

STEPS = (PREDICT_NEW, FROM_NEW, PREDICT_OLD, OLD, PREDICT_FLIP, FLIP, EXPLAIN)
