"""Lab 11: rebuild from truth. The database is destroyed and the bus cannot help; the bus is destroyed and nothing is lost."""

from __future__ import annotations

from labs import rebuild_from_truth_checks as saw
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
)

OP = saw.OPERATION
CHANGES = (("api", "alloc-c"), ("shop", "alloc-c"), ("api", "alloc-a"), ("shop", "alloc-a"), ("api", "alloc-c"))

SETUP: Script = (
    Wait("the first events to reach every edge", reading.at_rest),
    call("stream_limits", max_msgs=6),
    call("edge_rules", edge="iad", verify_checksum=False),
    call("promote", route="shop", to="alloc-b", operation=OP),
    *(call("promote", route=route, to=to) for route, to in CHANGES),
    call("promote", route="shop", to="alloc-b", operation="op-green"),
    Wait("every edge to be current again", reading.at_rest),
)


def _bus_is_gone(seen: Observation) -> bool:
    return not seen.stream("ROUTES").available


ASK_TWICE = Do(
    id="ask-twice",
    title="Ask for something twice",
    prose=f"""
        The operation *{OP}* has given *shop* to *alloc-b*. A client that did not hear the answer asks again. Do what it does:
        promote *shop* to *alloc-b* with the operation id `{OP}`, and read what the database says.
    """,
    checks=(Check("The database knows that it was done, and changes nothing", saw.done_once),),
    solution=(call("promote", route="shop", to="alloc-b", operation=OP),),
    hints=Hints(
        nudge="The operation id is a field of *Promote…*.",
        panel="panel-truth",
        look="*Promote…* in the card *Database truth*.",
        principle="Asking twice is doing once for whoever remembers the first time. Here that is the database.",
        verb=f"Promote *shop* to *alloc-b* with the operation id `{OP}`.",
    ),
    wrong=(
        Wrong(
            "without the operation id",
            (call("promote", route="shop", to="alloc-b"), Wait("every edge to be current", reading.at_rest)),
            "was done again",
        ),
    ),
    controls=("promote",),
)

PREDICT_DATABASE = Predict(
    id="predict-database",
    title="Can the stream rebuild the database?",
    prose="""
        Ten events of the route feed were told, and the stream keeps the last six. You will let one more fact wait in the
        outbox, destroy the database, and have all that the streams hold written into an empty one. What comes back?
    """,
    options=(
        Option("all", "All: the stream is a log of everything that happened.", "It is a log of what was told, as far back as its limits let it."),
        Option("routes", "All routes; only their history is shorter.", "A route whose last event was evicted is in no stored event, and a fact that was never told is in none either."),
        Option("some", "Some routes; others are missing or have an earlier owner.", "What was evicted and what was never told cannot be read out of the stream.", happens=True),
    ),
    measure=saw.what_stream_gave_back,
)  # fmt: skip

DATABASE = Do(
    id="database",
    title="Delete the database",
    prose="""
        Kill the relay and promote *api* to *alloc-b*: a fact that nobody was told of. Destroy the database, ask the stream to
        rebuild it, and start the relay. Read the comparison in *Database truth*, row by row, and see what the edges and the
        audit make of it.
    """,
    checks=(
        Check("A fact had not been told when the database was lost", saw.fact_was_never_told),
        Check("The stream was asked to rebuild the database", saw.database_was_rebuilt),
        Check("The comparison names the rows that did not come back", saw.rows_are_missing),
        Check("Every edge follows the new truth, and the audit has no complaint", saw.edges_followed),
    ),
    solution=(
        call("kill_relay"),
        call("promote", route="api", to="alloc-b"),
        Wait("the fact to wait in the outbox", lambda seen: seen.outbox.waiting > 0),
        call("destroy_database"),
        call("rebuild_database"),
        call("start_relay"),
        Wait("every edge to follow the new truth", lambda seen: all(edge.claim == "current at 0" for edge in seen.edges)),
    ),
    hints=Hints(
        nudge="The fact must be committed and untold before the database goes.",
        panel="panel-truth",
        look="*Destroy the database* and *Ask the stream to rebuild it* are in *Database truth*, the relay is beside it.",
        principle="A stream holds what was told and is still kept. A database holds what is so.",
        verb="Kill the relay; promote *api* to *alloc-b*; *Destroy the database*; *Ask the stream to rebuild it*; start the relay.",
    ),
    wrong=(
        Wrong(
            "with every fact told first",
            (call("destroy_database"), call("rebuild_database")),
            "every fact had been told",
        ),
        Wrong(
            "leaving the relay down",
            (call("kill_relay"), call("promote", route="api", to="alloc-b"), call("destroy_database"), call("rebuild_database")),
            "still hold the old truth",
        ),
    ),
    keep=saw.keep_loss,
    controls=("kill_relay", "start_relay", "promote", "destroy_database", "rebuild_database", "restore_database"),
)  # fmt: skip

