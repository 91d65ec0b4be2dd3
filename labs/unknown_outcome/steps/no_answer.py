"""A publish without an answer, and a retry under a new id."""

from __future__ import annotations

from labs.unknown_outcome import moves
from labs.unknown_outcome.checks import no_answer as saw
from labs.unknown_outcome.scripts import (
    BROKER,
    HEAL,
    KILL,
    REPAIR,
    THAW,
    WAIT_S,
    is_unanswered,
    silence,
    silence_again,
    up,
)
from studylab.lab import Check, Do, Evidence, Explain, Hints, Option, Predict, Wrong
from studylab.lab.scripts import Script, Wait, call, promote, settled

PREDICT_SILENCE = Predict(
    id="predict-silence",
    title="No answer: was it stored?",
    prose="""
        A frozen broker keeps its connections and answers nothing. You will freeze it and promote a route. The relay
        publishes, waits half a second for the PubAck, and hears nothing. Is the event stored?
    """,
    options=(
        Option("stored", "Yes: it left the relay, so the broker has it.",
               "It left the relay. The relay cannot see whether the broker read it from the socket."),
        Option("lost", "No: what is stored gets a PubAck.",
               "A PubAck says that it is stored. A missing PubAck says nothing."),
        Option("unknown", "The relay cannot know.",
               "It was stored in one case and not in the other, and the relay heard the same.", happens=True),
    ),
    measure=saw.what_silence_meant,
)  # fmt: skip


def _both_outcomes(evidence: Evidence) -> Script:
    seen = evidence.now
    return (*up(evidence), *silence(seen, "shop"), *THAW, *silence_again(seen, "blog"), *KILL)


SILENCE = Do(
    id="silence",
    title="The same silence, twice",
    prose="""
        The relay's rule is *give up*. Twice the broker freezes while an owner changes, and the relay gets no answer.
        Once it thaws, once it is **killed**.
    """,
    checks=(
        Check(
            "Given up, and stored all the same", saw.given_up_and_stored, "the first silence, and what the stream holds"
        ),
        Check("Given up, and lost", saw.given_up_and_lost, "the second silence, and what the stream holds"),
        Check("The audit says that nobody will ever be told", saw.told_as_untold, "what the audit says"),
    ),
    solution=_both_outcomes,
    moves=moves.BOTH,
    hints=Hints(
        nudge="Do the same thing twice, and end it differently.",
        panel="panel-relay",
        look="The relay's inspector says what it heard, and what it concluded.",
        principle=("Anything can go wrong between sending and hearing. To the sender it all looks the same."),
        verb="Freeze, promote *shop* to *alloc-c*, thaw. Freeze, promote *blog* to *alloc-c*, kill, start.",
    ),
    wrong=(
        Wrong(
            "killing the broker without freezing it first",
            (
                call("kill_broker"),
                promote("shop", "alloc-c"),
                call("start_broker"),
                settled("it to be published"),
            ),
            "No publish went unanswered",
        ),
        Wrong(
            "a longer wait",
            (
                call("relay_rules", ack_timeout_s=5),
                call("freeze_broker"),
                promote("shop", "alloc-c"),
                call("thaw_broker"),
                settled("it to be published"),
            ),
            "A longer wait makes that rarer and never impossible",
        ),
    ),
    keep=saw.keep_silence,
    controls=("promote", *BROKER),
)

EXPLAIN_SILENCE = Explain(
    id="explain-silence",
    title="A time-out is not a refusal",
    prose="""
        After the thaw the broker read the event from its socket and stored it, but the relay no longer waited. After
        the kill the socket was gone, and the event with it. Both times the relay had forgotten the row. Once that did
        no harm. Once the fact is **untold**: the edges will wait for it for ever.
    """,
    show=saw.show_silence,
)


# Under a new id.


PREDICT_RETRY = Predict(
    id="predict-retry",
    title="Try again, as if it were new",
    prose="""
        So the relay will try again. Like many programs, it makes a new message id for each attempt. *fra* will not
        check event ids; *iad* and *syd* do. You freeze, promote *api*, let the relay's wait run out at least once,
        and thaw. What does one promotion cause?
    """,
    options=(
        Option("one", "One message: the broker sees that the payload is the same.",
               "It never compares payloads. It compares message ids, and these differ."),
        Option("naive", "Two or more messages, and fra drains the old owner for each.",
               "To the broker each message is new. Only an edge that knows the event's own id can tell.", happens=True),
        Option("every", "Two or more messages, and every edge drains twice.",
               "iad and syd recognise the event by the id inside it, which did not change."),
        Option("refused", "The second attempt is refused: the fact was published already.",
               "The broker knows messages, not facts."),
    ),
    measure=saw.what_a_new_id_did,
)  # fmt: skip


def _again(evidence: Evidence) -> Script:
    return (
        *up(evidence),
        *HEAL,
        call("relay_rules", on_no_answer="retry under a new id", ack_timeout_s=WAIT_S),
        call("edge_rules", edge="fra", deduplicate=False),
        settled("fra to be current"),
        *silence(evidence.now, "api"),
        *THAW,
    )


RETRY = Do(
    id="retry",
    title="Retry under a new id",
    prose="""
        First repair the edges from a snapshot. Then let the relay retry **under a new id**, and *fra* check no event
        ids. Thaw only when the relay has published again.
    """,
    checks=(
        Check("The edges have from a snapshot what was never sent", saw.edges_repaired, "the edges after the repair"),
        Check("One promotion is stored more than once", saw.stored_again, "how often the promotion is stored"),
        Check("An edge let it take effect more than once", saw.applied_again, "how often it takes effect"),
    ),
    solution=_again,
    moves=moves.AGAIN,
    hints=Hints(
        nudge="Two rules, one for the relay and one for fra. Then the same silence as before.",
        panel="panel-stream",
        look="The stream's *Messages*, and the drains of *api* at fra.",
        principle="A receiver recognises a second copy only by something that is the same both times.",
        verb=(
            "Take, load into all three. Relay: retry under a new id. fra: check event ids off. Freeze, promote *api* "
            "to *alloc-c*, wait, thaw."
        ),
    ),
    wrong=(
        Wrong(
            "a new id, and every edge checks the event's own",
            (
                *HEAL,
                call("relay_rules", on_no_answer="retry under a new id"),
                call("freeze_broker"),
                promote("api", "alloc-c"),
                Wait("the relay to have waited without an answer", is_unanswered),
                *THAW,
            ),
            "all three check event ids",
        ),
    ),
    keep=saw.keep_retry,
    controls=("promote", "relay_rules", "edge_rules", *BROKER, *REPAIR),
)

EXPLAIN_RETRY = Explain(
    id="explain-retry",
    title="Twice, because it could not be recognised",
    prose="""
        The first attempt was in the broker's socket all the time. Each retry put another beside it, under an id that
        the broker had never seen. Its duplicate window had nothing to compare. *fra* drained connections again: an
        effect outside, which nothing undoes.
    """,
    show=saw.show_retry,
)

STEPS = (PREDICT_SILENCE, SILENCE, EXPLAIN_SILENCE, PREDICT_RETRY, RETRY, EXPLAIN_RETRY)
