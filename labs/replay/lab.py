"""Lab 6: a replay brings back owners of the past. Ids forget and numbers pass; only what grows keeps them away."""

from __future__ import annotations

from labs.replay.steps import fence, past
from studylab.lab import Code, Debrief, Lab, Memory, Option, question, quiz
from studylab.lab.scripts import call, opening

SETUP = opening(
    call("stream_limits", duplicate_window_s=0.1),
    call("edge_rules", edge="iad", check_epochs=False, prove_continuity=False, handling_s=0.5),
)

QUIZ = quiz(
    question(
        "guard",
        lambda memory: (
            f"During the replay iad said “{memory.get('walk_claim', 'current')}” and routed to former owners. What "
            "could have told it?"
        ),
        (
            Option("id", "The event ids.",
                   "It keeps the id of each row’s last event. The replayed events were earlier ones."),
            Option("mark", "The high-water mark.",
                   "The mark agreed with iad’s position. Positions do not go back, but rows did."),
            Option("epoch", "The epochs.", "Each epoch was less than that of the row. That comparison is enough."),
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
                   "They were the same, byte for byte, and the server compares only ids."),
            Option("window", "Its duplicate window was over.",
                   "The server forgets an id after that time, whatever the stream still holds."),
            Option("client", "Another client published it.",
                   "The window belongs to the stream, not to the publisher."),
        ),
        right="window",
    ),
    question(
        "late",
        lambda memory: (
            f"iad’s ack came {memory.get('late_s', 0)} s after the delivery, with ack_wait {memory.get('wait_s', 0)} "
            "s. What kept the second delivery from doing harm?"
        ),
        (
            Option("broker", "The broker, which withdrew it.",
                   "It had been delivered already, and nothing takes it back."),
            Option("edge", "The edge, which recognised the event.",
                   "The guard is at the view, in the same transaction as the row."),
            Option("order", "It came after the first.", "So did the event from the revived relay."),
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
            f"With the epoch check, the same replay and the same old event gave {memory.get('stale', 0)} stale "
            "events and no change."
        ),
    )


DEBRIEF = Debrief(
    prose="""
        A replay is a recording. It brings back every former owner. An edge that takes each event as new follows all
        of them, and says “current” throughout. A memory for ids helps until it is full or lost. The epoch needs no
        memory. The database increases it, the row holds it, and any event with less is stale. Neither the broker nor
        a time-out can do this for you.
    """,
    happened=happened,
    code=(
        Code("trap", "Recognise what is still remembered", "vango.core.intake", "remembered"),
        Code("cure", "Refuse former owners", "vango.core.judge", "fence"),
        Code("cure", "Where the fence stands", "vango.core.judge", "judge"),
    ),
    take_away=(
        "your events carry a number that only grows, assigned where the decision is made",
        "every consumer compares it before it acts, not only before it stores",
        "a replay from the beginning into a live view is harmless, and you have tested it",
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
    correct_use="Replay to catch up, into a view that refuses events older than what it holds.",
    failure_trap=(
        "Replay without an epoch check. Former owners come back, in order, while the edge says that it is current."
    ),
    minutes=10,
    controls=("promote", "replay", "republish", "edge_rules", "take_snapshot", "load_snapshot"),
    locked={
        "edge_rules": "This step sets iad’s rules. You change them later in the lab.",
        "load_snapshot": "You repair iad in the cure.",
        "republish": "The old event belongs to a later step.",
        "stream_limits": "The duplicate window is set to 0.1 s here, so that you need not wait for it.",
        "wipe_view": "What iad holds is the evidence here.",
    },
    setup=SETUP,
    steps=(*past.STEPS, *fence.STEPS, QUIZ),
    story="00:40. A colleague replays the stream to help. A former owner is back.",
    debrief=DEBRIEF,
    in_real_time=True,
)  # fmt: skip
