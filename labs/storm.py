"""Lab 12: the storm. Seeded faults against the learner's own choice of protections, and the matrix of what each is for."""

from __future__ import annotations

from labs import storm_checks as saw
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

TAKEN = ("event-ids", "epochs", "continuity", "mark")
SEED = 2
PROOFS = (("continuity", "gap"), ("event-ids", "second-copy"), ("checksum", "bad-snapshot"))

SETUP: Script = (
    Wait("the first events to reach every edge", reading.at_rest),
    *(
        call("edge_rules", edge=edge, deduplicate=False, check_epochs=False, prove_continuity=False, ask_high_water_mark=False)
        for edge in ("fra", "iad", "syd")
    ),
    Wait("every edge to be current again", reading.at_rest),
)  # fmt: skip

QUIET = Do(
    id="quiet",
    title="A quiet day",
    prose="""
        These edges check no event ids, no epochs and no continuity, and ask for no high-water mark: *Missing now* says so, below
        the verdict. Promote *blog* to *alloc-b*, and see what that costs on a day when nothing fails.
    """,
    checks=(Check("Four protections are missing, and all is sound", saw.quiet_day),),
    solution=(call("promote", route="blog", to="alloc-b"), Wait("every edge to serve it", reading.at_rest)),
    hints=Hints(
        nudge="One change of owner is enough.",
        panel="panel-truth",
        look="*Promote…* in the card *Database truth*.",
        principle="A protection that is missing is not seen until it is needed.",
        verb="Promote *blog* to *alloc-b*.",
    ),
    wrong=(Wrong("a refused promotion", (refused("promote", route="blog", to="alloc-d"),), "Nothing was committed"),),
    controls=("promote",),
)

PREDICT_STORM = Predict(
    id="predict-storm",
    title="Four protections are missing: what does a storm leave?",
    prose=f"""
        A storm is a handful of crashes, kills, purges and second copies between changes of owner, made from a seed. At its
        end everything runs again. Four protections are missing. What does storm {SEED} leave?
    """,
    options=(
        Option("sound", "Nothing: everything runs again, and catches up.", "Catching up is what a trusting edge only believes it does."),
        Option("closed", "Edges that refuse to answer.", "An edge refuses what it can see. These were told not to look."),
        Option("wrong", "Edges that say they are current and are wrong.", "Nothing that they check would have shown them.", happens=True),
    ),
    measure=saw.what_storm_left,
)  # fmt: skip

STORM = Do(
    id="storm",
    title="Face a storm",
    prose=f"""
        Play a storm: seed {SEED}, length 4, or any other until one does harm. The bench begins afresh and your rules stay. Read
        the verdict: it is given when everything that the storm had stopped is running again.
    """,
    checks=(Check("The audit finds fault with what a storm has left", saw.storm_was_found_at_fault),),
    solution=(call("storm", seed=SEED),),
    hints=Hints(
        nudge="A storm is one verb; its seed decides everything in it.",
        panel="panel-verdict",
        look="*Storm…* stands below the verdict.",
        principle="A seed makes chance repeatable: the same number is the same storm, for you and for everybody.",
        verb=f"*Storm…*, seed {SEED}, length 4.",
    ),
    wrong=(
        Wrong("a burst of changes and a kill, without a storm", (call("burst", n=5), call("restart_edge", edge="fra")), "No storm has been played"),
    ),
    keep=saw.keep_storm,
    controls=("storm", "burst", "restart_edge"),
)  # fmt: skip

SHRINK = Do(
    id="shrink",
    title="What was enough?",
    prose="""
        A storm says that something is wrong, not what did it. *Shrink* plays parts of the script on a fresh bench, over and
        over, and keeps the smallest that still fails in the same way.
    """,
    checks=(Check("A smaller script fails alike", saw.was_shrunk),),
    solution=(call("shrink_storm"),),
    hints=Hints(
        nudge="Let the bench do the leaving out.",
        panel="panel-verdict",
        look="*Shrink* stands beside *Storm…* once a storm has failed.",
        principle="Leave out what you can. What remains is the cause, or the shortest way to see it.",
        verb="*Shrink*.",
    ),
    wrong=(Wrong("playing the storm once more", (call("storm", seed=SEED),), "has not been shrunk"),),
    keep=saw.keep_minimal,
    controls=("storm", "shrink_storm"),
)

EXPLAIN_MINIMAL = Explain(
    id="explain-minimal",
    title="The shortest story that goes wrong",
    prose="""
        This is all that it takes, and it can be played again, here or with `python -m vango storm --replay`. Each act is
        harmless by itself. A good report of a fault looks like this: few acts, one finding, the records that prove it.
    """,
    show=saw.show_minimal,
)


