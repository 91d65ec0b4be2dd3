"""Four gaps: the beginning is missing, the end, or one in the middle."""

from __future__ import annotations

from labs.fail_closed import moves
from labs.fail_closed.checks import accidents, gaps, outcome
from labs.fail_closed.scripts import ASLEEP, AWAKE, HEAL, LATER, SLEEPING, SNAPSHOTS, through, through_with_more
from studylab.lab import Check, Do, Evidence, Explain, Hints, Option, Predict, Wrong, reading
from studylab.lab.scripts import Script, call, settled

PREDICT_FRONT = Predict(
    id="predict-front",
    title="Two ways to lose the beginning",
    prose="""
        *fra* applies whatever it receives. *iad* demands that each event follows the last. *syd* also asks for the
        high-water mark, and refuses until it is sure. You will stop all three twice: once the stream evicts events
        for lack of room, once someone purges them. A later event always follows. What does *fra* notice?
    """,
    options=(
        Option("neither", "Neither.",
               "It receives the first message that is left. No error and no header says so, and fra compares nothing.",
               happens=True),
        Option("purge", "The purge: a server tells its consumers.",
               "The server tells no consumer of a purge. It moves their Ack Floor, as if they had read everything."),
        Option("evicted", "The eviction: the server says that messages are gone.",
               "There is no such advisory. Messages that a limit evicted are simply gone."),
        Option("both", "Both: the stream seqs that it receives have a hole.",
               "The hole is visible. But a consumer with a filter sees such jumps all the time, so nobody looks."),
    ),
    measure=outcome.what_fra_noticed,
)  # fmt: skip

FRONT = Do(
    id="front",
    title="Evict, then purge",
    prose="""
        All edges sleep through an accident, twice: a limit that evicts, then a purge with one change after it. Look
        at all three each time.
    """,
    checks=(
        Check(
            "Evicted: fra misroutes, syd refuses and says what is missing",
            gaps.noticed_by_syd(accidents.EVICTED, opens_right=True),
            "evicted: what each edge does",
        ),
        Check(
            "The purge moved the Ack Floor of an edge that was down",
            gaps.ack_floor_moved,
            "the Ack Floor of an edge that is down",
        ),
        Check(
            "Purged: fra misroutes, syd refuses and says what is missing",
            gaps.noticed_by_syd(accidents.PURGED, opens_right=True),
            "purged: what each edge does",
        ),
    ),
    solution=lambda evidence: (
        *(() if reading.all_agree(evidence.now) else HEAL),
        *through(call("stream_limits", max_msgs=1)),
        call("stream_limits", max_msgs=10_000),
        *HEAL,
        *through_with_more(call("purge")),
    ),
    moves=moves.front,
    hints=Hints(
        nudge="An edge misses only what happens while it is down.",
        panel="panel-edge-syd",
        look=(
            "*Stop all edges* is the first move, *Limits…* and *Purge…* are in the stream inspector too. Each edge has "
            "*Load snapshot*."
        ),
        principle=(
            "A gap is a break between what an edge has applied and what it receives next. The broker does not know "
            "what the edge has applied."
        ),
        verb=(
            "Stop all edges, burst 3, limits max_msgs 1, start all edges. Limits 10000, take, load into *fra*, *iad*, "
            "*syd*. Stop, burst 3, purge, promote *blog*, start."
        ),
    ),
    wrong=(
        Wrong(
            "the same accidents while the edges are awake",
            (
                call("burst", n=3),
                settled("every edge to serve it"),
                call("stream_limits", max_msgs=1),
                call("stream_limits", max_msgs=10_000),
            ),
            "Were the edges down",
        ),
        Wrong(
            "both accidents in one sleep",
            (*ASLEEP, call("stream_limits", max_msgs=1), call("purge"), *LATER, *AWAKE),
            "at once prove nothing",
        ),
    ),
    keep=outcome.keep_front,
    controls=(*SLEEPING, "promote", "stream_limits", "purge", *SNAPSHOTS),
)

EXPLAIN_FRONT = Explain(
    id="explain-front",
    title="What the broker would have told you",
    prose="""
        Nothing: the consumer of *fra* has nothing unprocessed and no ack outstanding. *iad* and *syd* keep a position
        of their own, in the same transaction as the view. The next event did not follow it.
    """,
    show=outcome.show_front,
)


# The next two: the end is missing, or one in the middle.


PREDICT_END = Predict(
    id="predict-end",
    title="The end, and one in the middle",
    prose="""
        Now *iad*, which demands the chain and then trusts "nothing pending". Once a purge removes the end of the
        feed, and nothing is committed after it. Once a single message is deleted from the middle. Which does *iad*
        notice?
    """,
    options=(
        Option("inside", "Only the one in the middle.",
               (
                   "The event after it names a predecessor that iad never had. After a missing end, no event comes "
                   "to name one."
               ), happens=True),
        Option("both", "Both: a missing event is a missing event.",
               "The next event tests the chain. At a missing end no next event comes."),
        Option("end", "Only the end.",
               "With the end gone nothing is pending, and this looks exactly like being up to date."),
        Option("neither", "Neither.", "The event after the missing one gives the gap away."),
    ),
    measure=outcome.what_iad_noticed,
)  # fmt: skip


def _end(evidence: Evidence) -> Script:
    last_seq = evidence.now.stream("ROUTES").last_seq
    # Three messages go with the end; of the next three the one in the middle is deleted.
    return (*HEAL, *through(call("purge")), *HEAL, *through(call("delete_message", seq=last_seq + 5)))


END = Do(
    id="end",
    title="Purge the end, then delete one inside",
    prose="""
        Purge the end with nothing behind it, then delete the **middle** one of three. In between, every edge needs a
        fresh snapshot.
    """,
    checks=(
        Check("All three were given a snapshot and are right again", gaps.all_whole, "all three after the snapshot"),
        Check(
            "The end is missing: fra and iad say that they are current, syd refuses",
            gaps.end_missing,
            "the end is missing: what each edge does",
        ),
        Check(
            "The middle is missing: iad and syd notice, fra does not",
            gaps.middle_missing,
            "the middle is missing: what each edge does",
        ),
    ),
    solution=_end,
    moves=moves.end,
    hints=Hints(
        nudge="In the first part, commit nothing after the purge.",
        panel="panel-edge-iad",
        look="The claims of *iad* and *syd*, and the sentence under each.",
        principle=(
            "A chain proves what lies between two events. Only the control plane, which assigns the numbers, can say "
            "that no further event exists."
        ),
        verb=(
            "Take, load into all three. Stop, burst 3, purge, start. Take, load. Stop, burst 3, delete the middle "
            "one, start."
        ),
    ),
    wrong=(
        Wrong(
            "a purge with a change after it", (*HEAL, *through_with_more(call("purge"))), "a later event came through"
        ),
        Wrong(
            "starting after a purge without any change",
            (*HEAL, call("kill_edges"), call("purge"), call("start_edges"), settled("the edges")),
            "Were the edges down",
        ),
    ),
    keep=outcome.keep_end,
    controls=(*SLEEPING, "purge", "delete_message", *SNAPSHOTS),
)

STEPS = (PREDICT_FRONT, FRONT, EXPLAIN_FRONT, PREDICT_END, END)
