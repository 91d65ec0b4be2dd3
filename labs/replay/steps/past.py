"""A replay and a zombie bring old owners back."""

from __future__ import annotations

from labs.replay.checks import common
from labs.replay.checks import past as saw
from studylab.lab import Check, Do, Explain, Hints, Option, Predict, Wrong, reading
from studylab.lab.scripts import Wait, call, promote, settled

HISTORY = Do(
    id="history",
    title="Give shop a past",
    prose="""
        Each change is one event and one **epoch**, a number that the database only increases. *iad* checks event ids
        but no epochs. It takes half a second over each event, so that you can watch it.
    """,
    checks=(
        Check("A route has had three owners", saw.three_owners),
        Check("Every edge serves the last of them", saw.all_serve_it),
    ),
    solution=(
        promote("shop", "alloc-b"),
        promote("shop", "alloc-c"),
        settled("every edge to serve it"),
    ),
    hints=Hints(
        nudge="Two promotions of the same route.",
        panel="panel-truth",
        look="**Promote…** in *Database truth*; the epoch is beside the owner.",
        principle=(
            "An epoch says “this owner and no earlier one”. The database that decides the owner also decides the epoch."
        ),
        verb="Promote *shop* to *alloc-b*, then *shop* to *alloc-c*.",
    ),
    wrong=(
        Wrong(
            "one change of owner",
            (promote("shop", "alloc-b"), settled("every edge to serve it")),
            "is at epoch 2",
        ),
    ),
    keep=saw.keep_history,
    controls=("promote",),
)

PREDICT_REPLAY = Predict(
    id="predict-replay",
    title="iad reads the stream again from the start",
    prose="""
        *iad* is current and *shop* belongs to *alloc-c*. Someone sets its consumer back to stream seq 1. *iad*
        recognises, by id, the event that made each of its rows. Who owns *shop* at *iad* during the replay and after
        it?
    """,
    options=(
        Option("nothing", "alloc-c all the time: iad has seen these events before.",
               "It has, but it remembers one id for each route: that of the last event. The earlier ones look new."),
        Option("walk", "alloc-a, then alloc-b, then alloc-c, and it says “current” throughout.",
               (
                   "Each event is applied as if it were new. The mark confirms iad’s position, and the position is "
                   "right."
               ), happens=True),
        Option("stuck", "alloc-a, and it stays so.", "The later events come as well, one after another."),
        Option("refused", "The broker refuses: those were acked.",
               "A consumer may be set anywhere. Acks record what was done. They forbid nothing."),
    ),
    measure=saw.what_replay_did,
)  # fmt: skip

REPLAY = Do(
    id="replay",
    title="Replay from 1",
    prose="""
        Watch the row of *iad* for *shop*, its claim and its requests.
    """,
    checks=(
        Check(
            "iad went through former owners, in order", saw.walked_through_the_past, "the owners that iad goes through"
        ),
        Check(
            "A request was misrouted while iad said that it was current",
            saw.misled_while_current,
            "its requests beside its claim",
        ),
    ),
    solution=(call("replay", edge="iad", from_seq=1),),
    hints=Hints(
        nudge="Make its consumer read again what it has read.",
        panel="panel-edge-iad",
        look="**Replay…** is in the inspector of *iad*.",
        principle=("A replay repeats the old events in their order. It does not say that they are over."),
        verb="*iad*: **Replay…**, from stream seq 1.",
    ),
    wrong=(
        Wrong(
            "replaying into an edge that checks epochs",
            (
                call("replay", edge="fra", from_seq=1),
                Wait("fra to read it", lambda seen: seen.edge("fra").counters["stale"] >= 2),
            ),
            "iad has not read anything again",
        ),
        Wrong(
            "reading the last event again",
            (
                call("replay", edge="iad", from_seq=5),
                Wait("iad to read it", lambda seen: seen.edge("iad").counters["duplicates"] >= 1),
            ),
            "applied no older event",
        ),
    ),
    keep=saw.keep_replay,
    controls=("replay",),
)

EXPLAIN_REPLAY = Explain(
    id="explain-replay",
    title="A walk through the past",
    prose="""
        No event was false: each was true once. *iad* asked “have I seen this very event?”, but it remembers only some
        ids. It never asked “is this older than what I hold?” The drains really happened, and they stay.
    """,
    show=saw.show_walk,
)

PREDICT_ZOMBIE = Predict(
    id="predict-zombie",
    title="A relay thought dead comes back",
    prose="""
        A relay that everyone thought dead wakes and publishes event 4 once more: *shop* to *alloc-b*, epoch 2, under
        its old id. The duplicate window, 0.1 s here, is long over. What does *iad* serve from then on?
    """,
    options=(
        Option("dropped", "alloc-c: the broker drops it as a duplicate.",
               "The broker remembers ids for the window. After it, the same id is stored again."),
        Option("known", "alloc-c: iad recognises the id.",
               "It keeps the id of the event that made the row, and that is a later one."),
        Option("mark", "alloc-b, until the next high-water mark corrects it.",
               "The mark gives the latest sequence. iad’s position is there already; its row is wrong."),
        Option("forever", "alloc-b, until shop changes again.",
               "No later event follows this one. A replay ends, but this stays.", happens=True),
    ),
    measure=saw.what_zombie_did,
)  # fmt: skip

ZOMBIE = Do(
    id="zombie",
    title="Publish an old event",
    prose="""
        Event 4 made *alloc-b* the owner of *shop*. A relay that was thought dead publishes it again. Compare *iad*
        with the other two.
    """,
    checks=(
        Check("The stream holds an old event a second time", saw.stored_again, "how often the stream holds the event"),
        Check(
            "iad serves a former owner and says that it is current",
            saw.back_for_good,
            "which owner iad serves, and what it says",
        ),
        Check(
            "Nothing is pending that would correct it; other edges counted it as stale",
            saw.nothing_corrects_it,
            "what is pending, and what other edges counted",
        ),
    ),
    solution=(
        Wait("the duplicate window to be over", reading.window_is_over),
        call("republish", sequence=4),
    ),
    hints=Hints(
        nudge="The history in *Database truth* numbers every event.",
        panel="panel-stream",
        look="**Republish…** in the stream inspector.",
        principle=(
            "Anyone who once held an event can publish it again. The broker does not check that it is still true."
        ),
        verb="**Republish…** with sequence 4.",
    ),
    wrong=(
        Wrong(
            "republishing the latest event",
            (
                Wait("the duplicate window to be over", reading.window_is_over),
                call("republish", sequence=5),
                Wait("iad to read it", common.is_read_through),
            ),
            "No event of a former owner",
        ),
    ),
    keep=saw.keep_zombie,
    controls=("republish",),
)

STEPS = (HISTORY, PREDICT_REPLAY, REPLAY, EXPLAIN_REPLAY, PREDICT_ZOMBIE, ZOMBIE)
