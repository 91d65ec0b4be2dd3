"""The page's one stream: the panels that changed, as partials, and a heartbeat that says that the stream lives."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from itertools import count

from flask import Blueprint, Response, request

from studylab.hub import Hub
from studylab.web.htmx import partial
from studylab.web.public import linked, prefix
from studylab.web.state import hub, state
from vango.errors import NotThere, Unavailable

stream = Blueprint("stream", __name__)

# All that ends a line of a stream. A bare one inside a payload would begin another field, or another message.
LINE_END = re.compile(r"\r\n|\r|\n")


@stream.get("/events")
def events() -> Response:
    """Stream the panels of a page: every one at first, then those that change."""
    page = request.args.get("page", "")
    if page and page not in state().benches.labs:
        raise NotThere(f"There is no lab {page[:40]!r}.")
    if state().benches.viewers >= state().max_streams:
        raise Unavailable(
            f"All {state().max_streams} live views are taken. The page still works; reload it to see changes."
        )
    response = Response(_messages(hub(), page, state().boot, prefix()), mimetype="text/event-stream")
    response.headers["X-Accel-Buffering"] = "no"
    return response


def _messages(found: Hub, page: str, boot: str, prefix: str) -> Iterator[bytes]:
    yield b"retry: 500\n\n"
    frames = found.watch(page)
    try:
        for number, panels in zip(count(1), frames, strict=False):
            if panels is None:
                yield f"id: {_id(boot, number)}\nevent: beat\ndata: {number}\n\n".encode()
            else:
                html = "".join(partial(panel, drawn) for panel, drawn in panels.items())
                lines = "".join(f"data: {line}\n" for line in LINE_END.split(linked(html, prefix)))
                yield f"id: {_id(boot, number)}\n{lines}\n".encode()
    finally:
        frames.close()  # type: ignore[attr-defined]


def _id(boot: str, number: int) -> str:
    """Name a message by the start of the app, its number and this app's clock in ms, so that a page can tell its age."""
    return f"{boot}-{number}-{time.time_ns() // 1_000_000}"