EXPLAIN_DATABASE = Explain(
    id="explain-database",
    title="What the stream could not give back",
    prose="""
        The only event of *blog* was evicted; *api*'s last change was never told. The history has a hole at its
        beginning, so the database refused all of it. The edges fail closed, rebuild from what is called truth now, and
        believe it. The audit compares views with truth: when truth itself is wrong, it is blind.
    """,
    show=saw.show_loss,
)

ASK_AGAIN = Do(
    id="ask-again",
    title="Ask for something that was done before",
    prose=f"""
        *{OP}* gave *shop* to *alloc-b* long ago. Ask once more, as before: promote *shop* to *alloc-b* with the
        operation id `{OP}`. The old database said that it was done.
    """,
    checks=(Check("What had been done was done again", saw.done_twice),),
    solution=(call("promote", route="shop", to="alloc-b", operation=OP),),
    hints=Hints(
        nudge="The operation id is a field of *Promote…*.",
        panel="panel-truth",
        look="*Promote…* in the card *Database truth*.",
        principle="Asking twice is doing once only for whoever remembers the first time.",
        verb=f"Promote *shop* to *alloc-b* with the operation id `{OP}`.",
    ),
    wrong=(
        Wrong(
            "another operation",
            (call("promote", route="shop", to="alloc-b", operation="op-red"),),
            f"Ask for {OP} once more",
        ),
    ),
    controls=("promote",),
)


def _put_back(evidence: Evidence) -> Script:
    """Put the kept copy back and let the relay tell what was untold; one that runs already needs no start."""
    start = (call("start_relay"),) if evidence.now.relay.state == "down" else ()
    return (
        call("restore_database"),
        *start,
        call("promote", route="shop", to="alloc-b", operation=OP),
        Wait("every edge to be current", reading.at_rest),
    )


PUT_BACK = Do(
    id="put-back",
    title="Bring the truth back",
    prose=f"""
        Make every row what it was, by whatever works. Then ask for *{OP}* once more, see that the untold fact is told at
        last, and that every edge has come back by itself.
    """,
    checks=(
        Check("The database is as it was", saw.database_is_back),
        Check("What was done before is known to be done", saw.operation_is_known),
        Check("The untold fact is told, and every edge agrees", saw.everything_agrees),
    ),
    solution=_put_back,
    hints=Hints(
        nudge="What holds the rows that no event holds?",
        panel="panel-truth",
        look="*Put the kept copy back* in *Database truth*.",
        principle="Back up what decides. What only tells can be told again.",
        verb=f"*Put the kept copy back*; start the relay if it is down; promote *shop* to *alloc-b* as `{OP}`.",
    ),
    wrong=(
        Wrong("replaying the stream into the database once more", (call("rebuild_database"),), "Rows are still missing from"),
        Wrong(
            "repairing the routes by hand",
            (call("rebuild_database"), call("promote", route="api", to="alloc-b")),
            "events do not bring them back",
        ),
    ),
    controls=("restore_database", "rebuild_database", "promote", "start_relay", "kill_relay", "take_snapshot", "load_snapshot", "start_edge"),
)  # fmt: skip


PREDICT_BUS = Predict(
    id="predict-bus",
    title="Now the other way round: the bus is destroyed",
    prose="""
        Every stream, every consumer and the snapshot bucket are about to be deleted. While they are gone a route gets a new
        owner, and *syd* loses its view as well. What does it take for every edge to be right again?
    """,
    options=(
        Option("lost", "Edges stay wrong: what was in the bus is gone.", "Nothing was in the bus that the database does not have."),
        Option("again", "Every event must be published again, from the first.", "An edge needs the state, not the way to it. A snapshot is the state."),
        Option("database", "The database, and an empty bus.", "Views come from a snapshot of the database, and new events find an empty stream.", happens=True),
        Option("backup", "A backup of the streams.", "None was made, and nobody missed it."),
    ),
    measure=saw.what_bus_needed,
)  # fmt: skip

