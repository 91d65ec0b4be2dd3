"""One seat: its stage to look at, drive after the learner agreed, reset, send, resume code, rename, put out."""

from __future__ import annotations

from flask import Blueprint, make_response, redirect, render_template, request
from werkzeug.wrappers import Response

from studylab.room import codes
from studylab.room.desk.web.parts import answers, done, only_teacher, parts, seat_of
from studylab.room.desk.web.strip import place, strip
from studylab.room.desk.web.summary import done_by
from studylab.room.desk.web.tiles import label
from studylab.room.names import MAX_MESSAGE, MAX_NAME, message
from studylab.room.protocol import Say
from studylab.web.quantities import plural
from vango.kit import NotThere

seat = only_teacher(Blueprint("seat", __name__, url_prefix="/room/seats"))


@seat.get("/<int:number>")
def page(number: int) -> str:
    """One seat."""
    return render_template("seat.html", here="wall", strip=strip(parts()), labs=parts().labs.values(),
                           longest=MAX_NAME, longest_message=MAX_MESSAGE, **_seen(number))  # fmt: skip


@seat.get("/<int:number>/now")
def now(number: int) -> str:
    """The part of a seat's page that changes."""
    return render_template("seat_now.html", **_seen(number))


@seat.post("/<int:number>/step")
def step(number: int) -> Response:
    """Send this seat to a step."""
    found = seat_of(number)
    slug, _, step_id = request.form.get("to", "").partition("/")
    lab = parts().labs.get(slug)
    if lab is None or step_id not in {one.id for one in lab.steps}:
        raise NotThere("Choose a step of a lab first.")
    parts().front.say(Say.STEP, (found.id,), lab=slug, step=step_id)
    return done(f"{label(found)}: {place(parts(), slug, step_id)}.", _page(number))


@seat.post("/<int:number>/reset")
def reset(number: int) -> Response:
    """Give this seat a fresh bench."""
    found = seat_of(number)
    parts().front.say(Say.RESET, (found.id,))
    return done(f"{label(found)} gets a fresh bench.", _page(number))


@seat.post("/<int:number>/message")
def tell(number: int) -> Response:
    """Send a message to this seat."""
    found = seat_of(number)
    parts().front.say(Say.MESSAGE, (found.id,), text=message(request.form.get("text", "")))
    return done(f"Sent to {label(found)}.", _page(number))


@seat.post("/<int:number>/drive")
def drive(number: int) -> Response:
    """Ask the learner whether the teacher may drive, or end it."""
    found = seat_of(number)
    ask = request.form.get("end") != "1"
    parts().front.say(Say.DRIVE, (found.id,), do="ask" if ask else "end")
    return done(f"{label(found)} is asked." if ask else "You no longer drive.", _page(number))


@seat.get("/<int:number>/watch")
def watch(number: int) -> Response:
    """Lead to the stage of this seat at its host, to look at. While the host is away, wait for it or for another."""
    found = seat_of(number)
    if answers(found):
        return redirect(parts().watch(found), 303)
    shown = {"here": "wall", "strip": strip(parts()), "name": label(found), "number": number}
    return make_response(render_template("seat_away.html", **shown), 503)


@seat.post("/<int:number>/rename")
def rename(number: int) -> Response:
    """Give this seat another name."""
    found = parts().front.rename(seat_of(number).id, request.form.get("name", ""))
    return done(f"Seat {number} is {label(found)} now.", _page(number))


@seat.post("/<int:number>/code")
def new_code(number: int) -> Response:
    """Give this seat another resume code: the old one leads nowhere from now on."""
    found = parts().front.new_resume_code(seat_of(number).id)
    return done(f"The resume code of {label(found)} is {codes.shown(found.resume)} now.", _page(number))


@seat.post("/<int:number>/out")
def out(number: int) -> Response:
    """Put this seat out, or let it in again."""
    found = seat_of(number)
    parts().front.put_out(found.id, out=not found.out)
    word = "is let in again" if found.out else "is put out. The bench is kept, and you can let them in again"
    return done(f"{label(found)} {word}.", _page(number))


@seat.post("/never-came")
def put_out_absent() -> Response:
    """Put out every seat whose learner never came: those that would give their places back, without the wait."""
    count = parts().front.put_out_absent()
    return done(f"{plural(count, 'seat')} gave {'its place' if count == 1 else 'their places'} back.", "/room/")


def _seen(number: int) -> dict[str, object]:
    shared, found = parts(), seat_of(number)
    report = shared.board.reports.get(found.id)
    carry = shared.front.wall.carries.of(found.id)
    return {
        "seat": found,
        "name": label(found),
        "absent": len(shared.front.never_came()),
        "report": report,
        "tile": next((tile for tile in shared.board.tiles() if tile.id == found.id), None),
        "did": done_by(carry.progress if carry else ""),
    }


def _page(number: int) -> str:
    return f"/room/seats/{number}"
