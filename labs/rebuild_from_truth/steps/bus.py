"""The bus is destroyed, then one edge is wrong: the database mends both."""

from __future__ import annotations

from labs.rebuild_from_truth import moves
from labs.rebuild_from_truth.checks import bus as saw
from studylab.lab import Check, Do, Explain, Hints, Option, Predict, Wrong
from studylab.lab.observed import Observation
from studylab.lab.scripts import Wait, asleep, call, claims, load_fresh_snapshot, promote, rebuild_edges, settled


def _bus_is_gone(seen: Observation) -> bool:
    return not seen.stream("ROUTES").available


PREDICT_BUS = Predict(
    id="predict-bus",
    title="Now the other loss: the bus is destroyed",
    prose="""
        Every stream, every consumer and the snapshot bucket are about to be deleted. Meanwhile a route gets a new
        owner, and *syd* loses its view too. What is needed to make every edge right again?
    """,
    options=(
        Option("lost", "Edges stay wrong: what was in the bus is gone.",
               "The bus held nothing that the database does not have."),
        Option("again", "Every event must be published again, from the first.",
               "An edge needs the state, not the path to it. A snapshot is the state."),
        Option("database", "The database, and an empty bus.",
               "Views come from a snapshot of the database, and new events go to an empty stream.", happens=True),
        Option("backup", "A backup of the streams.", "None exists, and none was needed."),
    ),
    measure=saw.what_bus_needed,
)  # fmt: skip

BUS = Do(
    id="bus",
    title="Delete the bus",
    prose="""
        Look at the edges while the bus is gone: they answer, and say up to which sequence. One fact is committed
        meanwhile: find it in the outbox. *syd* even loses its view.
    """,
    checks=(
        Check("The bus was destroyed", saw.bus_was_destroyed, "the streams of the bus"),
        Check("A fact was committed while there was no bus", saw.decided_without_a_bus, "a commit without a bus"),
        Check("One edge has to begin with nothing", saw.one_edge_began_with_nothing, "an edge without a view"),
        Check(
            "Every row of every edge is the database's row again",
            saw.converged_from_the_database,
            "every edge beside the database",
        ),
    ),
    solution=(
        call("destroy_bus"),
        Wait("the streams to be gone", _bus_is_gone),
        promote("blog", "alloc-b"),
        *asleep("syd", call("wipe_view", edge="syd"), call("restore_bus")),
        settled(),
    ),
    hints=Hints(
        nudge="Destroy, promote, wipe, restore: in that order.",
        panel="panel-stream",
        look="The stream inspector has *destroy the bus*, and *create it again* once it is gone.",
        principle="The bus propagates facts. The database has all of them.",
        verb="*destroy the bus*; promote *blog* to *alloc-b*; kill, then wipe *syd*; *create it again*; start *syd*.",
    ),
    wrong=(
        Wrong(
            "destroying the bus and deciding nothing meanwhile",
            (call("destroy_bus"), Wait("the streams to be gone", _bus_is_gone), call("restore_bus"), settled()),
            "Nothing was committed between the loss of the bus and its return",
        ),
        Wrong(
            "deciding only after the bus is back",
            (call("destroy_bus"), call("restore_bus"), promote("blog", "alloc-b"), settled()),
            "Nothing was committed between the loss of the bus and its return",
        ),
    ),
    keep=saw.keep_bus,
    controls=(
        "destroy_bus",
        "restore_bus",
        "promote",
        "kill_edge",
        "wipe_view",
        "start_edge",
        "restart_edge",
        "start_relay",
    ),
)

EXPLAIN_BUS = Explain(
    id="explain-bus",
    title="Nothing that mattered was in it",
    prose="""
        The stream began again at 1 and holds one event. *syd* had neither view nor history to read, so the control
        plane took a snapshot of the database for it. The others needed only the event that had waited in the outbox.
        It followed their own position, whatever its stream seq.
    """,
    show=saw.show_bus,
)

WRONG_EDGE = Do(
    id="wrong-edge",
    title="Make one edge wrong",
    prose="""
        *iad* does not verify checksums. Load a damaged snapshot into it. It says that it is current, and it is wrong.
        The other two go on serving.
    """,
    checks=(Check("Exactly one edge serves an owner that the database does not have", saw.one_edge_is_wrong),),
    solution=(
        call("take_snapshot"),
        call("corrupt_snapshot"),
        call("load_snapshot", edge="iad"),
        claims("iad", "iad to claim that it is current"),
    ),
    hints=Hints(
        nudge="Three moves: take, corrupt, load.",
        panel="panel-stream",
        look="*Take* and *corrupt* are beside *Snapshots* in the stream inspector; *Load snapshot* in the edge’s.",
        principle="An edge that loads without verifying believes what it loads.",
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
    title="Repair it from the database, while the others serve",
    prose="""
        One edge is wrong, two are right. Give *iad* the database's rows again. *fra* and *syd* must answer all the
        time.
    """,
    checks=(
        Check("The wrong edge is right again", saw.mended),
        Check("The others answered all the time", saw.others_went_on),
    ),
    solution=(
        *load_fresh_snapshot("iad"),
        settled("iad to be current again"),
    ),
    moves=moves.MEND,
    hints=Hints(
        nudge="Where can an edge get a whole new view from?",
        panel="panel-edge-iad",
        look="Take a fresh snapshot in the stream inspector, and load it in the inspector of *iad*.",
        principle="A view is a copy. You can make one copy again without touching the others.",
        verb="Take a snapshot, then load it into *iad* only.",
    ),
    wrong=(
        Wrong(
            "restarting the wrong edge",
            (
                call("restart_edge", edge="iad"),
                claims("iad"),
            ),
            "which is not what the database has",
        ),
        Wrong(
            "rebuilding every edge",
            (*rebuild_edges(),),
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

STEPS = (PREDICT_BUS, BUS, EXPLAIN_BUS, WRONG_EDGE, MEND)
