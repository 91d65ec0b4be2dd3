"""One of a class who harms the others: with verbs as fast as answers come, or with a broker that never rests."""

from __future__ import annotations

import asyncio
import json
from urllib.parse import urljoin, urlsplit

from benchmarks.room_people import OWNERS, Learner
from vango.actors.errors import Unavailable

CONNECTIONS = 6
"""As many as a browser opens to one origin."""
MESSAGES = b"PUB spin 0\r\n\r\n" * 5_000


async def flood(learner: Learner) -> None:
    """Ask for promotions on one more connection until this is cancelled."""
    flooder = learner.double()
    try:
        while True:
            answer = await flooder.press("promote", route="shop", to=OWNERS[learner.asked % 2])
            learner.asked += 1
            learner.granted += answer.status == 200
    finally:
        await flooder.close()


async def spin(learner: Learner) -> None:
    """Keep the learner's broker busy, with messages that nobody gets, until this is cancelled. Raises `Unavailable`."""
    answer = await learner.browser.ask(urljoin(learner.at, "/bench.json"), headers={"Accept": "application/json"})
    broker = json.loads(answer.text)["broker"]
    at = urlsplit(broker["url"])
    reader, writer = await asyncio.open_connection(at.hostname, at.port)
    try:
        await reader.readline()
        as_who = {"verbose": False, "pedantic": False, "user": broker["user"], "pass": broker["password"]}
        writer.write(f"CONNECT {json.dumps(as_who)}\r\nPING\r\n".encode())
        if (said := await reader.readline()) != b"PONG\r\n":
            raise Unavailable(f"The broker let nobody in: {said.decode(errors='replace')}")
        while True:
            writer.write(MESSAGES)
            await writer.drain()
            learner.asked += 1
    finally:
        writer.close()
