"""Lab 4: durable consumers. A remembered cursor, what deletes it, and why the name alone is no memory."""

from __future__ import annotations

from labs.durable_consumers.checks.common import KEPT
from labs.durable_consumers.scripts import ACK_WAIT_S, FRA, IAD, THRESHOLD_S
from labs.durable_consumers.steps import cursor, name
from studylab.lab import Code, Debrief, Lab, Memory, Option, question, quiz, reading
from studylab.lab.scripts import call, opening

SETUP = opening(
    call("edge_rules", edge=FRA, ask_high_water_mark=False, ack_wait_s=ACK_WAIT_S),
    call(
        "edge_rules",
        edge=IAD,
        durable=False,
        inactive_threshold_s=THRESHOLD_S,
        ask_high_water_mark=False,
        prove_continuity=False,
        on_gap="carry on",
        deduplicate=False,
        check_epochs=False,
        ack_wait_s=ACK_WAIT_S,
    ),
    call("delete_consumer", consumer=IAD),
)

QUIZ = quiz(
    question(
        "gone",
        lambda memory: (
            f"The server deleted {reading.listed(memory.get('gone', ())) or 'the ephemeral consumer'} while *iad* "
            f"was down. What happened to the {memory.get('missed', 3)} messages?"
        ),
        (
            Option("lost", "They were deleted with it.", "A consumer holds no messages. The stream does."),
            Option("stayed", "They stayed in the stream, and no consumer was left to deliver them to iad.",
                   "Stored is not the same as delivered to you."),
            Option("queued", "They waited for the next consumer of iad.",
                   "To the server, the next consumer is unrelated."),
        ),
        right="stayed",
    ),
    question(
        "luck",
        (
            "An ephemeral consumer that begins with *all* would also have delivered the missed events to *iad*. What "
            "is wrong with that?"
        ),
        (
            Option("nothing", "Nothing: it ends with the right owners.",
                   "Only by luck. Every old effect happens again on the way, and the drains show it."),
            Option("twice", "Everything that was applied before is applied again.",
                   (
                       "The owners are right in the end, but connections were drained twice. A longer stream makes "
                       "it worse."
                   )),
            Option("late", "It would be slower by an ack_wait.",
                   "Nothing waits for an ack here. It simply reads everything again."),
        ),
        right="twice",
    ),
    question(
        "saved",
        lambda memory: (
            f"The consumer *fra* was deleted once more, and then *fra* received {memory.get('saved', 4)} messages. "
            "What knew where to begin?"
        ),
        (
            Option("name", "The name of the consumer.", "It had the same name the time before, when nothing came."),
            Option("server", "The server's copy of the cursor.", "It was deleted with the consumer."),
            Option("position", "The position that fra keeps with its rows.",
                   "Written in the same transaction as the rows that it describes."),
        ),
        right="position",
    ),
)  # fmt: skip


def happened(memory: Memory) -> tuple[str, ...]:
    """Tell the lab in the audit's words, with the numbers beside them."""
    return (
        *memory.get("lost_said", ()),
        *memory.get("name_said", ()),
        (
            f"With its consumer deleted once more, {KEPT} received {memory.get('saved', 0)} messages, starting at "
            "its own position."
        ),
    )


DEBRIEF = Debrief(
    prose="""
        A durable consumer is a named cursor that outlives its reader. Use it for any reader that must recover. But it
        is the server's memory of you, not your own. A threshold, a tidy colleague or a recreated stream deletes it.
        Keep your position beside the rows that you applied. When a consumer must be created again, begin there.
    """,
    happened=happened,
    code=(
        Code("trap", "From new", "vango.edge.consumers", "begin_with_new"),
        Code("cure", "After the edge's own position", "vango.edge.consumers", "begin_after"),
        Code("cure", "Rows and position in one transaction", "vango.edge.view", "View.apply"),
    ),
    take_away=(
        "you know what deletes your durables: thresholds, scripts, recreated streams",
        "every worker that must recover reads with a named durable consumer",
        "the position is stored with the data, in one transaction",
        "a consumer that has to be created again begins after that position, and not from new",
    ),
)

LAB = Lab(
    id="durable_consumers",
    slug="durable-consumers",
    number=4,
    title="Durable consumers: whose memory?",
    question="What remembers how far a reader came while the reader is away?",
    concept="Durable consumer",
    correct_use="A named reader with a remembered cursor, for workers and read models that must recover.",
    failure_trap="An ephemeral consumer misses everything while its reader is away, and nothing reports it.",
    minutes=12,
    controls=("edge_rules", "kill_edge", "start_edge", "restart_edge", "burst", "promote", "delete_consumer",
              "take_snapshot", "load_snapshot"),
    locked={
        "edge_rules": "This step sets how the edges read. You choose it later in the lab.",
        "delete_consumer": "Deleting a consumer belongs to a later step of this lab.",
    },
    setup=SETUP,
    steps=(*cursor.STEPS, *name.STEPS, QUIZ),
    story="23:05. A reader restarts after a deploy. What happened meanwhile never reaches it.",
    debrief=DEBRIEF,
    in_real_time=True,
)  # fmt: skip
