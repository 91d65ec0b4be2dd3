"""Lab 1: commit first, publish second. Two wrong write orders fail for real; the outbox survives both accidents."""

from __future__ import annotations

from labs.commit_first.steps import phantom, untold
from studylab.lab import Code, Debrief, Lab, Memory, Option, question, quiz
from studylab.lab.scripts import EDGES, call, opening, rules

SETUP = opening(
    *rules(*EDGES, ask_high_water_mark=False, prove_continuity=False, on_gap="carry on"),
    call("write_order", order="publish first"),
)


def _rows(memory: Memory) -> str:
    return str(memory.get("phantom_rows", 0))


QUIZ = quiz(
    question(
        "rows",
        lambda memory: (
            f"Event {memory.get('phantom_id', 'of the phantom')} was in the stream. How many rows did the history "
            "have for it?"
        ),
        (
            Option("0", "None.", "The transaction was refused, so nothing of it was written."),
            Option("1", "One, marked as refused.", "A refused transaction leaves no row, not even a marked one."),
        ),
        right=_rows,
    ),
    question(
        "who",
        lambda memory: (
            f"Event {memory.get('untold_sequence', 5)} was committed, and then the control plane crashed. What would "
            "have published it?"
        ),
        (
            Option("relay", "Restarting the relay.", "The relay sends rows of the outbox, and there was no row."),
            Option("broker", "The broker, once the control plane came back.", "The broker had never received it."),
            Option("person", "Only a person who noticed, by hand.",
                   "No part of the system knew that an event was due."),
        ),
        right="person",
    ),
    question(
        "why",
        lambda memory: f"Event {memory.get('cured_sequence', 6)} met the same crash and was sent. Why?",
        (
            Option("retry", "The control plane tried again after its restart.",
                   "It remembered nothing of it. It did not need to."),
            Option("row", "Its outbox row was in the same transaction as the fact.",
                   "So the row survived the crash, and the relay published it."),
            Option("first", "It had been published before the crash.",
                   "The crash came before any publish, as it did the first time."),
        ),
        right="row",
    ),
)  # fmt: skip


def happened(memory: Memory) -> tuple[str, ...]:
    """Tell the lab in the audit's words."""
    return (
        *memory.get("phantom_said", ()),
        *memory.get("untold_said", ()),
        (
            f"Event {memory.get('cured_sequence', 0)} met the same crash: its row waited in the outbox, and the relay "
            "sent it."
        ),
    )


DEBRIEF = Debrief(
    prose="""
        Both traps leave a moment between the commit and the publish. *Publish first* can announce a fact that never
        happens. *Commit then publish* can keep a fact silent. The outbox closes that moment: fact and outbox row are
        one transaction. The relay publishes until the broker confirms. The untold event stays in the audit: the cure
        prevents the next one and does not repair the last.
    """,
    happened=happened,
    code=(
        Code("trap", "Publish first", "vango.truth.control_plane", "ControlPlane.publish_first"),
        Code("trap", "Commit, then publish", "vango.truth.control_plane", "ControlPlane.commit_then_publish"),
        Code("cure", "The outbox", "vango.truth.control_plane", "ControlPlane.outbox"),
        Code("cure", "Publish, then mark", "vango.relay.sending", "Sending.publish_then_mark"),
    ),
    take_away=(
        "no code path publishes without a row written in the same transaction as the fact",
        "something tells you when a row has waited too long in the outbox",
        "you can compare a view with the database, and rebuild it from there",
    ),
)

LAB = Lab(
    id="commit_first",
    slug="commit-first",
    number=1,
    title="Commit first, publish second",
    question="What do others believe when the database refuses, or when you crash right after the commit?",
    concept="Database authority",
    correct_use=(
        "Commit the fact and an outbox row in one transaction. A relay publishes the row afterwards, until it is "
        "confirmed."
    ),
    failure_trap=(
        "Publish and commit as two separate acts. One order announces facts that never happened, the other keeps "
        "facts silent."
    ),
    minutes=10,
    controls=("promote", "write_order", "crash_control", "disarm_control", "purge", "delete_message", "take_snapshot",
              "load_snapshot", "republish", "start_relay", "kill_relay"),
    locked={
        "write_order": "This step sets the write order. You choose it later in the lab.",
        "crash_control": "The crash belongs to a later step of this lab.",
    },
    setup=SETUP,
    steps=(*phantom.STEPS, *untold.STEPS, QUIZ),
    story="20:40. Your night on call begins. One edge names an owner that the database refused.",
    debrief=DEBRIEF,
)  # fmt: skip
