"""A message that nobody can read: skipped with an advisory, then terminated with a reason."""

from __future__ import annotations

from labs.acks.checks import poison as saw
from studylab.lab import Check, Do, Hints, Option, Predict, Wrong, reading
from studylab.lab.scripts import Wait, call, promote, settled

PREDICT_POISON = Predict(
    id="predict-poison",
    title="A message that no edge can read",
    prose="""
        Someone publishes by hand on *shop*’s subject, with a word as the epoch. *iad* retries what it cannot read,
        and its consumer has max_deliver 3. What happens after the third delivery?
    """,
    options=(
        Option("stuck", "iad retries for ever, and everything after it waits.",
               "That is max_deliver -1, the default. With a limit, the broker gives up."),
        Option("skipped", "The broker skips it; only an advisory says so.",
               "The queue moves on. If you do not read advisories, you never know.", happens=True),
        Option("dead", "It is moved to a dead-letter queue.",
               "JetStream has none. The message stays in the stream, and the advisory gives its stream seq."),
        Option("back", "The publisher is told.", "The publisher got its PubAck long ago."),
    ),
    measure=saw.what_poison_did,
)  # fmt: skip

POISON = Do(
    id="poison",
    title="Let the broker give up",
    prose="""
        *iad* retries what it cannot read, at most three times. Publish a message that nobody can read, then change an
        owner. Read the broker’s lane in the journal.
    """,
    checks=(
        Check(
            "The broker delivered it as often as max_deliver allows",
            saw.handed_out_often,
            "how often the broker delivers it",
        ),
        Check("The server said in an advisory that it gave up", saw.gave_up, "what the server says of it"),
        Check(
            "iad went on, and its cursor shows nothing of it",
            saw.went_on_silently,
            "what iad does next, and its cursor",
        ),
    ),
    solution=(
        call("edge_rules", edge="iad", poison="retry", max_deliver=3),
        settled("iad to be current"),
        call("publish_poison", route="shop"),
        promote("shop", "alloc-a"),
    ),
    hints=Hints(
        nudge="Set the rule first, then publish the message, then something after it.",
        panel="panel-stream",
        look="**Publish poison…** is in the stream inspector, advisories in the broker lane of *What happened*.",
        principle="A limit on deliveries replaces a stuck queue with a silent gap.",
        verb="*iad*: **Rules…**, *retry*, max_deliver 3. **Publish poison…** on *shop*. Promote *shop* to *alloc-a*.",
    ),
    wrong=(
        Wrong(
            "retrying without a limit",
            (
                call("edge_rules", edge="iad", poison="retry"),
                settled("iad to be current"),
                call("publish_poison", route="shop"),
                promote("shop", "alloc-a"),
                Wait("iad to be stuck", lambda seen: seen.edge("iad").is_stuck),
            ),
            "everything behind it waits",
        ),
        Wrong(
            "terminating it at the first delivery",
            (
                call("edge_rules", edge="iad", max_deliver=3),
                settled("iad to be current"),
                call("publish_poison", route="shop"),
                promote("shop", "alloc-a"),
                Wait(
                    "every edge to serve it",
                    lambda seen: reading.all_agree(seen) and seen.edge("iad").counters["invalid"] > 0,
                ),
            ),
            "so the broker never had to give up",
        ),
    ),
    keep=saw.keep_poison,
    controls=("promote", "edge_rules", "publish_poison"),
)

TERM = Do(
    id="term",
    title="Refuse it with a reason",
    prose="""
        An edge that cannot read a message can say so with `+TERM` and a reason. Compare the broker’s lane with what
        it said before.
    """,
    checks=(
        Check("The server’s advisory carries iad’s reason", saw.terminated),
        Check("It came once, and nothing waits behind it", saw.read_once),
    ),
    solution=(
        call("edge_rules", edge="iad", poison="terminate", max_deliver=-1),
        settled("iad to be current"),
        call("publish_poison", route="shop"),
    ),
    hints=Hints(
        nudge="It is the rule that you changed before.",
        panel="panel-edge-iad",
        look="*What it cannot read* in *iad*’s **Rules…**, then **Publish poison…** in the stream inspector.",
        principle="Refuse once, with a reason, what can never succeed. Put the reason where someone will look.",
        verb="*iad*: **Rules…**, *terminate*. **Publish poison…** on *shop*.",
    ),
    wrong=(
        Wrong(
            "letting the broker give up once more",
            (
                call("publish_poison", route="shop"),
                Wait("the third delivery", lambda seen: seen.edge("iad").counters["invalid"] >= 6),
                promote("blog", "alloc-a"),
                settled("what is behind it"),
            ),
            "what was wrong with the message",
        ),
    ),
    keep=saw.keep_reason,
    controls=("promote", "edge_rules", "publish_poison"),
)

STEPS = (PREDICT_POISON, POISON, TERM)
