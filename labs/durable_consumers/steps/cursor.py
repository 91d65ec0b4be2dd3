"""A durable and an ephemeral consumer sleep through the same changes."""

from __future__ import annotations

from labs.durable_consumers import moves
from labs.durable_consumers.checks import common
from labs.durable_consumers.checks import cursor as saw
from labs.durable_consumers.scripts import EXPIRED, FRA, IAD, SENT, back
from studylab.lab import Check, Do, Evidence, Explain, Hints, Option, Predict, Wrong
from studylab.lab.scripts import Script, Wait, asleep, call, load_fresh_snapshot, promote, settled

WATCH = Do(
    id="watch",
    title="Two kinds of readers",
    prose="""
        *fra* reads with a **durable** consumer: a name and a cursor that the server keeps. *iad* reads with an
        **ephemeral** one, made when it connects, from new. Find both in the list of consumers.
    """,
    checks=(Check("Both consumers have delivered the change", saw.both_moved),),
    solution=(promote("shop", "alloc-c"), settled("every edge to serve it")),
    hints=Hints(
        nudge="One promotion is enough.",
        panel="panel-stream",
        look="The table in the stream inspector lists the consumers in the server's words.",
        principle="While both edges run, you see no difference.",
        verb="Promote *shop* to *alloc-c*.",
    ),
    wrong=(
        Wrong(
            "a new allocation, which is no change of owner",
            (call("add_allocation", allocation="alloc-e"),),
            "No promotion was committed",
        ),
    ),
    keep=saw.keep_before,
    controls=("promote", "burst"),
)

PREDICT_SLEEP = Predict(
    id="predict-sleep",
    title="Both are down during three changes",
    prose="""
        You will kill *fra* and *iad*, change three owners, and start both again a few seconds later. All three events
        stay in the stream. Which edge receives what?
    """,
    options=(
        Option("both", "Both receive the three: the stream has kept them.",
               "The stream has. But something must remember how far each reader had come."),
        Option("one", "fra receives the three, iad nothing.",
               "The server remembers fra's cursor. It has forgotten that iad ever had one.", happens=True),
        Option("all", "fra receives the three, iad everything from the start.",
               "An ephemeral consumer begins where it is told. This one is told: from new."),
        Option("none", "Neither: a reader that is away misses what is published.",
               "That is true of core NATS. A durable consumer exists to prevent it."),
    ),
    measure=saw.who_got_what,
)  # fmt: skip

SLEEP = Do(
    id="sleep",
    title="Away, and forgotten",
    prose="""
        Both are down during three changes. Watch the list of consumers for a second or two before you start them.
        Then compare their rows with their claims.
    """,
    checks=(
        Check("Both were down during three changes", saw.both_slept, "three changes while both are down"),
        Check(
            "The server kept one consumer and deleted the other", saw.one_is_gone, "what the list of consumers shows"
        ),
        Check("fra received what it had missed", saw.one_caught_up, "what fra receives"),
        Check(
            "iad received nothing, and says that it is current",
            saw.other_never_learns,
            "what iad receives, and what it says",
        ),
    ),
    solution=(
        call("kill_edge", edge=FRA),
        call("kill_edge", edge=IAD),
        call("burst", n=common.CHANGES),
        EXPIRED,
        call("start_edge", edge=FRA),
        call("start_edge", edge=IAD),
        back(FRA),
        back(IAD),
    ),
    hints=Hints(
        nudge="Stop both, make the changes, wait, start both.",
        panel="panel-stream",
        look="The table of consumers, and the journal: the server announces the deletion of a consumer.",
        principle="An ephemeral consumer lives while someone reads with it, and here half a second longer.",
        verb="Kill *fra* and *iad*; burst 3; wait until the ephemeral consumer is gone; start *fra* and *iad*.",
    ),
    wrong=(
        Wrong(
            "changes while both are awake",
            (call("burst", n=common.CHANGES), settled("every edge to have them")),
            "has not been down",
        ),
    ),
    keep=saw.keep_sleep,
    controls=("kill_edge", "start_edge", "burst", "promote"),
)

EXPLAIN_CURSORS = Explain(
    id="explain-cursors",
    title="Whose cursor was it?",
    prose="""
        The name *fra* belongs to the server, which keeps the cursor under it. The other consumer had a random name,
        belonged to a connection, and was deleted after it. *iad* has a new one now. It begins after everything that
        *iad* missed.
    """,
    show=saw.show_cursors,
)


def _cure(evidence: Evidence) -> Script:
    """Durable for iad; a learner who replayed everything into it has double effects to be rid of first."""
    clean = (*load_fresh_snapshot(IAD), back(IAD))
    nap = (
        call("edge_rules", edge=IAD, durable=True, inactive_threshold_s=0.0, begin="own position"),
        Wait("iad to catch up", lambda seen: seen.edge(IAD).sequence == seen.truth.sequence),
        *asleep(IAD, call("burst", n=common.CHANGES), SENT),
        settled("every edge to have the changes"),
    )
    return (*clean, *nap) if saw.has_doubled(evidence.now) else nap


CURE = Do(
    id="cure",
    title="A cursor that waits",
    prose="""
        Make the consumer of *iad* durable, without an inactive threshold. Then let *iad* be down during three more
        changes. It must receive exactly what it missed, and each change must take effect once.
    """,
    checks=(
        Check("iad has a durable consumer that does not expire", saw.is_durable),
        Check("It was down during three changes and received exactly these", saw.remembered),
    ),
    solution=_cure,
    moves=moves.cure,
    hints=Hints(
        nudge="Change two fields in the rules of *iad*, then repeat the outage.",
        panel="panel-edge-iad",
        look="*Rules…* in the inspector of *iad*: *durable consumer* and *inactive threshold*.",
        principle="The reader may die. Something that survives it must know how far it had read.",
        verb="Rules of *iad*: durable on, inactive threshold 0; kill *iad*; burst 3; start *iad*.",
    ),
    wrong=(
        Wrong(
            "ephemeral, but from the first message on",
            (
                call("edge_rules", edge=IAD, begin="all"),
                back(IAD),
                *asleep(IAD, call("burst", n=common.CHANGES), SENT),
                Wait("iad to have read everything", lambda seen: seen.edge(IAD).sequence == seen.truth.sequence),
                Wait("the drains to be counted twice", saw.has_doubled),
            ),
            "drained the connections",
        ),
        Wrong(
            "durable, and still with a threshold",
            (
                call("edge_rules", edge=IAD, durable=True),
                Wait("iad to catch up", lambda seen: seen.edge(IAD).sequence == seen.truth.sequence),
            ),
            "Set it to 0",
        ),
    ),
    controls=(
        "edge_rules",
        "kill_edge",
        "start_edge",
        "restart_edge",
        "burst",
        "promote",
        "take_snapshot",
        "load_snapshot",
    ),
)

STEPS = (WATCH, PREDICT_SLEEP, SLEEP, EXPLAIN_CURSORS, CURE)
