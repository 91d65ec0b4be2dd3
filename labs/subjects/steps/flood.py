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
        Somebody once put everything into the stream *ROUTES*, and all three edges listen to `>`. Soon *fra* will be
        down for a moment; meanwhile hosts send 500 telemetry samples and three routes change their owner. Of what
        *fra* is handed on its return, which share is about routes?
    """,
    options=(
        Option("all", "All of it: it is an edge of routes.",
               "The stream is called ROUTES. What is delivered is decided by subjects and filters, not by names."),
        Option("half", "About half: the samples that nobody waited for are dropped.",
               "A stream keeps what is published on its subjects, whether anybody waits or not."),
        Option("few", "Less than one in a hundred.",
               "Each sample is a delivery, an ack and bytes, exactly as if it were wanted.", happens=True),
    ),
    measure=saw.share_that_mattered,
)  # fmt: skip

FLOOD = Do(
    id="flood",
    title="A flood that nobody asked for",
    prose="""
        Kill *fra*, send 500 samples (*Telemetry…* on the stream's card), change three owners (*Burst…*), then start
        *fra*. Watch its card: deliveries, bytes, and how long its rows stay old although all three changes are in the
        stream.
    """,
    checks=(
        Check("fra was handed a flood of other domains' messages", saw.samples_handed),
        Check("A change of owner waited behind it", saw.change_waited),
        Check("Three changes of owner have reached every edge", saw.changes_arrived),
    ),
    solution=(
        *asleep("fra", call("telemetry", n=common.SAMPLES), call("burst", n=common.CHANGES)),
        settled("fra to work through its backlog"),
    ),
    hints=Hints(
        nudge="The samples must be in the stream before the changes, and fra must not be there to keep up.",
        panel="panel-stream",
        look=(
            "*Telemetry…* is at the foot of the stream's card, *Burst…* in *Database truth*, *Kill* and *Start* on "
            "the card of *fra*."
        ),
        principle=(
            "A consumer is handed messages in the order of the stream. What matters stands in the same line as what "
            "does not."
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
    title="Noise has a price, and somebody else sets it",
    prose="""
        Nothing is wrong with any view. But each edge has paid for messages that it threw away, and the owner that
        mattered stood in the same line. How much an edge pays is now decided by how many samples another team sends.
    """,
    show=saw.show_flood,
)

PREDICT_RENAME = Predict(
    id="predict-rename",
    title="Somebody else renames a field",
    prose="""
        The telemetry team renames `cpu` to `cpu_percent`, in an event of their own. *fra* insists on reading every
        message that it is handed; *iad* and *syd* look at the type and pass over what is not theirs. What happens to
        the routes?
    """,
    options=(
        Option("none", "Nothing: no route depends on telemetry.",
               "None should. An edge that reads a message depends on every field it reads."),
        Option("refuse", "Nothing: the server refuses the new shape.",
               "A server knows subjects and bytes. It has no idea of fields."),
        Option("one", "fra stops; the other two go on.",
               "fra cannot read the message, and everything else stands behind it.", happens=True),
        Option("all", "All three stop: all of them listen to everything.",
               "iad and syd pay for the message, but they do not open it."),
    ),
    measure=saw.who_stopped,
)  # fmt: skip

RENAME = Do(
    id="rename",
    title="One sample of the new shape",
    prose="""
        Let one host send one sample with *a field renamed*, then change an owner. The broker hands *fra* the same
        message again and again; watch the journal, and what its card says after the third time.
    """,
    checks=(
        Check("fra is stuck on a message that it never wanted", saw.is_stuck),
        Check("A published change of owner does not reach it", saw.change_does_not_arrive),
    ),
    solution=(call("telemetry", n=1, shape="a field renamed"), call("burst", n=1)),
    hints=Hints(
        nudge="One sample is enough.",
        panel="panel-stream",
        look="*Telemetry…* asks what a sample looks like.",
        principle="Whoever reads a message to the end is coupled to whoever writes it.",
        verb="Telemetry, 1, *a field renamed*; then burst, 1.",
    ),
    wrong=(
        Wrong(
            "a sample of the agreed shape",
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
        Nobody decided that routing depends on telemetry. A filter that was too broad did, together with a reader that
        was too curious. *iad* and *syd* are not stuck, but look at their counters: they are still handed everything.
    """,
    show=saw.show_stuck,
)

STEPS = (PREDICT_NOISE, FLOOD, EXPLAIN_NOISE, PREDICT_RENAME, RENAME, EXPLAIN_STUCK)
