"""Lab 8: three things can happen twice, and each has a guard of its own: operation id, message id, event id."""

from __future__ import annotations

from labs import deduplication_checks as saw
from studylab.lab import (
    Check,
    Code,
    Debrief,
    Do,
    Evidence,
    Explain,
    Hints,
    Lab,
    Memory,
    Option,
    Predict,
    Question,
    Quiz,
    Script,
    Wait,
    Wrong,
    call,
    reading,
)

WINDOW_S = 0.2
DAY_S = 86_400

SETUP: Script = (
    Wait("the first events to reach every edge", reading.at_rest),
    call("edge_rules", edge="iad", deduplicate=False),
    Wait("every edge to be current again", reading.at_rest),
)

PREDICT_REPEAT = Predict(
    id="predict-repeat",
    title="A request is sent twice",
    prose="""
        An operator gives *shop* to *alloc-b*. A colleague gives it to *alloc-c*. Then the operator’s browser, which had no
        answer in time, sends the first request again. What does the database do with it?
    """,
    options=(
        Option("nothing", "Nothing: it has done that already.", "It sees a wish, not a repetition. Nothing in the request says which."),
        Option("refuse", "It refuses: shop has a newer owner.", "A promotion to alloc-b is legal whoever owns shop now."),
        Option("again", "It does it again: a new epoch, and the colleague’s decision is undone.", "Two promotions for one request, and the second is as good as any other.", happens=True),
        Option("broker", "It commits, and the broker drops the event as a duplicate.", "It is a new event with a new id. The broker has never seen it."),
    ),
    measure=saw.what_repeat_did,
)  # fmt: skip

REPEAT = Do(
    id="repeat",
    title="Send it twice",
    prose="""
        Promote *shop* to *alloc-b*, then to *alloc-c*, then to *alloc-b* again, without an operation id. Read the history, and
        what the verdict has to say of it.
    """,
    checks=(
        Check("The same request was carried out twice", saw.done_twice),
        Check("What was decided in between is undone", saw.decision_undone),
        Check("Every edge follows, and nobody objects", saw.nobody_objects),
    ),
    solution=(
        call("promote", route="shop", to="alloc-b"),
        call("promote", route="shop", to="alloc-c"),
        call("promote", route="shop", to="alloc-b"),
        Wait("every edge to serve it", reading.at_rest),
    ),
    hints=Hints(
        nudge="Three promotions of one route; the third repeats the first.",
        panel="panel-truth",
        look="**Promote…** in *Database truth*; leave the operation id empty.",
        principle="Idempotence must be asked for: two equal wishes and one wish sent twice look the same.",
        verb="Promote *shop* to *alloc-b*, to *alloc-c*, to *alloc-b*.",
    ),
    wrong=(
        Wrong(
            "a double click with nothing in between",
            (
                call("promote", route="shop", to="alloc-b"),
                call("promote", route="shop", to="alloc-b"),
                Wait("every edge to serve it", reading.at_rest),
            ),
            "nothing was decided in between",
        ),
    ),
    keep=saw.keep_repeat,
    controls=("promote",),
)

PICK_OPERATION = Predict(
    id="pick-operation",
    title="Which identity stops the repeated request?",
    prose="""
        Three identities are at hand: the **operation id**, chosen by whoever asks; the **event id**, given by the database in the
        commit; the **epoch**, which grows at each change of owner. Which one makes the repetition harmless?
    """,
    options=(
        Option("event", "The event id.", "Each commit makes a new one. By then it has happened twice."),
        Option("epoch", "The epoch.", "It grew, as it should: this was a change of owner like any other."),
        Option("operation", "The operation id.", "It was the same both times, and the database keeps it with the revision that it led to.", happens=True),
    ),
    measure=saw.what_operation_did,
)  # fmt: skip

OPERATION = Do(
    id="operation",
    title="Ask twice, do once",
    prose="""
        The same story with operation ids. Promote *shop* to *alloc-c* under an id such as *op-1*; as the colleague, promote it to
        *alloc-a* under another; then repeat the first request under its own id.
    """,
    checks=(
        Check("The database recognised the repeated request", saw.answered_done_before),
        Check("What was decided in between stands", saw.decision_stands),
    ),
    solution=(
        call("promote", route="shop", to="alloc-c", operation="op-1"),
        call("promote", route="shop", to="alloc-a", operation="op-2"),
        call("promote", route="shop", to="alloc-c", operation="op-1"),
    ),
    hints=Hints(
        nudge="Who knows that the two requests are one? Whoever sends them.",
        panel="panel-truth",
        look="The dialog of **Promote…** has a field for the operation id; the history shows it.",
        principle="The id is made before the first attempt and sent with every attempt; what it led to is stored in the same transaction.",
        verb="Promote *shop* to *alloc-c* as *op-1*, to *alloc-a* as *op-2*, to *alloc-c* as *op-1*.",
    ),
    wrong=(
        Wrong(
            "a fresh id for each attempt",
            (
                call("promote", route="shop", to="alloc-c", operation="try-1"),
                call("promote", route="shop", to="alloc-a", operation="try-2"),
                call("promote", route="shop", to="alloc-c", operation="try-3"),
            ),
            "Operation ids used: try-1, try-2, try-3",
        ),
        Wrong(
            "the same id at once, with nothing in between",
            (
                call("promote", route="shop", to="alloc-c", operation="op-1"),
                call("promote", route="shop", to="alloc-c", operation="op-1"),
            ),
            "nothing was decided in between",
        ),
    ),
    keep=saw.keep_operation,
    controls=("promote",),
)

