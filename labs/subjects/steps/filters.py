"""A typing error, overlapping subjects, and the cure: one stream a domain, exact filters."""

from __future__ import annotations

from labs.subjects import moves
from labs.subjects.checks import common
from labs.subjects.checks import filters as saw
from studylab.lab import Check, Do, Hints, Option, Predict, Wrong
from studylab.lab.scripts import Script, Wait, call, claims, refused, settled

EXACT = "route.owner.updated.>"
TYPO = "route.owner.udpated.>"

PREDICT_TYPO = Predict(
    id="predict-typo",
    title="A filter with a typing error",
    prose="""
        So filters must be exact. Someone types `route.owner.udpated.>` for *syd*: two letters are swapped, and no
        such subject exists. What does the server say?
    """,
    options=(
        Option("refuse", "It refuses the filter.",
               "Subjects are not registered anywhere. A pattern that matches nothing today may match tomorrow."),
        Option("warn", "It accepts the filter, and sends an advisory.",
               "No advisory, no line in the log: to the server this is normal."),
        Option("silent", "It accepts the filter, and nothing ever comes.",
               "Nothing matches, so nothing is pending, so everything looks done.", happens=True),
        Option("all", "It accepts the filter, and delivers everything to be safe.",
               "The server delivers only what matches. It does not guess."),
    ),
    measure=saw.what_server_said,
)  # fmt: skip

SILENT = Do(
    id="typo",
    title="Silent for ever",
    prose="""
        Give *syd* the filter with the typing error, then change an owner. Compare the server's line about the
        consumer *syd*, the claim of *syd*, and its rows.
    """,
    checks=(
        Check(
            "syd receives nothing, and everything looks done",
            saw.is_silent,
            "what syd receives, and what the server says",
        ),
    ),
    solution=(
        call("edge_rules", edge="syd", subject_filter=TYPO),
        claims("syd", "syd to be back"),
        call("burst", n=1),
    ),
    hints=Hints(
        nudge="Type it exactly as it is shown, with the error.",
        panel="panel-edge-syd",
        look="*Rules…* in the inspector of *syd* has the subject filter.",
        principle="For a consumer that receives nothing, “nothing pending” is always true.",
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
        Telemetry needs a stream of its own. *TELEMETRY* is there, set to a subject that nobody uses. But *ROUTES*
        still stores `telemetry.>`. Read the server's answer: its code and its text.
    """,
    checks=(Check("The server refused overlapping subjects", saw.overlap_refused),),
    solution=(refused("stream_subjects", stream="TELEMETRY", subjects="telemetry.>"),),
    hints=Hints(
        nudge="Ask for a subject that another stream has.",
        panel="panel-stream",
        look="*Subjects…* at the foot of the stream inspector sets what a stream stores.",
        principle="At most one stream stores a subject, so each message has one place and one number.",
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

AGAIN: Script = (call("telemetry", n=common.SAMPLES, shape="a field renamed"), call("burst", n=common.CHANGES))

CURE = Do(
    id="cure",
    title="One stream per domain, exact filters",
    prose="""
        Give each domain its stream, and each edge the filter `route.owner.updated.>`. Then repeat the flood in the
        new format. No edge may receive a message of another domain.
    """,
    checks=(
        Check("Each domain is stored in a stream of its own", saw.one_stream_a_domain),
        Check("Each edge asks for route events only", saw.filters_are_exact),
        Check("The flood and the renamed field touch no edge", saw.flood_touched_nobody),
    ),
    solution=(
        *SPLIT,
        call("edge_rules", edge="fra", subject_filter=EXACT, foreign="skip", poison="terminate"),
        *FILTERS,
        settled(),
        *AGAIN,
        settled("every edge to have the changes"),
    ),
    moves=moves.SPLIT,
    hints=Hints(
        nudge="A stream must give up a subject before another stream can have it.",
        panel="panel-stream",
        look=(
            "*Subjects…* in the stream inspector, *Rules…* on each edge. *fra* still holds the message that stopped it."
        ),
        principle=(
            "A filter decides what is delivered next. A message that was delivered and not acked comes again until "
            "it is skipped, terminated or deleted."
        ),
        verb=(
            "Subjects of *ROUTES*, *TELEMETRY*, *ALLOCATIONS*; filter of each edge, and for *fra* other domains' "
            "events *skip*; telemetry, 500, *a field renamed*; burst, 3."
        ),
    ),
    wrong=(
        Wrong(
            "skipping unknown messages in the edge",
            (
                call("edge_rules", edge="fra", foreign="skip"),
                call("edge_rules", edge="syd", subject_filter=">"),
                settled(),
                *AGAIN,
                settled("every edge to have the changes"),
            ),
            "messages of other domains after the flood",
        ),
        Wrong(
            "exact filters on one stream for everything",
            (
                call("edge_rules", edge="fra", subject_filter=EXACT, foreign="skip"),
                *FILTERS,
                *AGAIN,
                settled("every edge to have the changes"),
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
                Wait("fra to be stuck again", lambda seen: seen.edge("fra").is_stuck),
            ),
            "comes again all the same",
        ),
    ),
    keep=saw.keep_cure,
    controls=(
        "stream_subjects",
        "edge_rules",
        "telemetry",
        "burst",
        "promote",
        "kill_edge",
        "start_edge",
        "restart_edge",
        "purge",
        "delete_message",
        "delete_consumer",
    ),
)

STEPS = (PREDICT_TYPO, SILENT, OVERLAP, CURE)
