"""The steps, in order: what the learner predicts, does and reads."""

from __future__ import annotations

from studylab.lab import Check, Do, Explain, Hints, Option, Predict, Wrong
from studylab.lab.scripts import promote, refused, settled

from . import checks as saw

PREDICT = Predict(
    id="predict",
    title="Who will hear of it?",
    prose="You are about to give *shop* to another owner. What do the three edges do?",
    options=(
        Option("all", "All three take it over.", "Each has a durable consumer of its own.", happens=True),
        Option("one", "One of them takes it over.", "That would be a queue, shared by its readers."),
    ),
    measure=saw.who_was_told,
)

PROMOTE = Do(
    id="promote",
    title="Promote a route",
    prose="Promote *shop* to *alloc-c*, and watch the event travel.",
    checks=(Check("A promotion was committed, and every edge serves it", saw.promoted),),
    solution=(promote("shop", "alloc-c"), settled("every edge to serve it")),
    hints=Hints(
        nudge="Only the database can change an owner.",
        panel="panel-truth",
        look="The card *Database truth* has the button *Promote…*.",
        principle="A promotion is one transaction and one event.",
        verb="Promote *shop* to *alloc-c*.",
    ),
    wrong=(
        Wrong(
            "an owner that is not ready",
            (refused("promote", route="shop", to="alloc-d"),),
            "No promotion was committed",
        ),
    ),
    keep=saw.keep_event,
)

EXPLAIN = Explain(
    id="explain",
    title="One decision, three views",
    prose="The database decided, the stream told, and each edge moved its own position.",
    show=saw.show_event,
)

STEPS = (PREDICT, PROMOTE, EXPLAIN)
