"""What templates can call: every function and name that they have, from the modules that word and draw.

All are pure functions from an observation to what a person reads. Nothing here decides anything about a bench.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import Flask

from studylab.web import (
    drawing,
    edge_words,
    evidence,
    fields,
    journal,
    lanes,
    looks,
    pieces,
    quantities,
    running,
    scene,
    stream_words,
    verdict,
)
from vango.actors.crash_points import Tempo
from vango.observe import why
from vango.verbs.registry import REGISTRY

TEMPI = (
    (Tempo.LIVE.value, "Actors run at full speed"),
    (Tempo.SLOW.value, "Actors pause at each point of their paths"),
    (Tempo.STEP.value, "Actors wait at each point until you release them"),
)


FUNCTIONS: tuple[Callable[..., Any], ...] = (
    looks.edge_look,
    looks.broker_look,
    looks.relay_look,
    looks.verdict_look,
    looks.accused_tone,
    verdict.linked,
    verdict.wrong_now,
    verdict.scars,
    verdict.found_words,
    verdict.lead_and_rest,
    verdict.untold_ids,
    verdict.runs_on,
    looks.allocation_icon,
    quantities.sentence,
    quantities.span,
    quantities.size,
    quantities.limit,
    quantities.plural,
    quantities.clock,
    edge_words.probe_words,
    edge_words.asked_words,
    edge_words.heard_words,
    edge_words.counter_words,
    edge_words.view_lines,
    edge_words.whys_of,
    why.why_found,
    journal.details,
    journal.moment_rows,
    stream_words.consumer_words,
    stream_words.stored_cells,
    stream_words.others,
    fields.rules_now,
    fields.subjects_now,
    fields.name_source,
    fields.names_of,
    fields.field_options,
    fields.option_words,
    fields.number_limits,
    fields.parameter_words,
    drawing.tape,
    drawing.cells,
    drawing.strip,
    drawing.outcomes,
    drawing.depth,
    running.listings,
    lanes.picture,
    scene.lane_of,
    scene.consumer_of,
    scene.tiles_of,
    scene.others_stored,
    scene.free_here,
    scene.used_here,
    scene.is_offered,
    scene.truth_look,
    scene.stream_look,
    evidence.latest,
    pieces.kept,
    pieces.kept_each,
    pieces.arguments_of,
)
"""The functions that templates call by their own names."""


def register(app: Flask) -> None:
    """Give the templates these words."""
    app.jinja_environment = pieces.Templates
    app.jinja_env.globals.update({function.__name__: function for function in FUNCTIONS})
    app.jinja_env.globals.update(
        REGISTRY=REGISTRY,
        TEMPI=TEMPI,
        INSPECTOR_TABS=scene.INSPECTOR_TABS,
        icon_file=f"{app.static_url_path}/icons/icons.svg",
    )
