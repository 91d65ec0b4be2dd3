"""Lab 2: subjects. One stream for everything and filters that match everything: noise, a backlog, and a coupling."""

from __future__ import annotations

from labs import subjects_checks as saw
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
    refused,
)

EXACT = "route.owner.updated.>"
TYPO = "route.owner.udpated.>"
EVERYTHING = "route.> allocation.> operation.> telemetry.>"
SAMPLES = saw.SAMPLES

SETUP: Script = (
    Wait("the first events to reach every edge", reading.at_rest),
    call("stream_subjects", stream="TELEMETRY", subjects="unused.telemetry"),
    call("stream_subjects", stream="ALLOCATIONS", subjects="unused.allocations"),
    call("stream_subjects", stream="ROUTES", subjects=EVERYTHING),
    call("edge_rules", edge="fra", subject_filter=">", ask_high_water_mark=False, foreign="read", poison="retry"),
    *(call("edge_rules", edge=edge, subject_filter=">", ask_high_water_mark=False) for edge in ("iad", "syd")),
    Wait("every edge to be current again", reading.at_rest),
)

PREDICT_NOISE = Predict(
    id="predict-noise",
    title="Which share of the deliveries will matter?",
    prose="""
        Somebody once put everything into the stream *ROUTES*, and all three edges listen to `>`. Soon *fra* will be down for a
        moment; meanwhile hosts send 500 telemetry samples and three routes change their owner. Of what *fra* is handed on its
        return, which share is about routes?
    """,
    options=(
        Option("all", "All of it: it is an edge of routes.", "The stream is called ROUTES. What is delivered is decided by subjects and filters, not by names."),
        Option("half", "About half: the samples that nobody waited for are dropped.", "A stream keeps what is published on its subjects, whether anybody waits or not."),
        Option("few", "Less than one in a hundred.", "Each sample is a delivery, an ack and bytes, exactly as if it were wanted.", happens=True),
    ),
    measure=saw.share_that_mattered,
)  # fmt: skip

FLOOD = Do(
    id="flood",
    title="A flood that nobody asked for",
    prose="""
        Kill *fra*, send 500 samples (*Telemetry…* on the stream's card), change three owners (*Burst…*), then start *fra*. Watch
        its card: deliveries, bytes, and how long its rows stay old although all three changes are in the stream.
    """,
    checks=(
        Check("fra was handed a flood of other domains' messages", saw.samples_handed),
        Check("A change of owner waited behind it", saw.change_waited),
        Check("Three changes of owner have reached every edge", saw.changes_arrived),
    ),
    solution=(
        call("kill_edge", edge="fra"),
        call("telemetry", n=SAMPLES),
        call("burst", n=saw.CHANGES),
        call("start_edge", edge="fra"),
        Wait("fra to work through its backlog", reading.at_rest),
    ),
    hints=Hints(
        nudge="The samples must be in the stream before the changes, and fra must not be there to keep up.",
        panel="panel-stream",
        look="*Telemetry…* is at the foot of the stream's card, *Burst…* in *Database truth*, *Kill* and *Start* on the card of *fra*.",
        principle="A consumer is handed messages in the order of the stream. What matters stands in the same line as what does not.",
        verb="Kill *fra*; telemetry, 500; burst, 3; start *fra*.",
    ),
    wrong=(
        Wrong(
            "the flood while fra runs and keeps up",
            (
                call("telemetry", n=SAMPLES),
                Wait("fra to pass over them", lambda seen: seen.edge("fra").counters["foreign"] >= SAMPLES),
                call("burst", n=saw.CHANGES),
                Wait("every edge to have the changes", reading.at_rest),
            ),
            "kill it first",
        ),
    ),
    keep=saw.keep_flood,
    controls=("kill_edge", "start_edge", "telemetry", "burst", "promote"),
)

EXPLAIN_NOISE = Explain(
    id="explain-noise",
    title="Noise has a price, and somebody else sets it",
    prose="""
        Nothing is wrong with any view. But each edge has paid for messages that it threw away, and the owner that mattered stood
        in the same line. How much an edge pays is now decided by how many samples another team sends.
    """,
    show=saw.show_flood,
)

