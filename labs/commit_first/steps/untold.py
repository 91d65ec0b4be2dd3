"""Commit first, without an outbox: an untold fact; and the outbox, which survives both accidents."""

from __future__ import annotations

from labs.commit_first import moves
from labs.commit_first.checks import untold as saw
from labs.commit_first.steps.phantom import REPAIR
from studylab.lab import Check, Do, Evidence, Explain, Hints, Option, Predict, Wrong
from studylab.lab.scripts import Script, call, promote, refused, settled

PREDICT_UNTOLD = Predict(
    id="predict-untold",
    title="Commit first, then crash: what is left?",
    prose="""
        Now the other order: the control plane commits, then publishes, and writes nothing down in between. It will
        crash between the two, and you start it again.
    """,
    options=(
        Option("later", "The event is sent a little later.",
               "Some part must know that the event is due. Nothing records it."),
        Option("untold", "The fact is committed, and no edge will ever be told.",
               "The commit stands. The intention to publish was only in memory.", happens=True),
        Option("back", "The transaction is rolled back.",
               "It was committed before the crash. A later crash does not undo a commit."),
    ),
    measure=saw.what_crash_left,
)  # fmt: skip

UNTOLD = Do(
    id="untold",
    title="Crash between commit and publish",
    prose="""
        Commit first, then crash before the publish. Then look for anything that will send the event. Wait as long as
        you like.
    """,
    checks=(
        Check("The control plane crashed after a commit", saw.crashed, "a crash right after a commit"),
        Check(
            "The history has the fact; outbox and stream have nothing",
            saw.untold,
            "what history, outbox and stream hold",
        ),
        Check("Every edge says that it is current, without it", saw.nobody_knows, "what the edges claim and hold"),
    ),
    solution=(
        call("write_order", order="commit then publish"),
        call("crash_control"),
        promote("api", "alloc-c"),
    ),
    hints=Hints(
        nudge="Three moves: the order, the crash, the promotion.",
        panel="panel-truth",
        look="All three are in the inspector of *Database truth*.",
        principle="When two systems change one after the other, for a moment only one of them knows.",
        verb="Write order *commit then publish*; *Crash after commit*; promote *api* to *alloc-c*.",
    ),
    wrong=(
        Wrong(
            "the same promotion without a crash",
            (
                call("write_order", order="commit then publish"),
                promote("api", "alloc-c"),
                settled("every edge to serve it"),
            ),
            "has not crashed",
        ),
    ),
    keep=saw.keep_untold,
    controls=("write_order", "crash_control", "disarm_control", "promote"),
)

EXPLAIN_UNTOLD = Explain(
    id="explain-untold",
    title="An untold fact",
    prose="""
        The order was right: commit first. What was missing is a record, in the same transaction, that an event is
        due. Without it, no restart and no retry helps: nothing knows that there is work to do.
    """,
    show=saw.show_untold,
)


def _survive(evidence: Evidence) -> Script:
    """The cure; a learner who tried *publish first* once more has a phantom to clean up before it."""
    accidents = (
        call("write_order", order="outbox"),
        refused("promote", route="shop", to="alloc-d"),
        call("crash_control"),
        promote("api", "alloc-a"),
    )
    return (*REPAIR, *accidents) if saw.has_phantoms(evidence.now) else accidents


CURE = Do(
    id="cure",
    title="Survive both accidents",
    prose="""
        Find the write order under which both accidents are harmless, and prove it with both. The outcome counts, not
        the setting.
    """,
    checks=(
        Check("A refused promotion told nobody anything", saw.refusal_was_silent),
        Check("A crash after the commit lost no news", saw.crash_was_harmless),
        Check("Every edge serves what the database has", saw.edges_agree),
    ),
    solution=_survive,
    moves=moves.survive,
    hints=Hints(
        nudge="What must be on disk at the moment of the crash?",
        panel="panel-truth",
        look="The write order in *Database truth*, and the inspector of the relay beside it.",
        principle="Write the fact and the event to publish in one transaction. Another process then publishes it.",
        verb="Write order *outbox*; promote *shop* to *alloc-d*; *Crash after commit*; promote *api* to *alloc-a*.",
    ),
    wrong=(
        Wrong(
            "publishing the missing events by hand",
            (
                call("write_order", order="commit then publish"),
                refused("promote", route="shop", to="alloc-d"),
                call("crash_control"),
                promote("api", "alloc-a"),
                call("republish", sequence=5),
                call("republish", sequence=6),
                settled("every edge to serve what the database has"),
            ),
            "by hand",
        ),
        Wrong(
            "the right setting without the accidents",
            (
                call("write_order", order="outbox"),
                promote("api", "alloc-a"),
                settled("every edge to serve it"),
            ),
            "has not crashed",
        ),
    ),
    keep=saw.keep_cure,
    controls=(
        "promote",
        "write_order",
        "crash_control",
        "disarm_control",
        "purge",
        "delete_message",
        "take_snapshot",
        "load_snapshot",
        "republish",
        "start_relay",
        "kill_relay",
    ),
)

STEPS = (PREDICT_UNTOLD, UNTOLD, EXPLAIN_UNTOLD, CURE)
