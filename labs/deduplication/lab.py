"""Lab 8: three things can happen twice, and each has a guard of its own: operation id, message id, event id."""

from __future__ import annotations

from labs.deduplication.checks.common import joined
from labs.deduplication.steps import message, publish, request
from studylab.lab import Code, Debrief, Lab, Memory, Option, question, quiz, reading
from studylab.lab.scripts import call, opening

SETUP = opening(
    call("edge_rules", edge="iad", deduplicate=False),
)


def _seqs(memory: Memory) -> str:
    return reading.listed([str(seq) for seq in memory.get("twice_seqs", ())])


QUIZ = quiz(
    question(
        "request",
        lambda memory: (
            f"The request under {memory.get('operation', 'an operation id')} came twice and was done once, at revision "
            f"{memory.get('operation_revision', 0)}. Who recognised it?"
        ),
        (
            Option("database", "The database, by its operation id.",
                   "In the transaction that would have made the change."),
            Option("broker", "The broker, by its message id.",
                   "Nothing was published for the repetition: there was no second event."),
            Option("edge", "The edge, by its event id.", "No edge heard of it at all."),
        ),
        right="database",
    ),
    question(
        "publish",
        lambda memory: (
            f"{memory.get('window_id', 'The event')} was published twice and stored once. How long would that have "
            "worked?"
        ),
        (
            Option("stored", "As long as the stream holds the message.",
                   "The first copy was still there when the second was stored, after the window."),
            Option("window", "For the duplicate window, from the first store.",
                   "Not from the last attempt: you saw duplicate, and a moment later a new seq."),
            Option("renewed", "For the window since the last attempt.",
                   "It does not slide. An eager retry renews nothing."),
        ),
        right="window",
    ),
    question(
        "message",
        lambda memory: (
            f"{memory.get('twice_id', 'The event')} was stored at seq {_seqs(memory)}. Why did iad’s epoch check let "
            "the second copy through?"
        ),
        (
            Option("off", "It was switched off.", "It was on all the time."),
            Option("equal", "Its epoch was the one that the row already had.",
                   "Not older, so not stale. Only its id says “this very notice”."),
            Option("newer", "Its epoch was newer.", "It was the same event, byte for byte."),
        ),
        right="equal",
    ),
    title="Which guard stops which?",
)  # fmt: skip


def happened(memory: Memory) -> tuple[str, ...]:
    """Tell the lab in the audit's words."""
    twice = joined(memory.get("twice_seqs", ()))
    return (
        f"One request, repeated: {'; '.join(memory.get('flips', ()))}. The audit had nothing to say.",
        f"Under operation {memory.get('operation', '')} the repetition was answered “done before”.",
        f"{memory.get('twice_id', '')} was stored at seq {twice}.",
        *memory.get("twice_said", ()),
        f"{memory.get('cured_id', '')} was stored twice as well, and took effect once.",
    )


DEBRIEF = Debrief(
    prose="""
        Something can happen twice at three places, and each needs its own identity. Whoever asks makes the operation
        id, so that a repeated request is one request. The database makes the event id, so that a repeated publish is
        one event, for as long as the broker remembers. The edge keeps that id with the effect, so that a repeated
        message is one effect, for good.
    """,
    happened=happened,
    code=(
        Code("trap", "An effect each time it is asked for", "vango.core.judge", "apply"),
        Code("cure", "The request, recognised at the database", "vango.truth.store", "_already_done"),
        Code("cure", "The publish, recognisable to the broker", "vango.relay.envelope", "Envelopes.outgoing"),
        Code("cure", "The message, recognised at the edge", "vango.core.judge", "judge"),
    ),
    take_away=(
        "every request that changes something carries an id that is made before the first attempt",
        (
            "a retry of a publish uses the id of the first attempt, and the window is longer than your relay’s usual "
            "outage"
        ),
        "for each handler you can say what makes the second time harmless, without the broker’s help",
        "an id is never used for two different payloads",
    ),
)

LAB = Lab(
    id="deduplication",
    slug="deduplication",
    number=8,
    title="Deduplication",
    question="What makes the second time harmless?",
    concept="Deduplication",
    correct_use=(
        "Use operation ids at the database, event ids at the broker and at every edge, and route epochs against what "
        "is "
        "old."
    ),
    failure_trap=(
        "Trust one guard for all: a repeated request becomes a second decision, a repeated message a second effect."
    ),
    minutes=12,
    controls=("promote", "edge_rules", "crash_relay", "disarm_relay", "start_relay", "stream_limits",
              "republish_altered", "republish_often", "purge", "restart_broker"),
    locked={
        "edge_rules": "iad checks no event ids here; you give it its guard later.",
        "stream_limits": "The duplicate window is given in this step; you change it later in the lab.",
        "crash_relay": "The relay’s accidents come later in this lab.",
        "relay_rules": "The relay always sends message ids here: that is the guard under test.",
    },
    setup=SETUP,
    steps=(*request.STEPS, *publish.STEPS, *message.STEPS, QUIZ),
    debrief=DEBRIEF,
)  # fmt: skip
