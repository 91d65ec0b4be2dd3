"""What front desk and hosts tell each other: rows of two feeds, each a whole row with a key and a version.

The desk's feed goes to every host: the room, its seats, its instructions. Each host has a feed of its own for the way
back: one report for each of its seats. Both are facts of `vango.kit`: the chain, the mark and the snapshot are its.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, TypeVar

import msgspec

from vango.kit import BadInput, Feed

ROOM_KEY = "room"
DESK = Feed("room", service="desk", key="key", version="version", stream="ROOM")
"""Rows: `RoomRow` under the key `room`, `SeatRow` under `seat/<id>`, `Instruction` under `say/<number>`, `VoteRow`
under `vote/<number>`, and the parts of a `Carry` under `carry/<seat>` (`studylab.room.carrying`)."""
HOST_NAME = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,30}[a-z0-9])?")
T = TypeVar("T")


def reports(host: str) -> Feed:
    """Return the feed of one host: `Report` rows under `seat/<id>`, and the parts of a `Carry` as in the desk's feed.

    Its name has the host's name, so that each host has subjects of its own. Raises `BadInput` for a name that no
    subject can hold.
    """
    if not HOST_NAME.fullmatch(host):
        raise BadInput(f"{host[:40]!r} is no name of a host: it has small letters, digits and hyphens, at most 32.")
    name = f"report-{host}"
    return Feed(name, service=f"host-{host}", key="key", version="version", stream=f"REPORT-{host}")


def hello(host: str) -> str:
    """Return the subject on which a host says `HostRow` to the desk each second. No stream stores it."""
    return f"{DESK.domain.control.heartbeat.rpartition('.')[0]}.hello.{host}"


def claim_of(who: str, asked_by: str) -> str:
    """Return the subject on which one side is asked what its edge claims (`studylab.room.claims`)."""
    return f"control.claim.{who}.{asked_by}"


def seat_key(seat: str) -> str:
    """Return the key of a seat's row, in either feed."""
    return f"seat/{seat}"


def as_told(key: str, version: int, row: Any) -> dict[str, Any]:
    """Return a row as it is told: what JSON gives back, so that a table that is read is equal to what was told.

    `lapsed` is told only where it is so: rows from before there was such a field are still equal.
    """
    told = msgspec.json.decode(msgspec.json.encode(row))
    if not told.get("lapsed", True):
        del told["lapsed"]
    return {"key": key, "version": version, **told}


def as_row(data: Mapping[str, Any], kind: type[T]) -> T:
    """Return what was told as a row. Raises `msgspec.ValidationError`, a `ValueError`, when it is not one."""
    return msgspec.convert(data, kind)


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
    """The room itself. `lab` and `step` are where the plan is now (a slug and a step's id, empty before the first).

    `id` differs for each room: a host that sees another drops what it kept of the one before.
    """

    code: str
    id: str = ""
    name: str = ""
    open: bool = True
    held: bool = False
    lab: str = ""
    step: str = ""
    desk_url: str = ""


@dataclass(frozen=True, slots=True)
class SeatRow:
    """One seat. `epoch` grows with each change of `host`; `carried` says that a new host rebuilds the bench from a
    `Carry`, which comes in rows of its own.

    `name` is empty for a guest. `out`: put out by the teacher. `after` is the number of the last instruction that is
    none of this host's business: it was given before the seat came to it, and carried out by the host before.
    `lapsed`: it is out because its learner never came, and gets a place again when they come after all.
    """

    id: str
    number: int
    name: str
    host: str
    epoch: int
    resume: str
    out: bool = False
    carried: bool = False
    after: int = 0
    lapsed: bool = False


@dataclass(frozen=True, slots=True)
class Hit:
    """What the last fault did to a seat's bench: a fact about that fault, whatever is said and done afterwards.

    `number` is its instruction's, 0 before the first; `failed` the sentence with which it was refused. `hurt`: another
    verdict than sound was seen since it began. `again`: after that it was sound, the first time `after_s` seconds after
    it began, by the host's own stopwatch; None when that was lost, because the host was started again or is another.
    """

    number: int = 0
    failed: str = ""
    hurt: bool = False
    again: bool = False
    after_s: float | None = None


@dataclass(frozen=True, slots=True)
class Carry:
    """What a host needs to bring a seat's bench back: where it was, what was predicted, what was done in the step.

    `progress` is a document of `studylab.lab.records.seal`; `script` has a verb a line (`vango.verbs.script`). `hand`,
    `votes`, `fault` and `touched` are as in a `Report`: who waits for the teacher goes on waiting.
    """

    lab: str = ""
    step: str = ""
    script: str = ""
    progress: str = ""
    hand: float = 0.0
    votes: Mapping[str, str] = field(default_factory=dict)
    fault: Hit = Hit()
    touched: bool | None = None


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
    """A host says that it is there: where browsers reach it, how many benches it has room for, and the sequence of
    the desk's feed that its view is at. `room` is the room whose seats it reports of; nothing is left of another.
    """

    url: str
    room_for: int
    benches: int = 0
    sequence: int = 0
    room: str = ""
    at: float = 0.0


@dataclass(frozen=True, slots=True)
class Report:
    """What a host says of a seat. Times are Unix seconds; `since` is when the verdict last changed, `ticked` the last
    new tick, `hand` when the hand went up (0: it is down). `votes` are vote number to option. `done` is the number of
    the last instruction that was carried out, `failed` the sentence of one that was not. `fault` is what the last
    fault did to the bench. A `Carry` is told apart. `touched`: the learner has done something there, which what the
    teacher does is not; None: the host does not say.
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
    fault: Hit = Hit()
    at: float = 0.0
    touched: bool | None = None