PREDICT_RENAME = Predict(
    id="predict-rename",
    title="Somebody else renames a field",
    prose="""
        The telemetry team renames `cpu` to `cpu_percent`, in an event of their own. *fra* insists on reading every message that it
        is handed; *iad* and *syd* look at the type and pass over what is not theirs. What happens to the routes?
    """,
    options=(
        Option("none", "Nothing: no route depends on telemetry.", "None should. An edge that reads a message depends on every field it reads."),
        Option("refuse", "Nothing: the server refuses the new shape.", "A server knows subjects and bytes. It has no idea of fields."),
        Option("one", "fra stops; the other two go on.", "fra cannot read the message, and everything else stands behind it.", happens=True),
        Option("all", "All three stop: all of them listen to everything.", "iad and syd pay for the message, but they do not open it."),
    ),
    measure=saw.who_stopped,
)  # fmt: skip

RENAME = Do(
    id="rename",
    title="One sample of the new shape",
    prose="""
        Let one host send one sample with *a field renamed*, then change an owner. The broker hands *fra* the same message again
        and again; watch the journal, and what its card says after the third time.
    """,
    checks=(
        Check("fra is stuck on a message that it never wanted", saw.is_stuck),
        Check("A published change of owner does not reach it", saw.change_does_not_arrive),
    ),
    solution=(call("telemetry", n=1, shape="a field renamed"), call("burst", n=1)),
    hints=Hints(
        nudge="One sample is enough.",
        panel="panel-stream",
        look="*Telemetry…* asks what a sample looks like.",
        principle="Whoever reads a message to the end is coupled to whoever writes it.",
        verb="Telemetry, 1, *a field renamed*; then burst, 1.",
    ),
    wrong=(
        Wrong(
            "a sample of the agreed shape",
            (call("telemetry", n=1), call("burst", n=1), Wait("every edge to have the change", reading.at_rest)),
            "has read every message",
        ),
    ),
    keep=saw.keep_stuck,
    controls=("telemetry", "burst", "promote"),
)

EXPLAIN_STUCK = Explain(
    id="explain-stuck",
    title="Accidental coupling",
    prose="""
        Nobody decided that routing depends on telemetry. A filter that was too broad did, together with a reader that was too
        curious. *iad* and *syd* are not stuck, but look at their counters: they are still handed everything.
    """,
    show=saw.show_stuck,
)

PREDICT_TYPO = Predict(
    id="predict-typo",
    title="A filter with a typing error",
    prose="""
        So filters must be exact. Somebody types `route.owner.udpated.>` for *syd*: two letters have changed places, and no such
        subject exists. What does the server say?
    """,
    options=(
        Option("refuse", "It refuses the filter.", "Subjects are not registered anywhere. A pattern that matches nothing today may match tomorrow."),
        Option("warn", "It takes it, and an advisory warns.", "No advisory, no line in the log: for the server nothing is unusual."),
        Option("silent", "It takes it, and nothing ever comes.", "Nothing matches, so nothing is pending, so everything looks done.", happens=True),
        Option("all", "It takes it, and delivers everything to be safe.", "What does not match is not delivered. The server does not guess."),
    ),
    measure=saw.what_server_said,
)  # fmt: skip

SILENT = Do(
    id="typo",
    title="Silent for ever",
    prose="""
        Give *syd* the subject filter `route.owner.udpated.>` in its rules, then change an owner. Compare the server's line about
        the consumer *syd*, the claim of *syd*, and its rows.
    """,
    checks=(Check("syd hears nothing, and everything looks done", saw.is_silent),),
    solution=(
        call("edge_rules", edge="syd", subject_filter=TYPO),
        Wait("syd to be back", lambda seen: seen.edge("syd").mode == "current"),
        call("burst", n=1),
    ),
    hints=Hints(
        nudge="Type it exactly as it stands there, with the error.",
        panel="panel-edge-syd",
        look="*Rules…* on the card of *syd* has the subject filter.",
        principle="For a consumer that is handed nothing, “nothing pending” is always true.",
        verb="Rules of *syd*: subject filter `route.owner.udpated.>`; then burst, 1.",
    ),
    wrong=(
        Wrong(
            "the filter without the error",
            (
                call("edge_rules", edge="syd", subject_filter=EXACT),
                call("burst", n=1),
                Wait("syd to have it", lambda seen: seen.edge("syd").sequence == seen.truth.sequence),
            ),
            "it matches",
        ),
    ),
    keep=saw.keep_silent,
    controls=("edge_rules", "burst", "promote"),
)