def _everything(evidence: Evidence) -> Script:
    memory = evidence.memory
    return (
        *(call("give_back", protection=key) for key in TAKEN),
        call("storm", seed=memory["seed"], length=memory["length"]),
    )


EVERYTHING = Do(
    id="everything",
    title="The same storm, with every protection",
    prose="""
        Give the four protections back and play the very same storm again: same seed, same length. The crashes, purges and
        copies are no fewer.
    """,
    checks=(Check("The storm that did harm does none", saw.same_storm_is_sound),),
    solution=_everything,
    hints=Hints(
        nudge="Four to give back, then the same seed.",
        panel="panel-verdict",
        look="*Give back…* is below the verdict; the missing ones are named there.",
        principle="The same storm is the only fair comparison.",
        verb="Give back *event-ids*, *epochs*, *continuity* and *mark*; then *Storm…* with the seed and length of before.",
    ),
    wrong=(
        Wrong("another seed", (*(call("give_back", protection=key) for key in TAKEN), call("storm", seed=5)), "again"),
        Wrong(
            "giving only one back",
            (call("give_back", protection="epochs"), call("storm", seed=SEED)),
            "Give everything back",
        ),
    ),
    controls=("give_back", "take_away", "storm", "edge_rules"),
)

PREDICT_PAIR = Predict(
    id="predict-pair",
    title="Ack before apply, and a crash in between",
    prose="""
        One protection less: the edges ack first and apply second. One of them crashes in between, and nothing comes later.
        Everything else is in place. What does the audit find at the end?
    """,
    options=(
        Option("lost", "A lost event: acked, never applied.", "The broker has nothing left, and that is not where this edge looks."),
        Option("twice", "A double effect: it is applied again after the restart.", "It was acked, so the broker does not bring it again."),
        Option("nothing", "Nothing.", "The high-water mark stands behind the ack: the edge sees that it lacks an event, and rebuilds.", happens=True),
    ),
    measure=saw.what_one_missing_did,
)  # fmt: skip

PAIR = Do(
    id="pair",
    title="What stands behind what",
    prose="""
        *Try one fault…* begins afresh with every protection but those you name, does one fault, and fills one cell of your
        matrix. Try the fault *edge-crash* without *ack*; then without *ack+mark*, both.
    """,
    checks=(
        Check("One missing: nothing is found", saw.one_missing_was_survived),
        Check("Two missing: the same crash is found", saw.two_missing_were_not),
    ),
    solution=(
        call("try_without", protection="ack", fault="edge-crash"),
        call("try_without", protection="ack+mark", fault="edge-crash"),
    ),
    hints=Hints(
        nudge="The same fault twice, with one and with two protections missing.",
        panel="panel-verdict",
        look="*Try one fault…* below the verdict.",
        principle="A protection that is never seen at work may be the second of two.",
        verb="*Try one fault…*: *ack*, *edge-crash*; then *ack+mark*, *edge-crash*.",
    ),
    wrong=(
        Wrong(
            "a fault that neither is for", (call("try_without", protection="ack", fault="refusal"),), "Try the fault"
        ),
    ),
    controls=("try_without",),
)

MATRIX = Do(
    id="matrix",
    title="Which fault proves it?",
    prose="""
        Find three protections that cannot go, each with the fault that proves it, and nothing else missing. Most cells will
        be empty: a fault needs its own protection. Your matrix is a page: open *Your matrix* below the verdict.
    """,
    checks=(Check("Three protections have a fault that proves them", saw.cannot_go),),
    solution=tuple(call("try_without", protection=key, fault=fault) for key, fault in PROOFS),
    hints=Hints(
        nudge="Think backwards: what is each protection for?",
        panel="panel-verdict",
        look="The lists in *Try one fault…* name every protection and every fault.",
        principle="A protection is worth what the fault costs that only it stops.",
        verb="*continuity* with *gap*; *event-ids* with *second-copy*; *checksum* with *bad-snapshot*.",
    ),
    wrong=(
        Wrong(
            "protections that have another behind them",
            tuple(call("try_without", protection=key, fault="gap") for key in ("message-ids", "ack", "snapshot-first")),
            "none has been found that cannot go",
        ),
    ),
    keep=saw.keep_cells,
    controls=("try_without",),
)

