"""Lab 6: a replay brings back owners of the past. Ids forget and numbers pass; only what grows keeps them away."""

from __future__ import annotations

from labs import replay_checks as saw
from studylab.lab import (
    Check,
    Code,
    Debrief,
    Do,
    Explain,
    Hints,
    Lab,
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

SETUP: Script = (
    Wait("the first events to reach every edge", reading.at_rest),
    call("stream_limits", duplicate_window_s=0.1),
    call("edge_rules", edge="iad", check_epochs=False, prove_continuity=False, handling_s=0.15),
    Wait("every edge to be current again", reading.at_rest),
)

HISTORY = Do(
    id="history",
    title="Give shop a past",
    prose="""
        Promote *shop* to *alloc-b*, then to *alloc-c*. Each change is one event and one **epoch**, a number that the database
        only ever lets grow. *iad* checks event ids and no epochs, and takes 0.15 s over each event, so that you can watch it.
    """,
    checks=(
        Check("A route has had three owners", saw.three_owners),
        Check("Every edge serves the last of them", saw.all_serve_it),
    ),
    solution=(
        call("promote", route="shop", to="alloc-b"),
        call("promote", route="shop", to="alloc-c"),
        Wait("every edge to serve it", reading.at_rest),
    ),
    hints=Hints(
        nudge="Two promotions of the same route.",
        panel="panel-truth",
        look="**Promote…** in *Database truth*; the epoch stands beside the owner.",
        principle="An epoch says “this owner and no earlier one”. It is decided where owners are decided.",
        verb="Promote *shop* to *alloc-b*, then *shop* to *alloc-c*.",
    ),
    wrong=(
        Wrong(
            "one change of owner",
            (call("promote", route="shop", to="alloc-b"), Wait("every edge to serve it", reading.at_rest)),
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
        *iad* is current and *shop* belongs to *alloc-c*. Somebody puts its consumer back to stream seq 1. *iad* recognises the
        event that made each of its rows, by id. Who owns *shop* at *iad* while it reads, and after?
    """,
    options=(
        Option("nothing", "alloc-c all the time: iad has seen these events before.", "It has, and it remembers one id for each route: that of the last event. The earlier ones are news to it."),
        Option("walk", "alloc-a, then alloc-b, then alloc-c, and it says “current” throughout.", "Each event is applied as if it were new. The mark says that iad’s position is right, and it is.", happens=True),
        Option("stuck", "alloc-a, and it stays so.", "The later events come as well, one after another."),
        Option("refused", "The broker refuses: those were acked.", "A consumer may be put anywhere. Acks say what was done, and forbid nothing."),
    ),
    measure=saw.what_replay_did,
)  # fmt: skip

REPLAY = Do(
    id="replay",
    title="Replay from 1",
    prose="""
        On *iad* choose **Replay…** from stream seq 1, and keep your eyes on its row for *shop*, on its claim and on its
        requests.
    """,
    checks=(
        Check("iad went through owners of the past, in order", saw.walked_through_the_past),
        Check("A request was misrouted while iad said that it was current", saw.misled_while_current),
    ),
    solution=(call("replay", edge="iad", from_seq=1),),
    hints=Hints(
        nudge="Its consumer is to read again what it has read.",
        panel="panel-edge-iad",
        look="**Replay…** is on the card of *iad*.",
        principle="A replay repeats what was said, in the order in which it was said. It does not say “and this is over”.",
        verb="*iad*: **Replay…**, from stream seq 1.",
    ),
    wrong=(
        Wrong(
            "replaying into an edge that checks epochs",
            (call("replay", edge="fra", from_seq=1), Wait("fra to read it", lambda seen: seen.edge("fra").counters["stale"] >= 2)),
            "iad has not read anything again",
        ),
        Wrong(
            "reading the last event again",
            (call("replay", edge="iad", from_seq=5), Wait("iad to read it", lambda seen: seen.edge("iad").counters["duplicates"] >= 1)),
            "applied no older event",
        ),
    ),
    keep=saw.keep_replay,
    controls=("replay",),
)  # fmt: skip

EXPLAIN_REPLAY = Explain(
    id="explain-replay",
    title="A walk through the past",
    prose="""
        Nothing was false: each of these events was true once. *iad* asked “have I seen this very notice?” and its memory for ids
        has an end. It never asked “is this older than what I hold?” The drains happened for real, and stay.
    """,
    show=saw.show_walk,
)

PREDICT_ZOMBIE = Predict(
    id="predict-zombie",
    title="A relay comes back from the dead",
    prose="""
        A relay that was thought dead wakes and publishes event 4 once more: *shop* to *alloc-b*, epoch 2, under its old id. The
        duplicate window, 0.1 s here, is long over. What does *iad* serve from then on?
    """,
    options=(
        Option("dropped", "alloc-c: the broker drops it as a duplicate.", "The broker remembers ids for the window. After it, the same id is stored again."),
        Option("known", "alloc-c: iad recognises the id.", "It keeps the id of the event that made the row, and that is a later one."),
        Option("mark", "alloc-b until the next high-water mark puts it right.", "The mark says how far truth is. iad’s position is there already; its row is wrong."),
        Option("forever", "alloc-b, until shop changes again.", "No later event follows this one. A replay ends; this does not.", happens=True),
    ),
    measure=saw.what_zombie_did,
)  # fmt: skip

ZOMBIE = Do(
    id="zombie",
    title="Publish an event of the past",
    prose="""
        In the stream card choose **Republish…** and give the sequence of the event that made *alloc-b* the owner of *shop*: 4,
        as the history says. Compare *iad* with the other two.
    """,
    checks=(
        Check("The stream holds an old event a second time", saw.stored_again),
        Check("iad serves an owner of the past and says that it is current", saw.back_for_good),
        Check("Nothing is pending that would correct it; other edges counted it as stale", saw.nothing_corrects_it),
    ),
    solution=(
        Wait("the duplicate window to be over", reading.window_is_over),
        call("republish", sequence=4),
    ),
    hints=Hints(
        nudge="The history in *Database truth* numbers every event.",
        panel="panel-stream",
        look="**Republish…** in the stream card.",
        principle="Whoever once held an event can publish it again. The broker is not asked whether it is still true.",
        verb="**Republish…** with sequence 4.",
    ),
    wrong=(
        Wrong(
            "republishing the latest event",
            (
                Wait("the duplicate window to be over", reading.window_is_over),
                call("republish", sequence=5),
                Wait("iad to read it", saw.is_read_through),
            ),
            "No event of a past owner",
        ),
    ),
    keep=saw.keep_zombie,
    controls=("republish",),
)

BOTH: Script = (
    call("replay", edge="iad", from_seq=1),
    Wait("iad to read everything again", saw.is_read_through),
    call("republish", sequence=4),
    Wait("iad to read that too", saw.is_read_through),
)

CURE = Do(
    id="cure",
    title="The same accidents, and nothing happens",
    prose="""
        First bring *iad*’s row right: take a snapshot and load it. Then find the rule under which both accidents are harmless,
        and prove it: replay from 1 again, republish event 4 again. Its counter of *stale* events tells.
    """,
    checks=(
        Check("A replay from the past changed nothing, because of epochs", saw.replay_was_harmless),
        Check("The same old event, stored once more, was counted as stale", saw.zombie_was_harmless),
        Check("No request is answered wrongly any more", saw.all_right_again),
    ),
    solution=(
        call("take_snapshot"),
        call("load_snapshot", edge="iad"),
        call("edge_rules", edge="iad", check_epochs=True),
        Wait("iad to be current", reading.at_rest),
        *BOTH,
    ),
    hints=Hints(
        nudge="Which number in the event only ever grows, and who sees to that?",
        panel="panel-edge-iad",
        look="*iad*’s **Rules…**; then **Replay…** there and **Republish…** in the stream card.",
        principle="Compare the epoch of the event with the epoch of the row: less is over, whatever brought it.",
        verb="**take** a snapshot, **Load snapshot** on *iad*, **Rules…** *check epochs* on, **Replay…** from 1, **Republish…** 4.",
    ),
    wrong=(
        Wrong(
            "replaying faster",
            (
                call("edge_rules", edge="iad", handling_s=0),
                Wait("iad to be there", lambda seen: reading.is_current(seen.edge("iad"))),
                call("replay", edge="iad", from_seq=1),
                Wait("iad to read everything again", saw.is_read_through),
            ),
            "However fast it reads",
        ),
        Wrong(
            "remembering a thousand ids",
            (
                call("edge_rules", edge="iad", remember_ids=1000, handling_s=0),
                Wait("iad to be there", lambda seen: reading.is_current(seen.edge("iad"))),
                call("replay", edge="iad", from_seq=1),
                Wait("iad to read everything again", saw.is_read_through),
                call("replay", edge="iad", from_seq=1),
                Wait("iad to recognise it all", lambda seen: seen.edge("iad").counters["duplicates"] >= 8),
                Wait("iad to have acked it all", saw.is_read_through),
            ),
            "a longer past, or a restart",
        ),
        Wrong(
            "the continuity proof alone",
            (
                call("edge_rules", edge="iad", prove_continuity=True, handling_s=0),
                Wait("iad to be there", lambda seen: reading.is_current(seen.edge("iad"))),
                call("replay", edge="iad", from_seq=1),
                Wait("iad to read everything again", saw.is_read_through),
            ),
            "went back in time again",
        ),
    ),
    keep=saw.keep_cure,
    controls=("edge_rules", "replay", "republish", "take_snapshot", "load_snapshot", "promote"),
)

PREDICT_LATE = Predict(
    id="predict-late",
    title="Is the broker a fence?",
    prose="""
        A slow worker is the oldest zombie. *iad* will take 0.3 s over an event while ack_wait is 0.2 s: the broker hands the
        message out again before *iad* has acked the first delivery. Then that first ack arrives, late. What does the broker do?
    """,
    options=(
        Option("refused", "It refuses it: that delivery has expired.", "The server keeps no such fence. An ack names a message, and any delivery’s ack will do."),
        Option("taken", "It takes it; the message counts as done.", "And the second delivery is under way all the same: both are worked on.", happens=True),
        Option("newest", "It waits for the ack of the latest delivery.", "It does not tell one delivery’s ack from another’s."),
    ),
    measure=saw.what_late_did,
)  # fmt: skip

LATE = Do(
    id="late",
    title="Ack too late",
    prose="""
        In *iad*’s **Rules…** set the time taken over each event to 0.3 s and ack_wait to 0.2 s. Promote *api* to *alloc-c*. Watch
        Ack Floor and Outstanding Acks of *iad*, and its lane in the journal.
    """,
    checks=(
        Check("The ack of the first delivery came after ack_wait, and the broker took it", saw.accepted_late),
        Check("The message came again all the same, and changed nothing", saw.delivered_again),
    ),
    solution=(
        call("edge_rules", edge="iad", handling_s=0.3, ack_wait_s=0.2),
        Wait("iad to be current", reading.at_rest),
        call("promote", route="api", to="alloc-c"),
    ),
    hints=Hints(
        nudge="The work must take longer than the broker waits.",
        panel="panel-edge-iad",
        look="Both times are in *iad*’s **Rules…**.",
        principle="A time-out tells that somebody is slow, not that somebody has stopped. Only a number in the event can fence.",
        verb="*iad*: **Rules…**, 0.3 s over each event, ack_wait 0.2 s. Promote *api* to *alloc-c*.",
    ),
    wrong=(
        Wrong(
            "an edge that is quick enough",
            (call("promote", route="api", to="alloc-c"), Wait("every edge to serve it", reading.at_rest)),
            "acked nothing later than ack_wait",
        ),
    ),
    keep=saw.keep_late,
    controls=("edge_rules", "promote"),
)

QUIZ = Quiz(
    id="quiz",
    title="Three questions",
    prose="All three are about what you have just measured.",
    questions=(
        Question(
            "guard",
            lambda memory: f"During the replay iad said “{memory.get('walk_claim', 'current')}” and routed to owners of the past. What could have told it?",
            lambda _: (
                Option("id", "The event ids.", "It keeps the id of each row’s last event. Those that came were earlier ones."),
                Option("mark", "The high-water mark.", "It agreed: iad’s position was where truth was. Positions do not go back; rows did."),
                Option("epoch", "The epochs.", "Each of them was less than that of the row. That is all it takes."),
            ),
            lambda _: "epoch",
        ),
        Question(
            "twice",
            lambda memory: f"{memory.get('zombie_id', 'The event')} is in the stream at seq {' and '.join(map(str, memory.get('zombie_seqs', ())))}. Why did the broker store it again?",
            lambda _: (
                Option("bytes", "Its bytes differed.", "They were the same, byte for byte, and the server compares ids only."),
                Option("window", "Its duplicate window was over.", "The server forgets an id after that time, whatever the stream still holds."),
                Option("client", "Another client published it.", "The window is the stream’s: it does not ask who publishes."),
            ),
            lambda _: "window",
        ),
        Question(
            "late",
            lambda memory: f"iad’s ack came {memory.get('late_s', 0)} s after the delivery, with ack_wait {memory.get('wait_s', 0)} s. What kept the second delivery from doing harm?",
            lambda _: (
                Option("broker", "The broker, which withdrew it.", "It had been handed out already, and nothing takes it back."),
                Option("edge", "The edge, which recognised the event.", "The guard stands at the view, in the same transaction as the row."),
                Option("order", "It came after the first.", "So did the zombie."),
            ),
            lambda _: "edge",
        ),
    ),
)  # fmt: skip

DEBRIEF = Debrief(
    prose="""
        A replay is a recording. It brings back every owner that ever was, and an edge that takes each event for news lives
        through all of it while it says “current”. A memory for ids helps until it is full or lost. The epoch needs no memory: the
        database makes it grow, the row holds it, and whatever is less is over. Neither broker nor time-out can do this for you.
    """,
    happened=saw.happened,
    code=(
        Code("trap", "Recognise what is still remembered", "vango.core.intake", "remembered"),
        Code("cure", "Refuse owners of the past", "vango.core.judge", "fence"),
        Code("cure", "Where the fence stands", "vango.core.judge", "judge"),
    ),
    take_away=(
        "your events carry something that only grows, assigned where the decision is made",
        "every consumer compares it before it acts, not only before it stores",
        "a replay from the beginning into a live view is harmless; you have tried it",
        "no worker relies on the broker to keep a slow predecessor from finishing its work",
    ),
)

LAB = Lab(
    id="replay",
    slug="replay",
    number=6,
    title="Replay",
    question="What does an edge believe when it reads the past again?",
    concept="Replay",
    correct_use="Replay to catch up, into a view that refuses whatever is older than what it holds.",
    failure_trap="Replay without an epoch check. Old owners rise again, in order, while the edge says that it is current.",
    minutes=10,
    controls=("promote", "replay", "republish", "edge_rules", "take_snapshot", "load_snapshot"),
    locked={
        "edge_rules": "iad’s rules are given in this step; you change them later in the lab.",
        "load_snapshot": "Repair comes with the cure.",
        "republish": "The zombie belongs to a later step.",
        "stream_limits": "The duplicate window is set to 0.1 s here, so that “after the window” comes soon.",
        "wipe_view": "What iad holds is the evidence here.",
    },
    locked_otherwise="Not needed in this step. The sandbox has every control.",
    setup=SETUP,
    steps=(HISTORY, PREDICT_REPLAY, REPLAY, EXPLAIN_REPLAY, PREDICT_ZOMBIE, ZOMBIE, CURE, PREDICT_LATE, LATE, QUIZ),
    debrief=DEBRIEF,
)  # fmt: skip
