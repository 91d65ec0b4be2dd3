"""Lab 2: subjects. One stream for everything and filters that match everything: noise, a backlog, and a coupling."""

from __future__ import annotations

from labs.subjects.checks import common
from labs.subjects.checks.common import READS_ALL
from labs.subjects.steps import filters, flood
from labs.subjects.steps.filters import TYPO
from studylab.lab import Code, Debrief, Lab, Memory, Option, question, quiz
from studylab.lab.scripts import call, opening, rules

EVERYTHING = "route.> allocation.> operation.> telemetry.>"

SETUP = opening(
    call("stream_subjects", stream="TELEMETRY", subjects="unused.telemetry"),
    call("stream_subjects", stream="ALLOCATIONS", subjects="unused.allocations"),
    call("stream_subjects", stream="ROUTES", subjects=EVERYTHING),
    call("edge_rules", edge="fra", subject_filter=">", ask_high_water_mark=False, foreign="read", poison="retry"),
    *rules("iad", "syd", subject_filter=">", ask_high_water_mark=False),
)


def _numbers(memory: Memory) -> tuple[Option, ...]:
    own, foreign, handed = (
        memory.get("own", 3),
        memory.get("foreign", common.SAMPLES),
        memory.get("handed", common.SAMPLES + 3),
    )
    return (
        Option("own", f"{own}", "Those were the changes of owner."),
        Option("foreign", f"{foreign}", "Those were samples: delivered, acked, and of no use."),
        Option("handed", f"{handed}", "That is what was delivered, wanted or not."),
    )


QUIZ = quiz(
    question(
        "share",
        lambda memory: f"*fra* was handed {memory.get('handed', common.SAMPLES + 3)} messages. How many did it need?",
        _numbers,
        right="own",
    ),
    question(
        "typo",
        lambda memory: (
            f"*syd* listened to `{memory.get('typo', TYPO)}`. What on the bench showed that something was wrong?"
        ),
        (
            Option("server", "The server's answer to the filter.", "It took the filter without a word."),
            Option("pending", "The number of unprocessed messages.", "It was 0 throughout: nothing matched."),
            Option("truth", "Only the comparison with the truth.",
                   "Its rows were old, and nothing between it and the stream could know that."),
        ),
        right="truth",
    ),
    question(
        "skip",
        lambda memory: (
            f"*iad* passed over everything that was not its own and was never stuck. It took {_of(memory, 'iad')} "
            f"deliveries for {memory.get('own', 3)} changes. What would passing over have changed about that?"
        ),
        (
            Option("less", "Fewer deliveries: the server learns what an edge does not want.",
                   "A server learns nothing from acks. It goes by subjects and filters."),
            Option("none", "Nothing: it only keeps the edge from being stuck.",
                   "Noise ends where it begins: at subjects, streams and filters."),
            Option("bytes", "The deliveries stay, the bytes are saved.",
                   "An edge can only look at the type of what it has already been sent."),
        ),
        right="none",
    ),
)  # fmt: skip


def _of(memory: Memory, name: str) -> int:
    return next((count for edge, count, *_ in memory.get("cost", ()) if edge == name), common.SAMPLES + 3)


def happened(memory: Memory) -> tuple[str, ...]:
    """Tell the lab in the audit's words, with the numbers beside them."""
    return (
        (
            f"{memory.get('own', 0)} of {memory.get('handed', 0)} deliveries to {READS_ALL} were about routes; a "
            "change of "
            f"owner took {memory.get('delay_ms', 0)} ms behind the samples, and {memory.get('cured_ms', 0)} ms "
            "without them."
        ),
        *memory.get("stuck_said", ()),
        *memory.get("lost_said", ()),
    )


DEBRIEF = Debrief(
    prose="""
        A subject is an address, and a filter a decision about what to hear. Too broad, and an edge pays for other
        people's messages, waits behind them, and breaks when their shape changes. Too narrow by two letters, and it
        hears nothing and does not know. A stream for each domain keeps the retention, the noise and the accidents of
        one away from the other.
    """,
    happened=happened,
    code=(
        Code("trap", "Reads everything", "vango.core.intake", "read_everything"),
        Code("cure", "Opens what is its own", "vango.core.intake", "read_own"),
    ),
    take_away=(
        "for each consumer you know which share of its deliveries matters",
        "each domain has a stream of its own, with subjects that no other stream needs",
        "a filter is tested with a message that must arrive, because a wrong one is accepted in silence",
        "no reader opens an event of another domain further than its type",
    ),
)

LAB = Lab(
    id="subjects",
    slug="subjects",
    number=2,
    title="Subjects: who hears what",
    question="What does an edge pay for messages that it never wanted?",
    concept="Subject",
    correct_use=(
        "Separate streams and consumers by domain: one stream for each, and filters that match what the consumer is "
        "for."
    ),
    failure_trap="Subjects that are too broad make noisy consumers, and tie them to events of other teams by accident.",
    minutes=12,
    controls=("stream_subjects", "edge_rules", "telemetry", "burst", "promote", "kill_edge", "start_edge",
              "restart_edge"),
    locked={
        "edge_rules": "The filters are given in this step; you choose them later in the lab.",
        "stream_subjects": "What the streams store is given in this step; you choose it later in the lab.",
        "telemetry": "The samples belong to other steps of this lab.",
    },
    setup=SETUP,
    steps=(*flood.STEPS, *filters.STEPS, QUIZ),
    debrief=DEBRIEF,
)  # fmt: skip
