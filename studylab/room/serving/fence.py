"""The fence of a host: every request is served for a seat that is this host's under the newest epoch, or sent on.

Who comes with an older epoch, or with no seat, goes to the front desk: its own cookie knows the seat. Only files, the
health of the app, the reading matter and the doors by a ticket are open to all.
"""

from __future__ import annotations

import asyncio
from typing import Any

from flask import Flask, Response, current_app, g, make_response, redirect, render_template, request, session
from werkzeug.wrappers import Response as AnyResponse

from studylab.lab.attempt import Attempt
from studylab.lab.guide import draw
from studylab.room.host import Standing
from studylab.room.serving import kept as keeping
from studylab.room.serving.acts import HELD, LimitsHere, is_act, is_held_back
from studylab.room.serving.seat import Seat
from studylab.room.serving.serving import Serving
from studylab.room.serving.shares import ACTS, LOOKS, check
from studylab.web.given import fields
from studylab.web.guard import CSP, SAFE
from studylab.web.htmx import partial, path_of_referer
from studylab.web.state import call
from vango.actors.errors import NotThere, Refused, Unavailable

WATCH = "/room/watch/"
OPEN = frozenset({"static", "bench.healthz", "room.enter", "watch.enter"})
STAGES = frozenset({"pages.lab", "pages.sandbox"})
STANDS_S = 8.0
"""How long the page of a stage waits for its bench. Drawn sooner, it would show a lab that is still being set up."""
WATCHES = frozenset({"watch.page", "watch.events", "watch.drive"})
ELSEWHERE = "Your seat is at another place now, and nothing was done here. Reload the page: it leads you there."
NO_SEAT = "This bench belongs to a seat in the room, and this browser has none. Join with the room's code first."
PUT_OUT = "The teacher has closed this seat. Ask the teacher."
NO_DESK = "The room has not answered yet, so nobody can be sent to it. Try again in a moment."
LOOK_ONLY = "You look at this bench, and do not drive it. Ask to drive; the learner agrees on their own page."


def serving() -> Serving:
    """Return the seats of the host that serves this request."""
    found: Serving = current_app.extensions["studylab_room"]
    return found


def here() -> Seat:
    """Return the seat that this request comes from; the fence has let it through."""
    found: Seat = g.seat
    return found


def register(app: Flask, desk: Serving) -> None:
    """Put the fence before every route of an app."""
    app.extensions["studylab_room"] = desk
    app.before_request(_judge)
    app.after_request(_may_ask_the_desk)


def _judge() -> AnyResponse | None:
    if request.endpoint is None or request.endpoint in OPEN or request.blueprint == "concepts":
        return None
    return _watched() or _seated()


def _seated() -> AnyResponse | None:
    if "looks_on" in g:
        return None
    seat, epoch = session.get("seat"), session.get("epoch")
    judged = serving().judge(seat, epoch) if isinstance(seat, str) and isinstance(epoch, int) else Standing.UNKNOWN
    if judged is not Standing.OURS:
        return _away(judged)
    g.seat = found = serving().seat(session["seat"])
    if found is None:
        return _away(Standing.UNKNOWN)
    if session.get("bench") != found.key:
        session["bench"] = found.key
    if request.endpoint in STAGES and found.is_being_made_ready:
        return _seated() if call(_stands(found)) else _coming()
    serving().shares.take(found.id, LOOKS)
    if request.method not in SAFE:
        _limit(found, str(request.endpoint))
    return None


def _coming() -> AnyResponse:
    """Show what the lab is about while its bench is being made ready. The page asks again."""
    lab = serving().labs.get((request.view_args or {}).get("slug", ""))
    guide = draw(lab, Attempt()) if lab is not None else None
    return make_response(render_template("room/bench_coming.html", lab=lab, guide=guide))


async def _stands(found: Seat) -> bool:
    """Wait until a bench stands where its learner begins; return whether it does in time."""
    try:
        await asyncio.wait_for(found.stands.wait(), STANDS_S)
    except TimeoutError:
        return False
    return True


def _limit(found: Seat, endpoint: str) -> None:
    """Refuse an act that the room does not allow now. What plays a script asks `g.limits` about the acts in it."""
    if found.is_held and is_held_back(endpoint):
        raise Refused(HELD)
    if is_act(endpoint):
        serving().shares.take(found.id, ACTS)
    if verb := (request.view_args or {}).get("verb"):
        check(verb, fields(), serving().at_work(found))
    g.limits = LimitsHere(serving(), found)


def _away(judged: Standing) -> AnyResponse:
    """Send a browser to the desk; what asks for no page is told why."""
    desk = serving().desk_url
    if request.endpoint == "stream.events":
        return _gone()
    if request.method not in SAFE:
        sentences = {Standing.OUT: PUT_OUT, Standing.UNKNOWN: NO_SEAT if "seat" not in session else ELSEWHERE}
        raise Refused(sentences.get(judged, ELSEWHERE))
    if not desk:
        raise Unavailable(NO_DESK)
    return redirect(f"{desk}/back", 303)


def _gone() -> Response:
    """End a page's stream with the news that the page is to be loaded again: it is then sent on."""
    html = partial("room", '<span data-gone hidden></span><p class="room-note">Your seat is at another place.</p>')
    return Response(f"id: gone-0-0\ndata: {html}\n\n", mimetype="text/event-stream")


def _watched() -> AnyResponse | None:
    """Let the teacher look at a seat's bench, and act on it when the learner has agreed."""
    if request.endpoint in WATCHES:
        seat = str((request.view_args or {}).get("seat"))
        if request.endpoint == "watch.page" and serving().seat(seat) is None and _is_teacher():
            # A seat that moves is told to the desk and to its new host: a page may come before the seat.
            return make_response(render_template("room/seat_coming.html", desk=serving().desk_url), 503)
        g.seat, g.looks_on = watched(seat), True
        return None
    path = path_of_referer()
    is_page = request.headers.get("Sec-Fetch-Dest", "document") == "document"
    if not path.startswith(WATCH) or (request.method in SAFE and is_page):
        return None
    found = watched(path.removeprefix(WATCH).partition("/")[0])
    if request.method not in SAFE:
        if request.blueprint not in ("labs", "bench"):
            raise Refused(LOOK_ONLY)
        if found.kept.drive != keeping.DRIVEN:
            raise Refused(LOOK_ONLY)
    g.seat, g.looks_on, g.bench = found, True, found.key
    return None


def watched(seat: str) -> Seat:
    """Return a seat for the teacher of this room. Raises `NotThere` for others, and elsewhere."""
    found = serving().seat(seat)
    if found is None or not _is_teacher():
        raise NotThere("There is no such seat to look at here. Open it from the wall.")
    return found


def _is_teacher() -> bool:
    room = serving().link.room
    return room is not None and bool(room.id) and session.get("teacher") == room.id


def _may_ask_the_desk(response: Response) -> Response:
    """A page that has lost its host asks the desk whether it is there, before it goes there."""
    if desk := serving().desk_url:
        policy: dict[str, Any] = {
            "Content-Security-Policy": CSP.replace("connect-src 'self'", f"connect-src 'self' {desk}")
        }
        for name, value in policy.items():
            response.headers.setdefault(name, value)
    return response
