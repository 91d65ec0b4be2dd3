"""The relay's accident, which lab 8 repeats."""

from __future__ import annotations

from labs.deduplication.checks import common
from studylab.lab.observed import Point
from studylab.lab.scripts import Script, Wait, call, promote


def accident(to: str) -> Script:
    """The relay crashes between publish and mark of a promotion."""
    return (
        call("crash_relay", at=Point.BEFORE_MARK),
        promote("blog", to),
        Wait("the relay to crash", common.relay_is_down),
    )
