"""The same message twice: the edge compares event ids, for good."""

from __future__ import annotations

from labs.deduplication import moves
from labs.deduplication.checks import common, publish
from labs.deduplication.checks import message as saw
from labs.deduplication.scripts import accident
from studylab.lab import Check, Do, Explain, Hints, Option, Predict, Wrong, reading
from studylab.lab.scripts import Script, Wait, call, claims, published

DAY_S = 86_400

PICK_EVENT = Predict(
    id="pick-event",
    title="Which identity stops the second message?",
    prose="""
        *iad* checks epochs and the chain, and still drained twice. The stream will hold more second copies. Which
        guard keeps the next one from taking effect?
    """,
    options=(
        Option("window", "The message id, with a window of a day.",
               (
                   "The broker would keep a day of ids in memory. After a restart it forgets those whose messages "
                   "are gone."
               )),
        Option("epoch", "The epoch.", "The copy carries the epoch that the view already holds, so it is not older."),
        Option("operation", "The operation id.",
               "It guards the request. Here one request made one event. The copies came later."),
        Option("event", "The event id, kept in the edge’s view.",
               "The row names the event that made it, in the same transaction.", happens=True),
    ),
    measure=saw.what_guard_held,
)  # fmt: skip

ONCE_MORE: Script = (
    *accident("alloc-a"),
    Wait("the duplicate window to be over", reading.window_is_over),
    call("start_relay"),
)

CURE = Do(
    id="cure",
    title="Twice in the stream, once in effect",
    prose="""
        Give *iad* the guard that you picked, and prove it with the same accident. Start the relay only after the
        window. The stream must hold the event twice, and the drain must count once.
    """,
    checks=(
        Check("The event is in the stream twice", publish.stored_twice, "what the stream holds of the event"),
        Check("iad let it take effect once", saw.applied_once, "how often it takes effect at iad"),
    ),
    solution=(
        call("edge_rules", edge="iad", deduplicate=True),
        claims("iad"),
        *ONCE_MORE,
    ),
    moves=moves.CURE,
    hints=Hints(
        nudge="Put the guard where the effect is.",
        panel="panel-edge-iad",
        look="*iad*’s **Rules…** has *check event ids*.",
        principle="Exactly once means delivery at least once, and an effect that recognises its own event.",
        verb=(
            "*iad*: **Rules…** *check event ids* on. Relay: **Crash at…** *after publish, before mark*. Promote "
            "*blog* to *alloc-a*. **Start** the relay."
        ),
    ),
    wrong=(
        Wrong(
            "a window of a day",
            (
                call("stream_limits", duplicate_window_s=DAY_S),
                *accident("alloc-a"),
                call("start_relay"),
                Wait("every edge to serve it", lambda seen: not reading.disagreement(seen) and not seen.outbox.waiting),
            ),
            "it keeps 8,640,000 ids in memory",
        ),
        Wrong(
            "a window of a day, and a broker that restarts after its messages are gone",
            (
                call("stream_limits", duplicate_window_s=DAY_S),
                *accident("alloc-a"),
                Wait("iad to apply it", lambda seen: not reading.disagreement(seen)),
                call("purge"),
                call("restart_broker"),
                call("start_relay"),
                published("the relay to publish again"),
                Wait("iad to read it", common.has_read_all),
            ),
            "times, and drained the old owner",
        ),
    ),
    keep=saw.keep_cure,
    controls=(
        "promote",
        "edge_rules",
        "crash_relay",
        "disarm_relay",
        "start_relay",
        "stream_limits",
        "purge",
        "restart_broker",
    ),
)

EXPLAIN = Explain(
    id="explain",
    title="Three guards, three places",
    prose="""
        Make each identity where the doubt begins. The operation id exists before the request. The event id is made in
        the commit, and it is also the message id. Check each identity where its effect happens. None replaces
        another.
    """,
    show=saw.show_guards,
)

STEPS = (PICK_EVENT, CURE, EXPLAIN)
