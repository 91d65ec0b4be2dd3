"""The named points where an actor can be told to crash, and what a crash means.

A crash is `Crashed`, a BaseException: no `except Exception` catches it, and no code cleans up after it. The runner of
the actor aborts its socket and drops its memory, so that only what was committed survives. SIGKILL leaves the same.
But it is done to a task, not to a process, and the page says so.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol


class Point(StrEnum):
    """Every named point of every actor's path."""

    BEFORE_COMMIT = "before commit"
    BETWEEN_COMMIT_AND_PUBLISH = "between commit and publish"
    BEFORE_PUBLISH = "before publish"
    BEFORE_MARK = "after publish, before mark"
    AFTER_RECEIVE = "after receive"
    AFTER_APPLY = "after apply, before ack"
    AFTER_ACK = "after ack, before apply"
    IN_SNAPSHOT_LOAD = "half-way through a snapshot load"


CONTROL_POINTS = (Point.BEFORE_COMMIT, Point.BETWEEN_COMMIT_AND_PUBLISH)
RELAY_POINTS = (Point.BEFORE_PUBLISH, Point.BEFORE_MARK)
EDGE_POINTS = (Point.AFTER_RECEIVE, Point.AFTER_APPLY, Point.AFTER_ACK, Point.IN_SNAPSHOT_LOAD)


class Tempo(StrEnum):
    """How actors pass the points of their paths."""

    LIVE = "live"
    SLOW = "slow"
    STEP = "step"


@dataclass(frozen=True, slots=True)
class AtPoint:
    """One actor that waits at a point."""

    actor: str
    point: Point


class Crashed(BaseException):
    """An actor crashed at a point. Only the runner of the actor may catch this."""

    def __init__(self, point: Point) -> None:
        super().__init__(point.value)
        self.point = point


class Pace(Protocol):
    """What a path asks of the bench's pace (`vango.actors.pace`)."""

    @property
    def is_live(self) -> bool:
        """Whether actors pass without a pause."""

    async def pass_point(self, actor: str, point: Point) -> None:
        """Wait at a point as long as the pace requires."""


class Path:
    """An actor's way past its points. Armed with one, it crashes there once. The bench's pace may make it wait."""

    def __init__(self, actor: str, pace: Pace | None = None) -> None:
        self.armed: Point | None = None
        self._actor = actor
        self._pace = pace

    @property
    def is_slowed(self) -> bool:
        """Whether someone watches the actor pass its points. Then it takes events one at a time."""
        return self._pace is not None and not self._pace.is_live

    async def reach(self, point: Point, *, at_once: bool = False) -> None:
        """Pass a point at the bench's pace, or crash at it. With `at_once` nothing else may happen before the crash."""
        if self._pace is not None and not at_once:
            await self._pace.pass_point(self._actor, point)
        if self.armed is point:
            self.armed = None
            raise Crashed(point)
