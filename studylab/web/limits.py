"""What is asked of a script before and while it is played. Who goes before the routes may set `g.limits`."""

from __future__ import annotations

from typing import Protocol

from flask import g

from studylab.lab.calls import Script


class Limits(Protocol):
    """What a bench's learner may have played on it, where many share a machine."""

    def check(self, script: Script) -> None:
        """A script is to be played. Raises what speaks against any act of it: then nothing is done."""

    async def turn(self) -> None:
        """The next act of a script is to be done: wait until it may be. Raises what ends the script before it."""


class NoLimits:
    """A learner alone has none."""

    def check(self, script: Script) -> None:
        pass

    async def turn(self) -> None:
        pass


def limits() -> Limits:
    """Return what the request's learner is held to."""
    found: Limits = g.get("limits") or NoLimits()
    return found
