"""The tour over HTTP: its beginning, and the way from caption to caption. Where one is stands in the address."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, jsonify, redirect, render_template, request, session
from werkzeug.wrappers import Response as AnyResponse

from studylab.hub import SANDBOX
from studylab.lab import tour as course
from studylab.lab.tour import CAPTIONS
from studylab.web.given import fields
from studylab.web.htmx import htmx, partial, wants_json
from studylab.web.known import loaded
from studylab.web.state import acting, call, hub, state
from vango.actors.crash_points import Tempo
from vango.actors.errors import BadInput
from vango.actors.tasks import to_its_end
from vango.observe.model import Observation

tour = Blueprint("tour", __name__)


@tour.get("/tour")
def page() -> str:
    """The tour at a caption, or what it is about. It makes no bench."""
    if "bench" not in session or "at" not in request.args:
        return render_template("tour_begin.html", first=_first_lab())
    at, pace = _at(request.args.get("at", "")), _pace(request.args.get("pace", ""))
    context = loaded(hub(), SANDBOX)
    return render_template("tour.html", events_url="/events", **_caption(at, pace, context["seen"]), **context)


@tour.post("/tour/start")
def start() -> AnyResponse:
    """Begin: on a bench of the visitor's own, which is made by this act."""
    pace = call(to_its_end(course.begin(acting(new=True).bench), "the tour"))
    return _shown(1, pace)


@tour.post("/tour/next")
def go_on() -> AnyResponse:
    """Do what comes before the next caption, and show it."""
    at, pace = min(_at(fields().get("at", "")) + 1, len(CAPTIONS)), _pace(fields().get("pace", ""))
    call(to_its_end(course.come_to(acting().bench, at, pace), "the tour"))
    return _shown(at, pace)


@tour.post("/tour/skip")
def skip() -> AnyResponse:
    """Leave the tour for the first lab, and put the pace back."""
    call(acting().bench.perform("pace", {"tempo": _pace(fields().get("pace", ""))}))
    first = _first_lab()
    return redirect(f"/labs/{first.slug}" if first else "/", 303)


def _shown(at: int, pace: str) -> AnyResponse:
    """Answer with a caption: alone for htmx, as the address of its page for a form."""
    if not htmx and not wants_json():
        return redirect(f"/tour?at={at}&pace={pace}", 303)
    caption = _caption(at, pace, call(hub().bench.observe()))
    if wants_json():
        return jsonify(ok=True, sentence=caption["text"], at=at, of=len(CAPTIONS), place=caption["place"])
    return AnyResponse(partial("tour", render_template("caption.html", **caption), "innerHTML"), mimetype="text/html")


def _caption(at: int, pace: str, seen: Observation) -> dict[str, Any]:
    here = CAPTIONS[at - 1]
    return {"at": at, "of": len(CAPTIONS), "pace": pace, "title": here.title, "text": here.text(seen),
            "place": here.place, "first": _first_lab()}  # fmt: skip


def _first_lab() -> Any:
    return next(iter(state().benches.labs.values()), None)


def _at(text: object) -> int:
    """Read the number of a caption. Raises `BadInput`."""
    if str(text) not in map(str, range(1, len(CAPTIONS) + 1)):
        raise BadInput(f"The tour has captions 1 to {len(CAPTIONS)}, not {str(text)[:20]!r}. It begins at /tour.")
    return int(str(text))


def _pace(text: object) -> str:
    """Read a pace. Raises `BadInput`."""
    if text not in [tempo.value for tempo in Tempo]:
        raise BadInput(f"There is no pace {str(text)[:20]!r}. The tour begins at /tour.")
    return str(text)
