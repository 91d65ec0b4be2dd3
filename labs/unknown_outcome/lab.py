"""Lab 9: an unknown outcome. A time-out says nothing. Giving up and a new id are wrong, the same id is harmless."""

from __future__ import annotations

from labs.unknown_outcome.scripts import BROKER, REPAIR, WAIT_S
from labs.unknown_outcome.steps import no_answer, same_id
from studylab.lab import Code, Debrief, Lab, Memory, Option, question, quiz
from studylab.lab.scripts import Script, call, settled

SETUP: Script = (
    settled("the first events to reach every edge"),
    call("relay_rules", on_no_answer="give up", ack_timeout_s=WAIT_S),
)


def _kept(memory: Memory, name: str, otherwise: str) -> str:
    return str(memory.get(name) or otherwise)


QUIZ = quiz(
    question(
        "silence",
        lambda memory: (
            f"{_kept(memory, 'stored_id', 'One event')} was stored and {_kept(memory, 'lost_id', 'another')} was "
            "not. What did the relay hear in each case?"
        ),
        (
            Option("same", "The same: nothing.", "So no conclusion from the silence can be right for both."),
            Option("error", "Nothing for the stored one, an error for the lost one.",
                   "A killed broker sends no errors, and a frozen broker had sent none either."),
            Option("late", "A late PubAck for the stored one, which it used.",
                   "It had given up and forgotten the row. A late answer changed nothing."),
        ),
        right="same",
    ),
    question(
        "window",
        lambda memory: (
            f"{_kept(memory, 'again_id', 'One event')} was stored {memory.get('again_count', 2)} times, well inside "
            "the duplicate window of two minutes. Why?"
        ),
        (
            Option("ids", "Each attempt had a message id of its own.",
                   "The window compares ids. No two were the same."),
            Option("window", "The window was too short.", "All attempts came within seconds."),
            Option("frozen", "A frozen broker does not check for duplicates.",
                   "After the thaw it checked each of them. It knew none of their ids."),
        ),
        right="ids",
    ),
    question(
        "order",
        lambda memory: (
            f"{memory.get('outage_rows', 12)} rows waited while the broker was down. What put them into the stream "
            "in the right order?"
        ),
        (
            Option("times", "The time stamps of the events.",
                   "Nothing sorts a stream. It keeps the order in which messages were stored."),
            Option("outbox", "The outbox: rows in the order of the commits, sent by one relay.",
                   "And no row is marked before the one ahead of it."),
            Option("edges", "The edges, when they applied them.",
                   "They would have failed closed on a broken chain. They do not sort."),
        ),
        right="outbox",
    ),
)  # fmt: skip


def happened(memory: Memory) -> tuple[str, ...]:
    """Tell the lab in the audit's words."""
    said = [*memory.get("untold_said", ())[:1], *memory.get("again_said", ())[:1], *memory.get("cured_said", ())]
    return tuple(filter(None, [*said, memory.get("outage_said", "")]))


DEBRIEF = Debrief(
    prose="""
        A time-out has three meanings (stored, not stored, not yet), and no waiting reduces them to one. So do not ask
        *was it stored?* Ask *what if I do it again?* With an id that the database assigned, a second publish is
        harmless. Inside its window the broker says duplicate. After the window the edges recognise the event.
        Meanwhile the outbox keeps the order.
    """,
    happened=happened,
    code=(
        Code("trap", "Give up", "vango.relay.unanswered", "Unanswered.give_up"),
        Code("trap", "Retry under a new id", "vango.relay.unanswered", "Unanswered.retry_under_a_new_id"),
        Code("cure", "Retry under the same id", "vango.relay.unanswered", "Unanswered.retry_under_the_same_id"),
        Code("cure", "Publish, then mark", "vango.relay.sending", "Sending.publish_then_mark"),
        Code("cure", "What an answer proves", "vango.relay.proof", "prove"),
    ),
    take_away=(
        "you know which of your retries change the id, down to the client library",
        "no code path treats a time-out as a refusal",
        "everything that is retried was written down before the first attempt",
        "a metric shows how many rows wait, and how long the oldest has waited",
    ),
)

LAB = Lab(
    id="unknown_outcome",
    slug="unknown-outcome",
    number=9,
    title="When no answer comes",
    question="A publish timed out. Was it stored, and what may you do about it?",
    concept="Commit first, publish second",
    correct_use=(
        "Keep the row until the broker confirms it, and publish again under the same id. The second publish is then "
        "a duplicate."
    ),
    failure_trap="Reading a time-out as an answer: giving up loses facts, and a retry under a new id doubles them.",
    minutes=10,
    controls=("promote", "burst", "relay_rules", "edge_rules", *BROKER, *REPAIR),
    locked={
        "relay_rules": "This step sets the relay's rule. You choose it later in the lab.",
        "edge_rules": "The edges keep their rules in this step.",
    },
    setup=SETUP,
    steps=(*no_answer.STEPS, *same_id.STEPS, QUIZ),
    story="03:00. A publish times out. The pager asks: did it happen?",
    debrief=DEBRIEF,
    in_real_time=True,
)  # fmt: skip
