"""The tables of `room.db`, and how they are read as the rows that are told. It refuses what must never be true."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator, Mapping
from typing import Any

from studylab.room.parts import parts
from studylab.room.protocol import ROOM_KEY, Instruction, RoomRow, Say, SeatRow, VoteRow, as_told, seat_key

SCHEMA = """
CREATE TABLE IF NOT EXISTS room (
    one INTEGER PRIMARY KEY CHECK (one = 1), version INTEGER NOT NULL, code TEXT NOT NULL, id TEXT NOT NULL,
    name TEXT NOT NULL, open INTEGER NOT NULL, held INTEGER NOT NULL, lab TEXT NOT NULL, step TEXT NOT NULL,
    desk_url TEXT NOT NULL, unswept INTEGER NOT NULL DEFAULT 0
) STRICT;

CREATE TABLE IF NOT EXISTS host (
    name TEXT PRIMARY KEY, url TEXT NOT NULL, room_for INTEGER NOT NULL,
    seats INTEGER NOT NULL DEFAULT 0 CHECK (seats >= 0), room TEXT NOT NULL DEFAULT ''
) STRICT;

CREATE TABLE IF NOT EXISTS seat (
    id TEXT PRIMARY KEY, version INTEGER NOT NULL, number INTEGER NOT NULL UNIQUE, name TEXT NOT NULL,
    alike TEXT NOT NULL, host TEXT NOT NULL REFERENCES host (name), epoch INTEGER NOT NULL CHECK (epoch >= 1),
    resume TEXT NOT NULL UNIQUE, out INTEGER NOT NULL DEFAULT 0, carried INTEGER NOT NULL DEFAULT 0,
    after INTEGER NOT NULL
) STRICT;
CREATE INDEX IF NOT EXISTS seat_of_host ON seat (host);
CREATE INDEX IF NOT EXISTS seat_alike ON seat (alike);

CREATE TRIGGER IF NOT EXISTS epochs_grow_by_one BEFORE UPDATE OF epoch ON seat
WHEN NEW.epoch NOT IN (OLD.epoch, OLD.epoch + 1)
BEGIN SELECT RAISE(ABORT, 'the epoch of a seat grows by one at a time'); END;

CREATE TRIGGER IF NOT EXISTS another_host_needs_an_epoch BEFORE UPDATE OF host ON seat
WHEN NEW.host <> OLD.host AND NEW.epoch = OLD.epoch
BEGIN SELECT RAISE(ABORT, 'a seat changes its host with its epoch'); END;

CREATE TRIGGER IF NOT EXISTS a_seat_is_counted AFTER INSERT ON seat
BEGIN UPDATE host SET seats = seats + (NEW.out = 0) WHERE name = NEW.host; END;

CREATE TRIGGER IF NOT EXISTS a_seat_is_counted_again AFTER UPDATE OF host, out ON seat
BEGIN
    UPDATE host SET seats = seats - (OLD.out = 0) WHERE name = OLD.host;
    UPDATE host SET seats = seats + (NEW.out = 0) WHERE name = NEW.host;
END;

CREATE TABLE IF NOT EXISTS instruction (
    number INTEGER PRIMARY KEY, after INTEGER NOT NULL CHECK (after = number - 1), say TEXT NOT NULL,
    seats TEXT NOT NULL, with_ TEXT NOT NULL, at REAL NOT NULL, version INTEGER NOT NULL DEFAULT 1
) STRICT;

CREATE TRIGGER IF NOT EXISTS instructions_have_no_gap BEFORE INSERT ON instruction
WHEN NEW.number <> 1 + (SELECT coalesce(max(number), 0) FROM instruction)
BEGIN SELECT RAISE(ABORT, 'instructions have no gap'); END;

CREATE TABLE IF NOT EXISTS vote (
    number INTEGER PRIMARY KEY, version INTEGER NOT NULL, lab TEXT NOT NULL, step TEXT NOT NULL,
    question TEXT NOT NULL, options TEXT NOT NULL, closed INTEGER NOT NULL DEFAULT 0
) STRICT;
"""
"""`host` is the desk's own: hosts say it themselves, and `room` is the room that their feed is clean for. All else is
told to every host. Rows of an ended room stay, empty: its seats have numbers below 1 (`studylab.room.desk.ending`)."""

LAPSED = 2
"""What the column `out` of a seat has when it gave its place back; 1 when the teacher has put it out."""
_SEAT = "SELECT version, id, number, name, host, epoch, resume, out, carried, after FROM seat"


def read(db: sqlite3.Connection) -> Iterator[Mapping[str, Any]]:
    """Yield every row as it was told last: what a `kit.Source` reads."""
    for version, row in room(db):
        yield as_told(ROOM_KEY, version, row)
    for version, seat in seats(db):
        yield as_told(seat_key(seat.id), version, seat)
    for version, instruction in instructions(db):
        yield as_told(f"say/{instruction.number}", version, instruction)
    for version, vote in votes(db):
        yield as_told(f"vote/{vote.number}", version, vote)
    yield from parts(db)


def room(db: sqlite3.Connection) -> Iterator[tuple[int, RoomRow]]:
    """Yield the room with its version, if there is one."""
    found = db.execute("SELECT version, code, id, name, open, held, lab, step, desk_url FROM room")
    for version, code, id_, name, is_open, held, lab, step, desk_url in found:
        yield version, RoomRow(code, id_, name, bool(is_open), bool(held), lab, step, desk_url)


def seats(db: sqlite3.Connection, where: str = "", *values: Any) -> Iterator[tuple[int, SeatRow]]:
    """Yield seats with their versions."""
    for version, id_, number, name, host, epoch, resume, out, carried, after in db.execute(f"{_SEAT} {where}", values):
        yield (
            version,
            SeatRow(id_, number, name, host, epoch, resume, bool(out), bool(carried), after, lapsed=out == LAPSED),
        )


def instructions(db: sqlite3.Connection) -> Iterator[tuple[int, Instruction]]:
    """Yield what was said with its version, in order: 2 and more is what an ended room has left."""
    found = db.execute("SELECT version, number, after, say, seats, with_, at FROM instruction ORDER BY number")
    for version, number, after, say, seats_, with_, at in found:
        yield version, Instruction(number, after, Say(say), tuple(json.loads(seats_)), json.loads(with_), at)


def votes(db: sqlite3.Connection) -> Iterator[tuple[int, VoteRow]]:
    """Yield the votes with their versions, in order."""
    found = db.execute("SELECT version, number, lab, step, question, options, closed FROM vote ORDER BY number")
    for version, number, lab, step, question, options, closed in found:
        yield version, VoteRow(number, lab, step, question, json.loads(options), bool(closed))
