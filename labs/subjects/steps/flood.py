"""One stream for everything: a flood delays a change, and somebody else's event stops an edge."""

from __future__ import annotations

from labs.subjects.checks import common
from labs.subjects.checks import flood as saw
from studylab.lab import Check, Do, Explain, Hints, Option, Predict, Wrong
from studylab.lab.scripts import Wait, asleep, call, settled

PREDICT_NOISE = Predict(
    id="predict-noise",
    title="Which share of the deliveries will matter?",
    prose="""
        Someone put everything into the stream *ROUTES*, and all three edges listen to `>`. You will stop *fra* for a
        moment. Meanwhile hosts send 500 telemetry samples, and three routes change their owner. When *fra* returns,
        which share of what it receives is about routes?
    """,
    options=(
        Option("all", "All of it: it is an edge for routes.",
               "The stream is called ROUTES, but subjects and filters decide what is delivered, not names."),
        Option("half", "About half: samples that no consumer waits for are dropped.",
               "A stream keeps what is published on its subjects, whether or not a consumer waits."),
        Option("few", "Less than one in twenty.",
               "Each sample is a delivery, an ack and bytes, exactly as if it were needed.", happens=True),
    ),
    measure=saw.share_that_mattered,
)  # fmt: skip

FLOOD = Do(
    id="flood",
    title="A flood that no edge needs",
    prose="""
        While *fra* is down, 500 samples and three changes of owner are stored. Then watch its inspector: deliveries,
        bytes, and how long its rows stay old.
    """,
    checks=(
        Check("fra received a flood of other domains' messages", saw.samples_handed, "what fra receives"),
        Check("A change of owner waited behind it", saw.change_waited, "how long a change of owner takes"),
        Check("Three changes of owner have reached every edge", saw.changes_arrived, "where the three changes arrive"),
    ),
    solution=(
        *asleep("fra", call("telemetry", n=common.SAMPLES), call("burst", n=common.CHANGES)),
        settled("fra to work through its backlog"),
    ),
    hints=Hints(
        nudge="Send the samples before the changes, while *fra* is down and cannot keep up.",
        panel="panel-stream",
        look=(
            "*Telemetry…* is in the stream inspector, *Burst…* in *Database truth*, *Kill* and *Start* on the "
            "inspector of *fra*."
        ),
        principle=(
            "A consumer receives messages in the order of the stream. Important messages wait in the same queue as "
            "noise."
        ),
        verb="Kill *fra*; telemetry, 500; burst, 3; start *fra*.",
    ),
    wrong=(
        Wrong(
            "the flood while fra runs and keeps up",
            (
                call("telemetry", n=common.SAMPLES),
                Wait("fra to pass over them", lambda seen: seen.edge("fra").counters["foreign"] >= common.SAMPLES),
                call("burst", n=common.CHANGES),
                settled("every edge to have the changes"),
            ),
            "kill it first",
        ),
    ),
    keep=saw.keep_flood,
    controls=("kill_edge", "start_edge", "telemetry", "burst", "promote"),
)

EXPLAIN_NOISE = Explain(
    id="explain-noise",
    title="Noise has a price, and another team sets it",
    prose="""
        No view is wrong. But each edge paid for messages that it threw away, and the important change waited in the
        same queue. The number of samples that another team sends now decides the cost.
    """,
    show=saw.show_flood,
)

PREDICT_RENAME = Predict(
    id="predict-rename",
    title="Another team renames a field",
    prose="""
        The telemetry team renames `cpu` to `cpu_percent`, in their own event. *fra* parses every message that it
        receives. *iad* and *syd* look at the type and skip other domains. What happens to the routes?
    """,
    options=(
        Option("none", "Nothing: no route depends on telemetry.",
               "It should not. But an edge that parses a message depends on every field that it reads."),
        Option("refuse", "Nothing: the server refuses the new format.",
               "A server knows subjects and bytes. It does not know fields."),
        Option("one", "fra stops; the other two go on.",
               "fra cannot read the message, and everything else waits behind it.", happens=True),
        Option("all", "All three stop: all of them listen to everything.",
               "iad and syd receive the message, but they do not parse it."),
    ),
    measure=saw.who_stopped,
)  # fmt: skip

RENAME = Do(
    id="rename",
    title="One sample in the new format",
    prose="""
        One host sends one sample in the new format. Then an owner changes. Watch the journal, and the
        three edges.
    """,
    checks=(
        Check("fra is stuck on a message that it never wanted", saw.is_stuck, "what each edge does with the sample"),
        Check(
            "A published change of owner does not reach it",
            saw.change_does_not_arrive,
            "where the next change of owner arrives",
        ),
    ),
    solution=(call("telemetry", n=1, shape="a field renamed"), call("burst", n=1)),
    hints=Hints(
        nudge="One sample is enough.",
        panel="panel-stream",
        look="*Telemetry…* asks for the format of a sample.",
        principle="A reader that parses a whole message depends on its writer.",
        verb="Telemetry, 1, *a field renamed*; then burst, 1.",
    ),
    wrong=(
        Wrong(
            "a sample in the agreed format",
            (call("telemetry", n=1), call("burst", n=1), settled("every edge to have the change")),
            "has read every message",
        ),
    ),
    keep=saw.keep_stuck,
    controls=("telemetry", "burst", "promote"),
)

EXPLAIN_STUCK = Explain(
    id="explain-stuck",
    title="Accidental coupling",
    prose="""
        Nobody decided that routing depends on telemetry. A filter that was too broad caused it, with a reader that
        parsed too much. *iad* and *syd* are not stuck, but look at their counters: they still receive everything.
    """,
    show=saw.show_stuck,
)

STEPS = (PREDICT_NOISE, FLOOD, EXPLAIN_NOISE, PREDICT_RENAME, RENAME, EXPLAIN_STUCK)
