"""Lab 1: commit first, publish second. Two wrong write orders fail for real; the outbox survives both accidents."""

from __future__ import annotations

from labs import commit_first_checks as saw
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
    refused,
)

EDGES = ("fra", "iad", "syd")

SETUP: Script = (
    Wait("the first events to reach every edge", reading.at_rest),
    *(
        call("edge_rules", edge=edge, ask_high_water_mark=False, prove_continuity=False, on_gap="carry on")
        for edge in EDGES
    ),
    call("write_order", order="publish first"),
    Wait("every edge to be current again", reading.at_rest),
)

WATCH = Do(
    id="watch",
    title="Watch one promotion",
    prose="""
        This control plane **publishes first** and commits second. Promote *blog* to *alloc-c* and read the journal: the
        event is in the stream before the database has decided anything. Today the database agrees, so nothing looks wrong.
    """,
    checks=(
        Check("A promotion was committed and every edge serves it", saw.promotion_served),
        Check("Its event was in the stream before the commit", saw.published_before_commit),
    ),
    solution=(call("promote", route="blog", to="alloc-c"), Wait("every edge to serve it", reading.at_rest)),
    hints=Hints(
        nudge="Give a route to another allocation that is ready.",
        panel="panel-truth",
        look="The card *Database truth* has the button *Promote…*.",
        principle="A promotion is one change of owner: one transaction, one event.",
        verb="Promote *blog* to *alloc-c*.",
    ),
    wrong=(
        Wrong(
            "an owner that is not ready",
            (refused("promote", route="blog", to="alloc-d"),),
            "No promotion was committed",
        ),
    ),
    controls=("promote",),
)

PREDICT_PHANTOM = Predict(
    id="predict-phantom",
    title="The database will refuse: what do the edges do?",
    prose="""
        *alloc-d* is pending, and the database refuses every owner that is not ready. The write order is still
        *publish first*. You are about to promote *shop* to *alloc-d*.
    """,
    options=(
        Option(
            "nothing",
            "Nothing: a refused change is no change.",
            "The refusal came after the event was stored, and a stream has no refusals.",
        ),
        Option(
            "route", "They route shop to alloc-d.", "They were told so, and nobody tells them otherwise.", happens=True
        ),
        Option(
            "back",
            "They take it and roll back when the transaction does.",
            "A transaction ends at the database. No edge is part of it.",
        ),
        Option(
            "ask", "They ask the database before they believe it.", "An edge follows events so that it need not ask."
        ),
    ),
    measure=saw.what_edges_did,
)

PHANTOM = Do(
    id="phantom",
    title="Let the database refuse",
    prose="""
        Promote *shop* to *alloc-d*. The answer is a refusal. Then look past it: at the stream, at the history, at the
        three edges and at their probes.
    """,
    checks=(
        Check("The database refused a promotion", saw.was_refused),
        Check("Its event is in the stream, and the history has no such row", saw.phantom_stored),
        Check("Three edges serve an owner that was never chosen", saw.phantom_served),
        Check("Requests are answered wrongly", saw.probes_wrong),
    ),
    solution=(refused("promote", route="shop", to="alloc-d"),),
    hints=Hints(
        nudge="Ask for something that the database must refuse.",
        panel="panel-truth",
        look="One of the allocations in *Database truth* is not ready.",
        principle="What is published before the commit cannot be taken back by the transaction.",
        verb="Promote *shop* to *alloc-d*.",
    ),
    wrong=(
        Wrong(
            "a promotion that the database accepts",
            (call("promote", route="shop", to="alloc-c"), Wait("every edge to serve it", reading.at_rest)),
            "Nothing was refused",
        ),
    ),
    keep=saw.keep_phantom,
    controls=("promote",),
)

EXPLAIN_PHANTOM = Explain(
    id="explain-phantom",
    title="A phantom",
    prose="""
        The event is real and the fact is not. Every edge did its work without a fault: it applied what the stream told it.
        An event announces a decision; published first, it announces a wish.
    """,
    show=saw.show_phantom,
)

REPAIR: Script = (
    call("purge"),
    call("take_snapshot"),
    *(call("load_snapshot", edge=edge) for edge in EDGES),
    Wait("every edge to be current", reading.at_rest),
)

