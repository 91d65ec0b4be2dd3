"""How a learner comes in: a code and a name, a resume code, or the way back to a seat that this browser has."""

from __future__ import annotations

from flask import Blueprint, flash, make_response, redirect, render_template, request, session
from werkzeug.wrappers import Response

from studylab.room import codes
from studylab.room.desk.seating import Full
from studylab.room.desk.web.parts import address, answers, is_teacher, parts
from studylab.room.desk.web.tiles import label
from studylab.room.names import MAX_NAME
from studylab.room.protocol import SeatRow
from vango.kit import Unavailable, VangoError

join = Blueprint("join", __name__)
SEAT = "seat"
SEATED = "This browser has a seat already: {0}. Go on there. Another person says so first, with the button below."
AWAY = "The place where your bench is does not answer at the moment. If it does not come back, you get another."


@join.get("/")
def first() -> Response:
    """The first page leads to the door."""
    return redirect("/join", 303)


@join.get("/healthz")
def healthz() -> Response:
    """Say that the desk answers: a page that has lost its host asks before it comes back here."""
    # Pages of hosts are of other origins: without this header a browser keeps the answer from them.
    return make_response("ok\n", 200, {"Content-Type": "text/plain", "Cross-Origin-Resource-Policy": "cross-origin"})


@join.get("/join")
@join.get("/join/<code>")
def door(code: str = "") -> Response:
    """Ask for the code and a name. A browser that has a seat is asked first whether it wants to go on there."""
    return _door(code=codes.read(code)[: codes.ROOM_LETTERS])


@join.post("/join")
def enter() -> Response:
    """Take a seat in the room. A browser that has one is led to it, and gets no second."""
    if (known := _seat()) is not None:
        flash(SEATED.format(label(known)))
        return redirect("/join", 303)
    code, name = request.form.get("code", ""), request.form.get("name", "")
    try:
        seat = parts().front.join(codes.read(code), name, address())
    except VangoError as error:
        return _door(code=codes.read(code)[: codes.ROOM_LETTERS], name=name[:MAX_NAME], complaint=str(error),
                     status=error.status_hint)  # fmt: skip
    return _seated(seat)


@join.post("/resume")
def resume() -> Response:
    """Take the seat of a resume code, on this device."""
    typed = request.form.get("resume", "")
    try:
        seat = parts().front.resume(codes.read(typed), address())
    except VangoError as error:
        return _door(resume_complaint=str(error), status=error.status_hint)
    return _seated(seat)


@join.get("/joined")
def joined() -> Response:
    """Say who somebody is here, and go on to the bench. A form must not lead to another origin; this page may."""
    seat = _seat()
    if seat is None:
        return redirect("/join", 303)
    return _page("joined.html", seat=seat, name=label(seat), resume=codes.shown(seat.resume))


@join.get("/back")
def back() -> Response:
    """Lead a browser to the host that serves its seat now, with a new ticket."""
    if SEAT not in session:
        # The teacher's own bench has a seat that this browser's cookie does not know.
        return redirect("/room/demo/bench" if is_teacher() else "/join", 303)
    try:
        seat = parts().front.back(session[SEAT])
        if not answers(seat):
            raise Unavailable(AWAY)
        return redirect(way_in(seat), 303)
    except (Unavailable, Full) as error:
        return _page("waiting.html", sentence=str(error), status=503)
    except VangoError:
        return redirect("/join", 303)


@join.post("/leave")
def leave() -> Response:
    """Let this browser forget its seat. The seat stays, and its resume code leads back to it."""
    session.pop(SEAT, None)
    return redirect("/join", 303)


def _seated(seat: SeatRow) -> Response:
    session[SEAT] = seat.id
    session.permanent = True
    return redirect("/joined", 303)


def way_in(seat: SeatRow) -> str:
    """Return the address that lets a seat's learner in at its host."""
    front = parts().front
    return f"{front.host_url(seat)}/seat?ticket={front.ticket(seat)}"


def _seat() -> SeatRow | None:
    """Return the seat of this browser; None when it has none, or the teacher has put it out."""
    known = parts().front.wall.tile(session[SEAT]) if SEAT in session else None
    return None if known is None or (known.seat.out and not known.seat.lapsed) else known.seat


def _door(*, status: int = 200, **shown: str) -> Response:
    seat = _seat()
    lost = SEAT in session and seat is None
    return _page("join.html", room=parts().front.wall.room, seat=seat, lost=lost, longest=MAX_NAME,
                 name_of_seat=label(seat) if seat else "", status=status, **shown)  # fmt: skip


def _page(template: str, *, status: int = 200, **shown: object) -> Response:
    return make_response(render_template(template, **shown), status)
