"""The demo: the teacher's own bench on the projector, and the presenter's view beside it, led by two keys."""

from __future__ import annotations

import time

from flask import Blueprint, redirect, render_template, request
from werkzeug.wrappers import Response

from studylab.room.desk.web.join import way_in
from studylab.room.desk.web.parts import done, only_teacher, parts
from studylab.room.desk.web.plan import Part, behind_words
from studylab.room.desk.web.strip import LATE_S, place, strip
from studylab.room.desk.web.tiles import counts
from studylab.room.protocol import Say
from studylab.web.htmx import htmx, say

demo = only_teacher(Blueprint("demo", __name__, url_prefix="/room/demo"))

TEACHER = "Teacher"


@demo.get("/")
def page() -> str:
    """The presenter's view: notes, what comes next, the clock against the plan, the wall's counts."""
    return render_template("presenter.html", here="demo", strip=strip(parts()), **_seen())


@demo.get("/now")
def now() -> str:
    """The part of the presenter's view that changes."""
    return render_template("presenting.html", **_seen())


@demo.post("/turn")
def turn() -> Response:
    """Go on or back: a clicker's two keys."""
    by = -1 if request.form.get("by") == "-1" else 1
    part = parts().agenda.turn(by)
    if part is None:
        return _answer("This is the last part." if by > 0 else "This is the first part.")
    _lead(part)
    return _answer(f"Now: {part.title}.")


@demo.post("/follow")
def follow() -> Response:
    """Have the learners' pages follow the demo, or not."""
    is_on = request.form.get("follow") == "on"
    parts().agenda.let_follow(is_on)
    return _answer("Learners' pages follow the demo." if is_on else "Learners' pages stay where they are.")


@demo.get("/bench")
def bench() -> Response:
    """Lead to the teacher's own bench, for the projector. The first time, it gets a seat."""
    shared = parts()
    known = shared.front.wall.tile(shared.agenda.teacher_seat)
    if known is None or (known.seat.out and not known.seat.lapsed):
        made = shared.front.join(shared.front.wall.room.code, TEACHER, "127.0.0.1")
        shared.agenda.seat_teacher(made.id)
        shared.front.wall.keep(made.id)
        return redirect(way_in(made), 303)
    return redirect(way_in(shared.front.back(known.seat.id)), 303)


def turn_to(index: int) -> Part:
    """Go to a part of the plan, and lead there whom it is for."""
    part = parts().agenda.go_to(index)
    _lead(part)
    return part


def _lead(part: Part) -> None:
    """Bring the teacher's bench to a part's step, and the learners' where they follow or work on their own."""
    shared = parts()
    if not part.lab:
        return
    if shared.agenda.follow or part.hands_on:
        shared.front.say(Say.STEP, lab=part.lab, step=part.step)
    elif shared.agenda.teacher_seat:
        shared.front.say(Say.STEP, (shared.agenda.teacher_seat,), lab=part.lab, step=part.step)


def _answer(sentence: str) -> Response:
    return say(sentence) if htmx else done(sentence, "/room/demo/")


def _seen() -> dict[str, object]:
    shared = parts()
    agenda, progress = shared.agenda, shared.agenda.progress
    plan, time_now = agenda.plan, time.time()
    own = shared.front.wall.tile(agenda.teacher_seat)
    part = plan.parts[progress.part] if progress.begun else None
    following = plan.parts[progress.part + 1 :] if part else plan.parts
    if own is not None and own.report is not None:
        bench = place(shared, own.report.lab, own.report.step) if own.report.lab else "in the sandbox"
    else:
        bench = ""
    return {
        "plan": plan,
        "part": part,
        "number": progress.part + 1,
        "next_part": following[0] if following else None,
        "where": place(shared, part.lab, part.step) if part and part.lab else "",
        "left_s": part.minutes * 60 - (time_now - progress.part_begun) if part else 0.0,
        "elapsed_s": time_now - progress.begun if part else 0.0,
        "behind": behind_words(agenda.behind_s()),
        "is_late": agenda.behind_s() > LATE_S,
        "follow": agenda.follow,
        "bench": bench,
        "has_bench": own is not None and not own.seat.out,
        "counted": counts(shared.tiles()),
        "open_votes": [vote for vote in shared.front.wall.votes() if not vote.closed],
    }
