"""Three ways to begin with a snapshot and be confidently wrong."""

from __future__ import annotations

from labs.snapshots import moves
from labs.snapshots.checks import traps as saw
from labs.snapshots.scripts import CLAIMS, OTHERS_CURRENT, TRIM, VERBS, new_edge, others_rest, promotion
from studylab.lab import Check, Do, Evidence, Explain, Hints, Option, Predict, Wrong
from studylab.lab.scripts import Script, Wait, call, promote

PREDICT_NEW = Predict(
    id="predict-new",
    title="Load, then read what is new",
    prose="""
        You will wipe *syd*: a new edge with an empty view. The stream is trimmed, so *syd* cannot begin at 1. It
        loads the latest snapshot and then reads **from new**. You take the snapshot, promote *shop*, and only then
        wipe *syd*. What will it say?
    """,
    options=(
        Option("behind", "Current at the snapshot's sequence, one short of the truth.",
               "The promotion is older than “new” and younger than the snapshot. It is never delivered.", happens=True),
        Option("latest", "Current at the latest: the snapshot is fresh enough.",
               "It was fresh when you took it. A promotion came after it."),
        Option("catching", "Catching up from the snapshot, until it has the rest.",
               "It asked for new messages only. It has nothing to catch up with."),
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
    title="Commit an event in between",
    prose="""
        Take a snapshot, change an owner, and let *syd* begin with the snapshot. Compare the number in its claim with
        the database's. *The latest snapshot* says at which sequence it is true.
    """,
    checks=(
        Check(
            "syd says that it is current, and never hears of the promotion",
            saw.missed_between,
            "the claim of syd beside the database",
        ),
    ),
    solution=_new,
    moves=moves.new,
    hints=Hints(
        nudge="Snapshot first, promotion second, wipe third.",
        panel="panel-stream",
        look="The snapshot's sequence in the stream inspector, and the sequence in syd's claim.",
        principle="A snapshot is true at one sequence. Read on from that sequence, not from now.",
        verb="*take*; promote *shop* to *alloc-c*; *Wipe view* of *syd*.",
    ),
    wrong=(
        Wrong(
            "a promotion before the snapshot",
            (
                promote("shop", "alloc-a"),
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
        So *syd* reads on from the stream seq just after its snapshot. But snapshots get old: six changes are
        committed, and the stream keeps the last two. You wipe *syd* again. It loads its snapshot, and asks for a
        stream seq that is gone. What then?
    """,
    options=(
        Option("error", "The server refuses: there is no such seq.",
               "It accepts the number and delivers the first message at or after it."),
        Option("wrong", "It receives what is left, and says current at the latest.",
               "The latest event moved its position to the end. It never saw what lay between.", happens=True),
        Option("catching", "It stays at catching up, because the rest is missing.",
               "Nothing is pending, so it believes that it has everything."),
        Option("refused", "It refuses, because an event does not follow.",
               "It would, if it demanded that each event follows the last."),
    ),
    measure=saw.claim_after_old,
)  # fmt: skip


OLD = Do(
    id="old",
    title="Load a snapshot that is too old",
    prose="""
        *syd* now reads on from the snapshot, but the stream is trimmed meanwhile. In *Messages*, find the first event
        that it receives, and the one that this event follows.
    """,
    checks=(
        Check(
            "syd says that it is current at the latest, and is wrong",
            saw.older_than_stream,
            "what syd says, and what it serves",
        ),
    ),
    solution=(
        call("edge_rules", edge="syd", follow_from="the snapshot"),
        OTHERS_CURRENT,
        *new_edge(*TRIM),
        CLAIMS,
    ),
    hints=Hints(
        nudge="The stream must have lost the events just after the snapshot.",
        panel="panel-stream",
        look="*First Sequence* in the stream inspector, and the stream seq of the latest snapshot.",
        principle="To the server, a start seq below the first message is no error. It begins with what it has.",
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
        One bit of a fresh, stored snapshot is flipped, in the name of an owner. *syd* does not verify checksums. You
        wipe it, and it loads the snapshot. What will its claim say?
    """,
    options=(
        Option("store", "Nothing: the object store delivers no damaged object.",
               "It keeps a digest of what was put into it, and the damaged bytes were put into it."),
        Option("wrong", "Current at the latest, with a wrong owner.",
               "One bit makes another valid name. Position and sequence are untouched.", happens=True),
        Option("refused", "It refuses: such an owner does not exist.",
               "It exists. And an edge has no list of owners to compare with."),
    ),
    measure=saw.claim_after_flip,
)  # fmt: skip


FLIP = Do(
    id="flip",
    title="Flip one bit",
    prose="""
        *The latest snapshot* shows the bytes, the checksum that they claim, and the checksum that they have now.
    """,
    checks=(
        Check(
            "The checksum is wrong, and syd serves what the snapshot says",
            saw.flipped_and_believed,
            "the checksum, and what syd serves",
        ),
    ),
    solution=(
        OTHERS_CURRENT,
        *new_edge(call("corrupt_snapshot")),
        CLAIMS,
    ),
    hints=Hints(
        nudge="Take it, damage it, load it.",
        panel="panel-stream",
        look="*take* and *corrupt* are beside the list of snapshots.",
        principle="A baseline that nobody verified is a rumour.",
        verb="*take*; *corrupt*; *Wipe view* of *syd*.",
    ),
    wrong=(
        Wrong(
            "an intact snapshot",
            (
                *new_edge(),
                CLAIMS,
            ),
            "The latest snapshot is intact",
        ),
    ),
    keep=saw.keep_flip,
    controls=(*VERBS, "corrupt_snapshot"),
)

EXPLAIN = Explain(
    id="explain",
    title="Three baselines, three wrong claims",
    prose="""
        Each time *syd* said *current* without a doubt. Something could have warned it: the latest sequence of the
        truth, the predecessor in the next event, the checksum. A snapshot carries everything needed to check it. The
        edge must check.
    """,
    show=saw.show_three,
)

STEPS = (PREDICT_NEW, FROM_NEW, PREDICT_OLD, OLD, PREDICT_FLIP, FLIP, EXPLAIN)
