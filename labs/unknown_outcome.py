"""Lab 9: an unknown outcome. A time-out says nothing; giving up is wrong, a new id is wrong, the same id is harmless."""

from __future__ import annotations

from labs import unknown_outcome_checks as saw
from studylab.lab import (
    Check,
    Code,
    Debrief,
    Do,
    Evidence,
    Explain,
    Hints,
    Lab,
    Memory,
    Observation,
    Option,
    Predict,
    Question,
    Quiz,
    Script,
    Wait,
    Wrong,
    call,
    reading,
)

EDGES = ("fra", "iad", "syd")
WAIT_S = 0.5
BROKER = ("freeze_broker", "thaw_broker", "kill_broker", "start_broker")
REPAIR = ("take_snapshot", "load_snapshot")

SETUP: Script = (
    Wait("the first events to reach every edge", reading.at_rest),
    call("relay_rules", on_no_answer="give up", ack_timeout_s=WAIT_S),
)


# What the solutions are made of.


def _owner(seen: Observation, route: str) -> str:
    """Return a ready owner that a route does not have."""
    ready = [allocation.name for allocation in seen.truth.allocations if allocation.state == "ready"]
    now = next((found.owner for found in seen.truth.routes if found.name == route), "")
    return next(name for name in reversed(ready) if name != now)


def _silence(seen: Observation, route: str) -> Script:
    """Freeze the broker, promote, and wait until the relay has waited in vain."""
    before = seen.relay.unanswered
    return (
        call("freeze_broker"),
        call("promote", route=route, to=_owner(seen, route)),
        Wait("the relay to have waited in vain", lambda now: now.relay.unanswered > before),
    )


def _silence_again(seen: Observation, route: str) -> Script:
    """The same once more: what was unanswered before is told from what comes now by the event that is at stake."""
    latest = seen.truth.sequence + 2

    def unanswered(now: Observation) -> bool:
        return now.truth.sequence == latest and f"route-{latest}-" in now.relay.reason

    return (
        call("freeze_broker"),
        call("promote", route=route, to=_owner(seen, route)),
        Wait("the relay to have waited in vain", unanswered),
    )


def _is_back(seen: Observation) -> bool:
    return seen.stream("ROUTES").available and seen.relay.state == "up" and not seen.outbox.waiting


def _all_read(seen: Observation) -> bool:
    """Say whether the server holds a pull request of every edge, so that each is connected again."""
    consumers = [seen.consumer(edge.name) for edge in seen.edges]
    return all(consumer is not None and consumer.num_waiting for consumer in consumers)


THAW: Script = (call("thaw_broker"), Wait("what was frozen to be stored", _is_back))
KILL: Script = (call("kill_broker"), call("start_broker"), Wait("the relay to be back", _is_back))
HEAL: Script = (
    Wait("the relay to be back", _is_back),
    Wait("every edge to read again", _all_read),
    call("take_snapshot"),
    *(call("load_snapshot", edge=edge) for edge in EDGES),
    Wait("every edge to be current", reading.at_rest),
)


def _up(evidence: Evidence) -> Script:
    """Bring a broker back that the learner has left frozen or down."""
    state = evidence.now.broker.state
    return () if state == "up" else (call("thaw_broker") if state == "frozen" else call("start_broker"),)


# The same silence, twice.

PREDICT_SILENCE = Predict(
    id="predict-silence",
    title="No answer: was it stored?",
    prose="""
        A frozen broker keeps its connections and answers nothing. You will freeze it and promote a route. The relay publishes,
        waits half a second for the PubAck, and hears nothing. Is the event stored?
    """,
    options=(
        Option("stored", "Yes: it left the relay, so the broker has it.", "It left the relay. Whether anybody read it from the socket is another matter."),
        Option("lost", "No: what is stored gets a PubAck.", "A PubAck says that it is stored. A missing one says nothing at all."),
        Option("unknown", "The relay cannot know.", "It was stored in one case and not in the other, and the relay heard the same.", happens=True),
    ),
    measure=saw.what_silence_meant,
)  # fmt: skip


def _both_outcomes(evidence: Evidence) -> Script:
    seen = evidence.now
    return (*_up(evidence), *_silence(seen, "shop"), *THAW, *_silence_again(seen, "blog"), *KILL)


