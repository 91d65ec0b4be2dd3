"""An ack after the event is applied: it comes again, and late."""

from __future__ import annotations

from labs.acks.checks import common
from labs.acks.checks import in_time as saw
from labs.acks.scripts import crash
from studylab.lab import Check, Do, Hints, Option, Predict, Wrong, reading
from studylab.lab.scripts import Script, Wait, call, claims, load_fresh_snapshot, promote, settled

PREDICT_SECOND = Predict(
    id="predict-second",
    title="Apply first, then ack, and crash in between",
    prose="""
        Now the other order. *iad* applies the event, commits its view, and crashes before it can ack. The broker will
        deliver the event once more. What does *iad* do with it?
    """,
    options=(
        Option("twice", "It applies the event twice and drains the old owner twice.",
               "It would, if its view did not keep the event’s id. That id was committed with the row."),
        Option("known", "It recognises the event and acks it.",
               "The row in its view names the event that made it. The second delivery has no effect.", happens=True),
        Option("never", "It never sees it: the broker knows that it was applied.",
               "The broker knows only acks, and no ack came."),
    ),
    measure=saw.what_second_did,
)  # fmt: skip

CRASH_AFTER_APPLY: Script = crash(common.AFTER_APPLY, promote("blog", "alloc-b"))

CURE = Do(
    id="cure",
    title="Crash between apply and ack",
    prose="""
        Repair *iad* from the database. Then let it apply first and ack afterwards, with a crash in between. Watch the
        delivery count in the journal.
    """,
    checks=(
        Check("iad crashed between apply and ack", saw.crashed_after_apply, "a crash between apply and ack"),
        Check(
            "The event came again after ack_wait, not before, and was recognised",
            saw.absorbed,
            "what comes after ack_wait, and what iad does",
        ),
        Check("Nothing is missing at iad", saw.nothing_missing, "iad beside the database"),
    ),
    solution=(
        *load_fresh_snapshot("iad"),
        call("edge_rules", edge="iad", ack="after apply"),
        settled("iad to be current"),
        *CRASH_AFTER_APPLY,
    ),
    hints=Hints(
        nudge="Three things: repair, order, crash.",
        panel="panel-edge-iad",
        look="Take a snapshot in the stream inspector; load it in that of *iad*. The order is in its **Rules…**.",
        principle=(
            "Ack only what is durably applied. Then a crash can cause a second delivery, but never lose an event."
        ),
        verb=(
            "**take** a snapshot, **Load snapshot** on *iad*, ack *after apply*, crash *after apply, before ack*, "
            "promote *blog* to *alloc-b*, **Start** iad."
        ),
    ),
    wrong=(
        Wrong(
            "a shorter ack_wait",
            (
                call("edge_rules", edge="iad", ack_wait_s=0.1),
                claims("iad", "iad to read again"),
                *crash(common.AFTER_ACK, promote("blog", "alloc-b")),
                claims("iad", "iad to say that it is current"),
            ),
            "However short ack_wait is",
        ),
        Wrong(
            "switching acks off",
            (
                call("edge_rules", edge="iad", ack="never"),
                claims("iad", "iad to read again"),
                *crash("after receive", promote("blog", "alloc-b")),
                claims("iad", "iad to say that it is current"),
            ),
            "The broker counts it as done",
        ),
        Wrong(
            "switching acks off, and a crash that does no harm",
            (
                *load_fresh_snapshot("iad"),
                call("edge_rules", edge="iad", ack="never"),
                settled("iad to read again"),
                *CRASH_AFTER_APPLY,
                settled("every edge to agree"),
            ),
            "iad never acks",
        ),
    ),
    keep=saw.keep_cure,
    controls=("promote", "edge_rules", "crash_edge", "disarm_edge", "start_edge", "take_snapshot", "load_snapshot"),
)

ORDER = Do(
    id="order",
    title="Redelivery comes late",
    prose="""
        *iad* leaves one message unacked and continues. Then four changes are committed. The first and the last are of
        *shop*. The first will come back after the last.
    """,
    checks=(
        Check("An event came back after a later one of the same route was applied", saw.came_back_late),
        Check("Its epoch gave it away, and it changed nothing", saw.order_did_no_harm),
    ),
    solution=(call("stumble_edge", edge="iad"), call("burst", n=4)),
    hints=Hints(
        nudge="Arm the failure first; the burst brings the messages.",
        panel="panel-edge-iad",
        look="**Fail at one** is in the inspector of *iad*, **Burst…** in *Database truth*.",
        principle=(
            "One failed handler is enough to meet an old event. You need no replay. Something in the event must grow."
        ),
        verb="*iad*: **Fail at one**. Then **Burst…** with 4.",
    ),
    wrong=(
        Wrong(
            "a single change, with nothing after it",
            (
                call("stumble_edge", edge="iad"),
                promote("shop", "alloc-a"),
                Wait("it to come again", lambda seen: reading.all_agree(seen) and not seen.edge("iad").stumbles),
            ),
            "no later event of its route",
        ),
    ),
    controls=("promote", "burst", "stumble_edge"),
)

STEPS = (PREDICT_SECOND, CURE, ORDER)
