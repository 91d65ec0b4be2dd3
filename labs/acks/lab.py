"""Lab 5: the ack is a promise about the past. Given too early it loses an event where nobody can see it."""

from __future__ import annotations

from labs.acks.steps import in_time, poison, too_early
from studylab.lab import Code, Debrief, Lab, Memory, Option, question, quiz
from studylab.lab.scripts import call, opening

SETUP = opening(
    call(
        "edge_rules",
        edge="iad",
        ack="before apply, unconfirmed",
        ask_high_water_mark=False,
        prove_continuity=False,
        ack_wait_s=0.5,
    ),
)


def _floor(memory: Memory) -> str:
    return f"Ack Floor {memory.get('lost_floor', 0)}, nothing pending"


QUIZ = quiz(
    question(
        "shown",
        lambda memory: (
            f"Stream seq {memory.get('lost_seq', 0)} was acked and never applied. What did the broker show for iad "
            "then?"
        ),
        lambda memory: (
            Option("pending", "One message pending.",
                   "Pending means not delivered yet. This message had been delivered."),
            Option("outstanding", "One outstanding ack.",
                   "The broker had confirmed the ack, so nothing was outstanding."),
            Option("floor", f"{_floor(memory)}.",
                   f"And iad said: {memory.get('lost_claim', 'current')}. Nothing showed the loss."),
        ),
        right="floor",
    ),
    question(
        "why",
        lambda memory: (
            f"With ack after apply, the event came again {memory.get('again_s', 0)} s after its first delivery. Why "
            "did the broker deliver it again?"
        ),
        (
            Option("break", "The connection broke.", "The broker does not redeliver when a client disconnects."),
            Option("wait", "ack_wait ran out without an ack.",
                   "Until then the broker counted it as outstanding, connected client or not."),
            Option("start", "iad restarted, and an edge reads from its own position.",
                   "A durable consumer continues at the broker’s cursor. The position only judges what arrives."),
        ),
        right="wait",
    ),
    question(
        "gaveup",
        lambda memory: (
            f"The broker gave up stream seq {memory.get('poison_seq', 0)} after {memory.get('poison_deliveries', 0)} "
            "deliveries. In a system where nobody reads advisories, who would have noticed?"
        ),
        (
            Option("cursor", "Anyone who watches the ack floor.",
                   "It moved past the message as if the message had been processed."),
            Option("edge", "iad: it counts what it missed.",
                   "iad read it three times. Nothing told it that there would be no fourth delivery."),
            Option("nobody", "Nobody.", "The advisory is the only sign, and no stream stores it."),
        ),
        right="nobody",
    ),
)  # fmt: skip


def happened(memory: Memory) -> tuple[str, ...]:
    """Tell the lab in the audit's words."""
    return (
        *memory.get("lost_said", ()),
        (
            "With ack after apply, the same crash brought the event back as delivery "
            f"{memory.get('again_count', 2)}, {memory.get('again_s', 0)} s later. iad recognised it."
        ),
        (
            f"The broker gave up stream seq {memory.get('poison_seq', 0)} after {memory.get('poison_deliveries', 0)} "
            "deliveries. One advisory says so."
        ),
        f"iad terminated the next one and gave the broker a reason: {memory.get('term_reason', '')}.",
    )


DEBRIEF = Debrief(
    prose="""
        An ack says that the work is done. If it is sent before the effect is durable, a crash can make it false. The
        broker trusts it and hides the loss. If it is sent afterwards, it can only be late. Then the event comes
        again, so the edge must recognise it. Redelivery has no order and no end of its own. You must decide on both.
    """,
    happened=happened,
    code=(
        Code("trap", "Ack, then apply", "vango.edge.consume", "ack_then_apply"),
        Code("trap", "The ack is only queued", "vango.edge.consume", "queue_ack_then_apply"),
        Code("cure", "Apply, then ack", "vango.edge.consume", "apply_then_ack"),
        Code("cure", "Refuse what can never be read", "vango.edge.consume", "refuse_poison"),
    ),
    take_away=(
        "nothing acks a message before its effect is committed, neither your handler nor your library’s defaults",
        "a second delivery of any message does no harm, in any order",
        "either someone reads max_deliver advisories, or nothing relies on max_deliver",
        "a message that can never be processed is terminated with a reason that a person will read",
    ),
)

LAB = Lab(
    id="acks",
    slug="acks",
    number=5,
    title="Acks",
    question="When may an edge say that it is done with a message?",
    concept="Ack",
    correct_use=(
        "Ack only after the event is validated and applied durably. Expect every message again, in any order."
    ),
    failure_trap=(
        "Ack before applying. A crash in between loses the event, while broker, cursor and claim all say that "
        "nothing is missing."
    ),
    minutes=12,
    controls=("promote", "burst", "edge_rules", "crash_edge", "disarm_edge", "stumble_edge", "start_edge",
              "take_snapshot", "load_snapshot", "publish_poison"),
    locked={
        "edge_rules": "This step sets iad’s rules. You change them later in the lab.",
        "load_snapshot": "You repair iad in the cure.",
        "wipe_view": "What iad holds is the evidence here.",
        "replay": "Replay is the subject of lab 6.",
    },
    setup=SETUP,
    steps=(*too_early.STEPS, *in_time.STEPS, *poison.STEPS, QUIZ),
    story="23:50. Every event is acknowledged. One edge still sends visitors to the old owner.",
    debrief=DEBRIEF,
    in_real_time=True,
)  # fmt: skip
