"""The end of a room by the teacher: everything of it is deleted, by the supervisor, with every process at rest.

The desk leaves a mark in its folder and ends. The program that started it finds the mark, also after a crash. It ends
the hosts and the broker, deletes their folders and the desk's, and starts a new room. Nothing is deleted under a
running process.
"""

from __future__ import annotations

import os
import signal

from flask import current_app

from studylab.room.desk.web.parts import Parts
from vango.actors.files import write_whole
from vango.kit import Refused, Unavailable

MARK = "delete"
CAN_DELETE = "studylab_can_delete"
BY_HAND = (
    "This room was not started by --room. Stop its processes and delete their folders by hand. Nothing was deleted."
)


def can_delete() -> bool:
    """Return whether the one who started this desk deletes a room that is marked."""
    return bool(current_app.extensions.get(CAN_DELETE))


def end_room(shared: Parts) -> None:
    """Mark the room and end this process. Raises `Refused` when nobody would find the mark."""
    if not can_delete():
        raise Refused(BY_HAND)
    try:
        write_whole(shared.front.folder / MARK, shared.front.wall.room.id)
    except OSError as error:
        raise Unavailable(f"The disk refuses ({error.strerror or error}). Nothing was deleted.") from error
    shared.front.change_room(open=False)
    os.kill(os.getpid(), signal.SIGTERM)
