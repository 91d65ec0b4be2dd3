"""Publish first: an event of a change that the database refuses."""

from __future__ import annotations

from labs.commit_first.checks import phantom as saw
from studylab.lab import Check, Do, Explain, Hints, Option, Predict, Wrong
from studylab.lab.scripts import Script, call, load_fresh_snapshot, promote, rebuild_edges, refused, settled

WATCH = Do(
    id="watch",
    title="Watch one promotion",
    prose="""
        This control plane **publishes first** and commits second. The event is in the stream before the database has
        decided. Today the database agrees, so nothing looks wrong. Read the journal.
    """,
    checks=(
        Check("A promotion was committed and every edge serves it", saw.promotion_served),
        Check("Its event was in the stream before the commit", saw.published_before_commit),
    ),
    solution=(promote("blog", "alloc-c"), settled("every edge to serve it")),
    hints=Hints(
        nudge="Give a route to another allocation that is ready.",
        panel="panel-truth",
        look="The inspector of *Database truth* has the button *Promote…*.",
        principle="A promotion is one change of owner: one transaction, one event.",
        verb="Promote *blog* to *alloc-c*.",
    ),
    wrong=(
        Wrong(
            "an owner that is not ready",
            (refused("promote", route="blog", to="alloc-d"),),
            "No promotion was committed",
        ),
    ),
    controls=("promote",),
)

PREDICT_PHANTOM = Predict(
    id="predict-phantom",
    title="The database will refuse: what do the edges do?",
    prose="""
        *alloc-d* is pending, and the database refuses any owner that is not ready. The write order is still *publish
        first*. You are about to promote *shop* to *alloc-d*.
    """,
    options=(
        Option("nothing", "Nothing: the change was refused.",
               "The refusal came after the event was stored. A stream does not take events back."),
        Option("route", "They route shop to alloc-d.",
               "The event told them so, and nothing corrects it.", happens=True),
        Option("back", "They apply it, and roll back with the transaction.",
               "A transaction ends at the database. No edge is part of it."),
        Option("ask", "They ask the database before they believe it.",
               "An edge follows events so that it need not ask."),
    ),
    measure=saw.what_edges_did,
)  # fmt: skip

PHANTOM = Do(
    id="phantom",
    title="Let the database refuse",
    prose="""
        *alloc-d* is not ready, so the database refuses. Then look further: at the stream, the history, the three
        edges and their requests.
    """,
    checks=(
        Check("The database refused a promotion", saw.was_refused, "what the database answers"),
        Check(
            "Its event is in the stream, and the history has no such row",
            saw.phantom_stored,
            "what the stream and the history hold",
        ),
        Check("Three edges serve an owner that was never chosen", saw.phantom_served, "what the three edges serve"),
        Check("Requests are answered wrongly", saw.probes_wrong, "how requests are answered"),
    ),
    solution=(refused("promote", route="shop", to="alloc-d"),),
    hints=Hints(
        nudge="Ask for something that the database must refuse.",
        panel="panel-truth",
        look="One of the allocations in *Database truth* is not ready.",
        principle="The transaction cannot take back what was published before the commit.",
        verb="Promote *shop* to *alloc-d*.",
    ),
    wrong=(
        Wrong(
            "a promotion that the database accepts",
            (promote("shop", "alloc-c"), settled("every edge to serve it")),
            "Nothing was refused",
        ),
    ),
    keep=saw.keep_phantom,
    controls=("promote",),
)

EXPLAIN_PHANTOM = Explain(
    id="explain-phantom",
    title="A phantom",
    prose="""
        The event is real, but the fact is not. Every edge worked correctly: it applied what the stream delivered. An
        event should announce a decision. Published first, it announces only an intention.
    """,
    show=saw.show_phantom,
)

REPAIR: Script = (
    call("purge"),
    *rebuild_edges(),
)

MEND = Do(
    id="mend",
    title="Clean up after the phantom",
    prose="""
        No later commit takes the event back. Repair from the database: empty the stream, so that nobody hears of the
        event again, then load a snapshot into every edge. Notice how much work one refused promotion causes.
    """,
    checks=(
        Check("The stream holds no event that the history lacks", saw.stream_is_clean),
        Check("No edge serves an invented owner", saw.edges_are_clean),
    ),
    solution=REPAIR,
    hints=Hints(
        nudge="Two places hold the invention: the stream, and the edges' views.",
        panel="panel-stream",
        look="The stream inspector has *Purge* and *Snapshot*; each edge has *Load snapshot*.",
        principle="A view can be rebuilt from the database at any time.",
        verb="Purge *ROUTES*, take a snapshot, then load it into *fra*, *iad* and *syd*.",
    ),
    wrong=(
        Wrong(
            "loading a snapshot and leaving the event where it is",
            load_fresh_snapshot(),
            "still in the stream",
        ),
    ),
    controls=("purge", "delete_message", "take_snapshot", "load_snapshot"),
)

STEPS = (WATCH, PREDICT_PHANTOM, PHANTOM, EXPLAIN_PHANTOM, MEND)
