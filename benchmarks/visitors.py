"""Learners on plain sockets: each has a bench of their own, one open page, and eyes only for what the edges show.

They speak HTTP as a browser would and read the page's stream to the last byte, but draw nothing: with this many
learners the measurement is about the app, not about browsers.
"""

from __future__ import annotations

import asyncio
import json
import re
import time
from urllib.parse import urlsplit

from benchmarks.rounds import within
from vango.actors.errors import Unavailable

EDGES = ("fra", "iad", "syd")
# An edge's row for the route: its data-mark is "owner epoch drains".
SHOWN = re.compile(rb'id="(fra|iad|syd)-shop"[^>]*data-mark="[^ "]+ (\d+) ')
ANSWER_S = 60.0
REACH_S = 10.0
MAX_LINE = 1 << 20


class Visitor:
    """One learner. `shown` is the epoch of shop in each edge's panel."""

    def __init__(self, address: str) -> None:
        self.shown = dict.fromkeys(EDGES, 0)
        self.cookie = ""
        self._aim = 1
        self._origin = address.rstrip("/")
        self._at = urlsplit(address)
        self._news = asyncio.Event()
        self._reading: asyncio.Task[None] | None = None
        self._writer: asyncio.StreamWriter | None = None

    async def enter(self) -> None:
        """Get a bench and open its page's stream; return when every edge has been shown. Raises `Unavailable`."""
        async with within(ANSWER_S, "A learner's bench with its page", lambda: self.shown):
            head, _ = await self.ask("POST", "/bench", b"{}")
            found = re.search(r"^set-cookie: ([^;\r\n]+)", head, re.MULTILINE | re.IGNORECASE)
            if not head.startswith("HTTP/1.1 200") or found is None:
                raise Unavailable(f"A learner was not let in: {head.splitlines()[0]}.")
            self.cookie = found[1]
            reader, self._writer = await self._send("GET", "/events", b"", "keep-alive")
            head = (await reader.readuntil(b"\r\n\r\n")).decode()
            if not head.startswith("HTTP/1.1 200") or "transfer-encoding: chunked" not in head.lower():
                raise Unavailable(f"A page's stream was not opened: {head.splitlines()[0]}.")
            self._reading = asyncio.create_task(self._read(reader))
            await self._until_shown()

    async def leave(self) -> None:
        """Close the page."""
        if self._reading is not None:
            self._reading.cancel()
            await asyncio.gather(self._reading, return_exceptions=True)
        if self._writer is not None:
            self._writer.close()

    async def promote(self, to: str) -> float | None:
        """Promote shop; return the milliseconds until the last edge's panel came, or None when it never did.

        A promotion that a full app refuses (503) is lost as well, and changes nothing.
        """
        self._aim += 1
        started = time.perf_counter()
        try:
            async with asyncio.timeout(REACH_S):
                head, body = await self.ask(
                    "POST", "/bench/verbs/promote", json.dumps({"route": "shop", "to": to}).encode()
                )
                if head.startswith("HTTP/1.1 503"):
                    self._aim -= 1
                    return None
                if not head.startswith("HTTP/1.1 200"):
                    raise Unavailable(f"A promotion was refused: {body.decode(errors='replace')[:200]}")
                await self._until_shown()
        except TimeoutError:
            return None
        return (time.perf_counter() - started) * 1000

    async def true_epoch(self) -> int:
        """Return the epoch of shop in the database of truth."""
        _, body = await self.ask("GET", "/bench.json")
        return int(next(route["epoch"] for route in json.loads(body)["truth"]["routes"] if route["name"] == "shop"))

    async def ask(self, method: str, path: str, body: bytes = b"") -> tuple[str, bytes]:
        """Send one request on a connection of its own and return head and body."""
        reader, writer = await self._send(method, path, body, "close")
        try:
            answer = await reader.read()
        finally:
            writer.close()
        head, _, content = answer.partition(b"\r\n\r\n")
        return head.decode(), content

    async def _send(
        self, method: str, path: str, body: bytes, connection: str
    ) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        reader, writer = await asyncio.open_connection(self._at.hostname, self._at.port, limit=MAX_LINE)
        lines = [
            f"{method} {path} HTTP/1.1", f"Host: {self._at.netloc}", f"Connection: {connection}",
            f"Content-Length: {len(body)}", "Content-Type: application/json", "Accept: application/json, text/event-stream",
            f"Cookie: {self.cookie}", f"Origin: {self._origin}",
        ]  # fmt: skip
        writer.write("\r\n".join(lines).encode() + b"\r\n\r\n" + body)
        await writer.drain()
        return reader, writer

    async def _read(self, reader: asyncio.StreamReader) -> None:
        """Read the stream, chunk by chunk, and note what each message shows."""
        held = b""
        try:
            while size := int(await reader.readline() or b"0", 16):
                held += (await reader.readexactly(size + 2))[:-2]
                *messages, held = held.split(b"\n\n")
                for message in messages:
                    self._note(message)
        finally:
            # Waiting code must learn that nothing more will come.
            self._news.set()

    def _note(self, message: bytes) -> None:
        for edge, epoch in SHOWN.findall(message):
            self.shown[edge.decode()] = int(epoch)
        self._news.set()

    async def _until_shown(self) -> None:
        while min(self.shown.values()) < self._aim:
            if self._reading is None or self._reading.done():
                raise Unavailable("A page's stream ended unexpectedly.")
            self._news.clear()
            await self._news.wait()
