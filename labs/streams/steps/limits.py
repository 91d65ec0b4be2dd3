"""What a lower limit evicts, and how far a duplicate window reaches."""

from __future__ import annotations

from labs.streams import moves
from labs.streams.checks import common
from labs.streams.checks import limits as saw
from labs.streams.scripts import ANSWERS, LOWER, PART, changes
from studylab.lab import Check, Do, Evidence, Hints, Option, Predict, Wrong
from studylab.lab.scripts import Script, call, refused

PREDICT_LOWER = Predict(
    id="predict-lower",
    title="Lower a limit on a running stream",
    prose="""
        Later someone saves space: one configuration change sets `max_msgs` to 10 on the running stream. Every
        consumer is idle, and nothing is being published. When are the older messages gone?
    """,
    options=(
        Option("later", "At the next publish: a limit is checked when a message comes in.",
               "An update is enough. No publish was needed."),
        Option("acked", "When every consumer has acked them.", "A stream with limits does not ask its consumers."),
        Option("restart", "At the next restart of the server.", "A stream's configuration takes effect while it runs."),
        Option("once", "At once.",
               "Changing one number deletes messages, even those that a reader still needs.", happens=True),
    ),
    measure=saw.when_evicted,
)  # fmt: skip

LOWER_IT = Do(
    id="lower",
    title="One number, and they are gone",
    prose="""
        Compare the number of messages before and after; the journal has both. Imagine that *syd* had been down just
        then.
    """,
    checks=(Check("Lowering a limit evicted messages at once", saw.evicted_at_once, "when the older messages go"),),
    solution=(call("stream_limits", max_msgs=LOWER),),
    hints=Hints(
        nudge="It is one field of one dialog.",
        panel="panel-stream",
        look="*Limits…* in the stream inspector.",
        principle="Every reader's recovery depends on retention, so change it as you would change an interface.",
        verb="Limits: max_msgs 10.",
    ),
    wrong=(
        Wrong("purging instead of limiting", (call("purge", keep=LOWER),), "No limit of ROUTES was changed"),
        Wrong("a limit above what is stored", (call("stream_limits", max_msgs=200),), "Choose a lower one"),
    ),
    keep=saw.keep_lower,
    controls=("stream_limits",),
)


def _forget(evidence: Evidence) -> Script:
    at = evidence.now.truth.sequence
    return (
        *changes(12, PART),
        call("restart_broker"),
        ANSWERS,
        call("republish", sequence=at + 1),
        call("republish", sequence=at + 12),
    )


FORGOTTEN = Do(
    id="forgotten",
    title="How far a duplicate window reaches",
    prose="""
        The window is two minutes: an id published twice within it is stored once. After twelve changes and a restart,
        publish the first and the last of the twelve again.
    """,
    checks=(
        Check("An evicted event was stored a second time, inside the window", saw.id_forgotten),
        Check("A stored event was recognised", saw.id_remembered),
    ),
    solution=_forget,
    moves=moves.forget,
    hints=Hints(
        nudge="First the changes, then the restart, then the two events again.",
        panel="panel-stream",
        look=(
            "*Restart* is behind *broker up* at the top, *Republish…* is in the stream inspector. The history "
            "in *Database truth* has the sequences."
        ),
        principle="After a restart the server knows only the ids of messages that it still has.",
        verb="Burst 4, three times; restart the broker; republish the first event of this step, then the last.",
    ),
    wrong=(
        Wrong(
            "the same without a restart",
            (*changes(12, PART), call("republish", sequence=43), call("republish", sequence=54)),
            "has not been restarted",
        ),
    ),
    keep=saw.keep_forgotten,
    controls=("burst", "promote", "restart_broker", "start_broker", "republish"),
)

PREDICT_WINDOW = Predict(
    id="predict-window",
    title="A window longer than the messages live",
    prose="""
        An id lasts no longer than its message. Now someone wants to keep events for 60 seconds (`max_age`), and
        leaves the duplicate window at 120. What does the server do?
    """,
    options=(
        Option("shorten", "It shortens the window to 60 seconds.", "It changes nothing that you did not ask for."),
        Option("accept", "It takes both: ids are kept longer than messages.", "You have just seen that they are not."),
        Option("refuse", "It refuses.", "The server does not accept a window that it cannot keep.", happens=True),
        Option("longer", "It keeps the messages for 120 seconds.",
               "max_age limits how long messages stay. The server does not extend it."),
    ),
    measure=saw.what_server_did,
)  # fmt: skip

WINDOW = Do(
    id="window",
    title="Three numbers that fit together",
    prose="""
        Ask for a `max_age` of 60 seconds and read the answer. Then set what the outage needs: room for 48 messages,
        12 hours, and a window of at least a minute.
    """,
    checks=(
        Check(
            "The server refused a window longer than max_age",
            saw.window_refused,
            "what the server answers to 60 seconds",
        ),
        Check(
            "Room, age and window fit the outage and each other", saw.all_fits, "room, age and window for the outage"
        ),
    ),
    solution=(
        refused("stream_limits", max_age_s=60.0),
        call("stream_limits", max_msgs=common.NEEDED, max_age_s=float(common.NEEDED_S)),
    ),
    hints=Hints(
        nudge="Open the same dialog twice.",
        panel="panel-stream",
        look="*Limits…* in the stream inspector.",
        principle=(
            "Window ≤ max_age, and max_age ≥ the longest absence. The server checks the first. Nobody checks the "
            "second."
        ),
        verb="Limits: max_age 60. Then limits: max_msgs 48, max_age 43200.",
    ),
    wrong=(
        Wrong(
            "making the window shorter until the server agrees",
            (call("stream_limits", max_age_s=60.0, duplicate_window_s=60.0),),
            "Nothing was refused",
        ),
        Wrong(
            "an age for the outage and no room for it",
            (refused("stream_limits", max_age_s=60.0), call("stream_limits", max_age_s=float(common.NEEDED_S))),
            "There is room for 10 messages",
        ),
    ),
    controls=("stream_limits",),
)

STEPS = (PREDICT_LOWER, LOWER_IT, FORGOTTEN, PREDICT_WINDOW, WINDOW)
