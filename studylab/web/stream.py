"""The page's one stream: the panels that changed, as partials, and a heartbeat that says that the stream lives."""

from __future__ import annotations

import time
from collections.abc import Generator
from itertools import count

from flask import Blueprint, Response, request

from studylab.views import View
from studylab.web.htmx import partial
from studylab.web.known import FirstLook, named
from studylab.web.public import linked, prefix
from studylab.web.state import hub, state
from vango.actors.errors import NotThere

stream = Blueprint("stream", __name__)

Frames = Generator[dict[str, str] | None]
"""What a page is sent: panels by id, or None for a heartbeat."""


@stream.get("/events")
def events() -> Response:
    """Stream the panels of a page: every one at first, then those that change."""
    page = request.args.get("page", "")
    if page and page not in state().benches.labs:
        raise NotThere(f"There is no lab {page[:40]!r}.")
    found, views = hub(), state().benches.views
    # Opened before the stream begins: of many that come at once, none counts without another.
    view = views.open(found)
    response = sent(found.watch(page, view), view, FirstLook(named()))
    response.call_on_close(lambda: views.close(view))
    return response


def sent(frames: Frames, view: View, first: FirstLook) -> Response:
    """Return the stream of what a view yields, without what the page has shown since it was loaded."""
    response = Response(_messages(frames, view, state().boot, prefix(), first), mimetype="text/event-stream")
    response.headers["X-Accel-Buffering"] = "no"
    return response


def _messages(frames: Frames, view: View, boot: str, prefix: str, first: FirstLook) -> Generator[bytes]:
    yield b"retry: 500\n\n"
    numbers = count(1)
    try:
        for panels, number in zip(frames, numbers, strict=False):
            news = first.news(panels or {})
            if not news:
                yield f"id: {_id(boot, number)}\nevent: beat\ndata: {number}\n\n".encode()
            else:
                html = "".join(partial(panel, drawn) for panel, drawn in news.items())
                lines = _one_line_end(linked(html, prefix)).replace("\n", "\ndata: ")
                yield f"id: {_id(boot, number)}\ndata: {lines}\n\n".encode()
        if view.over:
            yield f"id: {_id(boot, next(numbers))}\nevent: over\ndata: {view.over}\n\n".encode()
    finally:
        frames.close()


def _one_line_end(text: str) -> str:
    """Write all that ends a line of a stream as one. A bare one inside a payload would begin another field."""
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _id(boot: str, number: int) -> str:
    """Name a message by the start of the app, its number and this app's clock in ms: a page can then tell its age."""
    return f"{boot}-{number}-{time.time_ns() // 1_000_000}"
