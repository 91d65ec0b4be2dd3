"""Lab 4: durable consumers. A remembered cursor, what deletes it, and why the name alone is no memory."""

from __future__ import annotations

from labs import durable_consumers_checks as saw
from studylab.lab import (
    Check,
    Code,
    Debrief,
    Do,
    Evidence,
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

FRA, IAD = saw.KEPT, saw.FLEETING
THRESHOLD_S = 0.5
ACK_WAIT_S = 0.5

SETUP: Script = (
    Wait("the first events to reach every edge", reading.at_rest),
    call("edge_rules", edge=FRA, ask_high_water_mark=False, ack_wait_s=ACK_WAIT_S),
    call(
        "edge_rules", edge=IAD, durable=False, inactive_threshold_s=THRESHOLD_S, ask_high_water_mark=False,
        prove_continuity=False, on_gap="carry on", deduplicate=False, check_epochs=False, ack_wait_s=ACK_WAIT_S,
    ),
    call("delete_consumer", consumer=IAD),
    Wait("every edge to be current again", reading.at_rest),
)  # fmt: skip

SENT = Wait("the changes to be published", lambda seen: not seen.outbox.waiting)
EXPIRED = Wait("the server to delete iad's consumer", lambda seen: not saw.consumers_of(seen, IAD))


def _back(edge: str) -> Wait:
    return Wait(f"{edge} to be done", lambda seen: seen.edge(edge).mode == "current")


WATCH = Do(
    id="watch",
    title="Two kinds of readers",
    prose="""
        *fra* reads with a **durable** consumer: a name and a cursor that the server keeps. *iad* reads with an **ephemeral** one,
        made when it connects, from new. Promote *shop* to *alloc-c* and find both in the list of consumers on the stream's card.
    """,
    checks=(Check("Both consumers have handed the change over", saw.both_moved),),
    solution=(call("promote", route="shop", to="alloc-c"), Wait("every edge to serve it", reading.at_rest)),
    hints=Hints(
        nudge="One promotion is enough.",
        panel="panel-stream",
        look="The table on the stream's card lists the consumers in the server's words.",
        principle="While both are awake there is no difference to be seen.",
        verb="Promote *shop* to *alloc-c*.",
    ),
    wrong=(
        Wrong(
            "a new allocation, which is no change of owner",
            (call("add_allocation", allocation="alloc-e"),),
            "No promotion was committed",
        ),
    ),
    keep=saw.keep_before,
    controls=("promote", "burst"),
)

PREDICT_SLEEP = Predict(
    id="predict-sleep",
    title="Both sleep through three changes",
    prose="""
        *fra* and *iad* will be killed, three owners change, and a few seconds later both are started again. All three events are in
        the stream the whole time. Who is handed what?
    """,
    options=(
        Option("both", "Both are handed the three: the stream has kept them.", "The stream has. But somebody must remember where a reader had got to."),
        Option("one", "fra the three, iad nothing.", "The server remembers fra's cursor. For iad it has forgotten that there ever was a reader.", happens=True),
        Option("all", "fra the three, iad everything from the start.", "An ephemeral consumer begins where it is told to. This one is told: from new."),
        Option("none", "Neither: who is away misses what is said.", "That is core NATS. A durable consumer is there so that it is not so."),
    ),
    measure=saw.who_got_what,
)  # fmt: skip

SLEEP = Do(
    id="sleep",
    title="Asleep, and forgotten",
    prose="""
        Kill *fra* and *iad*, change three owners (*Burst…*, 3), and watch the list of consumers: after a second or two one line is
        gone. Then start both, and compare their rows with their claims.
    """,
    checks=(
        Check("Both slept through three changes", saw.both_slept),
        Check("The server kept one consumer and deleted the other", saw.one_is_gone),
        Check("fra was handed what it had missed", saw.one_caught_up),
        Check("iad was handed nothing, and says that it is current", saw.other_never_learns),
    ),
    solution=(
        call("kill_edge", edge=FRA),
        call("kill_edge", edge=IAD),
        call("burst", n=saw.CHANGES),
        EXPIRED,
        call("start_edge", edge=FRA),
        call("start_edge", edge=IAD),
        _back(FRA),
        _back(IAD),
    ),
    hints=Hints(
        nudge="Both down, then the changes, then patience, then both up.",
        panel="panel-stream",
        look="The consumers' table, and the journal: the server tells when it deletes a consumer.",
        principle="An ephemeral consumer lives for as long as somebody reads, and half a second longer here.",
        verb="Kill *fra* and *iad*; burst 3; wait until the ephemeral consumer is gone; start *fra* and *iad*.",
    ),
    wrong=(
        Wrong(
            "changes while both are awake",
            (call("burst", n=saw.CHANGES), Wait("every edge to have them", reading.at_rest)),
            "has not been down",
        ),
    ),
    keep=saw.keep_sleep,
    controls=("kill_edge", "start_edge", "burst", "promote"),
)

EXPLAIN_CURSORS = Explain(
    id="explain-cursors",
    title="Whose cursor was it?",
    prose="""
        The name *fra* belongs to the server, and the cursor is kept under it. The other consumer had a name of chance, belonged to a
        connection, and went with it. *iad* has a new one now, which begins behind everything that it missed.
    """,
    show=saw.show_cursors,
)


def _cure(evidence: Evidence) -> Script:
    """Durable for iad; a learner who replayed everything into it has double effects to be rid of first."""
    clean = (call("take_snapshot"), call("load_snapshot", edge=IAD), _back(IAD))
    nap = (
        call("edge_rules", edge=IAD, durable=True, inactive_threshold_s=0.0, begin="own position"),
        Wait("iad to catch up", lambda seen: seen.edge(IAD).sequence == seen.truth.sequence),
        call("kill_edge", edge=IAD),
        call("burst", n=saw.CHANGES),
        SENT,
        call("start_edge", edge=IAD),
        Wait("every edge to have the changes", reading.at_rest),
    )
    return (*clean, *nap) if saw.has_doubled(evidence.now) else nap


CURE = Do(
    id="cure",
    title="A cursor that waits",
    prose="""
        In the rules of *iad* switch *durable consumer* on and set its inactive threshold to 0. Then let it sleep through three more
        changes. It must be handed exactly what it missed, and no change may take effect twice: watch the drains.
    """,
    checks=(
        Check("iad has a durable consumer that does not expire", saw.is_durable),
        Check("It slept through three changes and was handed exactly these", saw.remembered),
    ),
    solution=_cure,
    hints=Hints(
        nudge="Two fields in the rules of *iad*, then the same sleep again.",
        panel="panel-edge-iad",
        look="*Rules…* on the card of *iad*: *durable consumer* and *inactive threshold*.",
        principle="The reader may die. What it had read must be known to somebody who does not.",
        verb="Rules of *iad*: durable on, inactive threshold 0; kill *iad*; burst 3; start *iad*.",
    ),
    wrong=(
        Wrong(
            "ephemeral, but from the first message on",
            (
                call("edge_rules", edge=IAD, begin="all"),
                _back(IAD),
                call("kill_edge", edge=IAD),
                call("burst", n=saw.CHANGES),
                SENT,
                call("start_edge", edge=IAD),
                Wait("iad to have read everything", lambda seen: seen.edge(IAD).sequence == seen.truth.sequence),
                Wait("the drains to be counted twice", saw.has_doubled),
            ),
            "drained the connections",
        ),
        Wrong(
            "durable, and still with a threshold",
            (
                call("edge_rules", edge=IAD, durable=True),
                Wait("iad to catch up", lambda seen: seen.edge(IAD).sequence == seen.truth.sequence),
            ),
            "Set it to 0",
        ),
    ),
    controls=(
        "edge_rules",
        "kill_edge",
        "start_edge",
        "restart_edge",
        "burst",
        "promote",
        "take_snapshot",
        "load_snapshot",
    ),
)

PREDICT_THRESHOLD = Predict(
    id="predict-threshold",
    title="A durable consumer with an inactive threshold",
    prose="""
        A tidy person sets an inactive threshold of half a second on the consumer of *fra* as well, so that forgotten consumers do not
        pile up. It stays durable. Then *fra* is down for some seconds. What becomes of its consumer?
    """,
    options=(
        Option("kept", "It is kept: durable means that it survives its reader.", "It survives a reader that is away. With a threshold, only for so long."),
        Option("deleted", "It is deleted, like the ephemeral one.", "The threshold makes the difference, and not the word durable.", happens=True),
    ),
    measure=saw.what_became_of_it,
)  # fmt: skip

THRESHOLD = Do(
    id="threshold",
    title="Durable until further notice",
    prose="""
        Set the inactive threshold of *fra* to 0.5 seconds in its rules. Kill *fra* and watch the list of consumers and the journal.
        Then start it again: it makes a consumer of the same name.
    """,
    checks=(
        Check("The server deleted a durable consumer", saw.durable_expired),
        Check("The edge is back, with a new one", saw.is_back),
    ),
    solution=(
        call("edge_rules", edge=FRA, inactive_threshold_s=THRESHOLD_S),
        _back(FRA),
        call("kill_edge", edge=FRA),
        Wait("the server to delete it", lambda seen: seen.consumer(FRA) is None),
        call("start_edge", edge=FRA),
        _back(FRA),
    ),
    hints=Hints(
        nudge="A consumer is inactive when nobody reads with it.",
        panel="panel-edge-fra",
        look="*Rules…* on the card of *fra* has *inactive threshold*.",
        principle="Nothing is durable against a rule that deletes it.",
        verb="Rules of *fra*: inactive threshold 0.5; kill *fra*; wait; start *fra*.",
    ),
    wrong=(
        Wrong(
            "a threshold while fra goes on reading",
            (call("edge_rules", edge=FRA, inactive_threshold_s=THRESHOLD_S), _back(FRA)),
            "fra reads, so its consumer is not inactive",
        ),
    ),
    controls=("edge_rules", "kill_edge", "start_edge"),
)

PREDICT_NAME = Predict(
    id="predict-name",
    title="The same name, created again",
    prose="""
        *fra* sleeps. Somebody deletes the consumer *fra*, and two owners change. On its return *fra* creates the consumer *fra* again,
        and its program says, as many do, that a consumer which is not there yet begins from new. What is it handed?
    """,
    options=(
        Option("missed", "What it missed: the name is the memory.", "The cursor was kept under the name, and was deleted with it."),
        Option("nothing", "Nothing: the consumer has the name and no past.", "It is a new consumer. That it is called fra means nothing to the server.", happens=True),
        Option("all", "Everything from the first message on.", "It begins where its creator says. Here that is: from new."),
        Option("refuse", "The server refuses a name that was used before.", "A deleted name is free."),
    ),
    measure=saw.what_the_name_held,
)  # fmt: skip


def _sleep_without_consumer(begin: str) -> Script:
    return (
        call("edge_rules", edge=FRA, begin=begin, inactive_threshold_s=0.0),
        _back(FRA),
        call("kill_edge", edge=FRA),
        call("delete_consumer", consumer=FRA),
        call("burst", n=2),
        SENT,
        call("start_edge", edge=FRA),
        _back(FRA),
    )


NAME = Do(
    id="name",
    title="The name is back, the cursor is not",
    prose="""
        In the rules of *fra*: inactive threshold 0, and *a consumer unknown to the server begins from* **new**. Kill *fra*, delete the
        consumer *fra* (on the stream's card), *Burst…* 2, start *fra*. Compare the list of consumers with the rows of *fra*.
    """,
    checks=(Check("The consumer is there again, and fra was handed nothing", saw.name_is_no_memory),),
    solution=_sleep_without_consumer("new"),
    hints=Hints(
        nudge="The consumer must be deleted while *fra* is down; else *fra* notices at once.",
        panel="panel-stream",
        look="*Delete consumer…* is at the foot of the stream's card.",
        principle="A durable consumer is a record like any other: whoever deletes it deletes what it knew.",
        verb="Rules of *fra*: begins from new, threshold 0; kill *fra*; delete consumer *fra*; burst 2; start *fra*.",
    ),
    wrong=(
        Wrong(
            "the sleep without the deletion",
            (
                call("edge_rules", edge=FRA, begin="new", inactive_threshold_s=0.0),
                _back(FRA),
                call("kill_edge", edge=FRA),
                call("burst", n=2),
                SENT,
                call("start_edge", edge=FRA),
                Wait("fra to have the changes", reading.at_rest),
            ),
            "was not deleted",
        ),
        Wrong("the deletion without new", _sleep_without_consumer("own position"), "behind its own position"),
    ),
    keep=saw.keep_name,
    controls=("edge_rules", "kill_edge", "start_edge", "delete_consumer", "burst", "promote"),
)

EXPLAIN_NAME = Explain(
    id="explain-name",
    title="Two memories",
    prose="""
        There are two records of how far *fra* has come: the server's cursor, and the position that *fra* keeps in one transaction with
        its rows. Anybody may delete the first. The second is part of the view, and cannot be lost without it.
    """,
    show=saw.show_name,
)

SAVED = Do(
    id="saved",
    title="The position is the memory",
    prose="""
        Let the same accident happen once more, but make *fra* begin at its *own position* when the server does not know its consumer.
        Kill *fra*, delete the consumer, *Burst…* 2, start *fra*. This time nothing may be missing, the earlier changes included.
    """,
    checks=(Check("The consumer was deleted in fra's sleep, and nothing was lost", saw.position_saved_it),),
    solution=_sleep_without_consumer("own position"),
    hints=Hints(
        nudge="One rule is different from before.",
        panel="panel-edge-fra",
        look="*Rules…* on the card of *fra*: where a consumer begins that the server does not know.",
        principle="A durable consumer saves work. What makes an edge recoverable is its own position.",
        verb="Rules of *fra*: begins from own position; kill *fra*; delete consumer *fra*; burst 2; start *fra*.",
    ),
    wrong=(
        Wrong("the same rule as before", _sleep_without_consumer("new"), "began too late"),
        Wrong(
            "loading a snapshot afterwards",
            (*_sleep_without_consumer("new"), call("take_snapshot"), call("load_snapshot", edge=FRA),
             Wait("fra to be right", reading.at_rest)),
            "its own position must do",
        ),
    ),
    keep=saw.keep_saved,
    controls=("edge_rules", "kill_edge", "start_edge", "delete_consumer", "burst", "promote"),
)  # fmt: skip

QUIZ = Quiz(
    id="quiz",
    title="Three questions",
    prose="All three are about what you have just measured.",
    questions=(
        Question(
            "gone",
            lambda memory: f"The server deleted {reading.listed(memory.get('gone', ())) or 'the ephemeral consumer'} while *iad* slept. What happened to the {memory.get('missed', 3)} messages?",
            lambda _: (
                Option("lost", "They were deleted with it.", "A consumer has no messages. The stream has them."),
                Option("stayed", "They stayed in the stream, and nobody was left who was owed them.", "Stored is not the same as delivered to you."),
                Option("queued", "They waited for the next consumer of iad.", "For the server the next one is a stranger."),
            ),
            lambda _: "stayed",
        ),
        Question(
            "luck",
            lambda _: "An ephemeral consumer that begins with *all* would have handed *iad* the missed events, too. What speaks against it?",
            lambda _: (
                Option("nothing", "Nothing: it ends with the right owners.", "By luck: every old effect happens once more on the way there, and the drains show it."),
                Option("twice", "Everything that was applied before is applied again.", "Right owners at the end, connections drained twice, and more of it the longer the stream is."),
                Option("late", "It would be slower by an ack_wait.", "Nothing waits for an ack here. It is simply everything, again."),
            ),
            lambda _: "twice",
        ),
        Question(
            "saved",
            lambda memory: f"The consumer *fra* was deleted once more, and *fra* was handed {memory.get('saved', 4)} messages. What knew where to begin?",
            lambda _: (
                Option("name", "The name of the consumer.", "It was the same name as the time before, when nothing came."),
                Option("server", "The server's copy of the cursor.", "It was deleted with the consumer."),
                Option("position", "The position that fra keeps with its rows.", "Written in the same transaction as the rows it speaks of."),
            ),
            lambda _: "position",
        ),
    ),
)  # fmt: skip


DEBRIEF = Debrief(
    prose="""
        A durable consumer is a named cursor that outlives its reader: the right thing for whoever must recover. But it is the
        server's memory of you, and not your own. A threshold, a tidy colleague or a recreated stream deletes it. Keep your position
        beside what you applied, and let a consumer that has to be made again begin there.
    """,
    happened=saw.happened,
    code=(
        Code("trap", "From new", "vango.edge.consumers", "begin_with_new"),
        Code("cure", "Behind the edge's own position", "vango.edge.consumers", "begin_after"),
        Code("cure", "Rows and position in one transaction", "vango.edge.view", "View.apply"),
    ),
    take_away=(
        "you know what deletes your durables: thresholds, scripts, recreated streams",
        "every worker that must recover reads with a durable consumer, and says so by name",
        "the position is stored with the data, in one transaction",
        "a consumer that has to be created again begins behind that position, and not from new",
    ),
)

LAB = Lab(
    id="durable_consumers",
    slug="durable-consumers",
    number=4,
    title="Durable consumers: whose memory?",
    question="Who remembers how far a reader had come while the reader is away?",
    concept="Durable consumer",
    correct_use="A named reader with a remembered cursor, for workers and read models that must recover.",
    failure_trap="An ephemeral consumer misses what happens while its reader is away, and nothing says so.",
    minutes=12,
    controls=("edge_rules", "kill_edge", "start_edge", "restart_edge", "burst", "promote", "delete_consumer", "take_snapshot",
              "load_snapshot"),
    locked={
        "edge_rules": "How the edges read is given in this step; you choose it later in the lab.",
        "delete_consumer": "Deleting a consumer belongs to a later step of this lab.",
    },
    locked_otherwise="Not needed in this step. The sandbox has every control.",
    setup=SETUP,
    steps=(WATCH, PREDICT_SLEEP, SLEEP, EXPLAIN_CURSORS, CURE, PREDICT_THRESHOLD, THRESHOLD, PREDICT_NAME, NAME, EXPLAIN_NAME,
           SAVED, QUIZ),
    debrief=DEBRIEF,
)  # fmt: skip
