"""Acts: what a request does on a bench, so that a hold and the limits of the room hold on every way to it.

Every request that may change something is an act, but for those that are named here. A new route is one, too.
"""

from __future__ import annotations

from studylab.lab.calls import Call, Script
from studylab.room.serving.seat import Seat
from studylab.room.serving.serving import Serving
from studylab.room.serving.shares import ACTS, check
from vango.actors.errors import Refused

HELD = "The teacher holds the room here: nothing was done. The buttons work again at the release."
HELD_MEANWHILE = "The teacher holds the room here. What was not yet played is left out."
NO_ACTS = frozenset(
    {
        "bench.begin", "bench.stop",
        "progress.bring_in", "scenes.keep", "scenes.forget",
        "room.hand", "room.read", "room.vote", "room.drive", "watch.drive",
    }
)  # fmt: skip
"""What does nothing on a bench: it ends what is being played, keeps or names something, or speaks with the teacher."""
GUIDE = frozenset({"labs.predict", "labs.quiz", "labs.hint", "labs.proceed"})
"""Reading on in the guide and answering its questions. A held learner may; it counts as an act all the same."""


def is_act(endpoint: str) -> bool:
    """Return whether a request that may change something counts as an act."""
    return endpoint not in NO_ACTS


def is_held_back(endpoint: str) -> bool:
    """Return whether it waits for the release while the teacher holds the room."""
    return endpoint not in NO_ACTS | GUIDE


class LimitsHere:
    """The limits of a room for the scripts of one seat: `studylab.web.limits.Limits`."""

    def __init__(self, serving: Serving, seat: Seat) -> None:
        self._serving, self._seat = serving, seat

    def check(self, script: Script) -> None:
        """Check every act of a script as if it came alone."""
        at_work = self._serving.at_work(self._seat)
        for item in script:
            if isinstance(item, Call):
                check(item.verb, item.arguments, at_work)

    async def turn(self) -> None:
        """Take an act of the seat's share; wait for it when none is left. Raises `Refused` once the seat is held."""
        await self._serving.shares.turn(self._seat.id, ACTS)
        if self._seat.is_held:
            raise Refused(HELD_MEANWHILE)
