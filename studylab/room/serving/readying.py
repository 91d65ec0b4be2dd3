"""Making a bench ready: it is brought to where its seat begins, and this is tried again until it is there."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING

from studylab.hub import Hub
from studylab.room.host import HostLink
from studylab.room.protocol import Carry, Report
from studylab.room.serving import rebuilding
from studylab.room.serving.seat import Seat
from studylab.room.tickets import Ticket
from vango.actors.errors import VangoError

if TYPE_CHECKING:
    from studylab.room.serving.serving import Serving

READY_AT_ONCE = 6
CARRY_S = 20.0
AGAIN_S, AGAIN_AT_MOST_S = 1.0, 15.0
TRIES = 20
"""After the last one the learner is let in to the bench as it is; the desk keeps what the seat did before."""
GIVEN_UP = "Your bench could not be brought to where you were. Work on it as it is, or tell the teacher."
UNFORESEEN = "an unexpected error, which is in the host's log."

log = logging.getLogger(__name__)


class Readying:
    """Makes the benches of one host ready, a few at once."""

    def __init__(self, serving: Serving) -> None:
        self._serving = serving
        self._turns = asyncio.Semaphore(READY_AT_ONCE)

    def begin(self, seat: Seat, ticket: Ticket) -> None:
        """Begin with a seat's bench, unless it is ready or on its way."""
        if not seat.made.is_set() and (seat.readying is None or seat.readying.done()):
            seat.stands.clear()
            seat.readying = asyncio.create_task(self._ready(seat, ticket), name=f"make seat {seat.number} ready")

    async def _ready(self, seat: Seat, ticket: Ticket) -> None:
        pause_s = AGAIN_S
        for _ in range(TRIES):
            if await self._is_ready(seat, ticket):
                break
            await asyncio.sleep(pause_s)
            pause_s = min(2 * pause_s, AGAIN_AT_MOST_S)
        else:
            seat.trouble = GIVEN_UP
        seat.stands.set()
        seat.made.set()
        seat.mark()
        seat.changed()

    async def _is_ready(self, seat: Seat, ticket: Ticket) -> bool:
        """Bring a bench to where its seat begins, and return whether it is there."""
        seat.stands.clear()
        try:
            async with self._turns:
                hub = await self._serving.benches.hub(seat.key)
                try:
                    await self._bring(seat, hub, ticket)
                finally:
                    hub.release()
        except Exception as error:  # noqa: BLE001 (whatever it is, the seat waits for its bench and is told why)
            # Until the next try it stands still, and its learner may use it.
            seat.stands.set()
            self._note_trouble(seat, error)
            return False
        if seat.trouble:
            self._serving.link.report(seat.id, failed="")
        seat.kept.ready, seat.trouble = True, ""
        seat.keep()
        return True

    def _note_trouble(self, seat: Seat, error: Exception) -> None:
        if not isinstance(error, VangoError):
            log.error("the bench of seat %d could not be made ready", seat.number, exc_info=error)
        words = str(error) if isinstance(error, VangoError) else UNFORESEEN
        seat.trouble = f"Your bench could not be made ready, and this is tried again: {words}"
        self._serving.link.report(seat.id, failed=words)
        seat.mark()

    async def _bring(self, seat: Seat, hub: Hub, ticket: Ticket) -> None:
        """Bring a new bench to where its seat was at another host, or to where the room is now."""
        link, labs = self._serving.link, self._serving.labs
        carry = await link.carried(ticket, CARRY_S)
        room = link.room
        if carry is not None:
            take_up(seat, link, carry)
            seat.kept.page = carry.lab if carry.lab in labs else ""
            await rebuilding.rebuild(hub, carry, labs)
        elif room is not None and (lab := labs.get(room.lab)) is not None:
            seat.kept.page = lab.slug
            await rebuilding.bring(hub, lab, room.step)
        else:
            seat.kept.page = min(labs.values(), key=lambda lab: lab.number).slug if labs else ""


def take_up(seat: Seat, link: HostLink, carry: Carry) -> None:
    """Go on with what a seat had at another host, its hand, votes and fault, unless there are newer ones here."""
    seat.kept.touched = seat.kept.touched or carry.touched
    said = link.reported(seat.id) or Report(seat.id, seat.epoch)
    fault = max(carry.fault, said.fault, key=lambda one: one.number)
    link.report(seat.id, hand=said.hand or carry.hand, votes={**carry.votes, **said.votes}, fault=fault)
