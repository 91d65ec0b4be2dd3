"""What the teacher does with the room: the plan's place, hold, messages, faults, votes. Each is one transaction.

An instruction has the next number and names the one before it. Where it changes the room as well, both rows are
written together: who comes late reads the room, who is there hears the instruction.
"""

from __future__ import annotations

import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace

import msgspec

from studylab.room.desk import schema
from studylab.room.desk.telling import Telling
from studylab.room.protocol import ROOM_KEY, Instruction, RoomRow, Say, VoteRow
from vango.kit import BadInput, NotThere, Refused

MAX_OPTIONS = 12


def say(telling: Telling, what: Say, seats: Sequence[str] = (), with_: Mapping[str, str] | None = None) -> Instruction:
    """Say something to these seats, or to everybody. Raises `BadInput` when too much is said at once."""
    last = int(telling.db.execute("SELECT coalesce(max(number), 0) FROM instruction").fetchone()[0])
    said = Instruction(last + 1, last, what, tuple(seats), dict(with_ or {}), time.time())
    telling.db.execute(
        "INSERT INTO instruction (number, after, say, seats, with_, at) VALUES (?, ?, ?, ?, ?, ?)",
        [said.number, said.after, said.say, json.dumps(said.seats), json.dumps(said.with_), said.at],
    )
    telling.tell(f"say/{said.number}", 1, said)
    _follow(telling, said)
    return said


def _follow(telling: Telling, said: Instruction) -> None:
    """What is said to everybody changes the room, for those who come later."""
    if said.seats:
        return
    if said.say is Say.STEP:
        change_room(telling, lab=said.with_.get("lab", ""), step=said.with_.get("step", ""))
    elif said.say in (Say.HOLD, Say.RELEASE):
        change_room(telling, held=said.say is Say.HOLD)


def change_room(telling: Telling, **changes: str | bool) -> RoomRow:
    """Change the room's own row, unless nothing changes."""
    version, old = next(schema.room(telling.db))
    room = replace(old, **changes)  # type: ignore[arg-type]
    if room == old:
        return old
    telling.db.execute(
        "UPDATE room SET version = ?, code = ?, id = ?, name = ?, open = ?, held = ?, lab = ?, step = ?, desk_url = ?",
        [version + 1, room.code, room.id, room.name, room.open, room.held, room.lab, room.step, room.desk_url],
    )
    telling.tell(ROOM_KEY, version + 1, room)
    return room


def begin_room(telling: Telling, room: RoomRow) -> RoomRow:
    """Make the room, unless there is one."""
    if (found := next(schema.room(telling.db), None)) is not None:
        return found[1]
    telling.db.execute(
        "INSERT INTO room VALUES (1, 1, ?, ?, ?, ?, ?, ?, ?, ?, 0)",
        [room.code, room.id, room.name, room.open, room.held, room.lab, room.step, room.desk_url],
    )
    telling.tell(ROOM_KEY, 1, room)
    return room


def open_vote(telling: Telling, lab: str, step: str, question: str, options: Mapping[str, str]) -> VoteRow:
    """Open a vote. Raises `BadInput` without a choice."""
    if not 2 <= len(options) <= MAX_OPTIONS:
        raise BadInput(f"A vote has 2 to {MAX_OPTIONS} options.")
    number = int(telling.db.execute("SELECT coalesce(max(number), 0) + 1 FROM vote").fetchone()[0])
    vote = VoteRow(number, lab, step, question, dict(options))
    values = [number, lab, step, question, msgspec.json.encode(vote.options).decode()]
    telling.db.execute("INSERT INTO vote VALUES (?, 1, ?, ?, ?, ?, 0)", values)
    telling.tell(f"vote/{number}", 1, vote)
    return vote


def close_vote(telling: Telling, number: int) -> VoteRow:
    """Close a vote: from now on its bars are shown. Raises `NotThere`, `Refused` when it is closed."""
    found = next(((version, vote) for version, vote in schema.votes(telling.db) if vote.number == number), None)
    if found is None:
        raise NotThere("The room has no such vote.")
    version, vote = found[0] + 1, replace(found[1], closed=True)
    if found[1].closed:
        raise Refused("This vote is closed already.")
    telling.db.execute("UPDATE vote SET version = ?, closed = 1 WHERE number = ?", [version, number])
    telling.tell(f"vote/{number}", version, vote)
    return vote
