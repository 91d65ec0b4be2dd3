"""The wall: a tile for each seat, live. A stream sends the tiles that changed, at most five times a second."""

from __future__ import annotations

import time
from collections.abc import Iterator

from flask import Blueprint, Response, current_app, render_template, request
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
    tiles = shared.board.tiles()
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
    only_strip = request.args.get("strip") == "1"
    stream = _messages(parts(), _names(), _first(), only_strip=only_strip)
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
    tiles = [tile for tile in shared.board.tiles() if first <= tile.number < first + TILES_A_PAGE]
    return tiles if names else [without_name(tile) for tile in tiles]


def _drawn(tiles: list[Tile]) -> str:
    return kept_each("tile.html", "tile", tiles)


def _messages(shared: Parts, names: bool, first: int, *, only_strip: bool) -> Iterator[bytes]:
    yield b"retry: 500\n\n"
    known: dict[int, Tile] = {}
    lasting: dict[str, str] = {}
    beat = time.monotonic()
    stop = current_app.extensions["studylab_room_stop"]
    while not stop.is_set():
        began = time.monotonic()
        parts_of_it = _lasting(shared, lasting)
        if not only_strip:
            parts_of_it += _changed(known, _shown(shared, names, first))
        if parts_of_it:
            text = "".join(parts_of_it).replace("\r", "\n").replace("\n", "\ndata: ")
            yield f"data: {text}\n\n".encode()
            beat = began
        elif began - beat >= BEAT_S:
            yield b"event: beat\ndata: 1\n\n"
            beat = began
        stop.wait(max(0.0, began + EACH_S - time.monotonic()))


def _changed(known: dict[int, Tile], shown: list[Tile]) -> list[str]:
    """Return what brings a page from the tiles that it knows to these. A page that knows none gets every tile."""
    fresh = {tile.number: tile for tile in shown}
    said = [partial(f"tile-{number}", "", "delete") for number in known.keys() - fresh.keys()]
    if not known and fresh:
        said.append(partial("tiles", _drawn(in_order(shown)), "innerMorph"))
    else:
        for number, tile in fresh.items():
            if number not in known:
                said.append(partial("tiles", _drawn([tile]), "beforeend"))
            elif known[number] != tile:
                said.append(partial(f"tile-{number}", _drawn([tile]), "outerMorph"))
    known.clear()
    known.update(fresh)
    return said


def _lasting(shared: Parts, lasting: dict[str, str]) -> list[str]:
    """Return the parts of the page outside the tiles that differ from what was sent last."""
    counted = counts(shared.board.tiles())
    now = {
        "strip": kept("strip_words.html", strip=strip(shared)),
        "counts": kept("counts.html", counted=tuple((group.value, count) for group, count in counted.items())),
    }
    changed = [partial(target, html) for target, html in now.items() if lasting.get(target) != html]
    lasting.update(now)
    return changed
