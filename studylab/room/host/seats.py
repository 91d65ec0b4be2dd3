"""Which seats a host serves, under which epoch, on which bench. In memory for each request, and in its own database.

A ticket is enough: the desk's fact may come later. A cookie of an older epoch is never enough.
"""

from __future__ import annotations

import sqlite3
import time

from studylab.room.database import Database
from studylab.room.host.standing import Standing, standing
from studylab.room.host.view import RoomView
from studylab.room.tickets import OLD, USED, Ticket, Tickets
from vango.kit import Refused

FORGET_NONCES_S = 600.0


class Seats:
    """The seats of one host. `admit` and `standing` may be called from any thread."""

    def __init__(self, host: str, database: Database, view: RoomView, tickets: Tickets) -> None:
        self._host, self._database, self._view, self._tickets = host, database, view, tickets
        self._kept: dict[str, tuple[int, str]] = {}
        self._proven: dict[str, int] = {}

    async def load(self) -> list[tuple[str, int, int]]:
        """Read which benches there are. Returns each seat with the last instruction done and begun for it."""
        found = await self._database.soon(
            lambda db: db.execute("SELECT seat, epoch, key, done, begun FROM bench").fetchall()
        )
        self._kept = {seat: (epoch, key) for seat, epoch, key, *_ in found}
        self._proven = {seat: epoch for seat, (epoch, _) in self._kept.items()}
        return [(seat, done, begun) for seat, _, _, done, begun in found]

    def admit(self, text: str) -> Ticket:
        """Take a ticket. Raises `Refused` with a sentence: forged, older than a minute, used, or of an older epoch."""
        ticket = self._tickets.read(text, self._host)
        self._database.now(lambda db: _use(db, ticket.nonce))
        row = self._view.seats.get(ticket.seat)
        if ticket.epoch < max(self._proven.get(ticket.seat, 0), row.epoch if row else 0):
            raise Refused(OLD)
        self._proven[ticket.seat] = ticket.epoch
        return ticket

    def standing(self, seat: str, epoch: int) -> Standing:
        """Judge a seat and an epoch: serve only what is `Standing.OURS`."""
        return standing(self._host, epoch, self._view.seats.get(seat), self._proven.get(seat, 0))

    def kept(self, seat: str) -> tuple[int, str]:
        """Return the epoch and the key of the bench that a seat has here; 0 and nothing when it has none."""
        return self._kept.get(seat, (0, ""))

    def all(self) -> dict[str, int]:
        """Return the seats that have a bench here, with their epochs."""
        return {seat: epoch for seat, (epoch, _) in self._kept.copy().items()}

    async def keep(self, ticket: Ticket, key: str) -> str:
        """Keep which bench a seat has, and return its key: the one that it has under this epoch already, or `key`."""
        kept = await self._database.soon(lambda db: _keep(db, ticket, key))
        self._kept[ticket.seat] = ticket.epoch, kept
        self._proven[ticket.seat] = max(ticket.epoch, self._proven.get(ticket.seat, 0))
        return kept

    async def forget(self, seat: str, key: str) -> None:
        """A seat is served with this bench no longer. It may have another already; its epoch stays known."""
        if self._kept.get(seat, (0, ""))[1] == key:
            del self._kept[seat]
        gone = "DELETE FROM bench WHERE seat = ? AND key = ?"
        await self._database.soon(lambda db: db.execute(gone, [seat, key]).rowcount)


def _use(db: sqlite3.Connection, nonce: str) -> None:
    """Keep that a ticket was used. Raises `Refused` when it was before."""
    now = time.time()
    db.execute("DELETE FROM used WHERE at < ?", [now - FORGET_NONCES_S])
    if db.execute("INSERT OR IGNORE INTO used VALUES (?, ?)", [nonce, now]).rowcount == 0:
        raise Refused(USED)


def _keep(db: sqlite3.Connection, ticket: Ticket, key: str) -> str:
    found = db.execute("SELECT epoch, key FROM bench WHERE seat = ?", [ticket.seat]).fetchone()
    if found is not None and found[0] > ticket.epoch:
        raise Refused(OLD)
    if found is not None and found[0] == ticket.epoch:
        return str(found[1])
    values = [ticket.seat, ticket.epoch, key, ticket.after, ticket.after]
    db.execute("INSERT OR REPLACE INTO bench VALUES (?, ?, ?, ?, ?)", values)
    return key
