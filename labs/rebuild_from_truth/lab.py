"""Lab 11: rebuild from truth. Without the database the bus cannot help; without the bus nothing is lost."""

from __future__ import annotations

from labs.rebuild_from_truth.steps import bus, database
from labs.rebuild_from_truth.steps.database import OP
from studylab.lab import Code, Debrief, Lab, Memory, Option, question, quiz
from studylab.lab.scripts import call, opening, promote

CHANGES = (("api", "alloc-c"), ("shop", "alloc-c"), ("api", "alloc-a"), ("shop", "alloc-a"), ("api", "alloc-c"))

SETUP = opening(
    call("stream_limits", max_msgs=6),
    call("edge_rules", edge="iad", verify_checksum=False),
    promote("shop", "alloc-b", operation=OP),
    *(promote(route, to) for route, to in CHANGES),
    promote("shop", "alloc-b", operation="op-green"),
)


def _routes(memory: Memory) -> str:
    return str(memory.get("routes_equal", 1))


def _counts(memory: Memory) -> tuple[Option, ...]:
    counts = range(min(int(memory.get("routes", 3)) + 1, 4))
    return tuple(Option(str(n), str(n), "Compare with the lines of the comparison above.") for n in counts)


QUIZ = quiz(
    question(
        "stored",
        lambda memory: (
            f"After the bus came back it held {memory.get('bus_messages', 1)} of {memory.get('bus_sequence', 11)} "
            "events, and all edges were right. Where did *syd* get its rows?"
        ),
        (
            Option("stream", "From the stream, by replay.",
                   "The stream did not hold them. The old events were never published again."),
            Option("others", "From the other edges.", "No edge asks another."),
            Option("snapshot", "From a snapshot, taken of the database.",
                   "Its position came with it, so the next event followed it."),
        ),
        right="snapshot",
    ),
    question(
        "routes",
        lambda memory: f"How many of the {memory.get('routes', 3)} routes did the stream give back unchanged?",
        _counts,
        right=_routes,
    ),
    question(
        "audit",
        lambda memory: f"On the rebuilt database the audit said “{memory.get('audit', 'sound')}”. Why?",
        (
            Option("right", "Because the rebuilt database was right.",
                   "Rows were missing, and one operation was done twice."),
            Option("blind", "Because it compares views with truth, and truth itself was wrong.",
                   "When the bus becomes the database, the audit has nothing to compare with."),
            Option("slow", "Because it had not looked yet.", "It looks at every change."),
        ),
        right="blind",
    ),
)  # fmt: skip


def happened(memory: Memory) -> tuple[str, ...]:
    """Tell the lab in its records' words."""
    return (
        (
            f"The bus was destroyed: {memory.get('bus_messages', 0)} of {memory.get('bus_sequence', 0)} events were "
            "stored afterwards, and every row was right."
        ),
        *memory.get("wrong_said", ()),
        (
            f"The database was destroyed: {memory.get('lost_rows', 0)} rows did not come back from the stream, and "
            f"the audit said “{memory.get('audit', 'sound')}”."
        ),
        *memory.get("lost", ()),
    )


DEBRIEF = Debrief(
    prose="""
        The two losses differ. Everything in the bus is derived. An empty bus fills again from the database, and you
        can repair one wrong edge without touching the others. The database is not derived from anything. A stream
        keeps what was published, within its limits. It knows nothing of refused changes, repeated requests, or facts
        not yet published.
    """,
    happened=happened,
    code=(
        Code("trap", "Rebuilding the truth from events", "vango.faults.rebuild", "rebuild"),
        Code("cure", "A snapshot of the database", "vango.truth.snapshots", "build"),
        Code("cure", "What it reads of the routes", "vango.truth.snapshots", "routes"),
        Code("cure", "Loading it", "vango.edge.recovery", "load"),
    ),
    take_away=(
        "you can say what exists only in the bus, and nothing in it decides",
        "the database is backed up, and you have tested the restore",
        "one consumer's view can be rebuilt from the database while the others serve",
        "operation ids are kept where the decisions are kept",
    ),
)

LAB = Lab(
    id="rebuild_from_truth",
    slug="rebuild-from-truth",
    number=11,
    title="Rebuild from truth",
    question="What do you lose when the database is destroyed, and what when the bus is?",
    concept="Database authority",
    correct_use=(
        "Let the database decide and the bus propagate. Then you can lose the whole bus, and rebuild every view from "
        "the database."
    ),
    failure_trap=(
        "Treat the stream as the database. It lacks evicted and unpublished facts, and the audit has nothing to "
        "compare with."
    ),
    minutes=12,
    controls=("promote", "destroy_bus", "restore_bus", "destroy_database", "rebuild_database", "restore_database",
              "kill_relay", "start_relay", "kill_edge", "start_edge", "wipe_view", "take_snapshot", "corrupt_snapshot",
              "load_snapshot"),
    locked={
        "destroy_bus": "You destroy the bus in another step.",
        "destroy_database": "You destroy the database in another step.",
    },
    setup=SETUP,
    steps=(*database.STEPS, *bus.STEPS, QUIZ),
    story="04:50. A disk dies. What was on it: the bus, or the database?",
    debrief=DEBRIEF,
)  # fmt: skip
