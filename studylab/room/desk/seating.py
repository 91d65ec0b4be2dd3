"""Who sits where: joining, resuming, leaving, and seats that get another host. Each is one transaction.

A seat is placed where most is free, in the transaction that makes or moves it. With each change of host its epoch
grows by one: a browser with an older one is sent on.
"""

from __future__ import annotations

import json
import secrets
import sqlite3
from collections.abc import Collection, Iterable
from dataclasses import replace

from studylab.room import codes, names
from studylab.room.carrying import Part
from studylab.room.desk import schema
from studylab.room.desk.telling import Telling
from studylab.room.parts import write_part
from studylab.room.protocol import SeatRow, seat_key
from vango.kit import NotThere, Refused, Unavailable

MAX_SEATS = 20_000
NO_HOST = "No host of this room answers at the moment. Wait a little, then try again; a seat is never lost."
FULL = "The room is full: {0} seats are taken. Tell the teacher, who can make room; then try again."
ENDED = "This room has ended."
_COLUMNS = (
    "version = ?, number = ?, name = ?, host = ?, epoch = ?, resume = ?, out = ?, carried = ?, after = ?, alike = ?"
)


class Full(Refused):
    """No host has room for one more seat."""


def join(telling: Telling, name: str, hosts: Collection[str]) -> SeatRow:
    """Make a seat on one of these hosts. `name` is clean. Raises `Full`, and `Refused` when the room has ended."""
    db = telling.db
    _, room = next(schema.room(db))
    if not room.open:
        raise Refused(ENDED)
    host = place(db, hosts)
    number = int(db.execute("SELECT max(coalesce(max(number), 0), 0) + 1 FROM seat").fetchone()[0])
    if number > MAX_SEATS:
        raise Refused(FULL.format(number - 1))
    after = int(db.execute("SELECT coalesce(max(number), 0) FROM instruction").fetchone()[0])
    seat = SeatRow(
        secrets.token_hex(6), number, told_apart(db, name, number), host, 1, codes.resume_code(), after=after
    )
    db.execute(
        "INSERT INTO seat (id, version, number, name, alike, host, epoch, resume, after)"
        " VALUES (?, 1, ?, ?, ?, ?, 1, ?, ?)",
        [seat.id, seat.number, seat.name, names.alike(seat.name), seat.host, seat.resume, seat.after],
    )
    telling.tell(seat_key(seat.id), 1, seat)
    return seat


def place(db: sqlite3.Connection, hosts: Collection[str]) -> str:
    """Return the host with most room among these. Raises `Unavailable` without a host, `Full` without room."""
    found = db.execute(
        "SELECT name, room_for - seats FROM host WHERE name IN (SELECT value FROM json_each(?))"
        " ORDER BY room_for - seats DESC, name LIMIT 1",
        [json.dumps([*hosts])],
    ).fetchone()
    if found is None:
        raise Unavailable(NO_HOST)
    if found[1] < 1:
        raise Full(FULL.format(db.execute("SELECT count(*) FROM seat WHERE NOT out").fetchone()[0]))
    return str(found[0])


def told_apart(db: sqlite3.Connection, name: str, number: int) -> str:
    """Return a name that no other seat has: the second Ana is “Ana 2”."""
    if not name:
        return ""
    for shown in (name, *(f"{name} {n}" for n in range(2, 20)), f"{name} ({number})"):
        if (
            db.execute("SELECT 1 FROM seat WHERE alike = ? AND number <> ?", [names.alike(shown), number]).fetchone()
            is None
        ):
            return shown
    return f"{name} ({number})"


def seat_of(db: sqlite3.Connection, seat: str) -> tuple[int, SeatRow]:
    """Return a seat with its version. Raises `NotThere`."""
    found = next(schema.seats(db, "WHERE id = ?", seat), None)
    if found is None:
        raise NotThere("The room has no such seat.")
    return found


def change(telling: Telling, seat: str, **changes: str | bool) -> SeatRow:
    """Change a seat where it is: its name, its resume code, or that it is put out. Raises `NotThere`."""
    version, old = seat_of(telling.db, seat)
    if isinstance(name := changes.get("name"), str):
        changes["name"] = told_apart(telling.db, name, old.number)
    if "out" in changes:
        changes["lapsed"] = False
    return _write(telling, version + 1, replace(old, **changes))  # type: ignore[arg-type]


def lapse(telling: Telling, seat: SeatRow) -> bool:
    """Let a seat give its place back, if it is as the caller knows it; return whether it did. `move` brings it back."""
    version, old = seat_of(telling.db, seat.id)
    if old.out or old.epoch != seat.epoch:
        return False
    _write(telling, version + 1, replace(old, out=True, lapsed=True))
    return True


def move(telling: Telling, seat: SeatRow, hosts: Collection[str], parts: Iterable[Part], done: int = 0) -> SeatRow:
    """Give a seat to one of these hosts, under the next epoch, with what it needs to rebuild the bench.

    One that has lapsed has a place again; who was put out stays out. Raises `Unavailable`, `Full` as `place` does.
    `seat` is the seat as the caller knows it: when it was moved since, it stays where it is now. `done` is the last
    instruction that the host before has carried out for it.
    """
    version, old = seat_of(telling.db, seat.id)
    if old.epoch != seat.epoch:
        return old
    host = place(telling.db, hosts)
    carried = False
    for part in parts:
        told = write_part(telling.db, moved := replace(part, epoch=old.epoch + 1))
        telling.tell(moved.key, told["version"], moved)
        carried = True
    is_out = old.out and not old.lapsed
    row = replace(
        old, host=host, epoch=old.epoch + 1, carried=carried, after=max(old.after, done), out=is_out, lapsed=False
    )
    return _write(telling, version + 1, row)


def host_is_there(db: sqlite3.Connection, name: str, url: str, room_for: int) -> None:
    """Keep what a host says of itself."""
    db.execute(
        "INSERT INTO host (name, url, room_for) VALUES (?1, ?2, ?3)"
        " ON CONFLICT (name) DO UPDATE SET url = ?2, room_for = ?3",
        [name, url, room_for],
    )


def _write(telling: Telling, version: int, seat: SeatRow) -> SeatRow:
    out = schema.LAPSED if seat.lapsed else int(seat.out)
    values = [version, seat.number, seat.name, seat.host, seat.epoch, seat.resume, out, seat.carried, seat.after]
    telling.db.execute(f"UPDATE seat SET {_COLUMNS} WHERE id = ?", [*values, names.alike(seat.name), seat.id])
    telling.tell(seat_key(seat.id), version, seat)
    return seat
