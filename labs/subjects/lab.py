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
        Option("handed", f"{handed}", "That is everything that was delivered, needed or not."),
    )


QUIZ = quiz(
    question(
        "share",
        lambda memory: f"*fra* received {memory.get('handed', common.SAMPLES + 3)} messages. How many did it need?",
        _numbers,
        right="own",
    ),
    question(
        "typo",
        lambda memory: (
            f"*syd* listened to `{memory.get('typo', TYPO)}`. What on the bench showed that something was wrong?"
        ),
        (
            Option("server", "The server's answer to the filter.", "It accepted the filter without a warning."),
            Option("pending", "The number of unprocessed messages.", "It was 0 throughout: nothing matched."),
            Option("truth", "Only the comparison with the truth.",
                   "Its rows were old. Nothing between it and the stream could show that."),
        ),
        right="truth",
    ),
    question(
        "skip",
        lambda memory: (
            f"*iad* skipped everything that was not its own and was never stuck. It took {_of(memory, 'iad')} "
            f"deliveries for {memory.get('own', 3)} changes. How would *skip* have changed that for *fra*?"
        ),
        (
            Option("less", "Fewer deliveries: the server learns what an edge does not want.",
                   "A server learns nothing from acks. It delivers by subjects and filters."),
            Option("none", "Nothing: it only keeps the edge from being stuck.",
                   "Stop noise where it begins: at subjects, streams and filters."),
            Option("bytes", "The deliveries stay, the bytes are saved.",
                   "An edge can look at the type only after the message was sent."),
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
            f"{memory.get('own', 0)} of {memory.get('handed', 0)} deliveries to {READS_ALL} were about routes. A "
            f"change of owner took {memory.get('delay_ms', 0)} ms behind the samples, and "
            f"{memory.get('cured_ms', 0)} ms without them."
        ),
        *memory.get("stuck_said", ()),
        *memory.get("lost_said", ()),
    )


DEBRIEF = Debrief(
    prose="""
        A subject is an address, and a filter decides what a reader receives. If it is too broad, an edge pays for
        other teams' messages, waits behind them, and breaks when their format changes. If two letters are wrong, the
        edge receives nothing and does not know. A stream for each domain keeps its retention, noise and accidents
        apart.
    """,
    happened=happened,
    code=(
        Code("trap", "Reads everything", "vango.core.intake", "read_everything"),
        Code("cure", "Opens what is its own", "vango.core.intake", "read_own"),
    ),
    take_away=(
        "for each consumer you know which share of its deliveries matters",
        "each domain has a stream of its own, with subjects that no other stream needs",
        "you test a filter with a message that must arrive, because the server accepts a wrong one silently",
        "no reader parses another domain's event beyond its type",
    ),
)

LAB = Lab(
    id="subjects",
    slug="subjects",
    number=2,
    title="Subjects: who receives what",
    question="What does an edge pay for messages that it never wanted?",
    concept="Subject",
    correct_use=(
        "Separate streams and consumers by domain: one stream for each, and filters that match what the consumer is "
        "for."
    ),
    failure_trap=(
        "Subjects that are too broad make noisy consumers, and couple them to other teams' events by accident."
    ),
    minutes=12,
    controls=("stream_subjects", "edge_rules", "telemetry", "burst", "promote", "kill_edge", "start_edge",
              "restart_edge"),
    locked={
        "edge_rules": "This step sets the filters. You choose them later in the lab.",
        "stream_subjects": "This step sets what the streams store. You choose it later in the lab.",
        "telemetry": "The samples belong to other steps of this lab.",
    },
    setup=SETUP,
    steps=(*flood.STEPS, *filters.STEPS, QUIZ),
    story="21:30. Another team switches on its telemetry. The edges receive every sample.",
    debrief=DEBRIEF,
    in_real_time=True,
)  # fmt: skip
