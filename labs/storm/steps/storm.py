"""A quiet day, a storm, and the few moves that show the failure."""

from __future__ import annotations

from labs.storm.checks import storm as saw
from studylab.lab import Check, Do, Explain, Hints, Option, Predict, Wrong
from studylab.lab.scripts import call, promote, refused, settled

SEED = 2

QUIET = Do(
    id="quiet",
    title="A quiet day",
    prose="""
        These edges check no event ids, no epochs and no continuity, and ask for no high-water mark: *Missing now*
        says so, below the verdict. Promote *blog* to *alloc-b*, and see what that costs on a day when nothing fails.
    """,
    checks=(Check("Four protections are missing, and all is sound", saw.quiet_day),),
    solution=(promote("blog", "alloc-b"), settled("every edge to serve it")),
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
        A storm is a handful of crashes, kills, purges and second copies between changes of owner, made from a seed.
        At its end everything runs again. Four protections are missing. What does storm {SEED} leave?
    """,
    options=(
        Option("sound", "Nothing: everything runs again, and catches up.",
               "Catching up is what a trusting edge only believes it does."),
        Option("closed", "Edges that refuse to answer.",
               "An edge refuses what it can see. These were told not to look."),
        Option("wrong", "Edges that say they are current and are wrong.",
               "Nothing that they check would have shown them.", happens=True),
    ),
    measure=saw.what_storm_left,
)  # fmt: skip

STORM = Do(
    id="storm",
    title="Face a storm",
    prose=f"""
        Play a storm: seed {SEED}, length 4, or any other until one does harm. The bench begins afresh and your rules
        stay. Read the verdict: it is given when everything that the storm had stopped is running again.
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
        Wrong(
            "a burst of changes and a kill, without a storm",
            (call("burst", n=5), call("restart_edge", edge="fra")),
            "No storm has been played",
        ),
    ),
    keep=saw.keep_storm,
    controls=("storm", "burst", "restart_edge"),
)

SHRINK = Do(
    id="shrink",
    title="What was enough?",
    prose="""
        A storm says that something is wrong, not what did it. *Shrink* plays parts of the script on a fresh bench,
        over and over, and keeps the smallest that still fails in the same way.
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
        This is all that it takes, and it can be played again, here or with `python -m vango storm --replay`. Each act
        is harmless by itself. A good report of a fault looks like this: few acts, one finding, the records that prove
        it.
    """,
    show=saw.show_minimal,
)

STEPS = (QUIET, PREDICT_STORM, STORM, SHRINK, EXPLAIN_MINIMAL)
