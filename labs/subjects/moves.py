"""The moves of lab 2 that are not those of a solution."""

from __future__ import annotations

from labs.subjects.checks import common
from studylab.lab import Move, ask, does, move
from studylab.lab.scripts import call

EXACT = "route.owner.updated.>"

SPLIT: tuple[Move, ...] = (
    does(call("stream_subjects", stream="ROUTES", subjects="route.>")),
    does(call("stream_subjects", stream="TELEMETRY", subjects="telemetry.>")),
    does(call("stream_subjects", stream="ALLOCATIONS", subjects="allocation.> operation.>")),
    ask(
        "fra: the exact filter, and past the message that stops it",
        "edge_rules",
        {"edge": "fra", "subject_filter": EXACT},
    ),
    move(
        "The exact filter for iad and syd",
        *(call("edge_rules", edge=edge, subject_filter=EXACT) for edge in ("iad", "syd")),
    ),
    does(call("telemetry", n=common.SAMPLES, shape="a field renamed")),
    does(call("burst", n=common.CHANGES)),
)
