"""From the settings of a front desk to its web app: the loop, the desk on it, the pages before it, and their end."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

from flask import Flask

from studylab.author import course
from studylab.loop import LoopThread
from studylab.room import watching
from studylab.room.desk import Desk
from studylab.room.desk.web.app import end_streams, pages
from studylab.room.desk.web.parts import KEY, Parts
from studylab.room.desk.web.wall import MAX_VIEWERS
from studylab.room.protocol import SeatRow
from studylab.room.settings import DeskSettings
from studylab.web import public

START_S = 20.0
STOP_S = 10.0
RESERVE_THREADS = 32


def create_desk(settings: DeskSettings) -> Flask:
    """Make the web app of a front desk. End it with its `studylab_end_streams`, then its `studylab_close`.

    Raises `Unavailable` when another process has the folder, and `BadInput` when the public address is no address.
    """
    at = public.parse(settings.listening.public_url) if settings.listening.public_url else None
    taught = course.load(Path(settings.labs) if settings.labs else None)
    loop = LoopThread()
    try:
        opened = _open(settings)
        desk = loop.call(opened, timeout_s=START_S)
    except BaseException:
        loop.close()
        raise
    try:
        app = pages(
            desk,
            labs={lab.slug: lab for lab in taught.labs},
            secret=settings.secret,
            addresses=settings.addresses,
            watch=partial(_watch, desk, settings.key),
            hosts=[settings.listening.host, *settings.listening.names],
            public=at,
        )
    except BaseException:
        _close(loop, desk)
        raise
    app.extensions["studylab_threads"] = MAX_VIEWERS + RESERVE_THREADS
    app.extensions["studylab_end_streams"] = partial(end_streams, app)
    app.extensions["studylab_close"] = partial(_close, loop, desk)
    app.extensions["studylab_code"] = lambda: desk.room.code
    app.extensions["studylab_moved"] = partial(_moved, app)
    return app


async def _open(settings: DeskSettings) -> Desk:
    url = settings.addresses[0] if settings.addresses else ""
    return await Desk.open(
        Path(settings.folder), settings.bus.connect, key=settings.key, url=url, name=settings.name
    )  # fmt: skip


def _close(loop: LoopThread, desk: Desk) -> None:
    loop.call(desk.close(), timeout_s=STOP_S)
    loop.close()


def _watch(desk: Desk, key: str, seat: SeatRow) -> str:
    """Return the address at which the teacher looks at a seat's stage."""
    ticket = watching.write(key, seat.id, seat.host, desk.room.id)
    return f"{desk.host_url(seat)}/room/watch?ticket={ticket}"


def _moved(app: Flask, settings: Any) -> None:
    """The machine's address has changed: show the new one, and let hosts send learners there."""
    shared: Parts = app.extensions[KEY]
    shared.addresses[:] = settings.addresses
    if settings.addresses:
        shared.front.change_room(desk_url=settings.addresses[0])
