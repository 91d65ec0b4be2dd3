"""Lab 7: snapshots. Three ways to be confidently wrong with one, and the order that proves what follows it."""

from __future__ import annotations

from labs.snapshots.scripts import VERBS
from labs.snapshots.steps import cure, traps
from studylab.lab import Code, Debrief, Lab, Memory, Option, question, quiz
from studylab.lab.scripts import Script, call, settled

SETUP: Script = (
    settled("the first events to reach every edge"),
    call(
        "edge_rules",
        edge="syd",
        prove_continuity=False,
        verify_checksum=False,
        ask_high_water_mark=False,
        follow_from="new",
        on_gap="stay closed",
    ),
    settled("every edge to be current again"),
    call("burst", n=6),
    settled("every edge to have it"),
    call("purge", keep=2),
)


def _refused_word(memory: Memory, index: int) -> str:
    said = memory.get("refused_said", ())
    return str(said[index]) if len(said) > index else "syd failed closed."


QUIZ = quiz(
    question(
        "two-numbers",
        lambda memory: (
            f"Your last snapshot was at event {memory.get('cured_at', 0)} and stood for stream seq "
            f"{memory.get('cured_seq', 0)}. Why does it carry both?"
        ),
        (
            Option("same", "To compare them: they must be equal.",
                   "Duplicates, purges and new streams move one number and not the other."),
            Option("both", "One says where the truth is, the other where to read on.",
                   "The sequence is the database's. The stream seq is a place in a store."),
            Option("size", "To know how much is left to load.", "Neither says how much follows."),
        ),
        right="both",
    ),
    question(
        "asked",
        lambda memory: (
            f"syd asked for stream seq {memory.get('old_asked', 0)} and received {memory.get('old_got', 0)}. What "
            "did the server say about those in between?"
        ),
        (
            Option("header", "It set a header on the first message.", "The message came like any other."),
            Option("nothing", "Nothing.", "The server moves a start below the first message up to it, silently."),
            Option("advisory", "It sent an advisory.", "The server has no such advisory."),
        ),
        right="nothing",
    ),
    question(
        "which-proof",
        lambda memory: f"“{_refused_word(memory, 2)}” Why could the checksum not have said that?",
        (
            Option("whole", "The snapshot was intact. What was missing came after it.",
                   "A checksum proves bytes. The mark and the chain prove what comes after them."),
            Option("off", "The checksum was not verified.", "It was verified, and it was right."),
            Option("weak", "SHA-256 does not cover sequences.",
                   "It covers every byte of the snapshot, including its sequence."),
        ),
        right="whole",
    ),
)  # fmt: skip


def happened(memory: Memory) -> tuple[str, ...]:
    """Tell the lab in the audit's words."""
    said = [memory.get(f"{name}_said", "") for name in ("new", "old", "flip")]
    return tuple(filter(None, [*said, *memory.get("refused_said", ()), memory.get("cured_said", "")]))


DEBRIEF = Debrief(
    prose="""
        A snapshot is a claim about the past: true at one sequence, in these bytes, followed from one stream seq. If
        an edge loads it without checks, it is certain but not always right. With the checks, it is the way back after
        a gap. Verify it, load view and position in one transaction, and follow from there. The first event must prove
        that it follows.
    """,
    happened=happened,
    code=(
        Code("trap", "Read on from new", "vango.edge.recovery", "follow_what_is_new"),
        Code("cure", "Read on from the snapshot", "vango.edge.recovery", "follow_the_snapshot"),
        Code("cure", "Verify before believing", "vango.core.snapshot", "unseal"),
        Code("cure", "The stream seq first, the truth second", "vango.truth.snapshots", "take"),
    ),
    take_away=(
        "you can say at which sequence your cache is true",
        "a baseline is verified against something that was computed where it was made",
        "reading continues where the baseline ends, and the first event proves it",
        "retention is longer than the age of your oldest snapshot",
    ),
)

LAB = Lab(
    id="snapshots",
    slug="snapshots",
    number=7,
    title="Load, then follow",
    question="Can you say at which sequence your cache is true?",
    concept="Snapshot",
    correct_use=(
        "Verify a snapshot, load it, follow from its stream seq, and demand that the first event follows it."
    ),
    failure_trap=(
        "Applying events after an unknown gap, or loading a baseline that nobody verified: certain, and wrong."
    ),
    minutes=10,
    controls=(*VERBS, "edge_rules", "corrupt_snapshot"),
    locked={
        "edge_rules": "This step sets syd's rules. You change them in others.",
        "corrupt_snapshot": "The flipped bit belongs to a later step.",
    },
    setup=SETUP,
    steps=(*traps.STEPS, *cure.STEPS, QUIZ),
    story="01:30. A new edge needs a snapshot. Nobody knows of which moment the last one is.",
    debrief=DEBRIEF,
)  # fmt: skip
