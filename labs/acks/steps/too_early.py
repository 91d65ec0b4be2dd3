"""An ack before the event is applied: queued it is never heard, confirmed it loses the event."""

from __future__ import annotations

from labs.acks.checks import common
from labs.acks.checks import too_early as saw
from labs.acks.scripts import DOWN_OWING, crash
from studylab.lab import Check, Do, Explain, Hints, Option, Predict, Wrong
from studylab.lab.scripts import Script, asleep, call, promote, settled

PREDICT_QUEUED = Predict(
    id="predict-queued",
    title="An ack is sent, and the edge dies: what does the broker know?",
    prose="""
        *iad* acks a message first and applies it second. Its client library queues the ack, as most do: `ack()`
        returns at once. You will crash *iad* right after that call, before it has applied anything, and start it
        again.
    """,
    options=(
        Option("lost", "The event was acked, so it is gone.",
               "Acked is what the broker has heard. This ack was still in the client’s buffer."),
        Option("again", "It comes again, once ack_wait is over.",
               "The ack died with the client, so the broker’s timer ran out and it delivered again.", happens=True),
        Option("at-once", "It comes again at once: the broker sees the connection break.",
               "A broken connection redelivers nothing. The broker waits for ack_wait: 0.5 s here, 30 s by default."),
    ),
    measure=saw.what_queued_did,
)  # fmt: skip

CRASH_AFTER_ACK: Script = crash(common.AFTER_ACK, promote("shop", "alloc-b"), DOWN_OWING)

QUEUED = Do(
    id="queued",
    title="Lose an ack",
    prose="""
        On *iad*, choose **Crash at…** and *after ack, before apply*. Promote *shop* to *alloc-b*. Look at the consumer
        *iad* in the stream card while *iad* is down: Outstanding Acks. Then start *iad*.
    """,
    checks=(
        Check("iad crashed between its ack and its apply", saw.crashed_after_ack),
        Check("The broker never heard that ack", saw.ack_unheard),
        Check("The event came again after ack_wait, not before, and was applied", saw.queued_came_again),
    ),
    solution=CRASH_AFTER_ACK,
    hints=Hints(
        nudge="Arm the crash first; the promotion then brings the message that it crashes at.",
        panel="panel-edge-iad",
        look="The card of *iad* has **Crash at…**, and **Start** once it is down.",
        principle="A call that returns has queued something. Only an answer says that it arrived.",
        verb="*iad*: **Crash at…**, *after ack, before apply*. Promote *shop* to *alloc-b*. **Start** iad.",
    ),
    wrong=(
        Wrong(
            "the same promotion without a crash",
            (promote("shop", "alloc-b"), settled("every edge to serve it")),
            "has not crashed",
        ),
        Wrong(
            "killing iad instead",
            (
                *asleep("iad", promote("shop", "alloc-b")),
                settled("every edge to serve it"),
            ),
            "has not crashed",
        ),
    ),
    controls=("promote", "crash_edge", "disarm_edge", "start_edge"),
)

PREDICT_CONFIRMED = Predict(
    id="predict-confirmed",
    title="The same crash, after a confirmed ack",
    prose="""
        Somebody “fixes” this: *iad* now waits until the broker has confirmed each ack, and applies after that. The same
        crash will come between the two.
    """,
    options=(
        Option("again", "The event comes again after ack_wait.",
               "ack_wait is for messages without an ack. This one has its ack."),
        Option("lost", "It is lost, and iad says that it is current.",
               "The broker was told that it is done; iad’s view was never told anything.", happens=True),
        Option("at-once", "It comes again at once when iad returns.",
               "iad asks for what is pending. For this consumer nothing is."),
        Option("pending", "The broker shows it as pending until it is applied.",
               "The broker knows nothing of applying. It knows acks."),
    ),
    measure=saw.what_confirmed_did,
)  # fmt: skip

LOST = Do(
    id="lost",
    title="Lose an event",
    prose="""
        In *iad*’s **Rules…** set ack to *before apply*: it is confirmed from now on. Arm the same crash, promote
        *shop* to *alloc-c*, start *iad*, and look for any sign of the event that is missing.
    """,
    checks=(
        Check("iad crashed after its ack was confirmed", saw.crashed_after_confirmed),
        Check("The broker has nothing left for iad", saw.nothing_owed),
        Check("iad says that it is current, and never applied the event", saw.lost),
    ),
    solution=(
        call("edge_rules", edge="iad", ack="before apply"),
        settled("iad to be current"),
        *crash(common.AFTER_ACK, promote("shop", "alloc-c")),
    ),
    hints=Hints(
        nudge="Change the rule, then do again what you did before.",
        panel="panel-edge-iad",
        look="**Rules…**, **Crash at…** and **Start** are on the card of *iad*.",
        principle="An ack says “processed”. Said before processing, it is a promise that a crash breaks.",
        verb=(
            "*iad*: **Rules…**, ack *before apply*; **Crash at…**, *after ack, before apply*. Promote *shop* to "
            "*alloc-c*. **Start** iad."
        ),
    ),
    wrong=(
        Wrong(
            "the same crash with the ack only queued",
            (
                *crash(common.AFTER_ACK, promote("shop", "alloc-c"), DOWN_OWING),
                settled("iad to have it after all"),
            ),
            "queued and not confirmed",
        ),
    ),
    keep=saw.keep_lost,
    controls=("promote", "edge_rules", "crash_edge", "disarm_edge", "start_edge"),
)

EXPLAIN_LOST = Explain(
    id="explain-lost",
    title="A loss that nothing shows",
    prose="""
        No error, no advisory, nothing pending. The broker’s cursor is past the event, so no restart and no patience
        brings it. Only a comparison with the database finds it, which is what the audit does.
    """,
    show=saw.show_lost,
)

STEPS = (PREDICT_QUEUED, QUEUED, PREDICT_CONFIRMED, LOST, EXPLAIN_LOST)
