"""What front desk and hosts tell each other: rows of two feeds, each a whole row with a key and a version.

The desk's feed goes to every host: the room, its seats, its instructions. Each host has a feed of its own for the way
back: one report for each of its seats. Both are facts of `vango.kit`: the chain, the mark and the snapshot are its.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from vango.kit import Feed

ROOM_KEY = "room"
DESK = Feed("room", service="desk", key="key", version="version", stream="ROOM")
"""Rows: `RoomRow` under the key `room`, `SeatRow` under `seat/<id>`, `Instruction` under `say/<number>`, `VoteRow`
under `vote/<number>`."""


def reports(host: str) -> Feed:
    """Return the feed of one host: `Report` rows under the seat's id, and one `HostRow` under the key `host`."""
    return Feed("report", service=f"host-{host}", key="key", version="version", stream=f"REPORT-{host}")


class Say(StrEnum):
    """What an instruction asks for."""

    STEP = "step"
    HOLD = "hold"
    RELEASE = "release"
    MESSAGE = "message"
    FAULT = "fault"
    RESET = "reset"
    DRIVE = "drive"


@dataclass(frozen=True, slots=True)
class RoomRow:
    """The room itself. `lab` and `step` are where the plan is now (a slug and a step's id, empty before the first)."""

    code: str
    name: str = ""
    open: bool = True
    held: bool = False
    lab: str = ""
    step: str = ""
    desk_url: str = ""


@dataclass(frozen=True, slots=True)
class SeatRow:
    """One seat. `epoch` grows with each change of `host`; `carry` is what a new host rebuilds the bench from.

    `name` is empty for a guest. `out`: put out by the teacher.
    """

    id: str
    number: int
    name: str
    host: str
    epoch: int
    resume: str
    out: bool = False
    carry: Carry | None = None


@dataclass(frozen=True, slots=True)
class Carry:
    """What a host needs to bring a seat's bench back: where it was, what was predicted, what was done in the step.

    `progress` is a document of `studylab.lab.records.seal`; `script` has a verb a line (`vango.verbs.script`).
    """

    lab: str = ""
    step: str = ""
    script: str = ""
    progress: str = ""


@dataclass(frozen=True, slots=True)
class Instruction:
    """What the teacher says. `number` is gapless, `after` its predecessor's. `seats` are ids; empty means everybody.

    `with_` holds what `say` needs: lab and step; text; verb and its arguments, or a storm's seed.
    """

    number: int
    after: int
    say: Say
    seats: tuple[str, ...] = ()
    with_: Mapping[str, str] = field(default_factory=dict)
    at: float = 0.0


@dataclass(frozen=True, slots=True)
class VoteRow:
    """A prediction of a lab, opened to the room. `options` are id to text; `closed` shows the bars."""

    number: int
    lab: str
    step: str
    question: str
    options: Mapping[str, str]
    closed: bool = False


@dataclass(frozen=True, slots=True)
class HostRow:
    """A host says that it is there: where browsers reach it, how many benches it has room for."""

    url: str
    room_for: int
    benches: int = 0
    at: float = 0.0


@dataclass(frozen=True, slots=True)
class Report:
    """What a host says of a seat. Times are Unix seconds; `since` is when the verdict last changed, `ticked` the last
    new tick, `hand` when the hand went up (0: it is down). `votes` are vote number to option. `done` is the number of
    the last instruction that was carried out, `failed` the sentence of one that was not.
    """

    seat: str
    epoch: int
    lab: str = ""
    step: str = ""
    index: int = 0
    steps: int = 0
    ticks: int = 0
    of: int = 0
    finished: int = 0
    act: str = ""
    verdict: str = ""
    sentence: str = ""
    since: float = 0.0
    ticked: float = 0.0
    hand: float = 0.0
    here: bool = False
    agreed: bool = False
    votes: Mapping[str, str] = field(default_factory=dict)
    done: int = 0
    failed: str = ""
    carry: Carry | None = None
    at: float = 0.0
