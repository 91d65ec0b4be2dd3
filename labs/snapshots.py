"""Lab 7: snapshots. Three ways to be confidently wrong with one, and the order that proves what follows it."""

from __future__ import annotations

from labs import snapshots_checks as saw
from studylab.lab import (
    Check,
    Code,
    Debrief,
    Do,
    Evidence,
    Explain,
    Hints,
    Lab,
    Memory,
    Observation,
    Option,
    Predict,
    Question,
    Quiz,
    Script,
    Wait,
    Wrong,
    call,
    reading,
)

VERBS = (
    "promote",
    "burst",
    "take_snapshot",
    "load_snapshot",
    "wipe_view",
    "purge",
    "delete_message",
    "restart_edge",
    "start_edge",
)


# What the scripts are made of.


def _others_rest(seen: Observation) -> bool:
    """Say whether everything is published and the two edges that have been here all along have it."""
    others = [seen.edge(name) for name in ("fra", "iad")]
    return not seen.outbox.waiting and all(
        reading.is_current(edge) and edge.sequence == seen.truth.sequence for edge in others
    )


def _syd_claims(seen: Observation) -> bool:
    consumer = seen.consumer("syd")
    left = consumer is None or consumer.num_pending or consumer.num_ack_pending
    return reading.is_current(seen.edge("syd")) and not left


def _syd_refuses(seen: Observation) -> bool:
    return seen.edge("syd").mode.value == "failed closed"


def _promotion(seen: Observation) -> Script:
    """Give shop to a ready owner that it does not have."""
    ready = [allocation.name for allocation in seen.truth.allocations if allocation.state == "ready"]
    now = next((route.owner for route in seen.truth.routes if route.name == "shop"), "")
    to = next(name for name in reversed(ready) if name != now)
    return (call("promote", route="shop", to=to), Wait("it to be published", _others_rest))


TRIM: Script = (
    call("burst", n=6),
    Wait("the others to have it", _others_rest),
    call("purge", keep=2),
)

SETUP: Script = (
    Wait("the first events to reach every edge", reading.at_rest),
    call(
        "edge_rules",
        edge="syd",
        prove_continuity=False,
        verify_checksum=False,
        ask_high_water_mark=False,
        follow_from="new",
        on_gap="stay closed",
    ),
    Wait("every edge to be current again", reading.at_rest),
    call("burst", n=6),
    Wait("every edge to have it", reading.at_rest),
    call("purge", keep=2),
)

# From new.

PREDICT_NEW = Predict(
    id="predict-new",
    title="Load, then read what is new",
    prose="""
        *syd* will be wiped: a new edge with an empty view. The stream is trimmed, so it cannot begin at 1. It loads the latest
        snapshot and then reads **from new**. You take the snapshot, promote *shop*, and only then wipe *syd*. What will it say?
    """,
    options=(
        Option("behind", "Current at the snapshot's sequence, one short of the truth.", "The promotion is older than “new” and younger than the snapshot. Nobody will bring it.", happens=True),
        Option("latest", "Current at the latest: the snapshot is fresh enough.", "It is as fresh as the moment it was taken. A promotion came after it."),
        Option("catching", "Catching up from the snapshot, until it has the rest.", "It asked for new messages only. There is nothing to catch up with."),
        Option("refused", "It refuses, because something is missing.", "It would have to compare its position with something. These rules compare with nothing."),
    ),
    measure=saw.claim_after_new,
)  # fmt: skip


def _new(evidence: Evidence) -> Script:
    return (
        Wait("the others to be current", _others_rest),
        call("take_snapshot"),
        *_promotion(evidence.now),
        call("wipe_view", edge="syd"),
        Wait("syd to say that it is current", _syd_claims),
    )


