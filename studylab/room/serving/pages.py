"""The learner's side of the room at their own host: the door by a ticket, the hand, messages, votes, and driving."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import Future

from flask import Blueprint, jsonify, redirect, request, session
from werkzeug.wrappers import Response as AnyResponse

from studylab.room.serving import conduct
from studylab.room.serving.fence import here, serving
from studylab.room.serving.seat import Seat
from studylab.web.given import fields
from studylab.web.htmx import back, htmx, say, wants_json
from studylab.web.state import call
from vango.actors.errors import BadInput

room = Blueprint("room", __name__)
MAX_NUMBER = 15


@room.get("/seat")
def enter() -> AnyResponse:
    """Take a ticket of the desk: from now on this browser has the seat, and its bench is here."""
    ticket = serving().link.admit(request.args.get("ticket", "")[:2000])
    seat = call(serving().take(ticket))
    session.update(seat=seat.id, epoch=seat.epoch, bench=seat.key)
    session.permanent = True
    return redirect(_present(seat), 303)


def _present(seat: Seat) -> str:
    """Return the page that a seat begins or goes on with."""
    strip = seat.strip()
    if seat.kept.page or seat.made.is_set():
        return strip.sent_to
    first = min(serving().labs.values(), key=lambda lab: lab.number, default=None)
    return strip.path or (f"/labs/{first.slug}" if first else "/sandbox")


@room.post("/room/hand")
def hand() -> AnyResponse:
    """Raise the hand, or take it down."""
    up = _field("up") == "on"
    return _do(
        lambda seat: conduct.note_hand(seat, serving().link, up=up),
        "Your hand is up. The teacher sees it." if up else "Your hand is down.",
    )


@room.post("/room/read")
def read() -> AnyResponse:
    """A message was read."""
    number = _number("number")

    def note(seat: Seat) -> None:
        seat.kept.read = max(seat.kept.read, number)
        seat.keep()

    return _do(note, "The message is put away.")


@room.post("/room/vote")
def vote() -> AnyResponse:
    """Vote, or change the vote while it is open."""
    number, option = _number("number"), _field("option")
    return _do(lambda seat: serving().link.vote(seat.id, number, option), "Your vote is kept. You can change it.")


@room.post("/room/drive")
def drive() -> AnyResponse:
    """Agree that the teacher drives this bench, refuse it, or end it."""
    agrees = _field("agree") == "yes"
    said = "The teacher can act on your bench now. End it at any time." if agrees else "Only you act on your bench."
    return _do(lambda seat: conduct.answer_drive(seat, agrees=agrees), said)


def _do(act: Callable[[Seat], Future[None] | None], sentence: str) -> AnyResponse:
    """Do something for the visitor's seat. What it returns is waited for: a vote is said to be kept when it is."""
    seat = here()

    async def work() -> None:
        if (kept := act(seat)) is not None:
            await asyncio.wrap_future(kept)
        seat.mark()
        seat.changed()

    call(work())
    if wants_json():
        return jsonify(ok=True, sentence=sentence)
    return say(sentence) if htmx else back()


def _field(name: str) -> str:
    value = fields().get(name)
    if not isinstance(value, str) or not value or len(value) > 100:
        raise BadInput(f"The field {name!r} is missing. Reload the page and try again.")
    return value


def _number(name: str) -> int:
    value = _field(name)
    if not (value.isascii() and value.isdigit() and len(value) <= MAX_NUMBER):
        raise BadInput(f"The field {name!r} is no number. Reload the page and try again.")
    return int(value)
