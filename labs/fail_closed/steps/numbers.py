"""Two gaps in which the broker's numbers begin again."""

from __future__ import annotations

from labs.fail_closed import moves
from labs.fail_closed.checks import accidents, gaps, outcome
from labs.fail_closed.scripts import HEAL, SLEEPING, SNAPSHOTS, through, through_with_more
from studylab.lab import Check, Do, Explain, Hints, Option, Predict, Wrong
from studylab.lab.scripts import Script, call, published, settled

PREDICT_NUMBERS = Predict(
    id="predict-numbers",
    title="The numbers begin again",
    prose="""
        A recreated stream counts from 1. A store that is rolled back, as by a power cut or a backup, gives its later
        numbers to other events. Both will happen while all edges are down, and *syd* will refuse. How does it notice?
    """,
    options=(
        Option("lower", "The stream seq is lower than the one it expects.",
               "After a rollback the next stream seq is exactly the one it expects."),
        Option("created", "The stream has a new creation time.",
               "A new stream has one. A restored store keeps its old date."),
        Option("chain", "The event names a predecessor that syd has not applied.",
               "The database assigned that link in the commit. No accident of the broker changes it.", happens=True),
        Option("nothing", "It does not notice: equal numbers mean equal events.",
               "Stream seqs belong to the broker. They may come again with other events."),
    ),
    measure=outcome.what_syd_went_by,
)  # fmt: skip


NUMBERS_AGAIN: Script = (
    *HEAL,
    *through_with_more(call("recreate_stream")),
    *HEAL,
    call("keep_store"),
    *through_with_more(call("rollback_store")),
)


NUMBERS = Do(
    id="numbers",
    title="Recreate, then roll back",
    prose="""
        Twice the numbers begin again: the stream is recreated, then the store is rolled back to a kept copy. In
        between, every edge needs a fresh snapshot.
    """,
    checks=(
        Check("All three were given a snapshot and are right again", gaps.all_whole, "all three after the snapshot"),
        Check(
            "Recreated: fra misroutes, syd refuses and says what is missing",
            gaps.noticed_by_syd(accidents.RECREATED),
            "recreated: what each edge does",
        ),
        Check(
            "Rolled back: fra misroutes, syd refuses and says what is missing",
            gaps.noticed_by_syd(accidents.ROLLED_BACK),
            "rolled back: what each edge does",
        ),
        Check(
            "One stream seq has carried two events", outcome.number_used_twice, "which events one stream seq carries"
        ),
    ),
    solution=NUMBERS_AGAIN,
    moves=moves.numbers,
    hints=Hints(
        nudge="A rollback needs an earlier copy. Keep the copy before the burst.",
        panel="panel-broker",
        look="Both store verbs are behind the broker's chip at the top. *Recreate…* is in the stream inspector.",
        principle="The stream seq is a place in a store. The sequence is a place in the truth.",
        verb=(
            "Take, load. Stop, burst 3, recreate, promote *blog*, start. Take, load. Keep the store. Stop, burst 3, "
            "roll back, promote *blog*, start."
        ),
    ),
    wrong=(
        Wrong(
            "a new stream after which nothing is committed",
            (*HEAL, *through(call("recreate_stream"))),
            "nothing came after the gap",
        ),
        Wrong(
            "a rollback to a copy that was kept after the changes",
            (
                *HEAL,
                call("kill_edges"),
                call("burst", n=3),
                published("the burst to be published"),
                call("keep_store"),
                call("rollback_store"),
                call("start_edges"),
                settled("every edge to serve it"),
            ),
            "Were the edges down",
        ),
    ),
    keep=outcome.keep_numbers,
    controls=(
        *SLEEPING,
        "promote",
        "recreate_stream",
        "keep_store",
        "rollback_store",
        "start_broker",
        "restart_broker",
        *SNAPSHOTS,
    ),
)

EXPLAIN_RUN = Explain(
    id="explain-run",
    title="Six gaps, and what happened to every request",
    prose="""
        After each of the six, *fra* answered every request without a doubt, and was wrong. *iad* was wrong once.
        *syd* refused for a while after each, and misrouted nothing. A refused request can be sent elsewhere. A wrong
        answer is believed.
    """,
    show=outcome.show_run,
)

STEPS = (PREDICT_NUMBERS, NUMBERS, EXPLAIN_RUN)
