"""A retry under the same id, and a whole outage."""

from __future__ import annotations

from labs.unknown_outcome import moves
from labs.unknown_outcome.checks import common
from labs.unknown_outcome.checks import same_id as saw
from labs.unknown_outcome.scripts import (
    BROKER,
    HEAL,
    KILL,
    REPAIR,
    THAW,
    WAIT_S,
    is_back,
    is_given_up,
    is_unanswered,
    silence,
    silence_again,
    up,
)
from studylab.lab import Check, Do, Evidence, Hints, Option, Predict, Wrong
from studylab.lab.scripts import Script, Wait, call, promote, settled


def _cure(evidence: Evidence) -> Script:
    seen = evidence.now
    return (
        *up(evidence),
        Wait("the relay to be back", is_back),
        call("relay_rules", on_no_answer="retry under the same id", ack_timeout_s=WAIT_S),
        call("edge_rules", edge="fra", deduplicate=True),
        *silence(seen, "shop"),
        *THAW,
        *silence_again(seen, "blog"),
        *KILL,
        *HEAL,
    )


CURE = Do(
    id="cure",
    title="Make both outcomes harmless",
    prose="""
        Choose the relay's rule under which both silences end well, and prove it with both. Each promotion must be
        stored once. *fra* must check event ids again, and have its drains from a snapshot.
    """,
    checks=(
        Check("Stored the first time: published again, and one message", saw.silence_was_harmless),
        Check("Lost the first time: published again, and one message", saw.loss_was_harmless),
        Check("Every change took effect once, at every edge", saw.nobody_drained_twice),
    ),
    solution=_cure,
    moves=moves.cure,
    hints=Hints(
        nudge="Which part of an event, assigned by the database, is the same at every attempt?",
        panel="panel-relay",
        look="*Rules…* at the relay, and its counters *duplicates* and *unanswered*.",
        principle="If the outcome is unknown, do it again so that the second time changes nothing.",
        verb=(
            "Relay: retry under the same id. fra: check event ids on. Freeze, promote *shop*, wait, thaw. Freeze, "
            "promote *blog*, wait, kill, start. Take, load into all three."
        ),
    ),
    wrong=(
        Wrong(
            "a longer wait instead of another rule",
            (
                call("relay_rules", ack_timeout_s=5),
                call("freeze_broker"),
                promote("shop", "alloc-a"),
                call("thaw_broker"),
                Wait("it to be published", is_back),
            ),
            "A longer wait makes that rarer and never impossible",
        ),
        Wrong(
            "giving up, and thawing in time by luck",
            (
                call("relay_rules", on_no_answer="give up"),
                call("freeze_broker"),
                promote("shop", "alloc-a"),
                Wait("the relay to have given up", is_given_up),
                *THAW,
            ),
            "is luck",
        ),
        Wrong(
            "a new id once more",
            (
                call("freeze_broker"),
                promote("shop", "alloc-a"),
                Wait("the relay to have waited without an answer", is_unanswered),
                *THAW,
            ),
            "went out under another id",
        ),
    ),
    keep=saw.keep_cure,
    controls=("promote", "relay_rules", "edge_rules", *BROKER, *REPAIR),
)


# A whole outage.


PREDICT_OUTAGE = Predict(
    id="predict-outage",
    title="The broker is down: what do the edges answer?",
    prose="""
        Now you kill the broker, and commit a dozen changes before it comes back. Requests for routes still arrive at
        the edges. What do the edges do with them?
    """,
    options=(
        Option("refused", "Refuse them: without the bus they know nothing.",
               (
                   "They know what was true at their position, and they give that position. Refusing after a while "
                   "is a separate rule: the freshness lease."
               )),
        Option("held", "Answer from what they hold, as of the position they claim.",
               "Each has its own view. Its claim is still true, but it grows older.", happens=True),
        Option("ask", "Ask the database instead.",
               "An edge has no access to the database. That is why there are events."),
    ),
    measure=saw.what_edges_did_meanwhile,
)  # fmt: skip


OUTAGE = Do(
    id="outage",
    title="A whole outage",
    prose="""
        Watch the outbox fill, the edges answer, and their claims grow old. Then start the broker, and watch the order
        in which everything arrives.
    """,
    checks=(
        Check(
            "The outbox is deep, the broker away, and the edges answer",
            saw.outage_waits,
            "outbox and edges while the broker is away",
        ),
        Check(
            "Everything arrived once, in the order of the commits",
            saw.drained_in_order,
            "the order in which everything arrives",
        ),
    ),
    solution=lambda evidence: (
        *up(evidence),
        settled(),
        call("kill_broker"),
        call("burst", n=12),
        Wait("the outbox to fill", lambda seen: seen.outbox.waiting >= common.MANY),
        call("start_broker"),
        settled("every edge to have everything"),
    ),
    moves=moves.OUTAGE,
    hints=Hints(
        nudge="The database needs no broker to commit.",
        panel="panel-relay",
        look="Each box in the relay's inspector is a row that waits.",
        principle=(
            "The outbox turns an outage of the bus into a delay. It keeps the order of the commits, and one relay "
            "publishes in that order."
        ),
        verb="Kill the broker, burst of 12, start the broker.",
    ),
    wrong=(
        Wrong(
            "the burst while the broker is up",
            (call("burst", n=12), settled("every edge to serve it")),
            "The broker is up",
        ),
    ),
    keep=saw.keep_outage,
    controls=("promote", "burst", "relay_rules", *BROKER),
)

STEPS = (CURE, PREDICT_OUTAGE, OUTAGE)
