"""Crash points: armed, an actor stops dead there once, and nothing catches it by accident."""

from __future__ import annotations

import asyncio

import pytest

from vango.actors.crash_points import CONTROL_POINTS, EDGE_POINTS, RELAY_POINTS, Crashed, Path, Point


def test_an_armed_path_crashes_at_its_point_once() -> None:
    path = Path("fra")
    path.armed = Point.AFTER_RECEIVE
    asyncio.run(path.reach(Point.AFTER_APPLY))
    with pytest.raises(Crashed) as crash:
        asyncio.run(path.reach(Point.AFTER_RECEIVE))
    assert crash.value.point is Point.AFTER_RECEIVE
    asyncio.run(path.reach(Point.AFTER_RECEIVE))


def test_no_handler_of_exceptions_catches_a_crash() -> None:
    assert not issubclass(Crashed, Exception)


def test_every_point_belongs_to_exactly_one_actor() -> None:
    assert sorted(CONTROL_POINTS + RELAY_POINTS + EDGE_POINTS) == sorted(Point)
