"""The same publish twice: the broker compares message ids, for as long as its window."""

from __future__ import annotations

from labs.deduplication import moves
from labs.deduplication.checks import common
from labs.deduplication.checks import publish as saw
from labs.deduplication.scripts import accident
from studylab.lab import Check, Do, Evidence, Hints, Option, Predict, Wrong, reading
from studylab.lab.scripts import Script, Wait, call, promote, settled

WINDOW_S = 0.2

PREDICT_WINDOW = Predict(
    id="predict-window",
    title="The relay publishes, crashes, and does not know",
    prose="""
        The relay publishes an event, the broker stores it, and the relay crashes before it marks the row. After a
        restart it finds the row unmarked and publishes once more, under the same `Nats-Msg-Id`. The duplicate window
        is 120 s.
    """,
    options=(
        Option("knows", "It does not publish again: the row was published.",
               "Nothing in its database says so. It remembers only by the mark."),
        Option("twice", "The stream holds the event twice.",
               "It would, without a message id, or after the window."),
        Option("once", "The stream holds it once, and the PubAck says duplicate.",
               (
                   "The broker compared ids and stored nothing. For the relay this answer is as good as a first "
                   "PubAck."
               ), happens=True),
        Option("error", "The second publish fails with an error.",
               "A duplicate is not an error: the PubAck carries the seq of the first."),
    ),
    measure=saw.what_window_did,
)  # fmt: skip


def _inside_window(evidence: Evidence) -> Script:
    """The first accident, and another payload under the id of the event that it is about."""
    return (
        *accident("alloc-b"),
        call("start_relay"),
        settled("every edge to serve it"),
        call("republish_altered", sequence=evidence.now.truth.sequence + 1, owner="alloc-c"),
    )


WINDOW = Do(
    id="window",
    title="Inside the window",
    prose="""
        The relay crashes after it has published, and is started again. Then test the limits of that guard: the same
        event id with another owner.
    """,
    checks=(
        Check("The relay crashed between publish and mark", saw.relay_crashed, "a crash between publish and mark"),
        Check(
            "The PubAck of its second publish said duplicate; the stream holds one",
            saw.answered_duplicate,
            "the second PubAck, and what the stream holds",
        ),
        Check(
            "Another payload under the same id was dropped as well",
            saw.altered_dropped,
            "what happens to the altered payload",
        ),
    ),
    solution=_inside_window,
    moves=moves.inside,
    hints=Hints(
        nudge="Arm the relay first.",
        panel="panel-relay",
        look=(
            "The relay counts duplicates; **Publish altered…** is in the stream inspector and asks for the event’s "
            "sequence."
        ),
        principle=(
            "The broker compares ids and nothing else. Use an id for exactly one payload, or the broker drops the "
            "wrong message."
        ),
        verb=(
            "Relay: **Crash at…** *after publish, before mark*. Promote *blog* to *alloc-b*. **Start** the relay. "
            "**Publish altered…** with that event’s sequence and *alloc-c*."
        ),
    ),
    wrong=(
        Wrong(
            "a crash before the publish",
            (
                call("crash_relay", at="before publish"),
                promote("blog", "alloc-b"),
                Wait("the relay to crash", common.relay_is_down),
                call("start_relay"),
                settled("every edge to serve it"),
            ),
            "has not crashed between publish and mark",
        ),
    ),
    keep=saw.keep_window,
    controls=("promote", "crash_relay", "disarm_relay", "start_relay", "republish_altered"),
)

PREDICT_AFTER = Predict(
    id="predict-after",
    title="The same accident, and a longer outage",
    prose="""
        You will set the window to 0.2 s. That stands for a relay that is down for longer than 120 s. The stream still
        holds the first copy when the relay publishes the second. What does the broker do?
    """,
    options=(
        Option("duplicate", "It says duplicate: the message is in the stream.",
               "It does not search the stream. It searches the ids of the last 0.2 s."),
        Option("stored", "It stores it again, under a new seq.",
               (
                   "The same id and the same bytes, stored as a second message. From now on only an edge can "
                   "recognise it."
               ), happens=True),
        Option("refused", "It refuses the old id.", "To the broker, an id that it has forgotten is a new id."),
    ),
    measure=saw.what_after_window,
)  # fmt: skip


def _after_window(evidence: Evidence) -> Script:
    """The second accident, and an eager retry of the event that it is about."""
    return (
        call("stream_limits", duplicate_window_s=WINDOW_S),
        *accident("alloc-c"),
        Wait("the duplicate window to be over", reading.window_is_over),
        call("start_relay"),
        Wait("the second copy to reach iad", common.is_stored_twice),
        call("republish_often", sequence=evidence.now.truth.sequence + 1, times=10, every_s=0.1),
    )


AFTER = Do(
    id="after",
    title="After the window",
    prose="""
        The window is now shorter than the outage. *iad* checks no ids: compare its drains with the other edges. Does
        an eager retry renew the window?
    """,
    checks=(
        Check(
            "What the relay published twice was stored twice", saw.stored_twice, "what the stream holds of the event"
        ),
        Check("iad drained an owner twice for one promotion", saw.drained_twice, "the drains of iad"),
        Check(
            "The window does not slide: it counts from the first store",
            saw.window_does_not_slide,
            "from when the window counts",
        ),
    ),
    solution=_after_window,
    moves=moves.after,
    hints=Hints(
        nudge="Window, crash, promotion, a short wait, start.",
        panel="panel-stream",
        look=(
            "**Limits…** and **Republish often…** are in the stream inspector; drains: the last column of each edge’s "
            "view."
        ),
        principle="The broker forgets after the time that you chose. Anything later looks new to it.",
        verb=(
            "**Limits…** duplicate window 0.2; relay **Crash at…** *after publish, before mark*; promote *blog* to "
            "*alloc-c*; **Start** the relay; **Republish often…** 10 times every 0.1 s."
        ),
    ),
    wrong=(
        Wrong(
            "the same accident inside the window",
            (
                *accident("alloc-c"),
                call("start_relay"),
                settled("every edge to serve it"),
            ),
            "the broker still knew its id",
        ),
    ),
    keep=saw.keep_twice,
    controls=("promote", "crash_relay", "disarm_relay", "start_relay", "stream_limits", "republish_often"),
)

STEPS = (PREDICT_WINDOW, WINDOW, PREDICT_AFTER, AFTER)
