"""An outage longer than the stream's memory, and limits that fit it."""

from __future__ import annotations

from labs.streams import moves
from labs.streams.checks import common
from labs.streams.checks import outage as saw
from labs.streams.scripts import BACK, PART, changes, keeping_up
from studylab.lab import Check, Do, Explain, Hints, Option, Predict, Wrong
from studylab.lab.scripts import Script, Wait, asleep, call, promote

PREDICT_RETURN = Predict(
    id="predict-return",
    title="Back from an outage: what does the server say?",
    prose="""
        This stream keeps 5 messages. *syd* is about to be down during 12 changes of owner. It has a durable consumer,
        so the server remembers how far it has read. What does the server tell it when it comes back?
    """,
    options=(
        Option("error", "An error: the message after its cursor is gone.",
               "A cursor is a number. The server continues with the first message that it still has."),
        Option("rest", "Nothing in particular: it receives the last 5.",
               "Consumer numbers continue without a hole. There is no error and no advisory.", happens=True),
        Option("all", "All 12: the stream keeps what a durable consumer has not read.",
               "A stream with limits evicts messages, read or unread."),
        Option("header", "It receives the last 5, with a header that says what is missing.",
               "A message carries only the headers that its publisher gave it."),
    ),
    measure=saw.what_it_was_told,
)  # fmt: skip

OUTAGE = Do(
    id="outage",
    title="Be down during twelve changes",
    prose="""
        *syd* is down during twelve changes. Watch *First Sequence* in the stream pass the place where *syd* stopped.
        Then start it, and look for anything that tells you.
    """,
    checks=(
        Check("syd was down during twelve changes", saw.slept, "twelve changes while syd is down"),
        Check("On its return it received fewer", saw.handed_the_rest, "what syd receives on its return"),
        Check("Nobody said that anything is missing", saw.told_nothing, "what syd is told"),
        Check("It claims to be current, and is wrong", saw.wrong_all_the_same, "its claim beside its rows"),
    ),
    solution=(
        *asleep(common.SLEEPER, promote("img", "alloc-b"), *changes(12, PART)),
        BACK,
    ),
    hints=Hints(
        nudge="An edge that is up loses nothing here. It must be down during the changes.",
        panel="panel-edge-syd",
        look="*Kill* and *Start* are in the inspector of *syd*, *Burst…* is in *Database truth*.",
        principle="A limit evicts the oldest message, read or unread.",
        verb="Kill *syd*; promote *img* to *alloc-b*; burst 4, three times; start *syd*.",
    ),
    wrong=(
        Wrong(
            "an outage that the stream can hold",
            (*asleep(common.SLEEPER, *changes(4, PART)), BACK),
            "missed 4 changes",
        ),
        Wrong(
            "changes after which every route changes once more",
            (*asleep(common.SLEEPER, *changes(12, PART)), BACK),
            "the last change of some route",
        ),
    ),
    keep=saw.keep_outage,
    controls=("kill_edge", "start_edge", "restart_edge", "burst", "promote"),
)

EXPLAIN_GAP = Explain(
    id="explain-gap",
    title="A hole that nobody mentions",
    prose="""
        The server did what it was told: keep 5. Its cursor for *syd* moved from the last message read to the first
        one left. From there on everything was in order. Nothing that *syd* received shows the gap.
    """,
    show=saw.show_outage,
)

REPAIR: Script = (call("take_snapshot"), call("load_snapshot", edge=common.SLEEPER), BACK)

LONG: Script = (
    *asleep(
        common.SLEEPER, call("burst", n=common.LONG_OUTAGE), Wait("the edges that are awake to keep up", keeping_up)
    ),
    BACK,
)

SIZE = Do(
    id="size",
    title="Retention is a calculation",
    prose="""
        4 changes an hour. The longest outage last year took 6 hours. A safety factor of 2. The budget is 64 KiB. Set
        the limit, then repeat the outage: the stream alone must bring *syd* back.
    """,
    checks=(
        Check("The limits hold the outage and keep to the budget", saw.limits_fit),
        Check("syd was down during 24 changes and came back by replay alone", saw.replayed),
    ),
    solution=(*REPAIR, call("stream_limits", max_msgs=common.NEEDED), *LONG),
    moves=moves.SIZE,
    hints=Hints(
        nudge="Changes an hour × hours × safety.",
        panel="panel-stream",
        look="*Limits…* in the stream inspector. Messages and bytes are at its top.",
        principle=("Retention must be longer than the longest absence of the slowest reader, and it costs storage."),
        verb="Take a snapshot; load it into *syd*; limits: max_msgs 48; kill *syd*; burst 24; start *syd*.",
    ),
    wrong=(
        Wrong(
            "no limit at all",
            (*REPAIR, call("stream_limits", max_msgs=-1, max_bytes=-1), *LONG),
            "the budget is 64 KiB",
        ),
        Wrong(
            "restarting syd more often",
            (
                *REPAIR,
                call("restart_edge", edge=common.SLEEPER),
                call("restart_edge", edge=common.SLEEPER),
                BACK,
                *asleep(common.SLEEPER, *changes(common.LONG_OUTAGE, PART)),
                BACK,
                call("restart_edge", edge=common.SLEEPER),
                BACK,
            ),
            "received 5 of 24",
        ),
        Wrong(
            "a snapshot after the outage instead of the stream",
            (
                *REPAIR,
                *asleep(common.SLEEPER, *changes(common.LONG_OUTAGE, PART)),
                BACK,
                call("stream_limits", max_msgs=common.NEEDED),
                *REPAIR,
            ),
            "was rebuilt from a snapshot",
        ),
    ),
    keep=saw.keep_size,
    controls=(
        "stream_limits",
        "take_snapshot",
        "load_snapshot",
        "kill_edge",
        "start_edge",
        "restart_edge",
        "burst",
        "promote",
    ),
)

STEPS = (PREDICT_RETURN, OUTAGE, EXPLAIN_GAP, SIZE)
