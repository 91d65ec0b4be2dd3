"""The end of a room: what people wrote is deleted, here and wherever it was told.

By the rules of the kit no row is deleted: each is told once more, empty. Then the events before are forgotten, the
streams and snapshots are purged, and the views are made again. Hosts do the same with theirs when they hear that the
room has another id; what was told meanwhile is purged when they say that they have.
"""

from __future__ import annotations

import secrets
from dataclasses import replace

from studylab.room import carrying, codes
from studylab.room.carrying import Part
from studylab.room.desk import conduct, schema
from studylab.room.desk.telling import Telling
from studylab.room.parts import parts, write_part
from studylab.room.protocol import RoomRow, as_row, seat_key
from vango.broker.connection import Connection
from vango.broker.streams import stream_of
from vango.kit import Feed


def forget(telling: Telling) -> RoomRow:
    """Empty every row of the room, and begin another with a code of its own. `unswept` is set until `sweep` is done."""
    db = telling.db
    room = conduct.change_room(
        telling, id=secrets.token_hex(6), code=codes.room_code(), name="", open=True, held=False, lab="", step=""
    )
    db.execute("UPDATE room SET unswept = 1")
    _forget_seats(telling)
    for part in [as_row(data, Part) for data in parts(db)]:
        told = write_part(db, left := carrying.gone(part))
        telling.tell(left.key, told["version"], left)
    for version, said in [*schema.instructions(db)]:
        if version == 1:
            emptied = "UPDATE instruction SET with_ = '{}', seats = '[]', version = 2 WHERE number = ?"
            db.execute(emptied, [said.number])
            telling.tell(f"say/{said.number}", 2, replace(said, with_={}, seats=()))
    for version, vote in [*schema.votes(db)]:
        if vote.options:
            db.execute(
                "UPDATE vote SET version = ?, lab = '', step = '', question = '', options = '{}', closed = 1"
                " WHERE number = ?",
                [version + 1, vote.number],
            )
            left_vote = replace(vote, lab="", step="", question="", options={}, closed=True)
            telling.tell(f"vote/{vote.number}", version + 1, left_vote)
    return room


def _forget_seats(telling: Telling) -> None:
    db = telling.db
    lowest = int(db.execute("SELECT min(coalesce(min(number), 0), 0) FROM seat").fetchone()[0])
    for version, seat in [*schema.seats(db, "WHERE number > 0 ORDER BY number")]:
        lowest -= 1
        left = replace(seat, number=lowest, name="", resume=codes.resume_code(), out=True, lapsed=False, carried=False)
        db.execute(
            "UPDATE seat SET version = ?, number = ?, name = '', alike = '', resume = ?, out = 1, carried = 0"
            " WHERE id = ?",
            [version + 1, left.number, left.resume, left.id],
        )
        telling.tell(seat_key(left.id), version + 1, left)


async def purge(wire: Connection, feed: Feed) -> None:
    """Empty a feed's stream, and the bucket of its snapshots. An edge that has not read all loads a new one."""
    await wire.api(f"STREAM.PURGE.{feed.domain.stream}")
    await wire.api(f"STREAM.PURGE.{stream_of(feed.domain.bucket)}")
