"""The pace of a bench: live, slow, or step by step with the learner as the scheduler.

Every actor passes the named points of its path (`vango.actors.crash_points`). Live, it passes. Slow, it pauses at
each. In step it waits at each until it is released. The system below stays real: the broker's clocks continue, so an
ack that is held back for longer than ack_wait causes a redelivery, as it would anywhere.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from enum import StrEnum

from vango.actors.crash_points import AtPoint, Point, Tempo
from vango.actors.errors import Refused

SLOW_S = 0.8


class Stretch(StrEnum):
    """How far the actors go on without a wait, in step."""

    NEXT_COMMIT = "next commit"
    END = "end"


class Pace:
    """Which actor waits where on one bench. `tell` gets actor, kind and text for the journal."""

    def __init__(self, tell: Callable[[str, str, str], None]) -> None:
        self.tempo = Tempo.LIVE
        self._tell = tell
        self._stretch: Stretch | None = None
        self._gates: dict[str, tuple[Point, asyncio.Event]] = {}

    @property
    def is_live(self) -> bool:
        """Whether actors pass without a pause."""
        return self.tempo is Tempo.LIVE

    @property
    def waiting(self) -> tuple[AtPoint, ...]:
        """The waiting actors, the longest first."""
        return tuple(AtPoint(actor, point) for actor, (point, _) in self._gates.items())

    async def pass_point(self, actor: str, point: Point) -> None:
        """Pass a point at the bench's pace."""
        if self.is_live or self._runs_past(point):
            return
        gate = asyncio.Event()
        self._gates[actor] = (point, gate)
        self._tell(actor, "wait", f"waits {point}")
        try:
            async with asyncio.timeout(SLOW_S if self.tempo is Tempo.SLOW else None):
                await gate.wait()
        except TimeoutError:
            pass
        finally:
            # An actor that was killed here and started again may already wait at its own gate.
            if self._gates.get(actor, (point, None))[1] is gate:
                del self._gates[actor]

    def go_on(self, actor: str) -> str:
        """Release an actor. Raises `Refused` when it does not wait."""
        if actor not in self._gates:
            who = ", ".join(self._gates) or "nobody"
            raise Refused(f"{actor[:40]} waits at no point. Waiting: {who}.")
        point, gate = self._gates[actor]
        gate.set()
        return f"{actor} continued {point}."

    def run_on(self, to: Stretch) -> str:
        """Release everyone, in step: they pass every point up to the next commit of truth, or to the end.

        It lasts until the learner's next act (`hold`). Raises `Refused` when nobody waits.
        """
        if self.tempo is not Tempo.STEP or not self._gates:
            raise Refused("Nobody waits at a point. Choose Step and change an owner, then go on from there.")
        self._stretch = to
        self._release_all()
        return f"All continue to the {to}, without a wait."

    def hold(self) -> None:
        """End a stretch without waits: in step every actor waits at its next point again."""
        self._stretch = None

    def _runs_past(self, point: Point) -> bool:
        """Return whether a stretch leads past a point. The next commit of truth ends a stretch that was to lead there."""
        if self._stretch is Stretch.NEXT_COMMIT and point is Point.BEFORE_COMMIT:
            self.hold()
        return self._stretch is not None

    def change(self, tempo: Tempo) -> str:
        """Choose the tempo. Waiting actors continue, and nothing is lost."""
        self.tempo = tempo
        self.hold()
        self._release_all()
        return f"The bench runs {tempo}." if tempo is not Tempo.STEP else "Every actor waits at each point of its path."

    def _release_all(self) -> None:
        for _, gate in self._gates.values():
            gate.set()
