"""What deletes a durable, and why its name alone is no memory."""

from __future__ import annotations

from labs.durable_consumers.checks import name as saw
from labs.durable_consumers.scripts import FRA, SENT, THRESHOLD_S, back
from studylab.lab import Check, Do, Explain, Hints, Option, Predict, Wrong
from studylab.lab.scripts import Script, Wait, asleep, call, load_fresh_snapshot, settled

PREDICT_THRESHOLD = Predict(
    id="predict-threshold",
    title="A durable consumer with an inactive threshold",
    prose="""
        Someone tidy sets an inactive threshold of half a second on the consumer of *fra* too. Then forgotten
        consumers do not pile up. The consumer stays durable. Then *fra* is down for some seconds. What happens to its
        consumer?
    """,
    options=(
        Option("kept", "It is kept: durable means that it survives its reader.",
               "It survives a reader that is away, but with a threshold only for that long."),
        Option("deleted", "It is deleted, like the ephemeral one.",
               "The threshold decides, not the word durable.", happens=True),
    ),
    measure=saw.what_became_of_it,
)  # fmt: skip

THRESHOLD = Do(
    id="threshold",
    title="Durable until further notice",
    prose="""
        Give *fra* an inactive threshold of half a second, and kill it. Watch the list of consumers and the journal
        before you start it again.
    """,
    checks=(
        Check("The server deleted a durable consumer", saw.durable_expired, "the consumer after that time"),
        Check("The edge is back, with a new one", saw.is_back, "fra after its start"),
    ),
    solution=(
        call("edge_rules", edge=FRA, inactive_threshold_s=THRESHOLD_S),
        back(FRA),
        *asleep(FRA, Wait("the server to delete it", lambda seen: seen.consumer(FRA) is None)),
        back(FRA),
    ),
    hints=Hints(
        nudge="A consumer is inactive when nobody reads with it.",
        panel="panel-edge-fra",
        look="*Rules…* in the inspector of *fra* has *inactive threshold*.",
        principle="A durable consumer does not survive a rule that deletes it.",
        verb="Rules of *fra*: inactive threshold 0.5; kill *fra*; wait; start *fra*.",
    ),
    wrong=(
        Wrong(
            "a threshold while fra goes on reading",
            (call("edge_rules", edge=FRA, inactive_threshold_s=THRESHOLD_S), back(FRA)),
            "fra reads, so its consumer is not inactive",
        ),
    ),
    controls=("edge_rules", "kill_edge", "start_edge"),
)

PREDICT_NAME = Predict(
    id="predict-name",
    title="The same name, created again",
    prose="""
        *fra* is down. Someone deletes the consumer *fra*, and two owners change. When *fra* returns, it creates the
        consumer *fra* again. Like many programs, it tells a new consumer to begin from new. What does it receive?
    """,
    options=(
        Option("missed", "What it missed: the name is the memory.",
               "The cursor was kept under the name, and was deleted with it."),
        Option("nothing", "Nothing: the consumer has the name and no past.",
               "It is a new consumer. Its name means nothing to the server.", happens=True),
        Option("all", "Everything from the first message on.",
               "It begins where its creator says. Here that is: from new."),
        Option("refuse", "The server refuses a name that was used before.", "A deleted name is free."),
    ),
    measure=saw.what_the_name_held,
)  # fmt: skip


def _sleep_without_consumer(begin: str) -> Script:
    return (
        call("edge_rules", edge=FRA, begin=begin, inactive_threshold_s=0.0),
        back(FRA),
        *asleep(FRA, call("delete_consumer", consumer=FRA), call("burst", n=2), SENT),
        back(FRA),
    )


NAME = Do(
    id="name",
    title="The name is back, the cursor is not",
    prose="""
        *fra* begins from **new** when the server does not know its consumer. While it is down, that consumer is
        deleted, and two owners change. Then compare the list of consumers with its rows.
    """,
    checks=(
        Check(
            "The consumer is there again, and fra received nothing",
            saw.name_is_no_memory,
            "the consumer, and what fra receives",
        ),
    ),
    solution=_sleep_without_consumer("new"),
    hints=Hints(
        nudge="Delete the consumer while *fra* is down. Otherwise *fra* notices at once.",
        panel="panel-stream",
        look="*Delete consumer…* is at the foot of the stream inspector.",
        principle="A durable consumer is a record like any other. Delete it, and you delete what it knew.",
        verb="Rules of *fra*: begins from new, threshold 0; kill *fra*; delete consumer *fra*; burst 2; start *fra*.",
    ),
    wrong=(
        Wrong(
            "the sleep without the deletion",
            (
                call("edge_rules", edge=FRA, begin="new", inactive_threshold_s=0.0),
                back(FRA),
                *asleep(FRA, call("burst", n=2), SENT),
                settled("fra to have the changes"),
            ),
            "was not deleted",
        ),
        Wrong("the deletion without new", _sleep_without_consumer("own position"), "after its own position"),
    ),
    keep=saw.keep_name,
    controls=("edge_rules", "kill_edge", "start_edge", "delete_consumer", "burst", "promote"),
)

EXPLAIN_NAME = Explain(
    id="explain-name",
    title="Two memories",
    prose="""
        Two records say how far *fra* has come. The server has the cursor. *fra* keeps its position, in one
        transaction with its rows. Anyone may delete the first. The second is part of the view, and is lost only with
        it.
    """,
    show=saw.show_name,
)

SAVED = Do(
    id="saved",
    title="The position is the memory",
    prose="""
        The same accident, but *fra* begins at its *own position* when the server does not know its consumer. This
        time nothing may be missing, the earlier changes included.
    """,
    checks=(Check("The consumer was deleted while fra was down, and nothing was lost", saw.position_saved_it),),
    solution=_sleep_without_consumer("own position"),
    hints=Hints(
        nudge="One rule differs from before.",
        panel="panel-edge-fra",
        look="*Rules…* in the inspector of *fra*: where a consumer begins that the server does not know.",
        principle="A durable consumer saves work. The edge's own position makes it recoverable.",
        verb="Rules of *fra*: begins from own position; kill *fra*; delete consumer *fra*; burst 2; start *fra*.",
    ),
    wrong=(
        Wrong("the same rule as before", _sleep_without_consumer("new"), "began too late"),
        Wrong(
            "loading a snapshot afterwards",
            (*_sleep_without_consumer("new"), *load_fresh_snapshot(FRA), settled("fra to be right")),
            "its own position must be enough",
        ),
    ),
    keep=saw.keep_saved,
    controls=("edge_rules", "kill_edge", "start_edge", "delete_consumer", "burst", "promote"),
)

STEPS = (PREDICT_THRESHOLD, THRESHOLD, PREDICT_NAME, NAME, EXPLAIN_NAME, SAVED)