SILENCE = Do(
    id="silence",
    title="The same silence, twice",
    prose="""
        The relay's rule is *give up*. Freeze the broker (its chip is at the top), promote *shop* to *alloc-c*, wait until the relay
        says that it has given up, and thaw. Then freeze again, promote *blog* to *alloc-c*, wait, and this time **kill** the
        broker and start it.
    """,
    checks=(
        Check("Given up, and stored all the same", saw.given_up_and_stored),
        Check("Given up, and lost", saw.given_up_and_lost),
        Check("The audit says that nobody will ever be told", saw.told_as_untold),
    ),
    solution=_both_outcomes,
    hints=Hints(
        nudge="Do the same thing twice, and end it differently.",
        panel="panel-relay",
        look="The card of the relay says what it heard, and what it made of it.",
        principle="Between sending and hearing lies everything that can go wrong. From the sender's side it all looks alike.",
        verb="Freeze, promote *shop* to *alloc-c*, thaw. Freeze, promote *blog* to *alloc-c*, kill, start.",
    ),
    wrong=(
        Wrong(
            "killing the broker without freezing it first",
            (
                call("kill_broker"),
                call("promote", route="shop", to="alloc-c"),
                call("start_broker"),
                Wait("it to be published", reading.at_rest),
            ),
            "No publish went unanswered",
        ),
        Wrong(
            "a longer wait",
            (
                call("relay_rules", ack_timeout_s=5),
                call("freeze_broker"),
                call("promote", route="shop", to="alloc-c"),
                call("thaw_broker"),
                Wait("it to be published", reading.at_rest),
            ),
            "A longer wait makes that rarer and never impossible",
        ),
    ),
    keep=saw.keep_silence,
    controls=("promote", *BROKER),
)

EXPLAIN_SILENCE = Explain(
    id="explain-silence",
    title="A time-out is no refusal",
    prose="""
        After the thaw the broker read what lay in its socket and stored it; nobody was waiting any more. After the kill the
        socket was gone, and the event with it. The relay had forgotten the row both times. Once that did no harm, once the fact
        is **untold**: the edges will wait for it for ever.
    """,
    show=saw.show_silence,
)

# Under a new id.

PREDICT_RETRY = Predict(
    id="predict-retry",
    title="Try again, as if it were new",
    prose="""
        So the relay will try again, and many programs make a fresh message id for each attempt. *fra* will not check event ids,
        *iad* and *syd* do. You freeze, promote *api*, let the relay's wait run out at least once, and thaw. What comes of one promotion?
    """,
    options=(
        Option("one", "One message: the broker sees that the payload is the same.", "It never compares payloads. It compares message ids, and these differ."),
        Option("naive", "Two or more messages, and fra drains the old owner for each.", "To the broker they are news, each of them. Only an edge that knows the event's own id can tell.", happens=True),
        Option("every", "Two or more messages, and every edge drains twice.", "iad and syd know the event by the id inside it, which did not change."),
        Option("refused", "The second attempt is refused: the fact was told already.", "The broker knows no facts, only messages."),
    ),
    measure=saw.what_a_new_id_did,
)  # fmt: skip


def _again(evidence: Evidence) -> Script:
    return (
        *_up(evidence),
        *HEAL,
        call("relay_rules", on_no_answer="retry under a new id", ack_timeout_s=WAIT_S),
        call("edge_rules", edge="fra", deduplicate=False),
        Wait("fra to be current", reading.at_rest),
        *_silence(evidence.now, "api"),
        *THAW,
    )