MEND = Do(
    id="mend",
    title="Clean up after the phantom",
    prose="""
        No later commit takes the event back. Repair comes from the database: remove the event from the stream, take a
        snapshot of truth, and load it into every edge. Notice how much work one refused promotion has made.
    """,
    checks=(
        Check("The stream holds no event that the history lacks", saw.stream_is_clean),
        Check("No edge serves an invented owner", saw.edges_are_clean),
    ),
    solution=REPAIR,
    hints=Hints(
        nudge="Two places hold the invention: the stream, and the edges' views.",
        panel="panel-stream",
        look="The stream card has *Purge* and *Snapshot*; each edge has *Load snapshot*.",
        principle="A view can be rebuilt from the database at any time; that is what makes it a view.",
        verb="Purge *ROUTES*, take a snapshot, then load it into *fra*, *iad* and *syd*.",
    ),
    wrong=(
        Wrong(
            "loading a snapshot and leaving the event where it is",
            (call("take_snapshot"), *(call("load_snapshot", edge=edge) for edge in EDGES)),
            "still in the stream",
        ),
    ),
    controls=("purge", "delete_message", "take_snapshot", "load_snapshot"),
)

PREDICT_UNTOLD = Predict(
    id="predict-untold",
    title="Commit first, then crash: what is left?",
    prose="""
        Turn it round: the control plane commits, then publishes, and writes nothing down in between. It will crash
        between the two, and be started again.
    """,
    options=(
        Option("later", "The event is sent a little later.", "Whoever sends it later must know that it is owed. Nothing says so."),
        Option("untold", "The fact is committed and nobody will ever be told.", "The commit stands; the intention to publish was only in memory.", happens=True),
        Option("back", "The transaction is rolled back.", "It was committed before the crash. A commit is not undone by what follows it."),
    ),
    measure=saw.what_crash_left,
)  # fmt: skip

UNTOLD = Do(
    id="untold",
    title="Crash between commit and publish",
    prose="""
        Choose the write order *commit then publish*, arm *Crash after commit*, and promote *api* to *alloc-c*. Then
        wait as long as you like, and look for anything that will send the event.
    """,
    checks=(
        Check("The control plane crashed after a commit", saw.crashed),
        Check("The history has the fact; outbox and stream have nothing", saw.untold),
        Check("Every edge says that it is current, without it", saw.nobody_knows),
    ),
    solution=(
        call("write_order", order="commit then publish"),
        call("crash_control"),
        call("promote", route="api", to="alloc-c"),
    ),
    hints=Hints(
        nudge="Three moves: the order, the crash, the promotion.",
        panel="panel-truth",
        look="All three are in the card *Database truth*.",
        principle="Between two systems there is always a moment when only one of them knows.",
        verb="Write order *commit then publish*; *Crash after commit*; promote *api* to *alloc-c*.",
    ),
    wrong=(
        Wrong(
            "the same promotion without a crash",
            (
                call("write_order", order="commit then publish"),
                call("promote", route="api", to="alloc-c"),
                Wait("every edge to serve it", reading.at_rest),
            ),
            "has not crashed",
        ),
    ),
    keep=saw.keep_untold,
    controls=("write_order", "crash_control", "disarm_control", "promote"),
)

EXPLAIN_UNTOLD = Explain(
    id="explain-untold",
    title="An untold fact",
    prose="""
        The order was right: commit first. What was missing is a record, in the same transaction, that an event is owed.
        Without it no restart, no retry and no patience helps, because nobody knows that there is anything to do.
    """,
    show=saw.show_untold,
)


def _survive(evidence: Evidence) -> Script:
    """The cure; a learner who tried *publish first* once more has a phantom to clean up before it."""
    accidents = (
        call("write_order", order="outbox"),
        refused("promote", route="shop", to="alloc-d"),
        call("crash_control"),
        call("promote", route="api", to="alloc-a"),
    )
    return (*REPAIR, *accidents) if saw.has_phantoms(evidence.now) else accidents


CURE = Do(
    id="cure",
    title="Survive both accidents",
    prose="""
        Find the write order under which both accidents are harmless, and prove it: let the database refuse *shop* to
        *alloc-d* again, and crash after a commit again, with *api* to *alloc-a*. What counts is the outcome, not the setting.
    """,
    checks=(
        Check("A refused promotion told nobody anything", saw.refusal_was_silent),
        Check("A crash after the commit lost no news", saw.crash_was_harmless),
        Check("Every edge serves what the database has", saw.edges_agree),
    ),
    solution=_survive,
    hints=Hints(
        nudge="What must be on disk at the moment of the crash?",
        panel="panel-truth",
        look="The write order in *Database truth*, and the card of the relay beside it.",
        principle="The fact and the debt to tell of it belong into one transaction. Another process pays the debt.",
        verb="Write order *outbox*; promote *shop* to *alloc-d*; *Crash after commit*; promote *api* to *alloc-a*.",
    ),
    wrong=(
        Wrong(
            "publishing the missing events by hand",
            (
                call("write_order", order="commit then publish"),
                refused("promote", route="shop", to="alloc-d"),
                call("crash_control"),
                call("promote", route="api", to="alloc-a"),
                call("republish", sequence=5),
                call("republish", sequence=6),
                Wait("every edge to serve what the database has", reading.at_rest),
            ),
            "by hand",
        ),
        Wrong(
            "the right setting without the accidents",
            (
                call("write_order", order="outbox"),
                call("promote", route="api", to="alloc-a"),
                Wait("every edge to serve it", reading.at_rest),
            ),
            "has not crashed",
        ),
    ),
    keep=saw.keep_cure,
    controls=(
        "promote",
        "write_order",
        "crash_control",
        "disarm_control",
        "purge",
        "delete_message",
        "take_snapshot",
        "load_snapshot",
        "republish",
        "start_relay",
        "kill_relay",
    ),
)


