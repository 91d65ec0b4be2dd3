"""The teacher's door and first page. The secret makes a browser the teacher's; three things are to be done first."""

from __future__ import annotations

import hmac
import io
from collections import Counter

import segno
from flask import Blueprint, Response, make_response, redirect, render_template, request
from werkzeug.wrappers import Response as AnyResponse

from studylab.room import codes
from studylab.room.desk.web.parts import Parts, address, is_teacher, only_teacher, parts, sign_in, sign_out
from studylab.room.desk.web.strip import strip
from vango.kit import VangoError

WRONG = "This is not the teacher's secret of this room. It is in the terminal that the room was started in."

teach = Blueprint("teach", __name__)
teacher = only_teacher(Blueprint("teacher", __name__, url_prefix="/room"))


@teach.get("/teach")
def door() -> AnyResponse:
    """Ask for the secret. A script puts it into the form when the address has it behind its #."""
    return redirect("/room/", 303) if is_teacher() else _door()


@teach.post("/teach")
def enter() -> AnyResponse:
    """Make this browser the teacher's, for who knows the secret."""
    shared = parts()
    try:
        shared.front.guesses.may(address())
    except VangoError as error:
        return _door(str(error), 429)
    if not hmac.compare_digest(request.form.get("secret", "").strip().encode(), shared.secret.encode()):
        shared.front.guesses.wrong(address())
        return _door(WRONG, 403)
    sign_in()
    return redirect("/room/", 303)


@teacher.post("/sign-out")
def leave() -> AnyResponse:
    """End the teacher's session in this browser."""
    sign_out()
    return redirect("/teach", 303)


@teacher.get("/")
def first() -> str:
    """The first page: the code to show, the wall to watch, and the plan to begin."""
    shared = parts()
    return render_template(
        "first.html",
        here="first",
        strip=strip(shared),
        code=codes.shown(shared.front.wall.room.code),
        addresses=[f"{address}/join" for address in shared.addresses],
        plan=shared.agenda.plan,
        hosts=shared.front.hosts.all(),
        full=_full(shared),
        absent=len(shared.front.never_came()),
    )


def _full(shared: Parts) -> str:
    """Say how many seats there are when nobody more gets in; nothing while there is a place."""
    taken = Counter(seat.host for seat in shared.board.seats.values() if not seat.out)
    places = {host.name: host.row.room_for for host in shared.front.hosts.all() if host.alive}
    if not places or any(taken[name] < most for name, most in places.items()):
        return ""
    return f"The room is full: {sum(taken[name] for name in places)} of {sum(places.values())} seats are taken."


@teacher.get("/show-code")
def show_code() -> str:
    """The join code as large as the projector allows."""
    shared = parts()
    return render_template("show_code.html", strip=strip(shared), code=codes.shown(shared.front.wall.room.code),
                           addresses=[f"{address}/join" for address in shared.addresses])  # fmt: skip


@teacher.get("/qr.svg")
def qr() -> Response:
    """The QR code of the address at which learners join."""
    shared = parts()
    to = f"{shared.addresses[0]}/join/{shared.front.wall.room.code}"
    drawn = io.BytesIO()
    segno.make(to, error="m").save(drawn, kind="svg", border=3, light="#fff", xmldecl=False)
    return Response(drawn.getvalue(), mimetype="image/svg+xml")


def _door(complaint: str = "", status: int = 200) -> AnyResponse:
    return make_response(render_template("teach.html", complaint=complaint), status)