FROM_NEW = Do(
    id="new",
    title="Let an event fall between",
    prose="""
        *take* a snapshot (at the stream). Promote *shop* to *alloc-c*. Then *Wipe view* of *syd*. Compare the number in its
        claim with the database's, and open *The latest snapshot*: it says at which sequence it is true, and which stream seq
        that is.
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
                call("promote", route="shop", to="alloc-c"),
                Wait("it to be published", _others_rest),
                call("take_snapshot"),
                call("wipe_view", edge="syd"),
                Wait("syd to be current", _syd_claims),
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
        So *syd* shall read on from the stream seq behind its snapshot. But snapshots get old: six changes are committed, and the
        stream keeps the last two. *syd* is wiped again, loads its snapshot, and asks for a stream seq that is gone. What then?
    """,
    options=(
        Option("error", "The server refuses: there is no such seq.", "It accepts the number and hands out the first message at or behind it."),
        Option("wrong", "It is handed what is left, and says current at the latest.", "The latest event moved its position to the end. What lay between was never seen.", happens=True),
        Option("catching", "It stays at catching up, for want of the rest.", "Nothing is pending, and it takes that for having everything."),
        Option("refused", "It refuses, because an event does not follow.", "It would, if it demanded that events follow."),
    ),
    measure=saw.claim_after_old,
)  # fmt: skip

