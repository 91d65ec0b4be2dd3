"""The plan's page: what is planned against the clock, the two plans that come with the app, and one's own as a file."""

from __future__ import annotations

import time

from flask import Blueprint, Response, render_template, request
from werkzeug.wrappers import Response as AnyResponse

from studylab.room.desk.web.demo import turn_to
from studylab.room.desk.web.parts import done, only_teacher, parts
from studylab.room.desk.web.plan import MAX_BYTES, read, shipped
from studylab.room.desk.web.strip import place, strip
from vango.kit import BadInput, NotThere, VangoError

planning = only_teacher(Blueprint("planning", __name__, url_prefix="/room/plan"))


@planning.get("/")
def page() -> str:
    """The plan of this room."""
    return _page()


@planning.get("/plan.toml")
def as_file() -> Response:
    """The plan as a file."""
    response = Response(parts().agenda.text, mimetype="application/toml")
    response.headers["Content-Disposition"] = 'attachment; filename="plan.toml"'
    return response


@planning.post("/use")
def use() -> AnyResponse:
    """Use one of the plans that come with the app."""
    name = request.form.get("plan", "")
    if name not in shipped():
        raise NotThere(f"There is no plan {name[:40]!r}.")
    found = parts().agenda.use(shipped()[name])
    return done(f"“{found.title}” is the plan now. Its clock begins with the first part.", "/room/plan/")


@planning.post("/text")
def write() -> AnyResponse:
    """Use a plan that was written or uploaded here."""
    uploaded = request.files.get("file")
    text = request.form.get("text", "")
    if uploaded is not None and uploaded.filename:
        raw = uploaded.read(MAX_BYTES + 1)
        text = raw.decode("utf-8", "replace")
    text = text.replace("\r\n", "\n")
    try:
        found = parts().agenda.use(text)
    except VangoError as error:
        return Response(_page(text=text, complaint=str(error)), 400)
    return done(f"“{found.title}” is the plan now.", "/room/plan/")


@planning.post("/go")
def go() -> AnyResponse:
    """Go to a part of the plan."""
    asked = request.form.get("part", "")
    if not (asked.isascii() and asked.isdecimal() and len(asked) < 4):
        raise BadInput("Choose a part of the plan.")
    part = turn_to(int(asked))
    return done(f"Now: {part.title}.", "/room/plan/")


@planning.post("/again")
def again() -> AnyResponse:
    """Put the plan's clock back."""
    parts().agenda.begin_again()
    return done("The plan is before its first part again.", "/room/plan/")


def _page(text: str = "", complaint: str = "") -> str:
    shared = parts()
    agenda, starts, minute = shared.agenda, [], 0.0
    for part in agenda.plan.parts:
        starts.append(minute)
        minute += part.minutes
    begun = agenda.progress.begun
    return render_template(
        "plan.html",
        here="plan",
        strip=strip(shared),
        plan=agenda.plan,
        progress=agenda.progress,
        starts=starts,
        clock=[begun + start * 60 if begun else 0.0 for start in starts],
        places=[place(shared, part.lab, part.step) if part.lab else "" for part in agenda.plan.parts],
        shipped={name: read(toml, shared.labs).title for name, toml in shipped().items()},
        text=text or agenda.text,
        complaint=complaint,
        now=time.time(),
    )
