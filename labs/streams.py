"""Lab 3: streams. Limits that are too small for an outage lose the middle without a word; retention is a calculation."""

from __future__ import annotations

from labs import streams_checks as saw
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
    Observation,
    Option,
    Predict,
    Question,
    Quiz,
    Script,
    Wait,
    Wrong,
    call,
    reading,
    refused,
)

MORE_ROUTES = {"docs": "alloc-c", "img": "alloc-a"}
SMALL = 5
LOWER = 10
PART = 4


def _keeping_up(seen: Observation) -> bool:
    awake = [edge for edge in seen.edges if edge.mode != "down"]
    return not seen.outbox.waiting and all(edge.sequence == seen.truth.sequence for edge in awake)


def _changes(n: int, part: int) -> Script:
    """Change owners in parts, so that edges which are awake keep up even with a small stream."""
    one = (call("burst", n=part), Wait("the edges that are awake to keep up", _keeping_up))
    return one * (n // part)


BACK = Wait("syd to be done", lambda seen: seen.edge(saw.SLEEPER).mode == "current")
ANSWERS = Wait("the broker to answer", lambda seen: seen.stream("ROUTES").available)

SETUP: Script = (
    Wait("the first events to reach every edge", reading.at_rest),
    *(call("add_route", route=route, owner=owner) for route, owner in MORE_ROUTES.items()),
    call("edge_rules", edge=saw.SLEEPER, prove_continuity=False, on_gap="carry on", ask_high_water_mark=False),
    Wait("every edge to have every route", reading.at_rest),
    call("stream_limits", max_msgs=SMALL),
)

PREDICT_RETURN = Predict(
    id="predict-return",
    title="Back from an outage: what is it told?",
    prose="""
        This stream keeps 5 messages. *syd* is about to sleep through 12 changes of owner. It has a durable consumer, so the server
        remembers how far it had read. What is it told when it comes back?
    """,
    options=(
        Option("error", "An error: the message after its cursor is gone.", "A cursor is a number. The server goes on with the first message that it still has."),
        Option("rest", "Nothing in particular: it is handed the last 5.", "Consumer numbers go on without a hole, and there is no error and no advisory.", happens=True),
        Option("all", "All 12: what a durable consumer has not read is kept for it.", "Under limits, a stream does not ask who has read what before it evicts."),
        Option("header", "It is handed the last 5, with a header that says what is missing.", "A message carries the headers that its publisher gave it, and no others."),
    ),
    measure=saw.what_it_was_told,
)  # fmt: skip

OUTAGE = Do(
    id="outage",
    title="Sleep through twelve changes",
    prose="""
        Kill *syd*. Promote *img* to *alloc-b*, then *Burst…*, 4, three times, so that the two others keep up. Watch *First
        Sequence* on the stream's card pass the place where *syd* stands. Start *syd*, and look for anything that tells you.
    """,
    checks=(
        Check("syd slept through twelve changes", saw.slept),
        Check("On its return it was handed fewer", saw.handed_the_rest),
        Check("Nobody said that anything is missing", saw.told_nothing),
        Check("It claims to be current, and is wrong", saw.wrong_all_the_same),
    ),
    solution=(
        call("kill_edge", edge=saw.SLEEPER),
        call("promote", route="img", to="alloc-b"),
        *_changes(12, PART),
        call("start_edge", edge=saw.SLEEPER),
        BACK,
    ),
    hints=Hints(
        nudge="An edge that is awake loses nothing here. It must be down while the changes are made.",
        panel="panel-edge-syd",
        look="*Kill* and *Start* are on the card of *syd*, *Burst…* is in *Database truth*.",
        principle="A limit evicts the oldest message, read or unread.",
        verb="Kill *syd*; promote *img* to *alloc-b*; burst 4, three times; start *syd*.",
    ),
    wrong=(
        Wrong(
            "an outage that the stream can hold",
            (call("kill_edge", edge=saw.SLEEPER), *_changes(4, PART), call("start_edge", edge=saw.SLEEPER), BACK),
            "slept through 4 changes",
        ),
        Wrong(
            "changes after which every route changes once more",
            (call("kill_edge", edge=saw.SLEEPER), *_changes(12, PART), call("start_edge", edge=saw.SLEEPER), BACK),
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
        The server did what it was told: keep 5. Its cursor for *syd* moved from the last message read to the first one left, and
        from there on everything was in order. The hole is not in anything that *syd* received.
    """,
    show=saw.show_outage,
)

REPAIR: Script = (call("take_snapshot"), call("load_snapshot", edge=saw.SLEEPER), BACK)
LONG: Script = (
    call("kill_edge", edge=saw.SLEEPER),
    call("burst", n=saw.LONG_OUTAGE),
    Wait("the edges that are awake to keep up", _keeping_up),
    call("start_edge", edge=saw.SLEEPER),
    BACK,
)

SIZE = Do(
    id="size",
    title="Retention is a calculation",
    prose="""
        4 changes an hour; the longest outage of last year took 6 hours; a safety factor of 2. How many messages is that? The
        budget is 64 KiB; the stream's card shows what an event weighs. Let *syd* load a snapshot, set the limits, then repeat the
        outage with 24 changes: the stream alone must bring *syd* back.
    """,
    checks=(
        Check("The limits hold the outage and keep to the budget", saw.limits_fit),
        Check("syd slept through 24 changes and came back by replay alone", saw.replayed),
    ),
    solution=(*REPAIR, call("stream_limits", max_msgs=saw.NEEDED), *LONG),
    hints=Hints(
        nudge="Changes an hour × hours × safety.",
        panel="panel-stream",
        look="*Limits…* on the stream's card. Messages and bytes stand at its head.",
        principle="Retention must be longer than the longest absence of the slowest reader, and somebody has to pay for it.",
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
                call("restart_edge", edge=saw.SLEEPER),
                call("restart_edge", edge=saw.SLEEPER),
                BACK,
                call("kill_edge", edge=saw.SLEEPER),
                *_changes(saw.LONG_OUTAGE, PART),
                call("start_edge", edge=saw.SLEEPER),
                BACK,
                call("restart_edge", edge=saw.SLEEPER),
                BACK,
            ),
            "was handed 5 of 24",
        ),
        Wrong(
            "a snapshot after the outage instead of the stream",
            (
                *REPAIR,
                call("kill_edge", edge=saw.SLEEPER),
                *_changes(saw.LONG_OUTAGE, PART),
                call("start_edge", edge=saw.SLEEPER),
                BACK,
                call("stream_limits", max_msgs=saw.NEEDED),
                *REPAIR,
            ),
            "was rebuilt from a snapshot",
        ),
    ),
    keep=saw.keep_size,
    controls=("stream_limits", "take_snapshot", "load_snapshot", "kill_edge", "start_edge", "restart_edge", "burst", "promote"),
)  # fmt: skip

PREDICT_LOWER = Predict(
    id="predict-lower",
    title="Lower a limit on a running stream",
    prose="""
        Later somebody saves space: `max_msgs` goes down to 10, on the running stream, in one configuration change. Every consumer is
        idle and nothing is being published. When are the older messages gone?
    """,
    options=(
        Option("later", "At the next publish: a limit is looked at when something comes in.", "An update is enough. No publish was needed."),
        Option("acked", "When every consumer has acked them.", "A stream with limits does not ask its consumers."),
        Option("restart", "At the next restart of the server.", "A stream's configuration takes effect while it runs."),
        Option("once", "At once.", "An edit of one number is a deletion, and nobody is asked whether they still need it.", happens=True),
    ),
    measure=saw.when_evicted,
)  # fmt: skip

LOWER_IT = Do(
    id="lower",
    title="One number, and they are gone",
    prose="""
        Set `max_msgs` to 10. Compare the number of messages before and after; the journal has both. Imagine that *syd* had been
        asleep just then.
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
        *_changes(12, PART),
        call("restart_broker"),
        ANSWERS,
        call("republish", sequence=at + 1),
        call("republish", sequence=at + 12),
    )


FORGOTTEN = Do(
    id="forgotten",
    title="How far a duplicate window reaches",
    prose="""
        The window is two minutes: an id published twice within it is stored once. Change 12 owners (4, three times), so that the
        first two are evicted. Restart the broker. Within two minutes republish the first of the twelve and the last; their numbers
        are in the history.
    """,
    checks=(
        Check("An evicted event was stored a second time, inside the window", saw.id_forgotten),
        Check("One that is still stored was recognised", saw.id_remembered),
    ),
    solution=_forget,
    hints=Hints(
        nudge="First the changes, then the restart, then the two events again.",
        panel="panel-stream",
        look="*Restart* is behind *broker up* at the top of the page, *Republish…* on the stream's card. The history in *Database truth* has the sequences.",
        principle="After a restart the server knows those ids whose messages it still has.",
        verb="Burst 4, three times; restart the broker; republish the first event of this step, then the last.",
    ),
    wrong=(
        Wrong(
            "the same without a restart",
            (*_changes(12, PART), call("republish", sequence=43), call("republish", sequence=54)),
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
        An id is only as good as the message behind it. Now somebody wants events to be kept for 60 seconds (`max_age`), and leaves
        the duplicate window at 120. What does the server do?
    """,
    options=(
        Option("shorten", "It shortens the window to 60 seconds.", "It changes nothing that you did not ask for."),
        Option("accept", "It takes both: ids are kept longer than messages.", "You have just seen that they are not."),
        Option("refuse", "It refuses.", "A window that it could not honour is not accepted.", happens=True),
        Option("longer", "It keeps the messages for 120 seconds.", "max_age is a promise about deletion; it is not stretched."),
    ),
    measure=saw.what_server_did,
)  # fmt: skip

WINDOW = Do(
    id="window",
    title="Three numbers that fit together",
    prose="""
        Set `max_age` to 60 seconds and read the answer. Then set what the outage needs: room for 48 messages within the budget,
        a `max_age` of 12 hours (43,200 s), and a window of at least a minute, for as long as the relay may repeat itself.
    """,
    checks=(
        Check("The server refused a window longer than max_age", saw.window_refused),
        Check("Room, age and window fit the outage and each other", saw.all_fits),
    ),
    solution=(
        refused("stream_limits", max_age_s=60.0),
        call("stream_limits", max_msgs=saw.NEEDED, max_age_s=float(saw.NEEDED_S)),
    ),
    hints=Hints(
        nudge="Two visits to the same dialog.",
        panel="panel-stream",
        look="*Limits…* on the stream's card.",
        principle="Window ≤ max_age, and max_age ≥ the longest absence. The first is checked by the server, the second by nobody.",
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
            (refused("stream_limits", max_age_s=60.0), call("stream_limits", max_age_s=float(saw.NEEDED_S))),
            "There is room for 10 messages",
        ),
    ),
    controls=("stream_limits",),
)


def _missing(memory: Memory) -> int:
    return int(memory.get("missed", 12)) - int(memory.get("handed", 5))


QUIZ = Quiz(
    id="quiz",
    title="Three questions",
    prose="All three are about what you have just measured.",
    questions=(
        Question(
            "where",
            lambda memory: f"*syd* never got {_missing(memory)} of {memory.get('missed', 12)} events. Where could that have been seen?",
            lambda _: (
                Option("pending", "In the number of unprocessed messages.", "It was 0."),
                Option("floor", "In the ack floor of its consumer.", "It stood at the end, as if everything had been acked."),
                Option("position", "In its own position, compared with the stream's first sequence.", "That is the only place where the hole had two edges."),
            ),
            lambda _: "position",
        ),
        Question(
            "size",
            lambda memory: f"An event takes {memory.get('each', saw.TYPICAL_BYTES)} bytes here. With 10 changes an hour, an outage of 8 hours and a factor of 2, what must the stream hold?",
            lambda memory: (
                Option("80", f"80 messages, {80 * _each(memory) / 1024:.0f} KiB.", "That is the outage of last year, without anything to spare."),
                Option("160", f"160 messages, {160 * _each(memory) / 1024:.0f} KiB.", "10 × 8 × 2."),
                Option("5", "5: the limit concerns what is unread, and there is little of that.", "It concerns what is stored. Who has read it plays no part."),
            ),
            lambda _: "160",
        ),
        Question(
            "id",
            lambda memory: f"{memory.get('forgotten') or 'An event was stored twice.'} Why was it not recognised?",
            lambda _: (
                Option("slow", "The window had passed.", "It had not: the record says how many seconds it was."),
                Option("gone", "Its message was gone, and a restart remembers ids from messages.", "The window promises no more than the messages behind it."),
                Option("other", "It was published under another id.", "Republishing uses the event's own id."),
            ),
            lambda _: "gone",
        ),
    ),
)  # fmt: skip


def _each(memory: Memory) -> int:
    return int(memory.get("each", saw.TYPICAL_BYTES))


DEBRIEF = Debrief(
    prose="""
        A stream is a storage policy, and its limits decide who can recover by replay. They are computed from rate, absence and
        safety, paid for in bytes, and changed with care, because a lower number deletes at once. When they are too small the server
        will not say so: *syd* took the silence for an answer. Beneath the best retention an edge still needs its chain.
    """,
    happened=saw.happened,
    code=(
        Code("trap", "Takes silence for an answer", "vango.edge.claiming", "Claiming.by_silence"),
        Code("cure", "Where retention is decided", "vango.broker.streams", "config"),
        Code("cure", "Sees what did not come", "vango.core.judge", "broken_link"),
    ),
    take_away=(
        "you know the longest outage of each reader last year, and the retention of its stream",
        "retention = rate × absence × safety, and somebody looks at it again when the rate grows",
        "a change of a limit is reviewed like a deletion",
        "the duplicate window covers the longest retry of your publisher, and fits inside max_age",
    ),
)

LAB = Lab(
    id="streams",
    slug="streams",
    number=3,
    title="Streams: how long is long enough",
    question="What happens to an edge that sleeps longer than the stream remembers?",
    concept="Stream",
    correct_use="Keep retention, duplicate window and replay aligned with what recovery needs: rate × longest outage × safety.",
    failure_trap="Retention that is too short makes recovery impossible after an outage, and nobody is told.",
    minutes=12,
    controls=("stream_limits", "kill_edge", "start_edge", "restart_edge", "burst", "promote", "take_snapshot", "load_snapshot",
              "restart_broker", "start_broker", "republish"),
    locked={
        "stream_limits": "The limits are given in this step; you choose them later in the lab.",
        "load_snapshot": "Here the stream is what matters; the snapshot comes in a later step.",
    },
    locked_otherwise="Not needed in this step. The sandbox has every control.",
    setup=SETUP,
    steps=(PREDICT_RETURN, OUTAGE, EXPLAIN_GAP, SIZE, PREDICT_LOWER, LOWER_IT, FORGOTTEN, PREDICT_WINDOW, WINDOW, QUIZ),
    debrief=DEBRIEF,
)  # fmt: skip
