"""A quiet day, a storm, and the few moves that show the failure."""

from __future__ import annotations

from labs.storm import moves
from labs.storm.checks import storm as saw
from studylab.lab import Check, Do, Explain, Hints, Option, Predict, Wrong
from studylab.lab.scripts import call, promote, refused, settled

SEED = 2

QUIET = Do(
    id="quiet",
    title="A quiet day",
    prose="""
        These edges check no event ids, no epochs and no continuity, and ask for no high-water mark. *Missing now*
        in *Trials* lists them. See what that costs on a day without faults.
    """,
    checks=(Check("Four protections are missing, and all is sound", saw.quiet_day),),
    solution=(promote("blog", "alloc-b"), settled("every edge to serve it")),
    hints=Hints(
        nudge="One change of owner is enough.",
        panel="panel-truth",
        look="*Promote…* in the inspector of *Database truth*.",
        principle="You do not notice a missing protection until you need it.",
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
               "An edge that checks nothing only believes that it has caught up."),
        Option("closed", "Edges that refuse to answer.",
               "An edge refuses what it can see. These edges do not look."),
        Option("wrong", "Edges that say they are current and are wrong.",
               "None of their checks would have shown it.", happens=True),
    ),
    measure=saw.what_storm_left,
)  # fmt: skip

STORM = Do(
    id="storm",
    title="Face a storm",
    prose=f"""
        Play a storm: seed {SEED}, length 4, or any other until one does harm. The bench starts again, and your rules
        stay. Read the verdict. The audit gives it when everything that the storm stopped runs again.
    """,
    checks=(
        Check(
            "The audit finds a fault after a storm", saw.storm_was_found_at_fault, "what the audit says after a storm"
        ),
    ),
    solution=(call("storm", seed=SEED),),
    moves=moves.STORM,
    hints=Hints(
        nudge="A storm is one verb; its seed decides everything in it.",
        panel="panel-trials",
        look="*Storm…* is in the inspector, under *Trials*.",
        principle="A seed makes random faults repeatable: the same number is the same storm, for everyone.",
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
        A storm shows that something is wrong, not what caused it. *Shrink* plays parts of the script on a fresh
        bench. It keeps the smallest part that still fails in the same way.
    """,
    checks=(Check("A smaller script fails in the same way", saw.was_shrunk),),
    solution=(call("shrink_storm"),),
    hints=Hints(
        nudge="Let the bench find what to leave out.",
        panel="panel-trials",
        look="*Shrink* is beside *Storm…* once a storm has failed.",
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
        This is all that it takes. You can play it again, here or with `python -m vango storm --replay`. Each act is
        harmless alone. A good bug report looks like this: few acts, one finding, the records that prove it.
    """,
    show=saw.show_minimal,
)

STEPS = (QUIET, PREDICT_STORM, STORM, SHRINK, EXPLAIN_MINIMAL)
