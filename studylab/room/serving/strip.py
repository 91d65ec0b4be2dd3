"""What the strip above a learner's bench says of the room, as a value: the panel is drawn again when it differs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from studylab.lab.model import Lab
from studylab.room.protocol import Instruction, RoomRow, Say, VoteRow

if TYPE_CHECKING:
    from studylab.room.serving.seat import Seat
    from studylab.room.serving.serving import Serving


@dataclass(frozen=True, slots=True)
class VoteSeen:
    """An open vote, and what this seat has chosen."""

    number: int
    question: str
    options: tuple[tuple[str, str], ...]
    chosen: str


@dataclass(frozen=True, slots=True)
class StripSeen:
    """One seat's strip. `where` is the plan's place in words and `path` its address, both empty before the first.

    `sent` is the number of the instruction that brought the bench to the lab of the address `sent_to`. `silent_since`
    is the Unix time since which the room does not answer, 0 while it does. `busy` says that the bench is being brought
    somewhere, `trouble` why that failed. `desk` is where the room is found.
    """

    name: str
    where: str
    path: str
    held: bool
    hand: bool
    desk: str
    sent: int = 0
    sent_to: str = ""
    message: str = ""
    message_number: int = 0
    vote: VoteSeen | None = None
    silent_since: int = 0
    drive: str = ""
    busy: str = ""
    trouble: str = ""


def of(seat: Seat, serving: Serving) -> StripSeen:
    """Return what the strip of a seat says now. It only reads."""
    link, kept = serving.link, seat.kept
    report, row, silent = link.reported(seat.id), link.seat(seat.id), link.silent_since
    where, path = place(link.room, serving.labs)
    number, text = message(serving.said, seat.id, max(seat.after, kept.read))
    return StripSeen(
        name=shown_name(seat.number, row.name if row is not None else seat.name),
        where=where,
        path=path,
        held=seat.is_held,
        hand=bool(report and report.hand),
        desk=serving.desk_url,
        sent=kept.sent,
        sent_to=f"/labs/{kept.page}" if kept.page else "/sandbox",
        message=text,
        message_number=number,
        vote=vote(link.votes(), report.votes if report else {}),
        silent_since=int(silent) if silent is not None else 0,
        drive=kept.drive,
        busy="" if seat.made.is_set() else "Your bench is being made ready.",
        trouble=seat.trouble,
    )


def shown_name(number: int, name: str) -> str:
    """Return how a seat is called: without a name it is a guest with a number."""
    return name or f"Guest {number}"


def place(room: RoomRow | None, labs: Mapping[str, Lab]) -> tuple[str, str]:
    """Return where the plan is, in words, and the address of its lab."""
    lab = labs.get(room.lab) if room is not None else None
    if room is None or lab is None:
        return "", ""
    ids = [step.id for step in lab.steps]
    step = f", step {ids.index(room.step) + 1}" if room.step in ids else ""
    return f"lab {lab.number}{step}", f"/labs/{lab.slug}"


def is_held(said: Iterable[Instruction], seat: str, after: int, room: RoomRow | None) -> bool:
    """Return whether a seat is held. The last word that was said after it came counts; without one, the room."""
    for one in said:
        if one.number <= after:
            break
        if one.say in (Say.HOLD, Say.RELEASE) and (not one.seats or seat in one.seats):
            return one.say is Say.HOLD
    return room is not None and room.held


def message(said: Iterable[Instruction], seat: str, after: int) -> tuple[int, str]:
    """Return the last message to a seat after a number, with its own number. `said` is newest first."""
    for one in said:
        if one.number <= after:
            break
        if one.say is Say.MESSAGE and (not one.seats or seat in one.seats):
            return one.number, one.with_.get("text", "")
    return 0, ""


def vote(votes: Iterable[VoteRow], chosen: Mapping[str, str]) -> VoteSeen | None:
    """Return the newest open vote."""
    newest = max(votes, key=lambda one: one.number, default=None)
    if newest is None:
        return None
    options = tuple(newest.options.items())
    return VoteSeen(newest.number, newest.question, options, chosen.get(str(newest.number), ""))
