"""Row 6: from what a client of the learner's own does on the broker until the page's HTML shows it, on an idle bench."""

from __future__ import annotations

import asyncio
import json
import re
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import nats
from nats.aio.client import Client

from benchmarks.report import Row, Target, percentile
from benchmarks.rounds import Scale, within
from benchmarks.served import Served
from benchmarks.visitors import Visitor

SHOWN_S = 10.0
QUIET_S = 0.3
LIMIT_MS = 200
LAST_SEQ = re.compile(rb'"state\.last_seq">Last Sequence</dt><dd>(\d+)<')
FIRST_SEQ = re.compile(rb'"state\.first_seq">First Sequence</dt><dd>(\d+)<')

Act = Callable[[Client, int], Awaitable[None]]
Shown = Callable[[bytes, int], bool]


class Watcher(Visitor):
    """A learner who looks at the whole page. `news` is set by each message of the page's stream."""

    def __init__(self, address: str) -> None:
        super().__init__(address)
        self.news = asyncio.Event()
        self._shown = b""

    def _note(self, message: bytes) -> None:
        super()._note(message)
        self._shown += message
        self.news.set()

    async def until(self, is_shown: Callable[[bytes], bool]) -> None:
        """Wait until what has come since it was quiet shows something. A frame comes in several messages."""
        while not is_shown(self._shown):
            self.news.clear()
            await self.news.wait()

    async def quiet(self) -> None:
        """Wait until nothing came for a while: the bench is idle."""
        while True:
            self.news.clear()
            try:
                await asyncio.wait_for(self.news.wait(), QUIET_S)
            except TimeoutError:
                self._shown = b""
                return


async def _api(client: Client, subject: str, body: dict[str, Any]) -> None:
    await client.publish(f"$JS.API.{subject}", json.dumps(body).encode())


async def _publish(client: Client, _: int) -> None:
    # No edge's filter lets it through: what is timed is the look, not an edge at work.
    await client.publish("route.note", b"from outside")


async def _purge(client: Client, _: int) -> None:
    await client.request("route.note", b"to be purged")
    await _api(client, "STREAM.PURGE.ROUTES", {})


async def _consumer(client: Client, number: int) -> None:
    config = {"name": f"theirs-{number}", "durable_name": f"theirs-{number}", "ack_policy": "explicit"}
    await _api(client, f"CONSUMER.CREATE.ROUTES.theirs-{number}", {"stream_name": "ROUTES", "config": config})


async def _stream(client: Client, number: int) -> None:
    # At most eight are shown: each takes the place of the one before it.
    await _api(client, f"STREAM.DELETE.THEIRS-{number - 1}", {})
    await _api(client, f"STREAM.CREATE.THEIRS-{number}", {"name": f"THEIRS-{number}", "subjects": [f"theirs.{number}"]})


async def _claim(client: Client, number: int) -> None:
    said = {"instance": "bench", "mode": "failed closed", "sequence": number, "event_id": "none", "routes": {}}
    await client.publish("edges.theirs.claim", json.dumps({**said, "reason": f"claim {number}."}).encode())


def _number(pattern: re.Pattern[bytes], message: bytes) -> int:
    """Return the newest number, 0 when there is none."""
    found = pattern.findall(message)
    return int(found[-1]) if found else 0


ACTS: dict[str, tuple[str, Act, Shown]] = {
    "publish": ("a publish", _publish, lambda html, n: _number(LAST_SEQ, html) >= 3 + n),
    "purge": ("a purge", _purge, lambda html, n: _number(FIRST_SEQ, html) > _number(LAST_SEQ, html) > 0),
    "consumer": ("a new consumer", _consumer, lambda html, n: f'id="consumer-theirs-{n}"'.encode() in html),
    "stream": ("a new stream", _stream, lambda html, n: f'id="outside.THEIRS-{n}"'.encode() in html),
    "claim": ("a guest's claim", _claim, lambda html, n: f"claim {n}.".encode() in html),
}


async def _times(watcher: Watcher, client: Client, act: Act, is_shown: Shown, times: int) -> list[float]:
    taken = []
    for number in range(1, times + 1):
        await watcher.quiet()
        async with within(SHOWN_S, f"{act.__name__.strip('_')} {number} from outside"):
            started = time.perf_counter()
            await act(client, number)
            await client.flush()
            await watcher.until(lambda html, number=number: is_shown(html, number))  # type: ignore[misc]
            taken.append((time.perf_counter() - started) * 1000)
    return taken


async def _round(address: str, times: int) -> dict[str, list[float]]:
    watcher = Watcher(address)
    await watcher.enter()
    broker = json.loads((await watcher.ask("GET", "/bench.json"))[1])["broker"]
    client = await nats.connect(broker["url"], user=broker["user"], password=broker["password"])
    try:
        return {name: await _times(watcher, client, act, shown, times) for name, (_, act, shown) in ACTS.items()}
    finally:
        await client.close()
        await watcher.leave()


def measure(scale: Scale) -> list[Row]:
    """Return two rows for each kind of act. Raises `Unavailable` when something done never shows."""
    with tempfile.TemporaryDirectory() as folder, Served(Path(folder)) as app:
        rounds = [asyncio.run(_round(app.address, scale.outside)) for _ in range(scale.rounds)]
    rows = []
    for name, (words, _, _) in ACTS.items():
        for share, target in ((50, None), (95, Target(LIMIT_MS))):
            values = tuple(percentile(taken[name], share / 100) for taken in rounds)
            rows.append(
                Row(
                    f"outside-{name}-p{share}",
                    f"{words} from outside to the page's HTML, p{share}",
                    "ms",
                    values,
                    target,
                )
            )
    return rows
