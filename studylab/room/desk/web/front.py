"""What the pages need of the front desk: to look at the room, to let people in, and to speak to the class.

It is the part of `studylab.room.desk.Desk` that pages use, and says what a desk in a test must have.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Protocol

from studylab.room.desk.truth import Truth
from studylab.room.desk.wall import Wall
from studylab.room.guesses import Guesses
from studylab.room.protocol import HostRow, Instruction, RoomRow, Say, SeatRow, VoteRow


class SeenHost(Protocol):
    """A host as the desk sees it."""

    @property
    def name(self) -> str:
        """Its name."""

    @property
    def row(self) -> HostRow:
        """What it says of itself."""

    @property
    def alive(self) -> bool:
        """Whether seats may be given to it."""

    @property
    def silent_since(self) -> float | None:
        """The Unix time at which it was heard last, when that is too long ago; None while it is heard."""

    @property
    def answers(self) -> bool:
        """Whether a browser that is sent there finds somebody."""

    @property
    def swept(self) -> str:
        """The id of the room that it keeps nothing else of; empty before it was heard."""


class SeenHosts(Protocol):
    """All hosts of the room."""

    def all(self) -> Sequence[SeenHost]:
        """Return the hosts by name."""

    @property
    def deaf_since(self) -> float | None:
        """The Unix time since which the desk hears none of them, by its own fault or the broker's; else None."""


class Front(Protocol):
    """The front desk. Every method may be called from any thread but the loop's.

    Refusals are errors of `vango.kit` with a sentence for the person who asked.
    """

    @property
    def folder(self) -> Path:
        """The desk's folder."""

    @property
    def wall(self) -> Wall:
        """What the desk knows: the room, its seats and what is reported of them, what was said, the votes."""

    @property
    def guesses(self) -> Guesses:
        """The limits of wrong codes."""

    @property
    def hosts(self) -> SeenHosts:
        """The hosts."""

    def join(self, code: str, name: str, address: str) -> SeatRow:
        """Give a new seat to somebody who knows the code of the room."""

    def resume(self, code: str, address: str) -> SeatRow:
        """Return the seat of a resume code."""

    def back(self, seat: str) -> SeatRow:
        """Return a seat as it is now, at a host that answers."""

    def ticket(self, seat: SeatRow) -> str:
        """Return a ticket that brings a seat to its host."""

    def host_url(self, seat: SeatRow) -> str:
        """Return where browsers reach the seat's host."""

    def say(self, say: Say, seats: Sequence[str] = (), **with_: str) -> Instruction:
        """Tell the room, or some seats, something."""

    def open_vote(self, lab: str, step: str, question: str, options: Mapping[str, str]) -> VoteRow:
        """Open a vote."""

    def close_vote(self, number: int) -> VoteRow:
        """Close a vote."""

    def rename(self, seat: str, name: str) -> SeatRow:
        """Give a seat another name."""

    def put_out(self, seat: str, *, out: bool = True) -> SeatRow:
        """Put a seat out, or let it in again."""

    def never_came(self) -> Sequence[SeatRow]:
        """Return the seats whose learners did not come until now."""

    def put_out_absent(self) -> int:
        """Let those give their places back; return how many did."""

    def new_resume_code(self, seat: str) -> SeatRow:
        """Give a seat another resume code."""

    def truth(self) -> Truth:
        """Return the audit of every view."""

    def change_room(self, **changes: str | bool) -> RoomRow:
        """Change the room."""

    def end(self) -> RoomRow:
        """Delete everything of the room, and begin another."""