PREDICT_WINDOW = Predict(
    id="predict-window",
    title="The relay publishes, crashes, and does not know",
    prose="""
        The relay publishes an event, the broker stores it, and the relay crashes before it marks the row. Started again, it finds
        the row unmarked and publishes once more, under the same `Nats-Msg-Id`. The duplicate window is 120 s.
    """,
    options=(
        Option("knows", "It does not publish again: the row was published.", "Nothing on its side says so. The mark is what it remembers by."),
        Option("twice", "The stream holds the event twice.", "It would, without a message id, or later than the window."),
        Option("once", "The stream holds it once, and the PubAck says duplicate.", "The broker compared ids and stored nothing. To the relay this answer is as good as any.", happens=True),
        Option("error", "The second publish fails with an error.", "A duplicate is no error: the PubAck carries the seq of the first."),
    ),
    measure=saw.what_window_did,
)  # fmt: skip


def _accident(to: str) -> Script:
    """The relay crashes between publish and mark of a promotion."""
    return (
        call("crash_relay", at=saw.BEFORE_MARK),
        call("promote", route="blog", to=to),
        Wait("the relay to crash", saw.relay_is_down),
    )


def _inside_window(evidence: Evidence) -> Script:
    """The first accident, and another payload under the id of the event that it is about."""
    return (
        *_accident("alloc-b"),
        call("start_relay"),
        Wait("every edge to serve it", reading.at_rest),
        call("republish_altered", sequence=evidence.now.truth.sequence + 1, owner="alloc-c"),
    )


