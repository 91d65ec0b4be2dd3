"""A tile of the wall: what one seat is doing, in words, and how much it needs the teacher. Pure: time comes in."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum

from studylab.lab.model import Lab
from studylab.room.protocol import Report, RoomRow, SeatRow
from vango.core.audit import Soundness

STUCK_AFTER_S = 180.0
"""Without a new tick for so long, somebody who is not done may need help."""
GUEST = "guest"


class Group(StrEnum):
    """Where a seat stands in the room, the most urgent first."""

    HAND = "hand up"
    STUCK = "stuck"
    WORKING = "working"
    DONE = "done"
    UNHEARD = "not heard"
    AWAY = "away"


@dataclass(frozen=True, slots=True)
class Look:
    """A verdict as a word, an icon and a tone, so that colour is never the only sign."""

    words: str
    icon: str
    tone: str


LOOKS = {
    Soundness.SOUND: Look("Sound", "check", "is-ok"),
    Soundness.VIOLATED: Look("Not sound", "warn", "is-lie"),
    Soundness.NOT_YET_KNOWN: Look("Converging", "wait", "is-wait"),
}
NO_LOOK = Look("No bench yet", "circle", "is-closed")
UNHEARD_LOOK = Look("Not known", "circle", "is-closed")


@dataclass(frozen=True, slots=True)
class Tile:
    """What a tile shows. `since` says how long somebody is stuck, has a hand up or is not heard, in words."""

    id: str
    number: int
    name: str
    group: Group
    look: Look
    lab: str = ""
    step: str = ""
    title: str = ""
    ticks: int = 0
    of: int = 0
    act: str = ""
    since: str = ""
    urgency: tuple[int, float, int] = (9, 0.0, 0)
    failed: str = ""

    @property
    def is_guest(self) -> bool:
        """Whether the seat has no name of its own."""
        return self.name.startswith(f"{GUEST} ")


def label(seat: SeatRow) -> str:
    """Return how a seat is called: its name, or a guest's number. The desk tells two of one name apart."""
    return seat.name or f"{GUEST} {seat.number}"


def at_time(at: float) -> str:
    """Write a time of day, to the minute."""
    return time.strftime("%H:%M", time.localtime(at)) if at else ""


def not_heard(since: float) -> str:
    """Say since when a host is not heard."""
    return f"not heard since {at_time(since)}"


def tile(
    seat: SeatRow, report: Report | None, room: RoomRow, labs: Mapping[str, Lab], *, now: float, unheard: str = ""
) -> Tile:
    """Return the tile of a seat. `unheard` says in words that its host is not heard: what is reported was so before."""
    name = label(seat)
    if report is None:
        group = Group.UNHEARD if unheard else Group.AWAY
        return Tile(seat.id, seat.number, name, group, NO_LOOK, act="has not come to a bench yet", since=unheard,
                    urgency=(_place(group), 0.0, seat.number))  # fmt: skip
    group = Group.UNHEARD if unheard else group_of(report, room, labs, now)
    lab = labs.get(report.lab)
    step = lab.steps[report.index].title if lab and 0 <= report.index < len(lab.steps) else ""
    return Tile(
        id=seat.id,
        number=seat.number,
        name=name,
        group=group,
        look=UNHEARD_LOOK if unheard else _look(report),
        lab=f"lab {lab.number}" if lab else report.lab or "sandbox",
        step=_step(report),
        title=step,
        ticks=report.ticks,
        of=report.of,
        act=report.act,
        since=unheard or _since(group, report, now),
        urgency=_urgency(group, report, seat.number),
        failed=report.failed,
    )


def group_of(report: Report, room: RoomRow, labs: Mapping[str, Lab], now: float) -> Group:
    """Return where a seat stands."""
    if not report.here:
        return Group.AWAY
    if report.hand:
        return Group.HAND
    if is_done(report, room, labs):
        return Group.DONE
    stuck = bool(report.lab) and not room.held and report.ticked > 0 and now - report.ticked >= STUCK_AFTER_S
    return Group.STUCK if stuck else Group.WORKING


def is_done(report: Report, room: RoomRow, labs: Mapping[str, Lab]) -> bool:
    """Return whether a seat is past what the room is asked to do: the present step, or else the whole lab."""
    if report.steps and report.index >= report.steps:
        return True
    lab = labs.get(room.lab)
    if lab is None or report.lab != room.lab or not room.step:
        return False
    asked = next((index for index, step in enumerate(lab.steps) if step.id == room.step), len(lab.steps))
    return report.index > asked or (report.index == asked and 0 < report.of <= report.ticks)


def without_name(tile: Tile) -> Tile:
    """Return a tile for the projector, without the name."""
    return replace(tile, name=f"seat {tile.number}")


def counts(tiles: Iterable[Tile]) -> dict[Group, int]:
    """Return how many seats stand in each group."""
    found = Counter(tile.group for tile in tiles)
    return {group: found[group] for group in Group}


def in_order(tiles: Iterable[Tile]) -> list[Tile]:
    """Return tiles with those first who need help most."""
    return sorted(tiles, key=lambda tile: tile.urgency)


def _look(report: Report) -> Look:
    return LOOKS[Soundness(report.verdict)] if report.verdict in set(Soundness) else NO_LOOK


def _step(report: Report) -> str:
    if not report.steps:
        return ""
    return "finished" if report.index >= report.steps else f"{report.index + 1}/{report.steps}"


def _since(group: Group, report: Report, now: float) -> str:
    if group is Group.HAND:
        return f"hand up {_minutes(now - report.hand)}"
    return f"stuck {_minutes(now - report.ticked)}" if group is Group.STUCK else ""


def _minutes(seconds: float) -> str:
    return f"{int(seconds // 60)} min" if seconds >= 60 else "now"


def _place(group: Group) -> int:
    return [*Group].index(group)


def _urgency(group: Group, report: Report, number: int) -> tuple[int, float, int]:
    """Return a key to sort by: the group, then who waits longest; who works on a bench that is wrong comes first."""
    if group is Group.HAND:
        return _place(group), report.hand, number
    if group is Group.STUCK:
        return _place(group), report.ticked, number
    if group is Group.UNHEARD:
        return _place(group), 0.0 if report.hand else 1.0, number
    calm = 0.0 if group is Group.WORKING and report.verdict == Soundness.VIOLATED else 1.0
    return _place(group), calm, number
