"""Row 11: one look at a bench and the drawing of all its panels, with 10,000 messages in ROUTES and with 100.

Somebody outside published them, the edges are down, and every tenth of the older ones was deleted. Both benches are
in one app and take turns.
"""

from __future__ import annotations

import asyncio
import tempfile
import time
from pathlib import Path
from typing import Any

from flask import Flask

from app import close_app, create_app
from benchmarks.report import Row, Target, percentile
from benchmarks.rounds import Scale, in_turn, within
from studylab.hub import Hub
from studylab.sessions import Benches
from studylab.web.panels import draw
from vango.bench.bench import Bench

MANY, FEW = 10_000, 100
LOOKS = 20
FILL_S = 60.0
SUBJECT = "route.owner.updated.shop"


async def fill(bench: Bench, n: int) -> None:
    """Stop the bench's actors, bring ROUTES to this many messages, and delete some of those out of sight."""
    await bench.perform("kill_edges")
    wire = bench.wire()
    last = 0
    async with within(FILL_S, f"The filling of ROUTES with {n} messages", lambda: last):
        for _ in range(n):
            await wire.client.publish(SUBJECT, b"{}")
        while last < n:
            last = (await wire.api("STREAM.INFO.ROUTES"))["state"]["last_seq"]
        gone = range(20, max(n - 1_000, 40), 10)
        await asyncio.gather(*(wire.api("STREAM.MSG.DELETE.ROUTES", {"seq": seq, "no_erase": True}) for seq in gone))


def look_ms(app: Flask, hub: Hub, looks: int) -> float:
    """Return the median milliseconds of looking and drawing everything from scratch."""
    loop, found = app.extensions["studylab"].loop, []
    for _ in range(looks):
        began = time.perf_counter()
        context: dict[str, Any] = loop.call(hub.context(""), timeout_s=FILL_S)
        for _part in draw(app, context, {}):
            pass
        found.append((time.perf_counter() - began) * 1000)
    return percentile(found, 0.5)


def measure(scale: Scale) -> list[Row]:
    """Return the row of the long tape."""
    messages = min(MANY, scale.events)
    with tempfile.TemporaryDirectory() as folder:
        app = create_app(data=Path(folder))
        try:
            state = app.extensions["studylab"]
            hubs = [state.loop.call(state.benches.hub(Benches.new_key()), timeout_s=FILL_S) for _ in range(2)]
            for hub, n in zip(hubs, (messages, FEW), strict=True):
                state.loop.call(fill(hub.bench, n), timeout_s=2 * FILL_S)

            async def side(hub: Hub) -> float:
                return await asyncio.to_thread(look_ms, app, hub, min(LOOKS, scale.changes))

            many, few = asyncio.run(in_turn(scale.rounds, lambda: side(hubs[0]), lambda: side(hubs[1])))
        finally:
            close_app(app)
    what = f"one look and every panel drawn, {messages:,} messages in ROUTES"
    return [Row("tape", what, "ms", many, Target(1.2, of_peer=True), f"with {FEW} messages", few)]