OVERLAP = Do(
    id="overlap",
    title="Two streams, one subject",
    prose="""
        Telemetry needs a stream of its own, and there is one: *TELEMETRY*, parked on a subject that nobody uses. Give it
        `telemetry.>` while *ROUTES* still stores that. Here the server does speak up: read its code and its words.
    """,
    checks=(Check("The server refused overlapping subjects", saw.overlap_refused),),
    solution=(refused("stream_subjects", stream="TELEMETRY", subjects="telemetry.>"),),
    hints=Hints(
        nudge="Ask for what another stream has.",
        panel="panel-stream",
        look="*Subjects…* at the foot of the stream's card sets what a stream stores.",
        principle="A subject is stored by one stream at most, so that a message has one place and one number.",
        verb="Subjects of *TELEMETRY*: `telemetry.>`.",
    ),
    wrong=(
        Wrong(
            "a subject that no stream has",
            (call("stream_subjects", stream="TELEMETRY", subjects="metrics.>"),),
            "No stream was refused",
        ),
    ),
    controls=("stream_subjects",),
)

SPLIT: Script = (
    call("stream_subjects", stream="ROUTES", subjects="route.>"),
    call("stream_subjects", stream="TELEMETRY", subjects="telemetry.>"),
    call("stream_subjects", stream="ALLOCATIONS", subjects="allocation.> operation.>"),
)
FILTERS: Script = tuple(call("edge_rules", edge=edge, subject_filter=EXACT) for edge in ("iad", "syd"))
AGAIN: Script = (call("telemetry", n=SAMPLES, shape="a field renamed"), call("burst", n=saw.CHANGES))

CURE = Do(
    id="cure",
    title="One stream a domain, exact filters",
    prose="""
        Give each domain its stream (`route.>`, `telemetry.>`, and `allocation.> operation.>` for *ALLOCATIONS*) and each edge the
        filter `route.owner.updated.>`. Then the same flood, all 500 with *a field renamed*, and three changes of owner: no edge
        may be handed a single message that is not its own.
    """,
    checks=(
        Check("Each domain is stored in a stream of its own", saw.one_stream_a_domain),
        Check("The flood and the renamed field touch no edge", saw.flood_touched_nobody),
    ),
    solution=(
        *SPLIT,
        call("edge_rules", edge="fra", subject_filter=EXACT, foreign="skip", poison="terminate"),
        *FILTERS,
        Wait("every edge to be current", reading.at_rest),
        *AGAIN,
        Wait("every edge to have the changes", reading.at_rest),
    ),
    hints=Hints(
        nudge="Whoever has a subject must let go of it before another stream can have it.",
        panel="panel-stream",
        look="*Subjects…* on the stream's card, *Rules…* on each edge. *fra* still holds on to the message that stopped it.",
        principle="A filter chooses what is delivered next. What was delivered and not acked comes again until it is passed over, terminated or gone.",
        verb="Subjects of *ROUTES*, *TELEMETRY*, *ALLOCATIONS*; filter of each edge, and for *fra* other domains' events *skip*; telemetry, 500, *a field renamed*; burst, 3.",
    ),
    wrong=(
        Wrong(
            "passing over unknown messages in the edge",
            (
                call("edge_rules", edge="fra", foreign="skip"),
                call("edge_rules", edge="syd", subject_filter=">"),
                Wait("every edge to be current", reading.at_rest),
                *AGAIN,
                Wait("every edge to have the changes", reading.at_rest),
            ),
            "messages of other domains after the flood",
        ),
        Wrong(
            "exact filters on one stream for everything",
            (
                call("edge_rules", edge="fra", subject_filter=EXACT, foreign="skip"),
                *FILTERS,
                *AGAIN,
                Wait("every edge to have the changes", reading.at_rest),
            ),
            "together with the routes",
        ),
        Wrong(
            "an exact filter for fra, and the old message left where it is",
            (
                *SPLIT,
                call("edge_rules", edge="fra", subject_filter=EXACT),
                *FILTERS,
                *AGAIN,
                Wait("fra to be stuck again", lambda seen: bool(seen.edge("fra").stuck)),
            ),
            "comes again all the same",
        ),
    ),
    keep=saw.keep_cure,
    controls=("stream_subjects", "edge_rules", "telemetry", "burst", "promote", "kill_edge", "start_edge", "restart_edge",
              "purge", "delete_message", "delete_consumer"),
)  # fmt: skip


