"""Lab 6: a replay brings back owners of the past. Ids forget and numbers pass; only what grows keeps them away."""

from __future__ import annotations

from labs.replay.steps import fence, past
from studylab.lab import Code, Debrief, Lab, Memory, Option, question, quiz
from studylab.lab.scripts import call, opening

SETUP = opening(
    call("stream_limits", duplicate_window_s=0.1),
    call("edge_rules", edge="iad", check_epochs=False, prove_continuity=False, handling_s=0.15),
)

QUIZ = quiz(
    question(
        "guard",
        lambda memory: (
            f"During the replay iad said “{memory.get('walk_claim', 'current')}” and routed to owners of the past. "
            "What "
            "could have told it?"
        ),
        (
            Option("id", "The event ids.",
                   "It keeps the id of each row’s last event. Those that came were earlier ones."),
            Option("mark", "The high-water mark.",
                   "It agreed: iad’s position was where truth was. Positions do not go back; rows did."),
            Option("epoch", "The epochs.", "Each of them was less than that of the row. That is all it takes."),
        ),
        right="epoch",
    ),
    question(
        "twice",
        lambda memory: (
            f"{memory.get('zombie_id', 'The event')} is in the stream at seq "
            f"{' and '.join(map(str, memory.get('zombie_seqs', ())))}. Why did the broker store it again?"
        ),
        (
            Option("bytes", "Its bytes differed.",
                   "They were the same, byte for byte, and the server compares ids only."),
            Option("window", "Its duplicate window was over.",
                   "The server forgets an id after that time, whatever the stream still holds."),
            Option("client", "Another client published it.",
                   "The window is the stream’s: it does not ask who publishes."),
        ),
        right="window",
    ),
    question(
        "late",
        lambda memory: (
            f"iad’s ack came {memory.get('late_s', 0)} s after the delivery, with ack_wait {memory.get('wait_s', 0)} "
            "s. "
            "What kept the second delivery from doing harm?"
        ),
        (
            Option("broker", "The broker, which withdrew it.",
                   "It had been handed out already, and nothing takes it back."),
            Option("edge", "The edge, which recognised the event.",
                   "The guard stands at the view, in the same transaction as the row."),
            Option("order", "It came after the first.", "So did the zombie."),
        ),
        right="edge",
    ),
)  # fmt: skip


def happened(memory: Memory) -> tuple[str, ...]:
    """Tell the lab in the audit's words."""
    seqs = " and ".join(map(str, memory.get("zombie_seqs", ())))
    return (
        (
            f"During the replay iad said “{memory.get('walk_claim', '')}” and did this: "
            f"{'; '.join(memory.get('walk', ()))}."
        ),
        *memory.get("walk_said", ()),
        f"{memory.get('zombie_id', '')} is in the stream at seq {seqs}.",
        *memory.get("zombie_said", ()),
        (
            f"With the epoch check the same replay and the same zombie gave {memory.get('stale', 0)} stale events and "
            "no change."
        ),
    )


DEBRIEF = Debrief(
    prose="""
        A replay is a recording. It brings back every owner that ever was, and an edge that takes each event for news
        lives through all of it while it says “current”. A memory for ids helps until it is full or lost. The epoch
        needs no memory: the database makes it grow, the row holds it, and whatever is less is over. Neither broker
        nor time-out can do this for you.
    """,
    happened=happened,
    code=(
        Code("trap", "Recognise what is still remembered", "vango.core.intake", "remembered"),
        Code("cure", "Refuse owners of the past", "vango.core.judge", "fence"),
        Code("cure", "Where the fence stands", "vango.core.judge", "judge"),
    ),
    take_away=(
        "your events carry something that only grows, assigned where the decision is made",
        "every consumer compares it before it acts, not only before it stores",
        "a replay from the beginning into a live view is harmless; you have tried it",
        "no worker relies on the broker to keep a slow predecessor from finishing its work",
    ),
)

LAB = Lab(
    id="replay",
    slug="replay",
    number=6,
    title="Replay",
    question="What does an edge believe when it reads the past again?",
    concept="Replay",
    correct_use="Replay to catch up, into a view that refuses whatever is older than what it holds.",
    failure_trap=(
        "Replay without an epoch check. Old owners rise again, in order, while the edge says that it is current."
    ),
    minutes=10,
    controls=("promote", "replay", "republish", "edge_rules", "take_snapshot", "load_snapshot"),
    locked={
        "edge_rules": "iad’s rules are given in this step; you change them later in the lab.",
        "load_snapshot": "Repair comes with the cure.",
        "republish": "The zombie belongs to a later step.",
        "stream_limits": "The duplicate window is set to 0.1 s here, so that “after the window” comes soon.",
        "wipe_view": "What iad holds is the evidence here.",
    },
    setup=SETUP,
    steps=(*past.STEPS, *fence.STEPS, QUIZ),
    debrief=DEBRIEF,
)  # fmt: skip
