"""Lab 3: streams. Limits too small for an outage lose the middle without a word; retention is a calculation."""

from __future__ import annotations

from labs.streams.checks import common
from labs.streams.scripts import MORE_ROUTES, SMALL
from labs.streams.steps import limits, outage
from studylab.lab import Code, Debrief, Lab, Memory, Option, question, quiz
from studylab.lab.scripts import Script, call, settled

SETUP: Script = (
    settled("the first events to reach every edge"),
    *(call("add_route", route=route, owner=owner) for route, owner in MORE_ROUTES.items()),
    call("edge_rules", edge=common.SLEEPER, prove_continuity=False, on_gap="carry on", ask_high_water_mark=False),
    settled("every edge to have every route"),
    call("stream_limits", max_msgs=SMALL),
)


def _missing(memory: Memory) -> int:
    return int(memory.get("missed", 12)) - int(memory.get("handed", 5))


QUIZ = quiz(
    question(
        "where",
        lambda memory: (
            f"*syd* never received {_missing(memory)} of {memory.get('missed', 12)} events. Where could you have "
            "seen that?"
        ),
        (
            Option("pending", "In the number of unprocessed messages.", "It was 0."),
            Option("floor", "In the ack floor of its consumer.",
                   "It stood at the end, as if everything had been acked."),
            Option("position", "In its own position, compared with the stream's first sequence.",
                   "Only there did both sides of the missing part show."),
        ),
        right="position",
    ),
    question(
        "size",
        lambda memory: (
            f"An event takes {memory.get('each', common.TYPICAL_BYTES)} bytes here. With 10 changes an hour, an "
            "outage of 8 hours and a factor of 2, what must the stream hold?"
        ),
        lambda memory: (
            Option("80", f"80 messages, {80 * _each(memory) / 1024:.0f} KiB.",
                   "That covers last year's outage, with nothing to spare."),
            Option("160", f"160 messages, {160 * _each(memory) / 1024:.0f} KiB.", "10 × 8 × 2."),
            Option("5", "5: the limit concerns what is unread, and there is little of that.",
                   "The limit counts what is stored, read or unread."),
        ),
        right="160",
    ),
    question(
        "id",
        lambda memory: f"{memory.get('forgotten') or 'An event was stored twice.'} Why was it not recognised?",
        (
            Option("slow", "The window had passed.", "It had not. The record gives the number of seconds."),
            Option("gone", "Its message was gone, and a restarted server learns ids from its messages.",
                   "After a restart, the window covers only the messages that are still stored."),
            Option("other", "It was published under another id.", "Republishing uses the event's own id."),
        ),
        right="gone",
    ),
)  # fmt: skip


def _each(memory: Memory) -> int:
    return int(memory.get("each", common.TYPICAL_BYTES))


def happened(memory: Memory) -> tuple[str, ...]:
    """Tell the lab in the audit's words, with the numbers beside them."""
    return (
        *memory.get("false_said", ()),
        (
            f"{memory.get('missed', 0)} changes were missed, {memory.get('handed', 0)} messages came, and nothing "
            "reported it."
        ),
        f"With room for the outage, {memory.get('replayed', 0)} missed changes came back by replay alone.",
        memory.get("forgotten", "") or "No id was forgotten.",
    )


DEBRIEF = Debrief(
    prose="""
        A stream is a storage policy. Its limits decide who can recover by replay. Compute them from rate, absence and
        safety, and pay for them in bytes. Change them with care, because a lower number deletes at once. If they are
        too small, the server will not say so, and *syd* believed that nothing was missing. Even with the best
        retention, an edge still needs its chain.
    """,
    happened=happened,
    code=(
        Code("trap", "Takes silence for an answer", "vango.edge.claiming", "Claiming.by_silence"),
        Code("cure", "Where retention is decided", "vango.broker.streams", "config"),
        Code("cure", "Notices what is missing", "vango.core.judge", "broken_link"),
    ),
    take_away=(
        "you know each reader's longest outage last year, and the retention of its stream",
        "retention = rate × absence × safety, and someone checks it again when the rate grows",
        "a change of a limit is reviewed like a deletion",
        "the duplicate window covers the longest retry of your publisher, and fits inside max_age",
    ),
)

LAB = Lab(
    id="streams",
    slug="streams",
    number=3,
    title="Streams: how long is long enough",
    question="What happens to an edge that is down for longer than the stream remembers?",
    concept="Stream",
    correct_use=(
        "Match retention and duplicate window to what recovery needs: rate × longest outage × safety."
    ),
    failure_trap="If retention is too short, an edge cannot recover after an outage, and nothing reports it.",
    minutes=12,
    controls=("stream_limits", "kill_edge", "start_edge", "restart_edge", "burst", "promote", "take_snapshot",
              "load_snapshot", "restart_broker", "start_broker", "republish"),
    locked={
        "stream_limits": "This step sets the limits. You choose them later in the lab.",
        "load_snapshot": "This step is about the stream. The snapshot comes later.",
    },
    setup=SETUP,
    steps=(*outage.STEPS, *limits.STEPS, QUIZ),
    story="22:15. An edge returns after an hour of maintenance. Its events are no longer stored.",
    debrief=DEBRIEF,
    in_real_time=True,
)  # fmt: skip
