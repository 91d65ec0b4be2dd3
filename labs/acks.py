"""Lab 5: the ack is a promise about the past. Given too early it loses an event where nobody can see it."""

from __future__ import annotations

from labs import acks_checks as saw
from studylab.lab import (
    Check,
    Code,
    Debrief,
    Do,
    Explain,
    Hints,
    Lab,
    Memory,
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

SETUP: Script = (
    Wait("the first events to reach every edge", reading.at_rest),
    call(
        "edge_rules",
        edge="iad",
        ack="before apply, unconfirmed",
        ask_high_water_mark=False,
        prove_continuity=False,
        ack_wait_s=0.5,
    ),
    Wait("every edge to be current again", reading.at_rest),
)

PREDICT_QUEUED = Predict(
    id="predict-queued",
    title="An ack is sent, and the edge dies: what does the broker know?",
    prose="""
        *iad* acks a message first and applies it second. Its client library queues the ack, as most do: `ack()` returns at
        once. You will crash *iad* right after that call, before it has applied anything, and start it again.
    """,
    options=(
        Option("lost", "The event was acked, so it is gone.", "Acked is what the broker has heard. This ack was still in the client’s buffer."),
        Option("again", "It comes again, once ack_wait is over.", "The ack died with the client, so the broker’s timer ran out and it delivered again.", happens=True),
        Option("at-once", "It comes again at once: the broker sees the connection break.", "A broken connection redelivers nothing. The broker waits for ack_wait: 0.5 s here, 30 s by default."),
    ),
    measure=saw.what_queued_did,
)  # fmt: skip

CRASH_AFTER_ACK: Script = (
    call("crash_edge", edge="iad", at=saw.AFTER_ACK),
    call("promote", route="shop", to="alloc-b"),
    Wait("iad to crash and the broker to wait for its ack", saw.is_down_owing),
    call("start_edge", edge="iad"),
)

QUEUED = Do(
    id="queued",
    title="Lose an ack",
    prose="""
        On *iad*, choose **Crash at…** and *after ack, before apply*. Promote *shop* to *alloc-b*. Look at the consumer
        *iad* in the stream card while *iad* is down: Outstanding Acks. Then start *iad*.
    """,
    checks=(
        Check("iad crashed between its ack and its apply", saw.crashed_after_ack),
        Check("The broker never heard that ack", saw.ack_unheard),
        Check("The event came again after ack_wait, not before, and was applied", saw.queued_came_again),
    ),
    solution=CRASH_AFTER_ACK,
    hints=Hints(
        nudge="Arm the crash first; the promotion then brings the message that it crashes at.",
        panel="panel-edge-iad",
        look="The card of *iad* has **Crash at…**, and **Start** once it is down.",
        principle="A call that returns has queued something. Only an answer says that it arrived.",
        verb="*iad*: **Crash at…**, *after ack, before apply*. Promote *shop* to *alloc-b*. **Start** iad.",
    ),
    wrong=(
        Wrong(
            "the same promotion without a crash",
            (call("promote", route="shop", to="alloc-b"), Wait("every edge to serve it", reading.at_rest)),
            "has not crashed",
        ),
        Wrong(
            "killing iad instead",
            (
                call("kill_edge", edge="iad"),
                call("promote", route="shop", to="alloc-b"),
                call("start_edge", edge="iad"),
                Wait("every edge to serve it", reading.at_rest),
            ),
            "has not crashed",
        ),
    ),
    controls=("promote", "crash_edge", "disarm_edge", "start_edge"),
)

PREDICT_CONFIRMED = Predict(
    id="predict-confirmed",
    title="The same crash, after a confirmed ack",
    prose="""
        Somebody “fixes” this: *iad* now waits until the broker has confirmed each ack, and applies after that. The same
        crash will come between the two.
    """,
    options=(
        Option("again", "The event comes again after ack_wait.", "ack_wait is for messages without an ack. This one has its ack."),
        Option("lost", "It is lost, and iad says that it is current.", "The broker was told that it is done; iad’s view was never told anything.", happens=True),
        Option("at-once", "It comes again at once when iad returns.", "iad asks for what is pending. For this consumer nothing is."),
        Option("pending", "The broker shows it as pending until it is applied.", "The broker knows nothing of applying. It knows acks."),
    ),
    measure=saw.what_confirmed_did,
)  # fmt: skip

LOST = Do(
    id="lost",
    title="Lose an event",
    prose="""
        In *iad*’s **Rules…** set ack to *before apply*: it is confirmed from now on. Arm the same crash, promote *shop* to
        *alloc-c*, start *iad*, and look for any sign of the event that is missing.
    """,
    checks=(
        Check("iad crashed after its ack was confirmed", saw.crashed_after_confirmed),
        Check("The broker has nothing left for iad", saw.nothing_owed),
        Check("iad says that it is current, and never applied the event", saw.lost),
    ),
    solution=(
        call("edge_rules", edge="iad", ack="before apply"),
        Wait("iad to be current", reading.at_rest),
        call("crash_edge", edge="iad", at=saw.AFTER_ACK),
        call("promote", route="shop", to="alloc-c"),
        Wait("iad to crash", saw.is_down),
        call("start_edge", edge="iad"),
    ),
    hints=Hints(
        nudge="Change the rule, then do again what you did before.",
        panel="panel-edge-iad",
        look="**Rules…**, **Crash at…** and **Start** are on the card of *iad*.",
        principle="An ack says “processed”. Said before processing, it is a promise that a crash breaks.",
        verb="*iad*: **Rules…**, ack *before apply*; **Crash at…**, *after ack, before apply*. Promote *shop* to *alloc-c*. **Start** iad.",
    ),
    wrong=(
        Wrong(
            "the same crash with the ack only queued",
            (
                call("crash_edge", edge="iad", at=saw.AFTER_ACK),
                call("promote", route="shop", to="alloc-c"),
                Wait("iad to crash and the broker to wait for its ack", saw.is_down_owing),
                call("start_edge", edge="iad"),
                Wait("iad to have it after all", reading.at_rest),
            ),
            "queued and not confirmed",
        ),
    ),
    keep=saw.keep_lost,
    controls=("promote", "edge_rules", "crash_edge", "disarm_edge", "start_edge"),
)

EXPLAIN_LOST = Explain(
    id="explain-lost",
    title="A loss that nothing shows",
    prose="""
        No error, no advisory, nothing pending. The broker’s cursor is past the event, so no restart and no patience
        brings it. Only a comparison with the database finds it, which is what the audit does.
    """,
    show=saw.show_lost,
)

PREDICT_SECOND = Predict(
    id="predict-second",
    title="Apply first, then ack, and crash in between",
    prose="""
        Turned round: *iad* applies the event, commits its view, and crashes before it can ack. The broker will deliver the
        event once more. What does *iad* do with it?
    """,
    options=(
        Option("twice", "It applies the event twice and drains the old owner twice.", "It would, without the event’s id in its view. That id was committed with the row."),
        Option("known", "It recognises the event and acks it.", "The row in its view says which event made it. The second delivery costs nothing.", happens=True),
        Option("never", "It never sees it: the broker knows that it was applied.", "The broker knows acks and nothing else, and no ack came."),
    ),
    measure=saw.what_second_did,
)  # fmt: skip

CRASH_AFTER_APPLY: Script = (
    call("crash_edge", edge="iad", at=saw.AFTER_APPLY),
    call("promote", route="blog", to="alloc-b"),
    Wait("iad to crash", saw.is_down),
    call("start_edge", edge="iad"),
)

CURE = Do(
    id="cure",
    title="Crash between apply and ack",
    prose="""
        First repair *iad* from the database: take a snapshot, load it. Then set its ack to *after apply*, arm *after apply,
        before ack*, promote *blog* to *alloc-b*, and start *iad*. Watch the delivery count in the journal.
    """,
    checks=(
        Check("iad crashed between apply and ack", saw.crashed_after_apply),
        Check("The event came again after ack_wait, not before, and was recognised", saw.absorbed),
        Check("Nothing is missing at iad", saw.nothing_missing),
    ),
    solution=(
        call("take_snapshot"),
        call("load_snapshot", edge="iad"),
        call("edge_rules", edge="iad", ack="after apply"),
        Wait("iad to be current", reading.at_rest),
        *CRASH_AFTER_APPLY,
    ),
    hints=Hints(
        nudge="Three things: repair, order, crash.",
        panel="panel-edge-iad",
        look="Snapshots are taken in the stream card and loaded on the card of *iad*; the order is in its **Rules…**.",
        principle="Ack only what is durably applied. Then a crash can cost a second delivery, and never an event.",
        verb="**take** a snapshot, **Load snapshot** on *iad*, ack *after apply*, crash *after apply, before ack*, promote *blog* to *alloc-b*, **Start** iad.",
    ),
    wrong=(
        Wrong(
            "a shorter ack_wait",
            (
                call("edge_rules", edge="iad", ack_wait_s=0.1),
                Wait("iad to read again", lambda seen: reading.is_current(seen.edge("iad"))),
                call("crash_edge", edge="iad", at=saw.AFTER_ACK),
                call("promote", route="blog", to="alloc-b"),
                Wait("iad to crash", saw.is_down),
                call("start_edge", edge="iad"),
                Wait("iad to say that it is current", lambda seen: reading.is_current(seen.edge("iad"))),
            ),
            "However short ack_wait is",
        ),
        Wrong(
            "switching acks off",
            (
                call("edge_rules", edge="iad", ack="never"),
                Wait("iad to read again", lambda seen: reading.is_current(seen.edge("iad"))),
                call("crash_edge", edge="iad", at="after receive"),
                call("promote", route="blog", to="alloc-b"),
                Wait("iad to crash", saw.is_down),
                call("start_edge", edge="iad"),
                Wait("iad to say that it is current", lambda seen: reading.is_current(seen.edge("iad"))),
            ),
            "The broker counts it as done",
        ),
        Wrong(
            "switching acks off, and a crash that does no harm",
            (
                call("take_snapshot"),
                call("load_snapshot", edge="iad"),
                call("edge_rules", edge="iad", ack="never"),
                Wait("iad to read again", reading.at_rest),
                *CRASH_AFTER_APPLY,
                Wait("every edge to agree", reading.at_rest),
            ),
            "iad never acks",
        ),
    ),
    keep=saw.keep_cure,
    controls=("promote", "edge_rules", "crash_edge", "disarm_edge", "start_edge", "take_snapshot", "load_snapshot"),
)

ORDER = Do(
    id="order",
    title="What comes again comes late",
    prose="""
        Redelivery keeps no order. Let *iad* fail at one message (**Fail at one**: it leaves it unacked and goes on), then
        commit a **Burst** of 4 changes. The first and the last are of *shop*; the first will come back behind the last.
    """,
    checks=(
        Check("An event came back after a later one of the same route was applied", saw.came_back_late),
        Check("Its epoch gave it away, and it changed nothing", saw.order_did_no_harm),
    ),
    solution=(call("stumble_edge", edge="iad"), call("burst", n=4)),
    hints=Hints(
        nudge="The failure is armed first; the burst brings the messages.",
        panel="panel-edge-iad",
        look="**Fail at one** is on the card of *iad*, **Burst…** in *Database truth*.",
        principle="No replay is needed to meet an old event: one failed handler is enough. Something in the event must grow.",
        verb="*iad*: **Fail at one**. Then **Burst…** with 4.",
    ),
    wrong=(
        Wrong(
            "a single change, with nothing behind it",
            (
                call("stumble_edge", edge="iad"),
                call("promote", route="shop", to="alloc-a"),
                Wait("it to come again", lambda seen: reading.at_rest(seen) and not seen.edge("iad").stumbles),
            ),
            "no later event of its route",
        ),
    ),
    controls=("promote", "burst", "stumble_edge"),
)

PREDICT_POISON = Predict(
    id="predict-poison",
    title="A message that nobody can read",
    prose="""
        Somebody publishes by hand on *shop*’s subject: the epoch is a word. *iad* is set to retry what it cannot read, and
        its consumer has max_deliver 3. What happens after the third delivery?
    """,
    options=(
        Option("stuck", "iad retries for ever, and all that follows waits.", "That is max_deliver -1, the default. With a limit the broker gives up."),
        Option("skipped", "The broker skips it; only an advisory says so.", "The line moves on, and whoever does not listen to advisories never hears of it.", happens=True),
        Option("dead", "It is moved to a dead-letter queue.", "JetStream has none. The message stays in the stream; the advisory names its stream seq."),
        Option("back", "Whoever published it is told.", "The publisher has had its PubAck long ago."),
    ),
    measure=saw.what_poison_did,
)  # fmt: skip

POISON = Do(
    id="poison",
    title="Let the broker give up",
    prose="""
        In *iad*’s **Rules…** set *what it cannot read* to *retry* and max_deliver to 3. In the stream card choose **Publish
        poison…** for *shop*, then promote *shop* to *alloc-a*. Read the broker’s lane in the journal.
    """,
    checks=(
        Check("The broker delivered it as often as max_deliver allows", saw.handed_out_often),
        Check("The server said in an advisory that it gave up", saw.gave_up),
        Check("iad went on, and its cursor shows nothing of it", saw.went_on_silently),
    ),
    solution=(
        call("edge_rules", edge="iad", poison="retry", max_deliver=3),
        Wait("iad to be current", reading.at_rest),
        call("publish_poison", route="shop"),
        call("promote", route="shop", to="alloc-a"),
    ),
    hints=Hints(
        nudge="The rule first, then the message, then something behind it.",
        panel="panel-stream",
        look="**Publish poison…** is in the stream card; the advisories are in the broker’s lane of *What happened*.",
        principle="A limit on deliveries trades a stuck line for a silent hole.",
        verb="*iad*: **Rules…**, *retry*, max_deliver 3. **Publish poison…** on *shop*. Promote *shop* to *alloc-a*.",
    ),
    wrong=(
        Wrong(
            "retrying without a limit",
            (
                call("edge_rules", edge="iad", poison="retry"),
                Wait("iad to be current", reading.at_rest),
                call("publish_poison", route="shop"),
                call("promote", route="shop", to="alloc-a"),
                Wait("iad to be stuck", lambda seen: bool(seen.edge("iad").stuck)),
            ),
            "everything behind it waits",
        ),
        Wrong(
            "terminating it at the first delivery",
            (
                call("edge_rules", edge="iad", max_deliver=3),
                Wait("iad to be current", reading.at_rest),
                call("publish_poison", route="shop"),
                call("promote", route="shop", to="alloc-a"),
                Wait(
                    "every edge to serve it",
                    lambda seen: reading.at_rest(seen) and seen.edge("iad").counters["invalid"] > 0,
                ),
            ),
            "terminate what it cannot read",
        ),
    ),
    keep=saw.keep_poison,
    controls=("promote", "edge_rules", "publish_poison"),
)

TERM = Do(
    id="term",
    title="Refuse it with a reason",
    prose="""
        An edge that cannot read a message can say so: `+TERM` with a reason. Set *iad* back to *terminate*, publish poison
        again, and compare the broker’s lane with what it said before.
    """,
    checks=(
        Check("The server’s advisory carries iad’s reason", saw.terminated),
        Check("It came once, and nothing waits behind it", saw.read_once),
    ),
    solution=(
        call("edge_rules", edge="iad", poison="terminate", max_deliver=-1),
        Wait("iad to be current", reading.at_rest),
        call("publish_poison", route="shop"),
    ),
    hints=Hints(
        nudge="The rule is the one that you changed before.",
        panel="panel-edge-iad",
        look="*What it cannot read* in *iad*’s **Rules…**, then **Publish poison…** in the stream card.",
        principle="What can never succeed is refused once, with a reason, where somebody looks.",
        verb="*iad*: **Rules…**, *terminate*. **Publish poison…** on *shop*.",
    ),
    wrong=(
        Wrong(
            "letting the broker give up once more",
            (
                call("publish_poison", route="shop"),
                Wait("the third delivery", lambda seen: seen.edge("iad").counters["invalid"] >= 6),
                call("promote", route="blog", to="alloc-c"),
                Wait("what is behind it", reading.at_rest),
            ),
            "what was wrong with the message",
        ),
    ),
    keep=saw.keep_reason,
    controls=("promote", "edge_rules", "publish_poison"),
)


def _floor(memory: Memory) -> str:
    return f"Ack Floor {memory.get('lost_floor', 0)}, nothing pending"


QUIZ = Quiz(
    id="quiz",
    title="Three questions",
    prose="All three are about what you have just measured.",
    questions=(
        Question(
            "shown",
            lambda memory: f"Stream seq {memory.get('lost_seq', 0)} was acked and never applied. What did the broker show for iad then?",
            lambda memory: (
                Option("pending", "One message pending.", "Pending is what was not delivered yet. This one was."),
                Option("outstanding", "One outstanding ack.", "Its ack had been confirmed: nothing was outstanding."),
                Option("floor", f"{_floor(memory)}.", f"And iad said: {memory.get('lost_claim', 'current')}. Nothing anywhere showed the loss."),
            ),
            lambda _: "floor",
        ),
        Question(
            "why",
            lambda memory: f"With ack after apply the event came again {memory.get('again_s', 0)} s after its first delivery. What brought it?",
            lambda _: (
                Option("break", "The broken connection.", "The broker does not redeliver when a client goes away."),
                Option("wait", "ack_wait ran out without an ack.", "And until then the broker kept it as outstanding, whoever was connected."),
                Option("start", "The restart: an edge reads from its position.", "A durable consumer goes on at the broker’s cursor; the position judges what comes."),
            ),
            lambda _: "wait",
        ),
        Question(
            "gaveup",
            lambda memory: f"Stream seq {memory.get('poison_seq', 0)} was given up after {memory.get('poison_deliveries', 0)} deliveries. Who would have noticed in a system where nobody reads advisories?",
            lambda _: (
                Option("cursor", "Whoever watches the ack floor.", "It moved past the message as if it had been processed."),
                Option("edge", "iad: it counts what it missed.", "iad had read it three times and was never told that there is no fourth."),
                Option("nobody", "Nobody.", "The advisory is the only sign, and it is not stored."),
            ),
            lambda _: "nobody",
        ),
    ),
)  # fmt: skip

DEBRIEF = Debrief(
    prose="""
        An ack is a promise about the past. Given before the effect is durable it can be broken by any crash, and the broker,
        which trusts it, then hides the loss. Given afterwards it can only come too late, and then the event comes again: so
        the edge must recognise it. Deliveries have no order of their own and no end of their own; both need a decision.
    """,
    happened=saw.happened,
    code=(
        Code("trap", "Ack, then apply", "vango.edge.consume", "ack_then_apply"),
        Code("trap", "The ack is only queued", "vango.edge.consume", "queue_ack_then_apply"),
        Code("cure", "Apply, then ack", "vango.edge.consume", "apply_then_ack"),
        Code("cure", "Refuse what can never be read", "vango.edge.consume", "refuse_poison"),
    ),
    take_away=(
        "nothing acks a message before its effect is committed, in your handler or in your library’s defaults",
        "a second delivery of any message does no harm, in any order",
        "somebody hears of max_deliver advisories, or nothing relies on max_deliver",
        "what can never be processed is terminated with a reason that a person will read",
    ),
)

LAB = Lab(
    id="acks",
    slug="acks",
    number=5,
    title="Acks",
    question="When may an edge say that it is done with a message?",
    concept="Ack",
    correct_use="Ack only after validation and durable local application. Expect every message again, and out of order.",
    failure_trap="Ack before applying. A crash in between loses the event, and broker, cursor and claim all say that nothing is missing.",
    minutes=12,
    controls=("promote", "burst", "edge_rules", "crash_edge", "disarm_edge", "stumble_edge", "start_edge",
              "take_snapshot", "load_snapshot", "publish_poison"),
    locked={
        "edge_rules": "iad’s rules are given in this step; you change them later in the lab.",
        "load_snapshot": "Repair comes with the cure.",
        "wipe_view": "What iad holds is the evidence here.",
        "replay": "Replay is the subject of lab 6.",
    },
    locked_otherwise="Not needed in this step. The sandbox has every control.",
    setup=SETUP,
    steps=(PREDICT_QUEUED, QUEUED, PREDICT_CONFIRMED, LOST, EXPLAIN_LOST, PREDICT_SECOND, CURE, ORDER, PREDICT_POISON,
           POISON, TERM, QUIZ),
    debrief=DEBRIEF,
)  # fmt: skip
