"""The wall: a tile for each seat, live. A stream sends the tiles that changed, at most five times a second."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass, field

from flask import Blueprint, Flask, Response, current_app, render_template, request
from markupsafe import Markup

from studylab.room.desk.web.parts import Parts, only_teacher, parts
from studylab.room.desk.web.strip import strip
from studylab.room.desk.web.tiles import Tile, counts, in_order, without_name
from studylab.web.htmx import partial
from studylab.web.pieces import kept, kept_each
from vango.kit import Unavailable

wall = only_teacher(Blueprint("wall", __name__, url_prefix="/room/wall"))

TILES_A_PAGE = 200
EACH_S = 0.2
"""A stream says at most this often what has changed."""
BEAT_S = 5.0
MAX_VIEWERS = 24
TOO_MANY = f"{MAX_VIEWERS} pages look at this room already. Close one of them first."


@wall.get("/")
def page() -> str:
    """The wall."""
    shared, names, first = parts(), _names(), _first()
    tiles = shared.tiles()
    shown = _shown(shared, names, first)
    return render_template(
        "wall.html",
        here="wall",
        tiles=Markup(_drawn(in_order(shown))),  # noqa: S704 - a template has escaped it
        counted=counts(tiles),
        total=len(tiles),
        names=names,
        first=first,
        most=TILES_A_PAGE,
        strip=strip(shared),
        events_url=f"/room/wall/events?from={first}{'' if names else '&names=0'}",
    )


@wall.get("/events")
def events() -> Response:
    """Stream what changes: tiles, counts and the strip of every teacher's page."""
    viewers = current_app.extensions["studylab_room_viewers"]
    if not viewers.acquire(blocking=False):
        raise Unavailable(TOO_MANY)
    drawing = _Drawing(parts(), _names(), _first(), only_strip=request.args.get("strip") == "1")
    stream = _messages(current_app._get_current_object(), drawing)  # type: ignore[attr-defined]
    response = Response(stream, mimetype="text/event-stream")
    response.call_on_close(viewers.release)
    response.headers["X-Accel-Buffering"] = "no"
    return response


def _names() -> bool:
    return request.args.get("names", "1") != "0"


def _first() -> int:
    """Return the number of the first seat on this page of the wall."""
    asked = request.args.get("from", "1")
    number = int(asked) if asked.isascii() and asked.isdecimal() and len(asked) < 7 else 1
    return max(number - 1, 0) // TILES_A_PAGE * TILES_A_PAGE + 1


def _shown(shared: Parts, names: bool, first: int) -> list[Tile]:
    tiles = [tile for tile in shared.tiles() if first <= tile.number < first + TILES_A_PAGE]
    return tiles if names else [without_name(tile) for tile in tiles]


def _drawn(tiles: list[Tile]) -> str:
    return kept_each("tile.html", "tile", tiles)


@dataclass(slots=True)
class _Drawing:
    """What one page of one viewer knows already."""

    shared: Parts
    names: bool
    first: int
    only_strip: bool
    known: dict[int, Tile] | None = None
    lasting: dict[str, str] = field(default_factory=dict)

    def news(self) -> str:
        """Return what has changed since the last time, as partials; empty when nothing has."""
        tiles = self.shared.tiles()
        counted = tuple((group.value, count) for group, count in counts(tiles).items())
        now = {
            "strip": kept("strip_words.html", strip=strip(self.shared)),
            "counts": kept("counts.html", counted=counted),
        }
        said = [partial(target, html) for target, html in now.items() if self.lasting.get(target) != html]
        self.lasting.update(now)
        return "".join(said if self.only_strip else said + self._changed())

    def _changed(self) -> list[str]:
        """Return what brings the page from the tiles that it knows to those that are. At first it gets every tile."""
        shown = _shown(self.shared, self.names, self.first)
        fresh = {tile.number: tile for tile in shown}
        before, self.known = self.known, fresh
        if not before and (before is None or fresh):
            return [partial("tiles", _drawn(in_order(shown)))]
        before = before or {}
        said = [partial(f"tile-{number}", "", "delete") for number in before.keys() - fresh.keys()]
        for number, tile in fresh.items():
            if number not in before:
                said.append(partial("tiles", _drawn([tile]), "beforeend"))
            elif before[number] != tile:
                said.append(partial(f"tile-{number}", _drawn([tile]), "outerMorph"))
        return said


def _messages(app: Flask, drawing: _Drawing) -> Iterator[bytes]:
    yield b"retry: 500\n\n"
    stop, beat = app.extensions["studylab_room_stop"], time.monotonic()
    while not stop.is_set():
        began = time.monotonic()
        with app.app_context():
            news = drawing.news()
        if news:
            lines = news.replace("\r", "\n").replace("\n", "\ndata: ")
            yield f"data: {lines}\n\n".encode()
            beat = began
        elif began - beat >= BEAT_S:
            yield b"event: beat\ndata: 1\n\n"
            beat = began
        stop.wait(max(0.0, began + EACH_S - time.monotonic()))
