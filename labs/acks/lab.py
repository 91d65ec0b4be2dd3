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
            Option("pending", "One message pending.", "Pending is what was not delivered yet. This one was."),
            Option("outstanding", "One outstanding ack.", "Its ack had been confirmed: nothing was outstanding."),
            Option("floor", f"{_floor(memory)}.",
                   f"And iad said: {memory.get('lost_claim', 'current')}. Nothing anywhere showed the loss."),
        ),
        right="floor",
    ),
    question(
        "why",
        lambda memory: (
            f"With ack after apply the event came again {memory.get('again_s', 0)} s after its first delivery. What "
            "brought it?"
        ),
        (
            Option("break", "The broken connection.", "The broker does not redeliver when a client goes away."),
            Option("wait", "ack_wait ran out without an ack.",
                   "And until then the broker kept it as outstanding, whoever was connected."),
            Option("start", "The restart: an edge reads from its position.",
                   "A durable consumer goes on at the broker’s cursor; the position judges what comes."),
        ),
        right="wait",
    ),
    question(
        "gaveup",
        lambda memory: (
            f"Stream seq {memory.get('poison_seq', 0)} was given up after {memory.get('poison_deliveries', 0)} "
            "deliveries. Who would have noticed in a system where nobody reads advisories?"
        ),
        (
            Option("cursor", "Whoever watches the ack floor.",
                   "It moved past the message as if it had been processed."),
            Option("edge", "iad: it counts what it missed.",
                   "iad had read it three times and was never told that there is no fourth."),
            Option("nobody", "Nobody.", "The advisory is the only sign, and it is not stored."),
        ),
        right="nobody",
    ),
)  # fmt: skip


def happened(memory: Memory) -> tuple[str, ...]:
    """Tell the lab in the audit's words."""
    return (
        *memory.get("lost_said", ()),
        (
            "Acked after it was applied, the same crash brought the event back as delivery "
            f"{memory.get('again_count', 2)}, "
            f"{memory.get('again_s', 0)} s later, and it was recognised."
        ),
        (
            f"The broker gave up stream seq {memory.get('poison_seq', 0)} after {memory.get('poison_deliveries', 0)} "
            "deliveries; "
            "one advisory says so."
        ),
        f"Terminated, the next one left its reason with the broker: {memory.get('term_reason', '')}.",
    )


DEBRIEF = Debrief(
    prose="""
        An ack is a promise about the past. Given before the effect is durable it can be broken by any crash, and the
        broker, which trusts it, then hides the loss. Given afterwards it can only come too late, and then the event
        comes again: so the edge must recognise it. Deliveries have no order of their own and no end of their own;
        both need a decision.
    """,
    happened=happened,
    code=(
        Code("trap", "Ack, then apply", "vango.edge.consume", "ack_then_apply"),
        Code("trap", "The ack is only queued", "vango.edge.consume", "queue_ack_then_apply"),
        Code("cure", "Apply, then ack", "vango.edge.consume", "apply_then_ack"),
        Code("cure", "Refuse what can never be read", "vango.edge.consume", "refuse_poison"),
    ),
    take_away=(
        "nothing acks a message before its effect is committed, in your handler or in your library’s defaults",
        "a second delivery of any message does no harm, in any order",
        "somebody hears of max_deliver advisories, or nothing relies on max_deliver",
        "what can never be processed is terminated with a reason that a person will read",
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
        "Ack only after validation and durable local application. Expect every message again, and out of order."
    ),
    failure_trap=(
        "Ack before applying. A crash in between loses the event, and broker, cursor and claim all say that nothing is "
        "missing."
    ),
    minutes=12,
    controls=("promote", "burst", "edge_rules", "crash_edge", "disarm_edge", "stumble_edge", "start_edge",
              "take_snapshot", "load_snapshot", "publish_poison"),
    locked={
        "edge_rules": "iad’s rules are given in this step; you change them later in the lab.",
        "load_snapshot": "Repair comes with the cure.",
        "wipe_view": "What iad holds is the evidence here.",
        "replay": "Replay is the subject of lab 6.",
    },
    setup=SETUP,
    steps=(*too_early.STEPS, *in_time.STEPS, *poison.STEPS, QUIZ),
    debrief=DEBRIEF,
)  # fmt: skip