BUS = Do(
    id="bus",
    title="Delete the bus",
    prose="""
        Destroy the bus. Look at the edges while it is gone: they answer, and say how far they know. Promote *blog* to
        *alloc-b* and find the event in the outbox. Kill and wipe *syd*. Then create the bus again, empty, and start *syd*.
    """,
    checks=(
        Check("The bus was destroyed", saw.bus_was_destroyed),
        Check("A fact was committed while there was no bus", saw.decided_without_a_bus),
        Check("One edge has to begin with nothing", saw.one_edge_began_with_nothing),
        Check("Every row of every edge is the database's row again", saw.converged_from_the_database),
    ),
    solution=(
        call("destroy_bus"),
        Wait("the streams to be gone", _bus_is_gone),
        call("promote", route="blog", to="alloc-b"),
        call("kill_edge", edge="syd"),
        call("wipe_view", edge="syd"),
        call("restore_bus"),
        call("start_edge", edge="syd"),
        Wait("every edge to be current", reading.at_rest),
    ),
    hints=Hints(
        nudge="Destroy, decide, wipe, restore: in that order.",
        panel="panel-stream",
        look="The stream card has *destroy the bus*, and *create it again* once it is gone.",
        principle="The bus propagates facts. It holds none that the database does not have.",
        verb="*destroy the bus*; promote *blog* to *alloc-b*; kill, then wipe *syd*; *create it again*; start *syd*.",
    ),
    wrong=(
        Wrong(
            "destroying the bus and deciding nothing meanwhile",
            (call("destroy_bus"), Wait("the streams to be gone", _bus_is_gone), call("restore_bus"), Wait("every edge to be current", reading.at_rest)),
            "Nothing was committed between the loss of the bus and its return",
        ),
        Wrong(
            "deciding only after the bus is back",
            (call("destroy_bus"), call("restore_bus"), call("promote", route="blog", to="alloc-b"), Wait("every edge to be current", reading.at_rest)),
            "Nothing was committed between the loss of the bus and its return",
        ),
    ),
    keep=saw.keep_bus,
    controls=("destroy_bus", "restore_bus", "promote", "kill_edge", "wipe_view", "start_edge", "restart_edge", "start_relay"),
)  # fmt: skip

EXPLAIN_BUS = Explain(
    id="explain-bus",
    title="Nothing that mattered was in it",
    prose="""
        The stream began again at 1 and holds one event. *syd* had neither view nor history to read; the control plane took a
        snapshot of the database for it. The others only needed the event that had waited in the outbox: it chained on to
        their own position, whatever its stream seq.
    """,
    show=saw.show_bus,
)

WRONG_EDGE = Do(
    id="wrong-edge",
    title="Make one edge wrong",
    prose="""
        *iad* does not verify checksums. Take a snapshot, corrupt it in the bucket, and load it into *iad*: it is current, and
        wrong. The other two go on serving.
    """,
    checks=(Check("Exactly one edge serves an owner that the database does not have", saw.one_edge_is_wrong),),
    solution=(
        call("take_snapshot"),
        call("corrupt_snapshot"),
        call("load_snapshot", edge="iad"),
        Wait("iad to claim that it is current", lambda seen: reading.is_current(seen.edge("iad"))),
    ),
    hints=Hints(
        nudge="Three moves: take, corrupt, load.",
        panel="panel-stream",
        look="*Take* and *corrupt* stand beside *Snapshots* in the stream card; *Load snapshot* in the edge's.",
        principle="What is loaded unverified is believed unverified.",
        verb="Take a snapshot; corrupt it; load it into *iad*.",
    ),
    wrong=(
        Wrong(
            "loading the corrupted snapshot into an edge that verifies",
            (call("take_snapshot"), call("corrupt_snapshot"), call("load_snapshot", edge="fra")),
            "Every edge serves what the database has",
        ),
    ),
    keep=saw.keep_wrong,
    controls=("take_snapshot", "corrupt_snapshot", "load_snapshot", "start_edge"),
)

MEND = Do(
    id="mend",
    title="Mend it from the database, while the others serve",
    prose="""
        One edge is wrong, two are right. Bring *iad* back to the database's rows without making *fra* or *syd* stop answering
        for a moment.
    """,
    checks=(
        Check("The wrong edge is right again", saw.mended),
        Check("The others answered all the time", saw.others_went_on),
    ),
    solution=(
        call("take_snapshot"),
        call("load_snapshot", edge="iad"),
        Wait("iad to be current again", reading.at_rest),
    ),
    hints=Hints(
        nudge="Where can an edge get a whole new view from?",
        panel="panel-edge-iad",
        look="A fresh snapshot is made in the stream card, and loaded in the card of *iad*.",
        principle="A view is a copy. One copy can be made again without touching the others.",
        verb="Take a snapshot, then load it into *iad* only.",
    ),
    wrong=(
        Wrong(
            "restarting the wrong edge",
            (
                call("restart_edge", edge="iad"),
                Wait("iad to be current", lambda seen: reading.is_current(seen.edge("iad"))),
            ),
            "which is not what the database has",
        ),
        Wrong(
            "rebuilding every edge",
            (
                call("take_snapshot"),
                *(call("load_snapshot", edge=edge) for edge in ("fra", "iad", "syd")),
                Wait("every edge to be current", reading.at_rest),
            ),
            "stopped answering on the way",
        ),
    ),
    controls=(
        "take_snapshot",
        "load_snapshot",
        "corrupt_snapshot",
        "restart_edge",
        "start_edge",
        "wipe_view",
        "replay",
    ),
)


