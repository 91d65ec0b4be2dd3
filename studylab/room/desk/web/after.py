"""Afterwards: what was done and believed, as a page to print and as CSV, with names or without; and the room's end."""

from __future__ import annotations

import sys

from flask import Blueprint, Response, redirect, render_template, request
from werkzeug.wrappers import Response as AnyResponse

from studylab.room import codes
from studylab.room.desk.web.parts import Parts, done, only_teacher, parts
from studylab.room.desk.web.strip import strip
from studylab.room.desk.web.summary import Seated, done_by, labs_done, misconceptions, table
from studylab.room.desk.web.tiles import label
from vango.kit import BadInput

after = only_teacher(Blueprint("after", __name__, url_prefix="/room/after"))


@after.get("/")
def page() -> str:
    """What the room has done, and how it ends."""
    shared, names = parts(), _names()
    seated = everybody(names=names)
    return render_template(
        "after.html",
        here="after",
        strip=strip(shared),
        room=shared.front.wall.room,
        names=names,
        seated=seated,
        begun=sum(bool(one.done) for one in seated),
        labs_done=labs_done(seated),
        misconceptions=misconceptions(seated, shared.labs),
    )


@after.get("/room.csv")
def as_table() -> Response:
    """Everything as CSV. It begins with a mark by which spreadsheets know that it is UTF-8."""
    response = Response("\ufeff" + table(everybody(names=_names())), mimetype="text/csv")
    response.headers["Content-Disposition"] = 'attachment; filename="room.csv"'
    return response


@after.post("/close")
def close() -> AnyResponse:
    """Let nobody join any more. Everything is kept."""
    parts().front.change_room(open=False)
    return done("The room is closed: nobody can join. Everything is kept.", "/room/after/")


@after.post("/open")
def reopen() -> AnyResponse:
    """Let people join again."""
    parts().front.change_room(open=True)
    return done("The room is open again.", "/room/after/")


@after.post("/delete")
def delete() -> AnyResponse:
    """End the room and delete everything of it. Another room begins, with nothing of it but the plan."""
    shared = parts()
    if codes.read(request.form.get("code", "")) != shared.front.wall.room.code:
        raise BadInput("Type the room's code to delete everything. Nothing was deleted.")
    room = shared.front.end()
    shared.agenda.begin_anew()
    # The terminal still shows the code of the room before.
    print(
        f"The room was deleted. Another is open, with the code {codes.shown(room.code)}.", file=sys.stderr, flush=True
    )
    return redirect("/room/after/ended", 303)


@after.get("/ended")
def ended() -> str:
    """Say what is deleted, and which host has yet to do its part."""
    shared = parts()
    return render_template("ended.html", here="after", strip=strip(shared), left=left_to_do(shared))


def everybody(*, names: bool) -> list[Seated]:
    """Return every seat of a learner with what it did, by number."""
    shared = parts()
    found = []
    for seat in sorted(shared.board.seats.values(), key=lambda seat: seat.number):
        if seat.id != shared.agenda.teacher_seat:
            carry = shared.front.wall.carries.of(seat.id)
            found.append(Seated(seat.number, label(seat) if names else "", done_by(carry.progress if carry else "")))
    return found


def left_to_do(shared: Parts) -> list[str]:
    """Return the hosts that still have something of a room that was deleted."""
    room = shared.front.wall.room.id
    return [host.name for host in shared.front.hosts.all() if host.swept not in ("", room)]


def _names() -> bool:
    return request.args.get("names", "1") != "0"
