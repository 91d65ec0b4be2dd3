"""The database is destroyed, and the bus cannot bring it back."""

from __future__ import annotations

from labs.rebuild_from_truth import moves
from labs.rebuild_from_truth.checks import common
from labs.rebuild_from_truth.checks import database as saw
from studylab.lab import Check, Do, Evidence, Explain, Hints, Option, Predict, Wrong, reading
from studylab.lab.observed import Observation
from studylab.lab.scripts import Script, Wait, call, promote, refused, settled

OP = common.OPERATION


def _all_begin_anew(seen: Observation) -> bool:
    return all(reading.is_current(edge) and edge.sequence == 0 for edge in seen.edges)


ASK_TWICE = Do(
    id="ask-twice",
    title="Ask for something twice",
    prose=f"""
        The operation *{OP}* gave *shop* to *alloc-b*. A client that did not hear the answer asks again. Do the same:
        promote *shop* to *alloc-b* with the operation id `{OP}`, and read the database's answer.
    """,
    checks=(Check("The database knows that it was done, and changes nothing", saw.done_once),),
    solution=(promote("shop", "alloc-b", operation=OP),),
    hints=Hints(
        nudge="The operation id is a field of *Promote…*.",
        panel="panel-truth",
        look="*Promote…* in the inspector of *Database truth*.",
        principle="Asking twice is doing once, if someone remembers the first time. Here the database does.",
        verb=f"Promote *shop* to *alloc-b* with the operation id `{OP}`.",
    ),
    wrong=(
        Wrong(
            "without the operation id",
            (refused("promote", route="shop", to="alloc-b"),),
            "nobody knew the request",
        ),
    ),
    controls=("promote",),
)

PREDICT_DATABASE = Predict(
    id="predict-database",
    title="Can the stream rebuild the database?",
    prose="""
        The operation *op-blue* gave *shop* to *alloc-b*. A client that did not hear the answer asks again. Read the
        database's answer.
    """,
    options=(
        Option("all", "All: the stream is a log of everything that happened.",
               "It is a log of what was published, as far back as its limits reach."),
        Option("routes", "All routes; only their history is shorter.",
               (
                   "If the last event of a route was evicted, no stored event names it. An unpublished fact is in no "
                   "event either."
               )),
        Option("some", "Some routes; others are missing or have an earlier owner.",
               "Evicted and unpublished facts cannot be read from the stream.", happens=True),
    ),
    measure=saw.what_stream_gave_back,
)  # fmt: skip

DATABASE = Do(
    id="database",
    title="Delete the database",
    prose="""
        One fact is committed and not published. Then the database is destroyed, and the stream is asked to rebuild
        it. Read the comparison row by row, then look at the edges and the audit.
    """,
    checks=(
        Check(
            "A fact had not been told when the database was lost",
            saw.fact_was_never_told,
            "a fact that was not published",
        ),
        Check(
            "The stream was asked to rebuild the database",
            saw.database_was_rebuilt,
            "a database rebuilt from the stream",
        ),
        Check("The comparison names the rows that did not come back", saw.rows_are_missing, "which rows come back"),
        Check(
            "Every edge follows the new truth, and the audit has no complaint",
            saw.edges_followed,
            "the edges, and what the audit says",
        ),
    ),
    solution=(
        call("kill_relay"),
        promote("api", "alloc-b"),
        Wait("the fact to wait in the outbox", lambda seen: seen.outbox.waiting > 0),
        call("destroy_database"),
        call("rebuild_database"),
        call("start_relay"),
        Wait("every edge to follow the new truth", _all_begin_anew),
    ),
    hints=Hints(
        nudge="Commit the fact, and leave it unpublished, before you destroy the database.",
        panel="panel-truth",
        look=(
            "*Destroy the database* and *Ask the stream to rebuild it* are in *Database truth*. The relay is beside it."
        ),
        principle="A stream holds what was published and not yet evicted. A database holds the facts.",
        verb=(
            "Kill the relay; promote *api* to *alloc-b*; *Destroy the database*; *Ask the stream to rebuild it*; "
            "start the relay."
        ),
    ),
    wrong=(
        Wrong(
            "with every fact told first",
            (call("destroy_database"), call("rebuild_database")),
            "every fact had been published",
        ),
        Wrong(
            "leaving the relay down",
            (call("kill_relay"), promote("api", "alloc-b"), call("destroy_database"), call("rebuild_database")),
            "still hold the old truth",
        ),
    ),
    keep=saw.keep_loss,
    controls=("kill_relay", "start_relay", "promote", "destroy_database", "rebuild_database", "restore_database"),
)

EXPLAIN_DATABASE = Explain(
    id="explain-database",
    title="What the stream could not give back",
    prose="""
        The only event of *blog* was evicted. *api*'s last change was never published. The history has a hole at its
        beginning, so the database refused all of it. The edges fail closed, rebuild from the new truth, and believe
        it. The audit compares views with truth. When truth itself is wrong, it sees nothing.
    """,
    show=saw.show_loss,
)

ASK_AGAIN = Do(
    id="ask-again",
    title="Ask for something that was done before",
    prose=f"""
        *{OP}* gave *shop* to *alloc-b* long ago, and the old database answered that it was done. Ask once more.
    """,
    checks=(Check("What had been done was done again", saw.done_twice),),
    solution=(promote("shop", "alloc-b", operation=OP),),
    hints=Hints(
        nudge="The operation id is a field of *Promote…*.",
        panel="panel-truth",
        look="*Promote…* in the inspector of *Database truth*.",
        principle="Asking twice is doing once only if someone remembers the first time.",
        verb=f"Promote *shop* to *alloc-b* with the operation id `{OP}`.",
    ),
    wrong=(
        Wrong(
            "another operation",
            (promote("shop", "alloc-b", operation="op-red"),),
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
        promote("shop", "alloc-b", operation=OP),
        settled(),
    )


PUT_BACK = Do(
    id="put-back",
    title="Bring the truth back",
    prose=f"""
        Make every row what it was, in any way that works. Then ask for *{OP}* once more. The unpublished fact must be
        published at last, and every edge must recover without help.
    """,
    checks=(
        Check("The database is as it was", saw.database_is_back),
        Check("What was done before is known to be done", saw.operation_is_known),
        Check("The untold fact is told, and every edge agrees", saw.everything_agrees),
    ),
    solution=_put_back,
    moves=moves.put_back,
    hints=Hints(
        nudge="Where are the rows that no event holds?",
        panel="panel-truth",
        look="*Put the kept copy back* in *Database truth*.",
        principle="Back up what decides. Events can be published again.",
        verb=f"*Put the kept copy back*; start the relay if it is down; promote *shop* to *alloc-b* as `{OP}`.",
    ),
    wrong=(
        Wrong(
            "replaying the stream into the database once more",
            (call("rebuild_database"),),
            "Rows are still missing from",
        ),
        Wrong(
            "repairing the routes by hand",
            (call("rebuild_database"), promote("api", "alloc-b")),
            "events do not bring them back",
        ),
    ),
    controls=(
        "restore_database",
        "rebuild_database",
        "promote",
        "start_relay",
        "kill_relay",
        "take_snapshot",
        "load_snapshot",
        "start_edge",
    ),
)

STEPS = (ASK_TWICE, PREDICT_DATABASE, DATABASE, EXPLAIN_DATABASE, ASK_AGAIN, PUT_BACK)
