"""An ack before the event is applied: queued it is never heard, confirmed it loses the event."""

from __future__ import annotations

from labs.acks.checks import common
from labs.acks.checks import too_early as saw
from labs.acks.scripts import DOWN_OWING, crash
from studylab.lab import Check, Do, Explain, Hints, Option, Predict, Wrong
from studylab.lab.scripts import Script, asleep, call, promote, settled

PREDICT_QUEUED = Predict(
    id="predict-queued",
    title="An ack is sent, and the edge crashes: what does the broker know?",
    prose="""
        *iad* acks a message first and applies it second. Like most client libraries, its library queues the ack:
        `ack()` returns at once. You will crash *iad* right after that call, before it applies anything. Then you
        start it again.
    """,
    options=(
        Option("lost", "The event was acked, so it is gone.",
               "A message is acked when the broker hears the ack. This ack was still in the client’s buffer."),
        Option("again", "It comes again, once ack_wait is over.",
               "The ack was lost with the client. The broker’s timer ran out, and it delivered again.", happens=True),
        Option("at-once", "It comes again at once: the broker sees the connection break.",
               "A broken connection causes no redelivery. The broker waits for ack_wait: 0.5 s here, 30 s by default."),
    ),
    measure=saw.what_queued_did,
)  # fmt: skip

CRASH_AFTER_ACK: Script = crash(common.AFTER_ACK, promote("shop", "alloc-b"), DOWN_OWING)

QUEUED = Do(
    id="queued",
    title="Lose an ack",
    prose="""
        While *iad* is down, see its consumer in the stream inspector: Outstanding Acks. Then start it. Watch what
        comes.
    """,
    checks=(
        Check("iad crashed between its ack and its apply", saw.crashed_after_ack, "a crash between ack and apply"),
        Check("The broker never heard that ack", saw.ack_unheard, "what the broker knows of that ack"),
        Check(
            "The event came again after ack_wait, not before, and was applied",
            saw.queued_came_again,
            "what happens to the event",
        ),
    ),
    solution=CRASH_AFTER_ACK,
    hints=Hints(
        nudge="Arm the crash first. The promotion then brings the message at which iad crashes.",
        panel="panel-edge-iad",
        look="The inspector of *iad* has **Crash at…**, and **Start** once it is down.",
        principle="When the call returns, the ack is only queued. Only an answer proves that it arrived.",
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
        Someone “fixes” this: *iad* now waits until the broker has confirmed each ack, and applies after that. The
        same crash will come between the two.
    """,
    options=(
        Option("again", "The event comes again after ack_wait.",
               "ack_wait is for messages without an ack. This one has been acked."),
        Option("lost", "It is lost, and iad says that it is current.",
               "The broker was told that the event is done. iad’s view never got it.", happens=True),
        Option("at-once", "It comes again at once when iad returns.",
               "iad asks for what is pending. This consumer has nothing pending."),
        Option("pending", "The broker shows it as pending until it is applied.",
               "The broker knows nothing about applying. It knows only acks."),
    ),
    measure=saw.what_confirmed_did,
)  # fmt: skip

LOST = Do(
    id="lost",
    title="Lose an event",
    prose="""
        From now on each ack of *iad* is confirmed before it applies. The same crash again. Then look for any sign of
        that event.
    """,
    checks=(
        Check("iad crashed after its ack was confirmed", saw.crashed_after_confirmed, "a crash after a confirmed ack"),
        Check("The broker has nothing left for iad", saw.nothing_owed, "what the broker has left for iad"),
        Check("iad says that it is current, and never applied the event", saw.lost, "what iad says, and what it holds"),
    ),
    solution=(
        call("edge_rules", edge="iad", ack="before apply"),
        settled("iad to be current"),
        *crash(common.AFTER_ACK, promote("shop", "alloc-c")),
    ),
    hints=Hints(
        nudge="Change the rule, then repeat what you did before.",
        panel="panel-edge-iad",
        look="**Rules…**, **Crash at…** and **Start** are in the inspector of *iad*.",
        principle="An ack says “processed”. Sent before processing, it can be made false by a crash.",
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
        No error, no advisory, nothing pending. The broker’s cursor is past the event, so neither a restart nor
        waiting brings it back. Only a comparison with the database finds the loss. The audit makes that comparison.
    """,
    show=saw.show_lost,
)

STEPS = (PREDICT_QUEUED, QUEUED, PREDICT_CONFIRMED, LOST, EXPLAIN_LOST)
