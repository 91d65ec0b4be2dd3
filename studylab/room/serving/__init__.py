"""A room's host in the app: its link to the desk, the fence before every route, the strip, and the teacher's look."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from flask import Flask, g

from studylab.loop import LoopThread
from studylab.room.host import HostLink
from studylab.room.serving import fence, touching, watch
from studylab.room.serving.pages import room
from studylab.room.serving.serving import Serving
from studylab.room.settings import HostSettings

if TYPE_CHECKING:
    from studylab.sessions import Benches

START_S, STOP_S = 20.0, 10.0


def register(app: Flask, settings: HostSettings, loop: LoopThread, benches: Benches) -> Callable[[], None]:
    """Make an app a host of a room. Returns what ends the link: call it while the benches are still open.

    It waits for nobody: an app whose room is away serves the seats that it had. Raises `Unavailable`.
    """
    serving = loop.call(_begin(settings, benches), timeout_s=START_S)
    fence.register(app, serving)
    touching.register(app)
    app.register_blueprint(room)
    watch.register(app, settings.key)
    app.context_processor(_words)
    app.extensions["studylab_moved"] = lambda moved: _move(serving, moved)
    return lambda: loop.call(_end(serving), timeout_s=STOP_S)


async def _begin(settings: HostSettings, benches: Benches) -> Serving:
    serving = Serving(benches, settings.desk_url)
    link = await HostLink.open(
        settings.name, Path(settings.folder) / "room", settings.bus.connect,
        key=settings.key, url=settings.url, room_for=settings.room_for, benches=serving,
    )  # fmt: skip
    await serving.begin(link)
    return serving


async def _end(serving: Serving) -> None:
    await serving.close()
    await serving.link.close()


def _move(serving: Serving, moved: HostSettings) -> None:
    """The machine has another address."""
    serving.link.url = moved.url
    serving.desk_url_given = moved.desk_url


def _words() -> dict[str, Any]:
    """Let pages show what belongs to the visitor's seat."""
    seat = g.get("seat")
    return {"room_seat": seat} if seat is not None and "looks_on" not in g else {}
