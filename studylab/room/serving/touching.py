"""Whether a learner has done something on the bench: noted at the first act that the fence lets through.

A bench has acts of its own as well, from the teacher's instructions. A seat whose learner never did anything may give
its place to another (`studylab.room.desk.absent`).
"""

from __future__ import annotations

from flask import Flask, g, request

from studylab.room.host import HostLink
from studylab.room.serving.fence import serving
from studylab.room.serving.seat import Seat
from studylab.web.guard import SAFE
from studylab.web.state import call


def register(app: Flask) -> None:
    """Look at every request that the fence before has let through."""
    app.before_request(_note)


def _note() -> None:
    seat: Seat | None = g.get("seat")
    if seat is not None and "looks_on" not in g and request.method not in SAFE and not seat.kept.touched:
        call(_touch(seat, serving().link))


async def _touch(seat: Seat, link: HostLink) -> None:
    seat.kept.touched = True
    seat.keep()
    link.report(seat.id, touched=True)
    seat.changed()
