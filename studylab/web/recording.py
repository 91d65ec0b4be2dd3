"""The recording: the stage as it was at a moment. It says that it is one, and its only controls are those of the
recording.
"""

from __future__ import annotations

from typing import Any

from flask import Blueprint, render_template, request

from studylab.drawn import whole
from studylab.web.htmx import htmx
from studylab.web.known import Placed
from studylab.web.state import call, hub, state
from vango.actors.errors import BadInput, NotThere
from vango.bench.bench import Bench
from vango.journal.codec import read
from vango.observe.model import Observation
from vango.verbs.registry import REGISTRY

recording = Blueprint("recording", __name__)
MOMENTS = 60
LOCKED = "This is a recording, so the controls are off. Return to live, or fork here."


@recording.get("/recording")
def at() -> str:
    """The stage at a moment: a page, or only the part that changes while the scrubber is dragged."""
    wanted = request.args.get("at", "")
    if wanted and not (wanted.isascii() and wanted.isdigit() and len(wanted) <= 16):
        raise BadInput(f"{wanted[:40]!r} is not a moment of the journal: expected a whole number.")
    lab = request.args.get("lab", "")
    lab = lab if lab in state().benches.labs else ""
    context = call(_recorded(hub().bench, int(wanted) if wanted else None))
    context |= {"lab": lab, "live_url": f"/labs/{lab}" if lab else "/sandbox"}
    context["panels"] = Placed(whole(state().benches.draw(context, {})))
    return render_template("recorded.html" if htmx else "recording.html", **context)


async def _recorded(bench: Bench, wanted: int | None) -> dict[str, Any]:
    first, last = bench.recording.first, bench.journal.last
    moment = last if wanted is None else min(max(wanted, first), last)
    frame = bench.recording.at(moment)
    if frame is None:
        raise NotThere("Nothing is recorded yet: the recording begins when someone opens the bench.")
    return {
        "seen": read(Observation, frame), "moments": bench.journal.up_to(moment, MOMENTS), "moment": moment,
        "first": first, "last": last, "REGISTRY": REGISTRY, "guide": None, "recorded": True,
        "locked": dict.fromkeys(REGISTRY, LOCKED),
    }  # fmt: skip
