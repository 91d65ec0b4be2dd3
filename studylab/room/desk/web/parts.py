"""What the pages of the desk share: the desk, the board, the plan, who is the teacher, and how a form is answered."""

from __future__ import annotations

import hmac
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256

from flask import Blueprint, current_app, flash, redirect, request, session
from werkzeug.wrappers import Response

from studylab.lab.model import Lab
from studylab.room.desk.web.agenda import Agenda
from studylab.room.desk.web.board import Board
from studylab.room.desk.web.front import Front
from studylab.room.desk.web.tiles import Tile
from studylab.room.protocol import Report, SeatRow
from studylab.web.admission import whose
from studylab.web.guard import Forbidden
from studylab.web.htmx import htmx, say, wants_json
from vango.kit import NotThere

KEY = "studylab_room"
TEACHER = "teacher"


@dataclass(frozen=True, slots=True)
class Parts:
    """The parts of one desk's pages. `secret` is the teacher's; `watch` returns where to look at a seat's stage."""

    front: Front
    board: Board
    agenda: Agenda
    labs: Mapping[str, Lab]
    secret: str
    addresses: list[str]
    watch: Callable[[SeatRow], str]

    def tiles(self) -> Sequence[Tile]:
        """Return the tiles of the learners by number. The teacher's own seat is nobody to help, and counts nowhere."""
        return [tile for tile in self.board.tiles() if tile.id != self.agenda.teacher_seat]

    def reports(self) -> Mapping[str, Report]:
        """Return the newest report of each learner's seat."""
        return {id: report for id, report in self.board.reports.items() if id != self.agenda.teacher_seat}


def parts() -> Parts:
    """Return the parts of the desk that serves this request."""
    found: Parts = current_app.extensions[KEY]
    return found


def address() -> str:
    """Return the address whose guesses are counted together."""
    return whose(request.remote_addr or "127.0.0.1")


def sign_in() -> None:
    """Make this browser the teacher's."""
    session[TEACHER] = _fingerprint()


def sign_out() -> None:
    """Take the teacher's powers from this browser."""
    session.pop(TEACHER, None)


def is_teacher() -> bool:
    """Return whether this browser has signed in with the secret that holds now."""
    return hmac.compare_digest(str(session.get(TEACHER, "")), _fingerprint())


def _fingerprint() -> str:
    return sha256(f"teacher of {parts().secret}".encode()).hexdigest()[:32]


def only_teacher(blueprint: Blueprint) -> Blueprint:
    """Keep everything under a blueprint for the teacher. Others are led to the door, or told."""
    blueprint.before_request(_check)
    return blueprint


def _check() -> Response | None:
    if is_teacher():
        return None
    if request.method == "GET" and not wants_json() and not htmx and request.endpoint != "wall.events":
        return redirect("/teach", 303)
    raise Forbidden("Only the teacher of this room may do this. Sign in again at /teach.")


def seat_of(number: int) -> SeatRow:
    """Return a seat by its number. Raises `NotThere`."""
    for seat in parts().board.seats.values():
        if seat.number == number:
            return seat
    raise NotThere(f"There is no seat {number} in this room.")


def answers(seat: SeatRow) -> bool:
    """Return whether the host of a seat answers. When it dies, it takes some seconds until the seat has another."""
    return any(host.answers for host in parts().front.hosts.all() if host.name == seat.host)


def done(sentence: str, to: str) -> Response:
    """Answer a form: a sentence in the status line, or for a plain form the page `to` with the sentence."""
    if htmx:
        return say(sentence)
    flash(sentence)
    return redirect(to, 303)
