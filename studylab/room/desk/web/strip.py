"""The strip on every page of the teacher: where the room is, what it is told, and the plan against the clock."""

from __future__ import annotations

from dataclasses import dataclass

from studylab.room.desk.web.parts import Parts
from studylab.room.desk.web.plan import behind_words
from studylab.room.desk.web.tiles import Group, at_time, counts


@dataclass(frozen=True, slots=True)
class Strip:
    """What the strip says. `part` and `behind` are empty while the plan has not begun. `deaf` is the time of day since
    which the desk does not hear its hosts; empty while it does.
    """

    place: str
    held: bool
    ended: bool
    part: str
    behind: str
    is_late: bool
    here: int
    hands: int
    stuck: int
    unheard: int
    deaf: str


LATE_S = 60.0


def strip(shared: Parts) -> Strip:
    """Return the strip as it is now."""
    room, agenda = shared.front.wall.room, shared.agenda
    counted = counts(shared.tiles())
    part = behind = ""
    late_s = 0.0
    if agenda.progress.begun:
        number = agenda.progress.part
        part = f"part {number + 1} of {len(agenda.plan.parts)}: {agenda.plan.parts[number].title}"
        late_s = agenda.behind_s()
        behind = behind_words(late_s)
    return Strip(
        place=place(shared, room.lab, room.step),
        held=room.held,
        ended=not room.open,
        part=part,
        behind=behind,
        is_late=late_s > LATE_S,
        here=sum(counted.values()) - counted[Group.AWAY] - counted[Group.UNHEARD],
        hands=counted[Group.HAND],
        stuck=counted[Group.STUCK],
        unheard=counted[Group.UNHEARD],
        deaf=at_time(shared.front.hosts.deaf_since or 0.0),
    )


def place(shared: Parts, slug: str, step: str) -> str:
    """Say which step of which lab it is."""
    lab = shared.labs.get(slug)
    if lab is None:
        return "everybody is free to choose"
    index = next((index for index, one in enumerate(lab.steps) if one.id == step), None)
    return f"lab {lab.number}" if index is None else f"lab {lab.number}, step {index + 1}"
