"""Wakeup: an actor reports that it has nothing more to do, and never while it has something."""

from __future__ import annotations

import asyncio

from vango.actors.wakeup import Wakeup


def test_that_it_rests_is_told_when_it_begins_to_and_not_when_somebody_has_called() -> None:
    told: list[bool] = []

    async def actor() -> None:
        wakeup = Wakeup()
        wakeup.on_rest = lambda: told.append(wakeup.is_idle)
        wakeup.set()
        await wakeup.rest()
        assert told == []
        wakeup.clear()
        waiting = asyncio.create_task(wakeup.rest(10))
        await asyncio.sleep(0)
        assert told == [True]
        wakeup.set()
        await waiting
        assert not wakeup.is_idle

    asyncio.run(actor())