FEW = Do(
    id="few",
    title="As few as possible, and sound",
    prose="""
        Take away as many protections as you dare, at least two, and see two different storms end sound. Then take exactly
        one more away, and find the seed that shows that it cannot go. What your last trial took away is still missing: see
        *Missing now*.
    """,
    checks=(
        Check("Two storms are sound with at least two protections missing", saw.few_are_enough),
        Check("With one more missing, a storm does harm", saw.one_fewer_is_not),
    ),
    solution=(
        call("take_away", protection="message-ids"),
        call("take_away", protection="ack"),
        call("storm", seed=5),
        call("storm", seed=7),
        call("take_away", protection="event-ids"),
        call("storm", seed=5),
        call("storm", seed=7),
    ),
    hints=Hints(
        nudge="Which rows of your matrix, or of docs/matrix.md, are empty?",
        panel="panel-verdict",
        look="*Take away…*, *Storm…*, and the list of what is missing.",
        principle="Sound in these storms is not sound in all. Two protections that back each other are cheap, and one of them will be misconfigured one day.",
        verb="Take away *message-ids* and *ack*; storms 5 and 7; take away *event-ids*; storm 5, and 7 if that one is sound.",
    ),
    wrong=(
        Wrong("everything on", (call("storm", seed=5), call("storm", seed=7)), "Everything on is no proof"),
        Wrong(
            "one seed only",
            (call("take_away", protection="message-ids"), call("take_away", protection="ack"), call("storm", seed=5)),
            "Play a second seed",
        ),
    ),
    keep=saw.keep_few,
    controls=("take_away", "give_back", "storm", "shrink_storm", "try_without", "edge_rules", "relay_rules", "write_order"),
)  # fmt: skip


def _seed(memory: Memory) -> str:
    return str(memory.get("seed", SEED))


QUIZ = Quiz(
    id="quiz",
    title="Three questions",
    prose="All three are about what you have just measured.",
    questions=(
        Question(
            "enough",
            lambda memory: f"Storm {_seed(memory)} had {memory.get('acts', 8)} acts. How many were enough for its finding?",
            lambda memory: tuple(
                Option(str(n), str(n), "Look at the figure of the minimal script.")
                for n in sorted({len(memory.get("minimal", "x")), int(memory.get("acts", 8)), int(memory.get("acts", 8)) + 3})
            ),
            lambda memory: str(len(memory.get("minimal", "x"))),
        ),
        Question(
            "behind",
            lambda _: "Acking before applying did no harm as long as one other protection was there. Which?",
            lambda _: (
                Option("window", "The duplicate window.", "It guards what is published, not what is consumed."),
                Option("mark", "The high-water mark.", "It told the edge that an event was missing, although nothing was pending."),
                Option("ids", "The event ids.", "They recognise what comes twice, and this came never again."),
            ),
            lambda _: "mark",
        ),
        Question(
            "sound",
            lambda _: "Two storms were sound with protections missing. What does that prove?",
            lambda _: (
                Option("all", "That those protections are not needed.", "Your own matrix has faults that two storms did not bring."),
                Option("seeds", "That these two storms do no harm under these rules.", "A storm can show that something is wrong, never that nothing is."),
            ),
            lambda _: "seeds",
        ),
    ),
)  # fmt: skip

DEBRIEF = Debrief(
    prose="""
        No single protection does everything, and hardly any is alone: behind the ack stands the mark, behind the message id
        the event id. That is why a missing one is noticed late. A storm finds what nobody thought of; a minimal script says
        what it was; the matrix says what each protection is for. Print [your matrix](/matrix) and compare it with your own system.
    """,
    happened=saw.happened,
    code=(
        Code("trap", "A storm is made of these", "vango.storm.storm", "script"),
        Code("cure", "Shrinking it", "vango.storm.storm", "shrink"),
        Code("cure", "Three guards, three identities", "vango.core.judge", "judge"),
    ),
    take_away=(
        "for each protection you can name the fault that only it stops",
        "faults are tried on purpose, from a seed that is written down",
        "what a fault leaves is judged when everything runs again, by comparing claims with the database",
        "a failure is reported as the shortest script that shows it",
    ),
)

TRIALS = ("storm", "shrink_storm", "take_away", "give_back", "try_without")
LAB = Lab(
    id="storm",
    slug="storm",
    number=12,
    title="The storm",
    question="Which of all these protections do you need, and how would you know?",
    concept="Everything together",
    correct_use="Know for each protection the fault that only it stops, and try it: with seeds, fresh benches, and an audit at the end.",
    failure_trap="Leave protections out because nothing went wrong without them, or keep them all without knowing what they are for.",
    minutes=12,
    controls=("promote", *TRIALS),
    locked=dict.fromkeys(TRIALS, "This belongs to another step of this lab."),
    locked_otherwise="In this lab the storm does these. The sandbox has every control.",
    setup=SETUP,
    steps=(QUIET, PREDICT_STORM, STORM, SHRINK, EXPLAIN_MINIMAL, EVERYTHING, PREDICT_PAIR, PAIR, MATRIX, FEW, QUIZ),
    debrief=DEBRIEF,
)