RETRY = Do(
    id="retry",
    title="Retry under a new id",
    prose="""
        First repair: take a snapshot and load it into all three edges (the audit keeps the untold event in its books). Then *Rules…* of the relay: *retry under a new id*; rules of
        *fra*: do not check event ids. Freeze, promote *api* to *alloc-c*, wait until the relay has published again, and thaw.
    """,
    checks=(
        Check("The edges have from a snapshot what was never sent", saw.edges_repaired),
        Check("One promotion is stored more than once", saw.stored_again),
        Check("An edge let it take effect more than once", saw.applied_again),
    ),
    solution=_again,
    hints=Hints(
        nudge="Two rules, one of the relay and one of fra. Then the same silence as before.",
        panel="panel-stream",
        look="The stream's *Messages*, and the drains of *api* at fra.",
        principle="Whoever receives something twice needs something that is the same both times.",
        verb="Take, load into all three. Relay: retry under a new id. fra: check event ids off. Freeze, promote *api* to *alloc-c*, wait, thaw.",
    ),
    wrong=(
        Wrong(
            "a new id, and every edge checks the event's own",
            (
                *HEAL,
                call("relay_rules", on_no_answer="retry under a new id"),
                call("freeze_broker"),
                call("promote", route="api", to="alloc-c"),
                Wait("the relay to have waited in vain", lambda seen: "route-6-" in seen.relay.reason),
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
        The first attempt was in the broker's socket all the time. Each retry put another beside it, under an id that the broker had
        never seen, so its duplicate window had nothing to compare. *fra* drained connections that had been drained before: an
        effect outside, which nothing undoes.
    """,
    show=saw.show_retry,
)

# Under the same id.


def _cure(evidence: Evidence) -> Script:
    seen = evidence.now
    return (
        *_up(evidence),
        Wait("the relay to be back", _is_back),
        call("relay_rules", on_no_answer="retry under the same id", ack_timeout_s=WAIT_S),
        call("edge_rules", edge="fra", deduplicate=True),
        *_silence(seen, "shop"),
        *THAW,
        *_silence_again(seen, "blog"),
        *KILL,
        *HEAL,
    )


CURE = Do(
    id="cure",
    title="Make both outcomes harmless",
    prose="""
        Choose the relay's rule under which both silences end well, and prove it: freeze, promote, wait, **thaw**; then freeze,
        promote, wait, **kill** and start. Each promotion must be stored once. Let *fra* check event ids again, and set its drains
        right with a fresh snapshot.
    """,
    checks=(
        Check("Stored the first time: published again, and one message", saw.silence_was_harmless),
        Check("Lost the first time: published again, and one message", saw.loss_was_harmless),
        Check("Every change took effect once, at every edge", saw.nobody_drained_twice),
    ),
    solution=_cure,
    hints=Hints(
        nudge="What is the same about an event at every attempt, because the database assigned it?",
        panel="panel-relay",
        look="*Rules…* at the relay, and its counters *duplicates* and *unanswered*.",
        principle="If the outcome is unknown, do it again in a way that makes the second time nothing.",
        verb="Relay: retry under the same id. fra: check event ids on. Freeze, promote *shop*, wait, thaw. Freeze, promote *blog*, "
        "wait, kill, start. Take, load into all three.",
    ),
    wrong=(
        Wrong(
            "a longer wait instead of another rule",
            (
                call("relay_rules", ack_timeout_s=5),
                call("freeze_broker"),
                call("promote", route="shop", to="alloc-a"),
                call("thaw_broker"),
                Wait("it to be published", _is_back),
            ),
            "A longer wait makes that rarer and never impossible",
        ),
        Wrong(
            "giving up, and thawing in time for luck",
            (
                call("relay_rules", on_no_answer="give up"),
                call("freeze_broker"),
                call("promote", route="shop", to="alloc-a"),
                Wait("the relay to have given up", lambda seen: "given it up" in seen.relay.reason),
                *THAW,
            ),
            "is luck",
        ),
        Wrong(
            "a new id once more",
            (
                call("freeze_broker"),
                call("promote", route="shop", to="alloc-a"),
                Wait("the relay to have waited in vain", lambda seen: "route-7-" in seen.relay.reason),
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
    title="The broker is away: what do the edges answer?",
    prose="""
        Now the broker is killed, and a dozen changes are committed before it comes back. Requests for routes go on arriving at
        the edges. What do the edges do with them?
    """,
    options=(
        Option("refused", "Refuse them: without the bus they know nothing.", "They know what was true at their position, and say at which. To refuse after a while is a rule of its own: the freshness lease."),
        Option("held", "Answer from what they hold, as of the position they claim.", "The view is theirs. Their claim is still true; its age is what grows.", happens=True),
        Option("ask", "Ask the database instead.", "An edge has no way to the database; that is why there are events."),
    ),
    measure=saw.what_edges_did_meanwhile,
)  # fmt: skip

OUTAGE = Do(
    id="outage",
    title="A whole outage",
    prose="""
        Kill the broker and commit a burst of 12. Look at the outbox filling, at the edges' answers, and at how old their claims
        become (a card says so after 6 s of silence). Then start the broker, and watch the order in which everything arrives.
    """,
    checks=(
        Check("The outbox is deep, the broker away, and the edges answer", saw.outage_waits),
        Check("Everything arrived once, in the order of the commits", saw.drained_in_order),
    ),
    solution=lambda evidence: (
        *_up(evidence),
        Wait("every edge to be current", reading.at_rest),
        call("kill_broker"),
        call("burst", n=12),
        Wait("the outbox to fill", lambda seen: seen.outbox.waiting >= saw.MANY),
        call("start_broker"),
        Wait("every edge to have everything", reading.at_rest),
    ),
    hints=Hints(
        nudge="The database needs no broker to commit.",
        panel="panel-relay",
        look="Each box in the relay's card is a row that waits.",
        principle="The outbox turns an outage of the bus into a delay. Its order is the order of the commits, and one relay keeps it.",
        verb="Kill the broker, burst of 12, start the broker.",
    ),
    wrong=(
        Wrong(
            "the burst while the broker is up",
            (call("burst", n=12), Wait("every edge to serve it", reading.at_rest)),
            "The broker is up",
        ),
    ),
    keep=saw.keep_outage,
    controls=("promote", "burst", "relay_rules", *BROKER),
)


def _kept(memory: Memory, name: str, otherwise: str) -> str:
    return str(memory.get(name) or otherwise)


QUIZ = Quiz(
    id="quiz",
    title="Three questions",
    prose="All three are about what you have just measured.",
    questions=(
        Question(
            "silence",
            lambda memory: f"{_kept(memory, 'stored_id', 'One event')} was stored and {_kept(memory, 'lost_id', 'another')} was not. What did the relay hear in each case?",
            lambda _: (
                Option("same", "The same: nothing.", "So no conclusion from the silence can be right for both."),
                Option("error", "Nothing for the stored one, an error for the lost one.", "A killed broker sends no errors, and a frozen one had sent none either."),
                Option("late", "A late PubAck for the stored one, which it used.", "It had given up and forgotten the row; a late answer met nobody."),
            ),
            lambda _: "same",
        ),
        Question(
            "window",
            lambda memory: f"{_kept(memory, 'again_id', 'One event')} was stored {memory.get('again_count', 2)} times, well inside the duplicate window of two minutes. Why?",
            lambda _: (
                Option("ids", "Each attempt had a message id of its own.", "The window compares ids. There was nothing to compare."),
                Option("window", "The window was too short.", "All attempts came within seconds."),
                Option("frozen", "A frozen broker does not check for duplicates.", "After the thaw it checked each of them. None had an id that it knew."),
            ),
            lambda _: "ids",
        ),
        Question(
            "order",
            lambda memory: f"{memory.get('outage_rows', 12)} rows waited while the broker was away. What put them into the stream in the right order?",
            lambda _: (
                Option("times", "The time stamps of the events.", "Nothing sorts a stream. It has the order in which messages were stored."),
                Option("outbox", "The outbox: rows in the order of the commits, sent by one relay.", "And no row is marked before the one ahead of it."),
                Option("edges", "The edges, when they applied them.", "They would have failed closed on a broken chain; they do not sort."),
            ),
            lambda _: "outbox",
        ),
    ),
)  # fmt: skip


DEBRIEF = Debrief(
    prose="""
        A time-out has three meanings (stored, not stored, not yet), and no amount of waiting turns it into one. So the question is
        not *was it stored?* but *what if I do it again?* With an id that the database assigned, again is nothing: the broker says
        duplicate inside its window, and the edges know the event after it. And while nobody answers, the outbox keeps the order.
    """,
    happened=saw.happened,
    code=(
        Code("trap", "Give up", "vango.relay.unanswered", "NoAnswer.give_up"),
        Code("trap", "Retry under a new id", "vango.relay.unanswered", "NoAnswer.retry_under_a_new_id"),
        Code("cure", "Retry under the same id", "vango.relay.unanswered", "NoAnswer.retry_under_the_same_id"),
        Code("cure", "Publish, and mark what was answered", "vango.relay.sending", "Sending.publish"),
    ),
    take_away=(
        "you know which of your retries change the id, down to the client library",
        "no code path takes a time-out for a no",
        "whatever is retried was written down before the first attempt",
        "something tells you how many rows wait, and for how long the oldest has",
    ),
)

LAB = Lab(
    id="unknown_outcome",
    slug="unknown-outcome",
    number=9,
    title="When nobody answers",
    question="A publish timed out. Was it stored, and what may you do about it?",
    concept="Commit first, publish second",
    correct_use="Keep the row until the broker has confirmed it, and publish again under the same id. The second time is then a duplicate.",
    failure_trap="Reading a time-out as an answer: giving up loses facts, and a retry under a new id doubles them.",
    minutes=10,
    controls=("promote", "burst", "relay_rules", "edge_rules", *BROKER, *REPAIR),
    locked={
        "relay_rules": "The relay's rule is given in this step; you choose it later in the lab.",
        "edge_rules": "The edges keep their rules in this step.",
    },
    locked_otherwise="Not needed in this step. The sandbox has every control.",
    setup=SETUP,
    steps=(PREDICT_SILENCE, SILENCE, EXPLAIN_SILENCE, PREDICT_RETRY, RETRY, EXPLAIN_RETRY, CURE, PREDICT_OUTAGE, OUTAGE, QUIZ),
    debrief=DEBRIEF,
)  # fmt: skip