def _numbers(memory: Memory) -> tuple[Option, ...]:
    own, foreign, handed = memory.get("own", 3), memory.get("foreign", SAMPLES), memory.get("handed", SAMPLES + 3)
    return (
        Option("own", f"{own}", "Those were the changes of owner."),
        Option("foreign", f"{foreign}", "Those were samples: delivered, acked, and of no use."),
        Option("handed", f"{handed}", "That is what was delivered, wanted or not."),
    )


QUIZ = Quiz(
    id="quiz",
    title="Three questions",
    prose="All three are about what you have just measured.",
    questions=(
        Question(
            "share",
            lambda memory: f"*fra* was handed {memory.get('handed', SAMPLES + 3)} messages. How many did it need?",
            _numbers,
            lambda _: "own",
        ),
        Question(
            "typo",
            lambda memory: f"*syd* listened to `{memory.get('typo', TYPO)}`. What on the bench showed that something was wrong?",
            lambda _: (
                Option("server", "The server's answer to the filter.", "It took the filter without a word."),
                Option("pending", "The number of unprocessed messages.", "It was 0 throughout: nothing matched."),
                Option("truth", "Only the comparison with the truth.", "Its rows were old, and nothing between it and the stream could know that."),
            ),
            lambda _: "truth",
        ),
        Question(
            "skip",
            lambda memory: f"*iad* passed over everything that was not its own and was never stuck. It took {_of(memory, 'iad')} deliveries for {memory.get('own', 3)} changes. What would passing over have changed about that?",
            lambda _: (
                Option("less", "Fewer deliveries: the server learns what an edge does not want.", "A server learns nothing from acks. It goes by subjects and filters."),
                Option("none", "Nothing: it only keeps the edge from being stuck.", "Noise ends where it begins: at subjects, streams and filters."),
                Option("bytes", "The deliveries stay, the bytes are saved.", "An edge can only look at the type of what it has already been sent."),
            ),
            lambda _: "none",
        ),
    ),
)  # fmt: skip


def _of(memory: Memory, name: str) -> int:
    return next((count for edge, count, *_ in memory.get("cost", ()) if edge == name), SAMPLES + 3)


DEBRIEF = Debrief(
    prose="""
        A subject is an address, and a filter a decision about what to hear. Too broad, and an edge pays for other people's
        messages, waits behind them, and breaks when their shape changes. Too narrow by two letters, and it hears nothing and does
        not know. A stream for each domain keeps the retention, the noise and the accidents of one away from the other.
    """,
    happened=saw.happened,
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
    correct_use="Separate streams and consumers by domain: one stream for each, and filters that match what the consumer is for.",
    failure_trap="Subjects that are too broad make noisy consumers, and tie them to events of other teams by accident.",
    minutes=12,
    controls=("stream_subjects", "edge_rules", "telemetry", "burst", "promote", "kill_edge", "start_edge", "restart_edge"),
    locked={
        "edge_rules": "The filters are given in this step; you choose them later in the lab.",
        "stream_subjects": "What the streams store is given in this step; you choose it later in the lab.",
        "telemetry": "The samples belong to other steps of this lab.",
    },
    locked_otherwise="Not needed in this step. The sandbox has every control.",
    setup=SETUP,
    steps=(PREDICT_NOISE, FLOOD, EXPLAIN_NOISE, PREDICT_RENAME, RENAME, EXPLAIN_STUCK, PREDICT_TYPO, SILENT, OVERLAP, CURE, QUIZ),
    debrief=DEBRIEF,
)  # fmt: skip
