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
            f"The request under {memory.get('operation', 'an operation id')} came twice and was done once, at "
            f"revision {memory.get('operation_revision', 0)}. What recognised it?"
        ),
        (
            Option("database", "The database, by its operation id.",
                   "In the transaction that would have made the change."),
            Option("broker", "The broker, by its message id.",
                   "The repetition published nothing: there was no second event."),
            Option("edge", "The edge, by its event id.", "No edge received anything."),
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
                   "You saw a duplicate, and a moment later a new seq. The last attempt does not count."),
            Option("renewed", "For the window, counted from the last attempt.",
                   "The window does not slide. An early retry does not renew it."),
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
            Option("equal", "Its epoch equalled the epoch of the row.",
                   "It is not older, so it is not stale. Only the event id shows that it is the same event."),
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
        f"One request, repeated: {'; '.join(memory.get('flips', ()))}. The audit found nothing wrong.",
        f"Under operation {memory.get('operation', '')} the database answered the repetition with “done before”.",
        f"{memory.get('twice_id', '')} was stored at seq {twice}.",
        *memory.get("twice_said", ()),
        f"{memory.get('cured_id', '')} was also stored twice, and took effect once.",
    )


DEBRIEF = Debrief(
    prose="""
        Something can happen twice at three places, and each place needs its own identity. The client makes the
        operation id, so a repeated request is one request. The database makes the event id, so a repeated publish is
        one event while the broker remembers. The edge keeps that id with the effect, so a repeated message is one
        effect, permanently.
    """,
    happened=happened,
    code=(
        Code("trap", "An effect for each request", "vango.core.judge", "apply"),
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
        "Use operation ids at the database, event ids at the broker and at every edge, and route epochs against "
        "older events."
    ),
    failure_trap=(
        "Trust one guard for everything: a repeated request becomes a second decision, a repeated message a second "
        "effect."
    ),
    minutes=12,
    controls=("promote", "edge_rules", "crash_relay", "disarm_relay", "start_relay", "stream_limits",
              "republish_altered", "republish_often", "purge", "restart_broker"),
    locked={
        "edge_rules": "iad checks no event ids here. You turn that guard on later.",
        "stream_limits": "This step sets the duplicate window. You change it later in the lab.",
        "crash_relay": "The relay’s accidents come later in this lab.",
        "relay_rules": "The relay always sends message ids here. They are the guard under test.",
    },
    setup=SETUP,
    steps=(*request.STEPS, *publish.STEPS, *message.STEPS, QUIZ),
    story="02:10. A request is retried. Connections are drained twice.",
    debrief=DEBRIEF,
    in_real_time=True,
)  # fmt: skip
