"""The teacher's look at a seat's bench: the learner's own page, read-only, and driving once the learner has agreed."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from flask import Blueprint, Flask, Response, current_app, jsonify, redirect, render_template, request, session
from werkzeug.wrappers import Response as AnyResponse

from studylab.hub import SANDBOX
from studylab.room import watching
from studylab.room.serving import conduct
from studylab.room.serving.fence import here, serving
from studylab.room.serving.seat import Seat
from studylab.web.given import fields
from studylab.web.htmx import htmx, say, wants_json
from studylab.web.known import FirstLook, loaded, named
from studylab.web.state import call, hub_of, state
from studylab.web.stream import Frames, sent
from vango.actors.errors import NotThere, Refused

watch = Blueprint("watch", __name__)
USED = "This link to a seat was used before. Open the seat again from the wall."


class Once:
    """Lets each link in once. What is older than links live is forgotten."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock, self._lock, self._used = clock, threading.Lock(), dict[str, float]()

    def take(self, nonce: str) -> None:
        """Use a link. Raises `Refused` when it was used before."""
        with self._lock:
            now = self._clock()
            self._used = {one: at for one, at in self._used.items() if now - at < 2 * watching.GOOD_FOR_S}
            if nonce in self._used:
                raise Refused(USED)
            self._used[nonce] = now


def register(app: Flask, key: str) -> None:
    """Let the teacher in by links that are signed with this key."""
    app.extensions["studylab_watch"] = key, Once()
    app.register_blueprint(watch)


@watch.get("/room/watch")
def enter() -> AnyResponse:
    """Take a link of the desk: this browser is the teacher's from now on, as long as the room is."""
    key, once = current_app.extensions["studylab_watch"]
    link = watching.read(key, request.args.get("ticket", "")[:2000], serving().link.name)
    room = serving().link.room
    if room is None or room.id != link.room:
        raise NotThere("This host does not know the room yet. Open the seat again from the wall.")
    once.take(link.nonce)
    session["teacher"] = link.room
    return redirect(f"/room/watch/{link.seat}", 303)


@watch.get("/room/watch/<seat>")
def page(seat: str) -> str:
    """A seat's stage, as its learner has it before them."""
    found, slug = here(), here().kept.page
    context = loaded(hub_of(found.key), slug, by_others=True)
    template = "lab.html" if slug else "sandbox.html"
    events = f"/room/watch/{seat}/events?page={slug}"
    return render_template(template, events_url=events, watching=looked_at(found), **context)


def looked_at(seat: Seat) -> dict[str, str]:
    """Return what the teacher's strip says of a seat, and where the seat is found when this host is gone."""
    strip = seat.strip()
    return {
        "seat": seat.id, "name": strip.name, "drive": strip.drive, "page": seat.kept.page,
        "desk": strip.desk, "number": str(seat.number),
    }  # fmt: skip


@watch.get("/room/watch/<seat>/events")
def events(seat: str) -> Response:
    """The panels of the learner's page as they change, with the teacher's strip in place of the learner's."""
    slug = request.args.get("page", SANDBOX)
    if slug and slug not in state().benches.labs:
        raise NotThere(f"There is no lab {slug[:40]!r}.")
    found, hub = here(), hub_of(here().key)
    views = state().benches.views
    view = views.open(hub)
    found.look_on(1)

    def end() -> None:
        views.close(view)
        found.look_on(-1)

    app: Flask = current_app._get_current_object()  # type: ignore[attr-defined]
    response = sent(_frames(found, hub.watch(slug, view), app), view, FirstLook(named()))
    response.call_on_close(end)
    return response


def _frames(seat: Seat, frames: Frames, app: Flask) -> Frames:
    """Yield a page's panels with another strip."""
    shown: dict[str, str] = {}
    try:
        for panels in frames:
            now = looked_at(seat)
            rest = {name: html for name, html in (panels or {}).items() if name != "room"}
            if now != shown:
                shown = now
                with app.app_context():
                    rest["watching"] = app.jinja_env.get_template("room/watching.html").render(watching=now)
            yield rest or None
    finally:
        frames.close()


@watch.post("/room/watch/<seat>/drive")
def drive(seat: str) -> AnyResponse:
    """Ask the learner for the bench, or end driving it."""
    found, ask = here(), fields().get("ask") == "yes"

    async def work() -> None:
        conduct.drive(found, ask=ask)
        found.mark()
        found.changed()

    call(work())
    sentence = "The learner is asked. You can act once they agree." if ask else "You only look at the bench again."
    if wants_json():
        return jsonify(ok=True, sentence=sentence)
    return say(sentence) if htmx else redirect(f"/room/watch/{seat}", 303)
