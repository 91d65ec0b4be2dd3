"""Lab 10: fail closed. Six gaps, three edges: one without proof, one with half of it, one that refuses until it knows."""

from __future__ import annotations

from labs import fail_closed_checks as saw
from studylab.lab import (
    Call,
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

EDGES = ("fra", "iad", "syd")

SETUP: Script = (
    Wait("the first events to reach every edge", reading.at_rest),
    call("edge_rules", edge="fra", prove_continuity=False, ask_high_water_mark=False),
    call("edge_rules", edge="iad", ask_high_water_mark=False),
    call("edge_rules", edge="syd", on_gap="stay closed", answers="only when current"),
    Wait("every edge to be current again", reading.at_rest),
)


# What the solutions are made of.


def _published(seen: Observation) -> bool:
    return not seen.outbox.waiting


def _syd_refuses(seen: Observation) -> bool:
    return seen.edge("syd").mode.value == "failed closed" and all(
        reading.is_current(seen.edge(name)) for name in ("fra", "iad")
    )


def _awake(seen: Observation) -> bool:
    return all(edge.mode.value not in ("down", "loading", "rebuilding") for edge in seen.edges)


ASLEEP: Script = (
    call("kill_edges"),
    call("burst", n=3),
    Wait("the burst to be published", _published),
)
LATER: Script = (call("promote", route="blog", to="alloc-c"), Wait("it to be published", _published))
AWAKE: Script = (call("start_edges"), Wait("syd to refuse", _syd_refuses))
HEAL: Script = (
    call("start_edges"),
    Wait("the edges to be awake", _awake),
    call("take_snapshot"),
    *(call("load_snapshot", edge=edge) for edge in EDGES),
    Wait("every edge to be current", reading.at_rest),
)


def _through(*accident: Call) -> Script:
    """Sleep through three changes and an accident, with nothing behind it, and wake up."""
    return (*ASLEEP, *accident, *AWAKE)


def _through_with_more(*accident: Call) -> Script:
    """The same with one more change behind the accident."""
    return (*ASLEEP, *accident, *LATER, *AWAKE)


def _other_owner(seen: Observation) -> str:
    """Return a ready owner for blog that it does not have, and will not have after a burst of three."""
    ready = [allocation.name for allocation in seen.truth.allocations if allocation.state == "ready"]
    owner = next(route.owner for route in seen.truth.routes if route.name == "blog")
    return ready[(ready.index(owner) + 2) % len(ready)]


# The first two: the beginning is missing.

PREDICT_FRONT = Predict(
    id="predict-front",
    title="Two ways to lose the beginning",
    prose="""
        *fra* applies what it is handed. *iad* demands that each event chain on to the last. *syd* also asks the control plane
        for the high-water mark, and refuses until it is sure. All three will sleep: once the stream evicts what it has no
        room for, once somebody purges it. A later event always follows. What does *fra* notice?
    """,
    options=(
        Option("neither", "Neither.", "It is handed the first message that is left. No error, no header, nothing to notice.", happens=True),
        Option("purge", "The purge: a server tells its consumers.", "A purge tells no consumer. It moves their Ack Floor, as if they had read everything."),
        Option("evicted", "The eviction: the server says that messages are gone.", "There is no such advisory. Messages that went by a limit just are not there."),
        Option("both", "Both: the stream seqs it is handed have a hole.", "The hole is there for whoever looks. A consumer with a filter sees such jumps all day, so nobody looks."),
    ),
    measure=saw.what_fra_noticed,
)  # fmt: skip

FRONT = Do(
    id="front",
    title="Evict, then purge",
    prose="""
        *Stop all edges* (beside the verdict). Commit a burst of 3, set *Limits…* to max_msgs 1, and start all edges: look at
        all three. Give the stream its room again (10000), take a snapshot, load it into *fra* and *syd*. Then again with
        *Purge…* for the limits, and one promotion after it.
    """,
    checks=(
        Check("Evicted: fra misroutes, syd refuses and says what is missing", saw.noticed_by_syd(saw.EVICTED)),
        Check("The purge moved the Ack Floor of an edge that slept", saw.ack_floor_moved),
        Check("Purged: fra misroutes, syd refuses and says what is missing", saw.noticed_by_syd(saw.PURGED)),
    ),
    solution=lambda evidence: (
        *(() if reading.at_rest(evidence.now) else HEAL),
        *_through(call("stream_limits", max_msgs=1)),
        call("stream_limits", max_msgs=10_000),
        *HEAL,
        *_through_with_more(call("purge")),
    ),
    hints=Hints(
        nudge="An edge can only miss what happens while it sleeps.",
        panel="panel-edge-syd",
        look="*Stop all edges* is beside the verdict, *Limits…* and *Purge…* at the stream; each edge has *Load snapshot*.",
        principle="A gap is a break between what an edge has applied and what it is handed next. The broker does not know the first of the two.",
        verb="Stop all edges, burst 3, limits max_msgs 1, start all edges. Limits 10000, take, load into *fra*, *iad*, *syd*. "
        "Stop, burst 3, purge, promote *blog*, start.",
    ),
    wrong=(
        Wrong(
            "the same accidents while the edges are awake",
            (
                call("burst", n=3),
                Wait("every edge to serve it", reading.at_rest),
                call("stream_limits", max_msgs=1),
                call("stream_limits", max_msgs=10_000),
            ),
            "Did the edges sleep",
        ),
        Wrong(
            "both accidents in one sleep",
            (*ASLEEP, call("stream_limits", max_msgs=1), call("purge"), *LATER, *AWAKE),
            "at once prove nothing",
        ),
    ),
    keep=saw.keep_front,
    controls=("kill_edges", "start_edges", "kill_edge", "start_edge", "restart_edge", "burst", "promote", "stream_limits",
              "purge", "take_snapshot", "load_snapshot"),
)  # fmt: skip

EXPLAIN_FRONT = Explain(
    id="explain-front",
    title="What the broker would have told you",
    prose="""
        Nothing. The consumer of *fra* has nothing unprocessed and no ack outstanding: by the broker's books it is up to date. Only *syd* compares what it is handed with what it holds itself. It kept its own position, in the same
        transaction as its view, and the next event did not follow it.
    """,
    show=saw.show_front,
)

# The next two: the end is missing, or one in the middle.

PREDICT_END = Predict(
    id="predict-end",
    title="The end, and one in the middle",
    prose="""
        Now *iad*, which demands the chain and then trusts "nothing pending". Once the purge takes the end of the feed, and
        nothing is committed after it. Once a single message is deleted from the middle. Which does *iad* notice?
    """,
    options=(
        Option("inside", "Only the one in the middle.", "The event behind it names a predecessor that iad never had. Behind a missing end there is no event to name anything.", happens=True),
        Option("both", "Both: a missing event is a missing event.", "A chain is tested by its next link. At a missing end no next link comes."),
        Option("end", "Only the end.", "With the end gone there is nothing pending, and this looks exactly like being up to date."),
        Option("neither", "Neither.", "The link behind a hole in the middle gives the hole away."),
    ),
    measure=saw.what_iad_noticed,
)  # fmt: skip


def _end(evidence: Evidence) -> Script:
    last_seq = evidence.now.stream("ROUTES").last_seq
    heal = () if reading.at_rest(evidence.now) else HEAL
    # Three messages go with the end; of the next three the one in the middle is deleted.
    return (*heal, *_through(call("purge")), *HEAL, *_through(call("delete_message", seq=last_seq + 5)))


END = Do(
    id="end",
    title="Purge the end, then delete one inside",
    prose="""
        Take a snapshot and load it into all three. Stop all edges, burst of 3, *Purge…*, and this time nothing more: start
        all edges. Look at *iad*. Snapshot for all three again. Then stop, burst of 3, delete the **middle** one of the three
        (its stream seq is in *Messages*), and start.
    """,
    checks=(
        Check("All three were given a snapshot and are right again", saw.all_whole),
        Check("The end is missing: fra and iad say that they are current, syd refuses", saw.end_missing),
        Check("The middle is missing: iad and syd notice, fra does not", saw.middle_missing),
    ),
    solution=_end,
    hints=Hints(
        nudge="For the first one, nothing may be committed after the purge.",
        panel="panel-edge-iad",
        look="The claims of *iad* and *syd*, and the sentence under each.",
        principle="A chain proves what lies between two events. That there is no further event, only who assigns the numbers can say.",
        verb="Take, load into all three. Stop, burst 3, purge, start. Take, load. Stop, burst 3, delete the middle one, start.",
    ),
    wrong=(
        Wrong("a purge with a change after it", (*HEAL, *_through_with_more(call("purge"))), "a later event came through"),
        Wrong(
            "waking up after a purge without any change",
            (*HEAL, call("kill_edges"), call("purge"), call("start_edges"), Wait("the edges", reading.at_rest)),
            "Did the edges sleep",
        ),
    ),
    keep=saw.keep_end,
    controls=("kill_edges", "start_edges", "kill_edge", "start_edge", "restart_edge", "burst", "promote", "purge",
              "delete_message", "take_snapshot", "load_snapshot"),
)  # fmt: skip

# The last two: the numbers begin again.

PREDICT_NUMBERS = Predict(
    id="predict-numbers",
    title="The numbers begin again",
    prose="""
        A stream that is deleted and created counts from 1. A store that is rolled back (it stands for a power cut or a restored
        backup) counts on from where it was, and gives the same numbers to other events. Both will happen while all edges
        sleep. *syd* will refuse. By what does it notice?
    """,
    options=(
        Option("lower", "By a stream seq lower than the one it expects.", "After a rollback the next stream seq is exactly the one it expects."),
        Option("created", "By the time at which the stream was created.", "That shows a new stream. Files put back where they were keep their old date."),
        Option("chain", "By the event itself: it names a predecessor that syd has not applied.", "The database assigned that link in the commit. No accident of the broker changes it.", happens=True),
        Option("nothing", "By nothing: equal numbers, equal events.", "Stream seqs belong to the broker. They may come again with something else in them."),
    ),
    measure=saw.what_syd_went_by,
)  # fmt: skip


def _numbers(evidence: Evidence) -> Script:
    heal = () if reading.at_rest(evidence.now) else HEAL
    return (
        *heal,
        *_through_with_more(call("recreate_stream")),
        *HEAL,
        call("keep_store"),
        *_through_with_more(call("rollback_store")),
    )


NUMBERS = Do(
    id="numbers",
    title="Recreate, then roll back",
    prose="""
        Snapshot for all three. Stop all edges, burst of 3, *Recreate…*, one promotion, start. Snapshot for all three. Then
        open the broker's chip and **keep a copy of the store** first; stop all edges, burst of 3, *Roll the store back*, one
        promotion, start.
    """,
    checks=(
        Check("All three were given a snapshot and are right again", saw.all_whole),
        Check("Recreated: fra misroutes, syd refuses and says what is missing", saw.noticed_by_syd(saw.RECREATED)),
        Check("Rolled back: fra misroutes, syd refuses and says what is missing", saw.noticed_by_syd(saw.ROLLED_BACK)),
        Check("One stream seq has carried two events", saw.number_used_twice),
    ),
    solution=_numbers,
    hints=Hints(
        nudge="A rollback needs something to roll back to. Keep the copy before the burst.",
        panel="panel-broker",
        look="Both store verbs are behind the broker's chip at the top; *Recreate…* is at the stream.",
        principle="Stream seq is a place in a store. The sequence is a place in the truth.",
        verb="Take, load. Stop, burst 3, recreate, promote *blog*, start. Take, load. Keep the store. Stop, burst 3, roll back, promote *blog*, start.",
    ),
    wrong=(
        Wrong(
            "a new stream after which nothing is committed",
            (*HEAL, *_through(call("recreate_stream"))),
            "nothing came after the gap",
        ),
        Wrong(
            "a rollback to a copy that was kept after the changes",
            (
                *HEAL,
                call("kill_edges"),
                call("burst", n=3),
                Wait("the burst to be published", _published),
                call("keep_store"),
                call("rollback_store"),
                call("start_edges"),
                Wait("every edge to serve it", reading.at_rest),
            ),
            "Did the edges sleep",
        ),
    ),
    keep=saw.keep_numbers,
    controls=("kill_edges", "start_edges", "kill_edge", "start_edge", "restart_edge", "burst", "promote", "recreate_stream",
              "keep_store", "rollback_store", "start_broker", "restart_broker", "take_snapshot", "load_snapshot"),
)  # fmt: skip

EXPLAIN_RUN = Explain(
    id="explain-run",
    title="Six gaps, and what became of every request",
    prose="""
        Awake, *fra* answered whatever it was asked, in no doubt, and was wrong after each of the six. *iad* was fooled once.
        *syd* refused for a while after each, and misrouted nothing. A refusal can be retried elsewhere. A wrong answer is
        believed.
    """,
    show=saw.show_run,
)

# The cure.

PROOF: Script = (
    call("edge_rules", edge="fra", prove_continuity=True, ask_high_water_mark=True, on_gap="rebuild", answers="only when current"),
)  # fmt: skip


def _fra_rests(seen: Observation) -> bool:
    return reading.is_current(seen.edge("fra")) and seen.edge("fra").sequence == seen.truth.sequence


FRA_BACK: Script = (call("start_edges"), Wait("fra to have rebuilt", _fra_rests))


def _cure(evidence: Evidence) -> Script:
    begin = () if reading.at_rest(evidence.now) else HEAL
    later = call("promote", route="blog", to=_other_owner(evidence.now))
    return (
        *begin,
        *PROOF,
        Wait("fra to be current", _fra_rests),
        *ASLEEP,
        call("purge"),
        *FRA_BACK,
        *ASLEEP,
        call("purge"),
        later,
        Wait("it to be published", _published),
        *FRA_BACK,
    )


CURE = Do(
    id="cure",
    title="Give fra the proof",
    prose="""
        Choose rules for *fra* under which it misroutes **nothing**, and prove it: let it sleep through a purged end, and through
        a gap with an event behind it. It has to notice both, rebuild, and be right. What counts is every request since it
        got its rules: its card counts them.
    """,
    checks=(
        Check("fra noticed a missing end and misrouted nothing", saw.end_survived),
        Check("fra noticed a gap with an event behind it and misrouted nothing", saw.inside_survived),
        Check("fra has rebuilt, is current and right", saw.rebuilt_and_right),
    ),
    solution=_cure,
    hints=Hints(
        nudge="Which two things did *syd* have and *fra* not? And when did *syd* answer?",
        panel="panel-edge-fra",
        look="*Rules…* at *fra*: the continuity proof, the high-water mark, what to do on a gap, and when to answer.",
        principle="Prove what lies between (the chain) and how far it goes (the mark); until both hold, refuse; then rebuild from what is verified.",
        verb="Rules of *fra*: demand the continuity proof on, ask for the high-water mark on, on a gap rebuild, answer only when current. "
        "Then stop, burst 3, purge, start; and again with one promotion after the purge.",
    ),
    wrong=(
        Wrong(
            "the chain alone, claiming after “nothing pending”",
            (
                *HEAL,
                call("edge_rules", edge="fra", prove_continuity=True),
                Wait("fra to be current", reading.at_rest),
                *_through(call("purge")),
            ),
            "because it takes “nothing pending” for “nothing missing”",
        ),
        Wrong(
            "the right rules, and no gap",
            (*HEAL, *PROOF, Wait("fra to be current", _fra_rests)),
            "has not met a missing end yet",
        ),
    ),
    keep=saw.keep_cure,
    controls=("kill_edges", "start_edges", "kill_edge", "start_edge", "restart_edge", "edge_rules", "burst", "promote", "stream_limits",
              "purge", "delete_message", "recreate_stream", "keep_store", "rollback_store", "start_broker", "take_snapshot", "load_snapshot"),
)  # fmt: skip


def _wrong_of(memory: Memory, edge: str) -> int:
    return int(memory.get("asked", {}).get(edge, {}).get("wrong", 0))


QUIZ = Quiz(
    id="quiz",
    title="Three questions",
    prose="All three are about what you have just measured.",
    questions=(
        Question(
            "floor",
            lambda memory: f"{memory.get('front_floor') or 'After the purge the Ack Floor of a sleeping edge had moved.'} What does an Ack Floor prove?",
            lambda _: (
                Option("applied", "That everything up to it was applied.", "fra slept. Nobody had applied anything."),
                Option("nothing", "That the broker expects no more acks up to it.", "And it may stop expecting them for reasons of its own."),
                Option("delivered", "That everything up to it was delivered.", "Purged messages are delivered to nobody, and it moved past them."),
            ),
            lambda _: "nothing",
        ),
        Question(
            "mark",
            lambda memory: f"iad noticed the hole in the middle ({_first(memory, 'chain_reasons')}) and not the missing end. What did syd have in addition?",
            lambda _: (
                Option("chain", "A stricter chain.", "Both demanded the same chain. At a missing end no link comes that could break it."),
                Option("mark", "The control plane's word for the latest sequence.", "A mark that says 12 cannot be met by a view at 9."),
                Option("pending", "The number of pending messages.", "It was nought, at both. That is what iad believed."),
            ),
            lambda _: "mark",
        ),
        Question(
            "asked",
            lambda memory: f"Up to the rollback fra misrouted {_wrong_of(memory, 'fra')} requests and syd {_wrong_of(memory, 'syd')}. What did that cost syd?",
            lambda memory: (
                Option("refused", f"It refused {memory.get('asked', {}).get('syd', {}).get('refused', 0)} requests.", "That is the price: for a while no answer instead of a wrong one."),
                Option("none", "Nothing: it was current all the time.", "It was closed after each gap until it had loaded a verified snapshot."),
                Option("slow", "It answered more slowly.", "An answer comes from the view or not at all."),
            ),
            lambda _: "refused",
        ),
    ),
)  # fmt: skip


def _first(memory: Memory, name: str) -> str:
    words = memory.get(name, ())
    return str(words[0]) if words else "it failed closed"


DEBRIEF = Debrief(
    prose="""
        Six accidents, and the broker reported none: by its books everybody was up to date. What noticed them was inside the
        events (a sequence and a predecessor, assigned in the commit), in the edge (its own position) and at the control plane (the
        high-water mark). With all three an edge can say *I do not know*, and get a verified snapshot before it says anything else.
    """,
    happened=saw.happened,
    code=(
        Code("trap", "Claim by silence: nothing is pending", "vango.edge.claiming", "Claiming.by_silence"),
        Code("trap", "Know of the gap and carry on", "vango.edge.recovery", "carry_on"),
        Code("cure", "Is the chain broken?", "vango.core.judge", "broken_link"),
        Code("cure", "Claim by the mark", "vango.core.claims", "weigh"),
        Code("cure", "Fail closed, and rebuild", "vango.edge.recovery", "recover"),
    ),
    take_away=(
        "you would know, today, that a consumer of yours has skipped something: name what would show it",
        "each consumer keeps its own position, in the same transaction as what it did",
        "your events carry a number without holes that the database assigned, and name the one before",
        "something other than the broker says how far the truth has come",
        "a consumer that does not know refuses, and somebody notices that it does",
    ),
)

LAB = Lab(
    id="fail_closed",
    slug="fail-closed",
    number=10,
    title="Fail closed",
    question="How would you know, today, that a consumer of yours had skipped something?",
    concept="Fail closed",
    correct_use="On a gap, refuse. Rebuild from a verified snapshot, prove the chain and the high-water mark, and only then claim to be current.",
    failure_trap="Taking “nothing pending” for “nothing missing”: the broker forgets, skips and renumbers without telling anybody.",
    minutes=12,
    controls=("kill_edges", "start_edges", "kill_edge", "start_edge", "restart_edge", "edge_rules", "burst", "promote", "stream_limits",
              "purge", "delete_message", "recreate_stream", "keep_store", "rollback_store", "start_broker", "restart_broker",
              "take_snapshot", "load_snapshot"),
    locked={
        "edge_rules": "The three edges have their rules: none, half and all of the proof. You choose fra's at the end.",
        "recreate_stream": "This accident belongs to a later step.",
        "rollback_store": "This accident belongs to a later step.",
        "delete_message": "This accident belongs to a later step.",
    },
    locked_otherwise="Not needed in this step. The sandbox has every control.",
    setup=SETUP,
    steps=(PREDICT_FRONT, FRONT, EXPLAIN_FRONT, PREDICT_END, END, PREDICT_NUMBERS, NUMBERS, EXPLAIN_RUN, CURE, QUIZ),
    debrief=DEBRIEF,
)  # fmt: skip
