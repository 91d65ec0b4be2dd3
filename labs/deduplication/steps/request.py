"""The same request twice: the operation id makes the database answer that it was done."""

from __future__ import annotations

from labs.deduplication.checks import request as saw
from studylab.lab import Check, Do, Hints, Option, Predict, Wrong
from studylab.lab.scripts import promote, refused, settled

PREDICT_REPEAT = Predict(
    id="predict-repeat",
    title="A request is sent twice",
    prose="""
        An operator gives *shop* to *alloc-b*. A colleague gives it to *alloc-c*. The operator’s browser got no answer
        in time, so it sends the first request again. What does the database do with it?
    """,
    options=(
        Option("nothing", "Nothing: it has done that already.",
               "It sees a new request. Nothing in it says that it is a repetition."),
        Option("refuse", "It refuses: shop has a newer owner.",
               "A promotion to alloc-b is legal, no matter who owns shop now."),
        Option("again", "It does it again: a new epoch, and the colleague’s decision is undone.",
               "One request caused two promotions, and both are valid.", happens=True),
        Option("broker", "It commits, and the broker drops the event as a duplicate.",
               "It is a new event with a new id. The broker has never seen it."),
    ),
    measure=saw.what_repeat_did,
)  # fmt: skip

REPEAT = Do(
    id="repeat",
    title="Send it twice",
    prose="""
        A colleague decides in between, and the first request arrives again. No operation id is used. Read the history
        and the verdict.
    """,
    checks=(
        Check("The same request was carried out twice", saw.done_twice, "the repeated request in the history"),
        Check("What was decided in between is undone", saw.decision_undone, "the owner that was decided in between"),
        Check("Every edge follows, and nobody objects", saw.nobody_objects, "what the edges and the audit say"),
    ),
    solution=(
        promote("shop", "alloc-b"),
        promote("shop", "alloc-c"),
        promote("shop", "alloc-b"),
        settled("every edge to serve it"),
    ),
    hints=Hints(
        nudge="Three promotions of one route; the third repeats the first.",
        panel="panel-truth",
        look="**Promote…** in *Database truth*; leave the operation id empty.",
        principle="You must ask for idempotence. Two equal requests and one request sent twice look the same.",
        verb="Promote *shop* to *alloc-b*, to *alloc-c*, to *alloc-b*.",
    ),
    wrong=(
        Wrong(
            "a double click with nothing in between",
            (
                promote("shop", "alloc-b"),
                refused("promote", route="shop", to="alloc-b"),
                settled("every edge to serve it"),
            ),
            "nothing was decided in between",
        ),
    ),
    keep=saw.keep_repeat,
    controls=("promote",),
)

PICK_OPERATION = Predict(
    id="pick-operation",
    title="Which identity stops the repeated request?",
    prose="""
        Three identities are available. The client chooses the **operation id**. The database assigns the **event id**
        in the commit. The **epoch** grows at each change of owner. Which one makes the repetition harmless?
    """,
    options=(
        Option("event", "The event id.", "Each commit makes a new one. By then the change has happened twice."),
        Option("epoch", "The epoch.", "It grew, as it should: this was a valid change of owner."),
        Option("operation", "The operation id.",
               "It was the same both times, and the database keeps it with the revision that it led to.", happens=True),
    ),
    measure=saw.what_operation_did,
)  # fmt: skip

OPERATION = Do(
    id="operation",
    title="Ask twice, do once",
    prose="""
        The same story with operation ids: each request has its own, and the repeated one repeats its id.
    """,
    checks=(
        Check(
            "The database recognised the repeated request",
            saw.answered_done_before,
            "what the database does with the repeated request",
        ),
        Check("What was decided in between stands", saw.decision_stands, "the owner that was decided in between"),
    ),
    solution=(
        promote("shop", "alloc-c", operation="op-1"),
        promote("shop", "alloc-a", operation="op-2"),
        promote("shop", "alloc-c", operation="op-1"),
    ),
    hints=Hints(
        nudge="What knows that the two requests are one? The client that sends them.",
        panel="panel-truth",
        look="The dialog of **Promote…** has a field for the operation id; the history shows it.",
        principle=(
            "Make the id before the first attempt and send it with every attempt. Store the result with it, in the "
            "same transaction."
        ),
        verb="Promote *shop* to *alloc-c* as *op-1*, to *alloc-a* as *op-2*, to *alloc-c* as *op-1*.",
    ),
    wrong=(
        Wrong(
            "a fresh id for each attempt",
            (
                promote("shop", "alloc-c", operation="try-1"),
                promote("shop", "alloc-a", operation="try-2"),
                promote("shop", "alloc-c", operation="try-3"),
            ),
            "Operation ids used: try-1, try-2, try-3",
        ),
        Wrong(
            "the same id at once, with nothing in between",
            (
                promote("shop", "alloc-c", operation="op-1"),
                promote("shop", "alloc-c", operation="op-1"),
            ),
            "nothing was decided in between",
        ),
    ),
    keep=saw.keep_operation,
    controls=("promote",),
)

STEPS = (PREDICT_REPEAT, REPEAT, PICK_OPERATION, OPERATION)