def _rows(memory: Memory) -> str:
    return str(memory.get("phantom_rows", 0))


QUIZ = Quiz(
    id="quiz",
    title="Three questions",
    prose="All three are about what you have just measured.",
    questions=(
        Question(
            "rows",
            lambda memory: f"Event {memory.get('phantom_id', 'of the phantom')} was in the stream. How many rows did the history have for it?",
            lambda _: (
                Option("0", "None.", "The transaction was refused, so nothing of it was written."),
                Option("1", "One, marked as refused.", "A refused transaction leaves no row, not even a marked one."),
            ),
            _rows,
        ),
        Question(
            "who",
            lambda memory: f"Event {memory.get('untold_sequence', 5)} was committed and the crash came. What would have published it?",
            lambda _: (
                Option("relay", "Restarting the relay.", "The relay sends rows of the outbox, and there was none."),
                Option("broker", "The broker, when the control plane came back.", "The broker had never heard of it."),
                Option("person", "Only somebody who noticed, by hand.", "Nothing in the system knew that it was owed."),
            ),
            lambda _: "person",
        ),
        Question(
            "why",
            lambda memory: f"Event {memory.get('cured_sequence', 6)} met the same crash and was sent. Why?",
            lambda _: (
                Option("retry", "The control plane tried again after its restart.", "It remembered nothing of it. It did not need to."),
                Option("row", "Its outbox row was in the same transaction as the fact.", "So the debt survived the crash, and the relay paid it."),
                Option("first", "It had been published before the crash.", "The crash came before any publish, as it did the first time."),
            ),
            lambda _: "row",
        ),
    ),
)  # fmt: skip


DEBRIEF = Debrief(
    prose="""
        Both traps put a gap between deciding and telling. *Publish first* fills the gap with inventions, *commit then
        publish* with silence. The outbox closes it: fact and debt are one transaction, and the relay repeats itself until
        the broker has confirmed. The untold event stays in the audit: the cure prevents the next one, it does not heal the last.
    """,
    happened=saw.happened,
    code=(
        Code("trap", "Publish first", "vango.truth.control_plane", "ControlPlane.publish_first"),
        Code("trap", "Commit, then publish", "vango.truth.control_plane", "ControlPlane.commit_then_publish"),
        Code("cure", "The outbox", "vango.truth.control_plane", "ControlPlane.outbox"),
    ),
    take_away=(
        "no code path publishes without a row written in the same transaction as the fact",
        "something tells you when a row has waited too long in the outbox",
        "you can compare a view with the database, and rebuild it from there",
    ),
)

LAB = Lab(
    id="commit_first",
    slug="commit-first",
    number=1,
    title="Commit first, publish second",
    question="What do others believe when the database refuses, or when you crash right after the commit?",
    concept="Database authority",
    correct_use="Commit the fact and an outbox row in one transaction. A relay publishes the row afterwards, until it is confirmed.",
    failure_trap="Publish and commit as two separate acts, in either order. One order invents facts, the other keeps them secret.",
    minutes=10,
    controls=("promote", "write_order", "crash_control", "disarm_control", "purge", "delete_message", "take_snapshot",
              "load_snapshot", "republish", "start_relay", "kill_relay"),
    locked={
        "write_order": "The write order is given in this step; you choose it later in the lab.",
        "crash_control": "The crash belongs to a later step of this lab.",
    },
    locked_otherwise="Not needed in this step. The sandbox has every control.",
    setup=SETUP,
    steps=(WATCH, PREDICT_PHANTOM, PHANTOM, EXPLAIN_PHANTOM, MEND, PREDICT_UNTOLD, UNTOLD, EXPLAIN_UNTOLD, CURE, QUIZ),
    debrief=DEBRIEF,
)  # fmt: skip