WINDOW = Do(
    id="window",
    title="Inside the window",
    prose="""
        On the relay, **Crash at…** *after publish, before mark*. Promote *blog* to *alloc-b*, then start the relay. Now try the
        limits of that guard: in the stream card, **Publish altered…** the same event with another owner in it.
    """,
    checks=(
        Check("The relay crashed between publish and mark", saw.relay_crashed),
        Check("The PubAck of its second publish said duplicate; the stream holds one", saw.answered_duplicate),
        Check("Another payload under the same id was dropped as well", saw.altered_dropped),
    ),
    solution=_inside_window,
    hints=Hints(
        nudge="Arm the relay first.",
        panel="panel-relay",
        look="The relay’s card counts duplicates; **Publish altered…** is in the stream card and asks for the event’s sequence.",
        principle="The broker compares ids and nothing else. An id stands for exactly one payload, or it guards against the wrong thing.",
        verb="Relay: **Crash at…** *after publish, before mark*. Promote *blog* to *alloc-b*. **Start** the relay. **Publish altered…** with that event’s sequence and *alloc-c*.",
    ),
    wrong=(
        Wrong(
            "a crash before the publish",
            (
                call("crash_relay", at="before publish"),
                call("promote", route="blog", to="alloc-b"),
                Wait("the relay to crash", saw.relay_is_down),
                call("start_relay"),
                Wait("every edge to serve it", reading.at_rest),
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
        You will make the window 0.2 s, which stands for a relay that stays down longer than 120 s. The stream still holds the
        first copy when the relay publishes the second. What does the broker do?
    """,
    options=(
        Option("duplicate", "It says duplicate: the message is in the stream.", "It does not search the stream. It searches the ids of the last 0.2 s."),
        Option("stored", "It stores it again, under a new seq.", "Same id, same bytes, a second message. From here on only an edge can tell.", happens=True),
        Option("refused", "It refuses the old id.", "An id that it does not remember is an id that it has never seen."),
    ),
    measure=saw.what_after_window,
)  # fmt: skip


def _after_window(evidence: Evidence) -> Script:
    """The second accident, and an eager retry of the event that it is about."""
    return (
        call("stream_limits", duplicate_window_s=WINDOW_S),
        *_accident("alloc-c"),
        Wait("the duplicate window to be over", reading.window_is_over),
        call("start_relay"),
        Wait("the second copy to reach iad", saw.is_stored_twice),
        call("republish_often", sequence=evidence.now.truth.sequence + 1, times=10, every_s=0.1),
    )


AFTER = Do(
    id="after",
    title="After the window",
    prose="""
        In **Limits…** set the duplicate window to 0.2 s. Crash the relay as before with a promotion of *blog* to *alloc-c*, and
        start it. Compare the drains of *iad*, which checks no ids, with the others’. Then **Republish often…** that event: does
        each attempt renew the window?
    """,
    checks=(
        Check("What the relay published twice was stored twice", saw.stored_twice),
        Check("iad drained an owner twice for one promotion", saw.drained_twice),
        Check("The window does not slide: it counts from the first store", saw.window_does_not_slide),
    ),
    solution=_after_window,
    hints=Hints(
        nudge="Window, crash, promotion, a breath, start.",
        panel="panel-stream",
        look="**Limits…** and **Republish often…** are in the stream card; drains are the last column of each edge’s view.",
        principle="The broker’s memory ends at a time that you chose. What comes later is news to it.",
        verb="**Limits…** duplicate window 0.2; relay **Crash at…** *after publish, before mark*; promote *blog* to *alloc-c*; **Start** the relay; **Republish often…** 10 times every 0.1 s.",
    ),
    wrong=(
        Wrong(
            "the same accident inside the window",
            (
                *_accident("alloc-c"),
                call("start_relay"),
                Wait("every edge to serve it", reading.at_rest),
            ),
            "the broker still knew its id",
        ),
    ),
    keep=saw.keep_twice,
    controls=("promote", "crash_relay", "disarm_relay", "start_relay", "stream_limits", "republish_often"),
)

PICK_EVENT = Predict(
    id="pick-event",
    title="Which identity stops the second message?",
    prose="""
        *iad* checks epochs and the chain, and still drained twice. The stream will hold more second copies. Which guard keeps
        the next one from taking effect?
    """,
    options=(
        Option("window", "The message id, with a window of a day.", "A day of ids in the broker’s memory, and none of them after a restart whose message is gone."),
        Option("epoch", "The epoch.", "The copy carries the epoch that the view already holds: it is not older."),
        Option("operation", "The operation id.", "It guards the request. Here one request made one event; the copies came later."),
        Option("event", "The event id, kept in the edge’s view.", "The row says which event made it, in the same transaction.", happens=True),
    ),
    measure=saw.what_guard_held,
)  # fmt: skip

ONCE_MORE: Script = (
    *_accident("alloc-a"),
    Wait("the duplicate window to be over", reading.window_is_over),
    call("start_relay"),
)

CURE = Do(
    id="cure",
    title="Twice in the stream, once in effect",
    prose="""
        Give *iad* the guard that you picked, and prove it with the same accident: the relay crashes after publishing *blog* to
        *alloc-a*, and comes back when the window is over. The stream must hold the event twice, and the drain must count once.
    """,
    checks=(
        Check("The event is in the stream twice", saw.stored_twice),
        Check("iad let it take effect once", saw.applied_once),
    ),
    solution=(
        call("edge_rules", edge="iad", deduplicate=True),
        Wait("iad to be current", lambda seen: reading.is_current(seen.edge("iad"))),
        *ONCE_MORE,
    ),
    hints=Hints(
        nudge="The guard must stand where the effect is.",
        panel="panel-edge-iad",
        look="*iad*’s **Rules…** has *check event ids*.",
        principle="Exactly once is at least once, and an effect that recognises itself.",
        verb="*iad*: **Rules…** *check event ids* on. Relay: **Crash at…** *after publish, before mark*. Promote *blog* to *alloc-a*. **Start** the relay.",
    ),
    wrong=(
        Wrong(
            "a window of a day",
            (
                call("stream_limits", duplicate_window_s=DAY_S),
                *_accident("alloc-a"),
                call("start_relay"),
                Wait("every edge to serve it", lambda seen: not reading.disagreement(seen) and not seen.outbox.waiting),
            ),
            "it keeps 8,640,000 ids in memory",
        ),
        Wrong(
            "a window of a day, and a broker that restarts after its messages are gone",
            (
                call("stream_limits", duplicate_window_s=DAY_S),
                *_accident("alloc-a"),
                Wait("iad to apply it", lambda seen: not reading.disagreement(seen)),
                call("purge"),
                call("restart_broker"),
                call("start_relay"),
                Wait("the relay to publish again", lambda seen: not seen.outbox.waiting),
                Wait("iad to read it", saw.has_read_all),
            ),
            "times, and drained the old owner",
        ),
    ),
    keep=saw.keep_cure,
    controls=("promote", "edge_rules", "crash_relay", "disarm_relay", "start_relay", "stream_limits", "purge", "restart_broker"),
)  # fmt: skip

EXPLAIN = Explain(
    id="explain",
    title="Three guards, three places",
    prose="""
        Each identity is made where its doubt begins: the operation id before the request, the event id in the commit, which is
        the message id as well. And each is checked where its effect happens. None covers for another.
    """,
    show=saw.show_guards,
)


def _seqs(memory: Memory) -> str:
    return reading.listed([str(seq) for seq in memory.get("twice_seqs", ())])


QUIZ = Quiz(
    id="quiz",
    title="Which guard stops which?",
    prose="All three are about what you have just measured.",
    questions=(
        Question(
            "request",
            lambda memory: f"The request under {memory.get('operation', 'an operation id')} came twice and was done once, at revision {memory.get('operation_revision', 0)}. Who recognised it?",
            lambda _: (
                Option("database", "The database, by its operation id.", "In the transaction that would have made the change."),
                Option("broker", "The broker, by its message id.", "Nothing was published for the repetition: there was no second event."),
                Option("edge", "The edge, by its event id.", "No edge heard of it at all."),
            ),
            lambda _: "database",
        ),
        Question(
            "publish",
            lambda memory: f"{memory.get('window_id', 'The event')} was published twice and stored once. How long would that have worked?",
            lambda _: (
                Option("stored", "As long as the stream holds the message.", "The first copy was still there when the second was stored, after the window."),
                Option("window", "For the duplicate window, from the first store.", "Not from the last attempt: you saw duplicate, and a moment later a new seq."),
                Option("renewed", "For the window since the last attempt.", "It does not slide. An eager retry renews nothing."),
            ),
            lambda _: "window",
        ),
        Question(
            "message",
            lambda memory: f"{memory.get('twice_id', 'The event')} was stored at seq {_seqs(memory)}. Why did iad’s epoch check let the second copy through?",
            lambda _: (
                Option("off", "It was switched off.", "It was on all the time."),
                Option("equal", "Its epoch was the one that the row already had.", "Not older, so not stale. Only its id says “this very notice”."),
                Option("newer", "Its epoch was newer.", "It was the same event, byte for byte."),
            ),
            lambda _: "equal",
        ),
    ),
)  # fmt: skip

DEBRIEF = Debrief(
    prose="""
        Something can happen twice at three places, and each needs its own identity. Whoever asks makes the operation id, so that a
        repeated request is one request. The database makes the event id, so that a repeated publish is one event, for as long as
        the broker remembers. The edge keeps that id with the effect, so that a repeated message is one effect, for good.
    """,
    happened=saw.happened,
    code=(
        Code("trap", "An effect each time it is asked for", "vango.core.judge", "apply"),
        Code("cure", "The request, recognised at the database", "vango.truth.store", "_already_done"),
        Code("cure", "The publish, recognisable to the broker", "vango.relay.sending", "Sending._outgoing"),
        Code("cure", "The message, recognised at the edge", "vango.core.judge", "judge"),
    ),
    take_away=(
        "every request that changes something carries an id that is made before the first attempt",
        "a retry of a publish uses the id of the first attempt, and the window is longer than your relay’s usual outage",
        "for each handler you can say what makes the second time harmless, without the broker’s help",
        "an id is never used for two different payloads",
    ),
)

LAB = Lab(
    id="deduplication",
    slug="deduplication",
    number=8,
    title="Deduplication",
    question="What makes the second time harmless?",
    concept="Deduplication",
    correct_use="Use operation ids at the database, event ids at the broker and at every edge, and route epochs against what is old.",
    failure_trap="Trust one guard for all: a repeated request becomes a second decision, a repeated message a second effect.",
    minutes=12,
    controls=("promote", "edge_rules", "crash_relay", "disarm_relay", "start_relay", "stream_limits", "republish_altered",
              "republish_often", "purge", "restart_broker"),
    locked={
        "edge_rules": "iad checks no event ids here; you give it its guard later.",
        "stream_limits": "The duplicate window is given in this step; you change it later in the lab.",
        "crash_relay": "The relay’s accidents come later in this lab.",
        "relay_rules": "The relay always sends message ids here: that is the guard under test.",
    },
    locked_otherwise="Not needed in this step. The sandbox has every control.",
    setup=SETUP,
    steps=(PREDICT_REPEAT, REPEAT, PICK_OPERATION, OPERATION, PREDICT_WINDOW, WINDOW, PREDICT_AFTER, AFTER, PICK_EVENT,
           CURE, EXPLAIN, QUIZ),
    debrief=DEBRIEF,
)  # fmt: skip
