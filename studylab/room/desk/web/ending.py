"""The end of a room: what is deleted, in which order. Hosts delete what is theirs when they hear of it."""

from __future__ import annotations

from studylab.room.desk.web.parts import Parts
from vango.kit import Unavailable


def end_room(shared: Parts) -> None:
    """Delete everything of the room: seats, names, codes, reports, progress, votes, what was said, and the plan's clock.

    Raises `Unavailable` when this desk cannot.
    """
    end = getattr(shared.front, "end", None)
    if end is None:
        raise Unavailable("This desk cannot delete its room while it runs. Stop it, and delete its data folder.")
    end()
    shared.agenda.forget()
