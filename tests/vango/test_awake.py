"""Awake: an actor reports that it has nothing more to do, and never while it has something."""

from __future__ import annotations

import asyncio

from vango.actors.wakeup import Wakeup


def test_that_it_rests_is_told_when_it_begins_to_and_not_when_somebody_has_called() -> None:
    told: list[bool] = []

    async def actor() -> None:
        awake = Wakeup()
        awake.on_rest = lambda: told.append(awake.is_idle)
        awake.set()
        await awake.rest()
        assert told == []
        awake.clear()
        waiting = asyncio.create_task(awake.rest(10))
        await asyncio.sleep(0)
        assert told == [True]
        awake.set()
        await waiting
        assert not awake.is_idle

    asyncio.run(actor())