def _routes(memory: Memory) -> str:
    return str(memory.get("routes_equal", 1))


QUIZ = Quiz(
    id="quiz",
    title="Three questions",
    prose="All three are about what you have just measured.",
    questions=(
        Question(
            "stored",
            lambda memory: f"After the bus came back it held {memory.get('bus_messages', 1)} of {memory.get('bus_sequence', 11)} events, and all edges were right. Where did *syd* get its rows?",
            lambda _: (
                Option("stream", "From the stream, by replay.", "It did not hold them: the old events were never published again."),
                Option("others", "From the other edges.", "No edge asks another."),
                Option("snapshot", "From a snapshot, taken of the database.", "Its position came with it, so the next event chained on."),
            ),
            lambda _: "snapshot",
        ),
        Question(
            "routes",
            lambda memory: f"How many of the {memory.get('routes', 3)} routes did the stream give back as they were?",
            lambda memory: tuple(Option(str(n), str(n), "Compare with the lines of the comparison above.") for n in range(min(int(memory.get("routes", 3)) + 1, 4))),
            _routes,
        ),
        Question(
            "audit",
            lambda memory: f"On the rebuilt database the audit said “{memory.get('audit', 'sound')}”. Why?",
            lambda _: (
                Option("right", "Because the rebuilt database was right.", "It lacked rows, and did an operation twice."),
                Option("blind", "Because it compares views with truth, and truth itself was wrong.", "With the bus as the database there is nothing to audit against."),
                Option("slow", "Because it had not looked yet.", "It looks at every change."),
            ),
            lambda _: "blind",
        ),
    ),
)  # fmt: skip

DEBRIEF = Debrief(
    prose="""
        The two losses are not alike. Everything in the bus is derived: an empty one fills again from the database, edge by
        edge, and one wrong edge is mended without touching the others. The database is derived from nothing. A stream keeps
        what was told, as long as its limits let it, and knows nothing of what was refused, asked before, or not told yet.
    """,
    happened=saw.happened,
    code=(
        Code("trap", "Retelling the truth from events", "vango.faults.rebuild", "rebuild"),
        Code("cure", "A snapshot of the database", "vango.truth.snapshots", "build"),
        Code("cure", "Loading it", "vango.edge.recovery", "load"),
    ),
    take_away=(
        "you can say what exists only in the bus, and it is nothing that decides",
        "the database is backed up, and the way back has been tried",
        "one consumer's view can be rebuilt from the database while the others serve",
        "operation ids are kept where the decisions are kept",
    ),
)

LAB = Lab(
    id="rebuild_from_truth",
    slug="rebuild-from-truth",
    number=11,
    title="Rebuild from truth",
    question="What is lost when the database is destroyed, and what when the bus is?",
    concept="Database authority",
    correct_use="Let the database decide and the bus tell. Then the bus can be lost whole, and every view is made again from the database.",
    failure_trap="Treat the stream as the database. It lacks what was evicted and what was never told, and the audit has nothing to compare with.",
    minutes=12,
    controls=("promote", "destroy_bus", "restore_bus", "destroy_database", "rebuild_database", "restore_database", "kill_relay",
              "start_relay", "kill_edge", "start_edge", "wipe_view", "take_snapshot", "corrupt_snapshot", "load_snapshot"),
    locked={
        "destroy_bus": "The bus is destroyed in a step of its own.",
        "destroy_database": "The database is destroyed in a step of its own.",
    },
    locked_otherwise="Not needed in this step. The sandbox has every control.",
    setup=SETUP,
    steps=(ASK_TWICE, PREDICT_DATABASE, DATABASE, EXPLAIN_DATABASE, ASK_AGAIN, PUT_BACK, PREDICT_BUS, BUS, EXPLAIN_BUS, WRONG_EDGE, MEND, QUIZ),
    debrief=DEBRIEF,
)  # fmt: skip