OLD = Do(
    id="old",
    title="Load a snapshot that is too old",
    prose="""
        *Rules…* of *syd*: after a snapshot, read on from *the snapshot*. Then *take*, burst of 6, *Purge…* keep the last 2, and
        *Wipe view* of *syd*. Look in *Messages* at which event is handed out first, and which one it says it follows.
    """,
    checks=(Check("syd says that it is current at the latest, and is wrong", saw.older_than_stream),),
    solution=(
        call("edge_rules", edge="syd", follow_from="the snapshot"),
        Wait("the others to be current", _others_rest),
        call("take_snapshot"),
        *TRIM,
        call("wipe_view", edge="syd"),
        Wait("syd to say that it is current", _syd_claims),
    ),
    hints=Hints(
        nudge="The stream must have lost what comes right behind the snapshot.",
        panel="panel-stream",
        look="*First Sequence* at the stream, and the stream seq of the latest snapshot.",
        principle="A start seq below the first message is no error to the server. It begins with what it has.",
        verb="syd: after a snapshot, read on from the snapshot. *take*; burst 6; purge, keep the last 2; *Wipe view* of *syd*.",
    ),
    wrong=(
        Wrong(
            "a snapshot taken after the purge",
            (
                call("edge_rules", edge="syd", follow_from="the snapshot"),
                Wait("the others to be current", _others_rest),
                *TRIM,
                call("take_snapshot"),
                call("wipe_view", edge="syd"),
                Wait("syd to be current", _syd_claims),
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
        One bit of a fresh snapshot is flipped where it lies, in the name of an owner. *syd* does not verify checksums. It is wiped,
        and loads it. What will its claim say?
    """,
    options=(
        Option("store", "Nothing: the object store gives out no damaged object.", "It keeps a digest of what was put into it. What was put into it was damaged."),
        Option("wrong", "Current at the latest, with a wrong owner.", "One bit makes another name that is as good as any. Position and sequence are untouched.", happens=True),
        Option("refused", "It refuses: such an owner does not exist.", "It does. And an edge has no list of owners to compare with."),
    ),
    measure=saw.claim_after_flip,
)  # fmt: skip

FLIP = Do(
    id="flip",
    title="Flip one bit",
    prose="""
        *take* a fresh snapshot, then *corrupt* it, then *Wipe view* of *syd*. Open *The latest snapshot*: these are its bytes, the
        checksum that it says it has, and the one that the bytes give now.
    """,
    checks=(Check("The checksum is wrong, and syd serves what the snapshot says", saw.flipped_and_believed),),
    solution=(
        Wait("the others to be current", _others_rest),
        call("take_snapshot"),
        call("corrupt_snapshot"),
        call("wipe_view", edge="syd"),
        Wait("syd to say that it is current", _syd_claims),
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
                call("take_snapshot"),
                call("wipe_view", edge="syd"),
                Wait("syd to be current", _syd_claims),
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
        Each time *syd* said *current* without a doubt. What would have told it was there: the sequence at which the truth stands, the
        predecessor that the next event names, the checksum over the bytes. A snapshot carries all it takes to be checked; somebody
        has to check.
    """,
    show=saw.show_three,
)

# Refused.

PROOF = {"verify_checksum": True, "prove_continuity": True, "ask_high_water_mark": True}


def _refuse(evidence: Evidence) -> Script:
    """All three with the proof on. The latest snapshot may be whole or damaged when this begins: a fresh one is taken."""
    return (
        Wait("the others to be current", _others_rest),
        call("edge_rules", edge="syd", follow_from="the snapshot", **PROOF),
        call("take_snapshot"),
        call("corrupt_snapshot"),
        call("wipe_view", edge="syd"),
        Wait("syd to refuse", _syd_refuses),
        call("take_snapshot"),
        *TRIM,
        call("wipe_view", edge="syd"),
        Wait("syd to refuse", lambda seen: _syd_refuses(seen) and " came after " in seen.edge("syd").reason),
        call("edge_rules", edge="syd", follow_from="new"),
        call("take_snapshot"),
        *_promotion(evidence.now),
        call("wipe_view", edge="syd"),
        Wait("syd to refuse", lambda seen: _syd_refuses(seen) and "nothing is pending" in seen.edge("syd").reason),
    )


REFUSE = Do(
    id="refuse",
    title="Let each be refused",
    prose="""
        Give *syd* what it lacks: verify checksums, demand the continuity proof, ask for the high-water mark. Then do all three to it
        again: the flipped bit, the snapshot that is too old, and, with *read on from new*, the event that falls between. Each
        must be refused, and each for its own reason.
    """,
    checks=(
        Check("The flipped bit is refused by its checksum", saw.flip_refused),
        Check("The snapshot that is too old is refused by the chain", saw.old_refused),
        Check("Reading on from new is refused by the mark, or by the next event", saw.new_refused),
    ),
    solution=_refuse,
    hints=Hints(
        nudge="Three rules, and the same three accidents as before.",
        panel="panel-edge-syd",
        look="*Rules…* of syd; then the sentence under its claim, each time.",
        principle="Three proofs: of the bytes (checksum), of what follows (chain), of how far it goes (mark).",
        verb="syd: verify checksums, continuity proof, high-water mark on. *take*, *corrupt*, wipe. *take*, burst 6, purge keep 2, wipe. "
        "syd: read on from new; *take*, promote *shop*, wipe.",
    ),
    wrong=(
        Wrong(
            "verifying the checksum and nothing else",
            (
                Wait("the others to be current", _others_rest),
                call("edge_rules", edge="syd", verify_checksum=True),
                call("take_snapshot"),
                *TRIM,
                call("wipe_view", edge="syd"),
                Wait("syd to say that it is current", _syd_claims),
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
        Wait("the others to be current", _others_rest),
        call("edge_rules", edge="syd", follow_from="the snapshot", **PROOF),
        call("take_snapshot"),
        *_promotion(evidence.now),
        call("wipe_view", edge="syd"),
        Wait("every edge to be current", reading.at_rest),
    )


FOLLOW = Do(
    id="follow",
    title="Load, then follow",
    prose="""
        Now the right order: let *syd* read on from *the snapshot*, take a fresh one, promote *shop*, and wipe *syd*. The first event
        behind the snapshot must prove that it chains on. Compare the two ids yourself: the snapshot's *event_id*, and what the next
        message *follows*.
    """,
    checks=(
        Check("An event fell between, and is proven to follow the snapshot", saw.chained_on),
        Check("syd is current at the latest, and right", saw.current_and_right),
    ),
    solution=_follow,
    hints=Hints(
        nudge="Keep every proof, and give it nothing to refuse.",
        panel="panel-edge-syd",
        look="The rule of syd for what to read after a snapshot, and the order of *take* and promotion.",
        principle="Verify, load view and position in one transaction, follow from the stream seq + 1, and believe the first event only if it chains on.",
        verb="syd: read on from the snapshot. *take*; promote *shop*; *Wipe view* of *syd*.",
    ),
    wrong=(
        Wrong(
            "the newest snapshot, with nothing falling between",
            (
                Wait("the others to be current", _others_rest),
                call("edge_rules", edge="syd", follow_from="the snapshot"),
                call("take_snapshot"),
                call("wipe_view", edge="syd"),
                Wait("every edge to be current", reading.at_rest),
            ),
            "No event fell between",
        ),
        Wrong(
            "the newest snapshot without any proof",
            (
                Wait("the others to be current", _others_rest),
                call(
                    "edge_rules",
                    edge="syd",
                    follow_from="the snapshot",
                    prove_continuity=False,
                    ask_high_water_mark=False,
                ),
                call("take_snapshot"),
                call("burst", n=1),
                Wait("it to be published", _others_rest),
                call("wipe_view", edge="syd"),
                Wait("every edge to be current", reading.at_rest),
            ),
            "is luck",
        ),
    ),
    keep=saw.keep_cure,
    controls=(*VERBS, "edge_rules", "corrupt_snapshot"),
)


def _refused_word(memory: Memory, index: int) -> str:
    said = memory.get("refused_said", ())
    return str(said[index]) if len(said) > index else "syd failed closed."


QUIZ = Quiz(
    id="quiz",
    title="Three questions",
    prose="All three are about what you have just measured.",
    questions=(
        Question(
            "two-numbers",
            lambda memory: f"Your last snapshot was at event {memory.get('cured_at', 0)} and stood for stream seq {memory.get('cured_seq', 0)}. Why does it carry both?",
            lambda _: (
                Option("same", "To compare them: they must be equal.", "Duplicates, purges and new streams move one and not the other."),
                Option("both", "One says where the truth stands, the other where to read on.", "The sequence is the database's, the stream seq is a place in a store."),
                Option("size", "To know how much is left to load.", "Neither says how much follows."),
            ),
            lambda _: "both",
        ),
        Question(
            "asked",
            lambda memory: f"syd asked for stream seq {memory.get('old_asked', 0)} and was handed {memory.get('old_got', 0)}. What did the server say about the ones between?",
            lambda _: (
                Option("header", "It set a header on the first message.", "The message came as any other."),
                Option("nothing", "Nothing.", "A start below the first message is moved up to it in silence."),
                Option("advisory", "It sent an advisory.", "There is none for this."),
            ),
            lambda _: "nothing",
        ),
        Question(
            "which-proof",
            lambda memory: f"“{_refused_word(memory, 2)}” Why could the checksum not have said that?",
            lambda _: (
                Option("whole", "The snapshot was whole. What was missing was not in it.", "A checksum proves bytes. The mark and the chain prove what comes after them."),
                Option("off", "The checksum was not verified.", "It was, and it was right."),
                Option("weak", "SHA-256 does not cover sequences.", "It covers every byte of the snapshot, its sequence as well."),
            ),
            lambda _: "whole",
        ),
    ),
)  # fmt: skip

DEBRIEF = Debrief(
    prose="""
        A snapshot is a claim about the past: true at one sequence, in these bytes, followed from one stream seq. Loaded without checks
        it makes an edge certain, not right. With the checks it is the one way back after a gap: verify, load view and position in one
        transaction, follow from there, and let the first event prove that it chains on.
    """,
    happened=saw.happened,
    code=(
        Code("trap", "Read on from new", "vango.edge.recovery", "follow_what_is_new"),
        Code("cure", "Read on from where it stands", "vango.edge.recovery", "follow_the_snapshot"),
        Code("cure", "Verify before believing", "vango.core.snapshot", "unseal"),
        Code("cure", "The stream seq first, the truth second", "vango.truth.snapshots", "take"),
    ),
    take_away=(
        "you can say at which sequence your cache is true",
        "a baseline is verified by something that was computed where it was made",
        "what is read after it begins where it ends, and the first event proves it",
        "retention is longer than your snapshots get old",
    ),
)

LAB = Lab(
    id="snapshots",
    slug="snapshots",
    number=7,
    title="Load, then follow",
    question="Can you say at which sequence your cache is true?",
    concept="Snapshot",
    correct_use="Verify a snapshot, load it, follow from its stream seq, and demand that the first event chains on to it.",
    failure_trap="Applying events after an unknown gap, or loading a baseline that nobody verified: certain, and wrong.",
    minutes=10,
    controls=(*VERBS, "edge_rules", "corrupt_snapshot"),
    locked={
        "edge_rules": "syd's rules are given in this step; you change them in others.",
        "corrupt_snapshot": "The flipped bit belongs to a later step.",
    },
    locked_otherwise="Not needed in this step. The sandbox has every control.",
    setup=SETUP,
    steps=(PREDICT_NEW, FROM_NEW, PREDICT_OLD, OLD, PREDICT_FLIP, FLIP, EXPLAIN, REFUSE, FOLLOW, QUIZ),
    debrief=DEBRIEF,
)
