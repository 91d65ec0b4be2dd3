"""The named places where an actor can be told to stop dead, and what stopping dead means.

A crash is `Crashed`, a BaseException: no `except Exception` catches it and nothing tidies up behind it. Whoever runs
the actor aborts its socket and drops its memory, so that only what was committed survives. That is what SIGKILL
leaves; it is done to a task, not to a process, and the page says so.
"""

from __future__ import annotations

from enum import StrEnum


class Point(StrEnum):
    """Every named point of every actor's path."""

    BETWEEN_COMMIT_AND_PUBLISH = "between commit and publish"
    BEFORE_PUBLISH = "before publish"
    BEFORE_MARK = "after publish, before mark"
    AFTER_RECEIVE = "after receive"
    AFTER_APPLY = "after apply, before ack"
    AFTER_ACK = "after ack, before apply"
    IN_SNAPSHOT_LOAD = "half-way through a snapshot load"


CONTROL_POINTS = (Point.BETWEEN_COMMIT_AND_PUBLISH,)
RELAY_POINTS = (Point.BEFORE_PUBLISH, Point.BEFORE_MARK)
EDGE_POINTS = (Point.AFTER_RECEIVE, Point.AFTER_APPLY, Point.AFTER_ACK, Point.IN_SNAPSHOT_LOAD)


class Crashed(BaseException):
    """An actor stopped dead at a point. Only whoever runs the actor may catch this."""

    def __init__(self, point: Point) -> None:
        super().__init__(point.value)
        self.point = point


class Path:
    """An actor's way past its points. Armed with one, it crashes there once."""

    def __init__(self) -> None:
        self.armed: Point | None = None

    async def reach(self, point: Point) -> None:
        """Pass a point, or crash at it. A coroutine, because a path may also be made to wait here."""
        if self.armed is point:
            self.armed = None
            raise Crashed(point)
