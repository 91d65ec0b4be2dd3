"""What a lower limit evicts, and how far a duplicate window reaches."""

from __future__ import annotations

from labs.streams.checks import common
from labs.streams.checks import limits as saw
from labs.streams.scripts import ANSWERS, LOWER, PART, changes
from studylab.lab import Check, Do, Evidence, Hints, Option, Predict, Wrong
from studylab.lab.scripts import Script, call, refused

PREDICT_LOWER = Predict(
    id="predict-lower",
    title="Lower a limit on a running stream",
    prose="""
        Later somebody saves space: `max_msgs` goes down to 10, on the running stream, in one configuration change.
        Every consumer is idle and nothing is being published. When are the older messages gone?
    """,
    options=(
        Option("later", "At the next publish: a limit is looked at when something comes in.",
               "An update is enough. No publish was needed."),
        Option("acked", "When every consumer has acked them.", "A stream with limits does not ask its consumers."),
        Option("restart", "At the next restart of the server.", "A stream's configuration takes effect while it runs."),
        Option("once", "At once.",
               "An edit of one number is a deletion, and nobody is asked whether they still need it.", happens=True),
    ),
    measure=saw.when_evicted,
)  # fmt: skip

LOWER_IT = Do(
    id="lower",
    title="One number, and they are gone",
    prose="""
        Set `max_msgs` to 10. Compare the number of messages before and after; the journal has both. Imagine that
        *syd* had been asleep just then.
    """,
    checks=(Check("Lowering a limit evicted messages at once", saw.evicted_at_once),),
    solution=(call("stream_limits", max_msgs=LOWER),),
    hints=Hints(
        nudge="One field of one dialog.",
        panel="panel-stream",
        look="*Limits…* on the stream's card.",
        principle="Retention belongs to the recovery of every reader, so it is changed like an interface.",
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
        The window is two minutes: an id published twice within it is stored once. Change 12 owners (4, three times),
        so that the first two are evicted. Restart the broker. Within two minutes republish the first of the twelve
        and the last; their numbers are in the history.
    """,
    checks=(
        Check("An evicted event was stored a second time, inside the window", saw.id_forgotten),
        Check("One that is still stored was recognised", saw.id_remembered),
    ),
    solution=_forget,
    hints=Hints(
        nudge="First the changes, then the restart, then the two events again.",
        panel="panel-stream",
        look=(
            "*Restart* is behind *broker up* at the top of the page, *Republish…* on the stream's card. The history "
            "in *Database truth* has the sequences."
        ),
        principle="After a restart the server knows those ids whose messages it still has.",
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
        An id is only as good as the message behind it. Now somebody wants events to be kept for 60 seconds
        (`max_age`), and leaves the duplicate window at 120. What does the server do?
    """,
    options=(
        Option("shorten", "It shortens the window to 60 seconds.", "It changes nothing that you did not ask for."),
        Option("accept", "It takes both: ids are kept longer than messages.", "You have just seen that they are not."),
        Option("refuse", "It refuses.", "A window that it could not honour is not accepted.", happens=True),
        Option("longer", "It keeps the messages for 120 seconds.",
               "max_age is a promise about deletion; it is not stretched."),
    ),
    measure=saw.what_server_did,
)  # fmt: skip

WINDOW = Do(
    id="window",
    title="Three numbers that fit together",
    prose="""
        Set `max_age` to 60 seconds and read the answer. Then set what the outage needs: room for 48 messages within
        the budget, a `max_age` of 12 hours (43,200 s), and a window of at least a minute, for as long as the relay
        may repeat itself.
    """,
    checks=(
        Check("The server refused a window longer than max_age", saw.window_refused),
        Check("Room, age and window fit the outage and each other", saw.all_fits),
    ),
    solution=(
        refused("stream_limits", max_age_s=60.0),
        call("stream_limits", max_msgs=common.NEEDED, max_age_s=float(common.NEEDED_S)),
    ),
    hints=Hints(
        nudge="Two visits to the same dialog.",
        panel="panel-stream",
        look="*Limits…* on the stream's card.",
        principle=(
            "Window ≤ max_age, and max_age ≥ the longest absence. The first is checked by the server, the second by "
            "nobody."
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
