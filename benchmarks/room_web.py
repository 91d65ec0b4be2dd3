"""A browser without its screen: kept connections, cookies, redirects from the desk to a host, and event streams."""

from __future__ import annotations

import asyncio
import gzip
import re
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from urllib.parse import urlencode, urljoin, urlsplit

from vango.actors.errors import Unavailable

MAX_LINE = 1 << 20
MOST_REDIRECTS = 6
REDIRECTS = (301, 302, 303, 307, 308)
COOKIE = re.compile(r"^set-cookie: *([^=\r\n]+)=([^;\r\n]*)", re.MULTILINE | re.IGNORECASE)

Wire = tuple[asyncio.StreamReader, asyncio.StreamWriter]


@dataclass(frozen=True, slots=True)
class Answer:
    """What came at last: the status, the address that it came from, and the text."""

    status: int
    url: str
    text: str
    location: str = ""


class Browser:
    """One person's browser. Cookies do not depend on ports, as in any browser; one connection to each origin is kept."""

    def __init__(self) -> None:
        self.cookies: dict[str, str] = {}
        self._kept: dict[str, Wire] = {}
        self._turns: dict[str, asyncio.Lock] = {}

    async def ask(
        self, url: str, form: Mapping[str, str] | None = None, headers: Mapping[str, str] | None = None
    ) -> Answer:
        """Get a page, or send a form, and follow where it leads. Raises `Unavailable` when it leads in circles."""
        for _ in range(MOST_REDIRECTS):
            answer = await self._ask_once(url, form, headers or {})
            if answer.status not in REDIRECTS:
                return answer
            url, form = urljoin(url, answer.location), None
        raise Unavailable(f"{url} leads from one address to the next, without an end.")

    async def events(self, url: str, headers: Mapping[str, str]) -> AsyncIterator[bytes]:
        """Yield the messages of an event stream, on a connection of its own. Raises `Unavailable` if it is none."""
        reader, writer = await self._dial(url)
        try:
            writer.write(self._request(url, None, {"Accept": "text/event-stream", **headers}))
            head = (await reader.readuntil(b"\r\n\r\n")).decode()
            if not head.startswith("HTTP/1.1 200") or "chunked" not in head.lower():
                raise Unavailable(f"A page's stream was not opened: {head.splitlines()[0]}.")
            held = b""
            while size := int(await reader.readline() or b"0", 16):
                held += (await reader.readexactly(size + 2))[:-2]
                *messages, held = held.split(b"\n\n")
                for message in messages:
                    yield message
        finally:
            writer.close()

    def close(self) -> None:
        """Close what is kept open."""
        for _, writer in self._kept.values():
            writer.close()
        self._kept.clear()

    async def _ask_once(self, url: str, form: Mapping[str, str] | None, headers: Mapping[str, str]) -> Answer:
        """Ask on the kept connection. One that the server has closed meanwhile is opened again, as browsers do."""
        origin = _origin(url)
        async with self._turns.setdefault(origin, asyncio.Lock()):
            for is_kept in (True, False):
                wire = self._kept.pop(origin, None) if is_kept else await self._dial(url)
                if wire is None:
                    continue
                try:
                    wire[1].write(self._request(url, form, headers))
                    answer, goes_on = await self._answer(wire[0], url)
                except (asyncio.IncompleteReadError, ConnectionError) as error:
                    wire[1].close()
                    if is_kept and not getattr(error, "partial", b""):
                        continue
                    raise Unavailable(f"{origin} broke off: {error}") from error
                if goes_on:
                    self._kept[origin] = wire
                else:
                    wire[1].close()
                return answer
        raise Unavailable(f"{origin} does not answer.")

    async def _answer(self, reader: asyncio.StreamReader, url: str) -> tuple[Answer, bool]:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        for name, value in COOKIE.findall(head):
            self.cookies[name] = value
        fields = {
            name.lower(): value.strip() for name, _, value in (line.partition(":") for line in head.split("\r\n"))
        }
        if "chunked" in fields.get("transfer-encoding", ""):
            body = b""
            while size := int(await reader.readline(), 16):
                body += (await reader.readexactly(size + 2))[:-2]
            await reader.readline()
        else:
            body = await reader.readexactly(int(fields.get("content-length", 0)))
        text = (gzip.decompress(body) if fields.get("content-encoding") == "gzip" else body).decode()
        status = int(head.split(" ", 2)[1])
        return Answer(status, url, text, fields.get("location", "")), fields.get("connection", "").lower() != "close"

    def _request(self, url: str, form: Mapping[str, str] | None, headers: Mapping[str, str]) -> bytes:
        at, body = urlsplit(url), urlencode(form).encode() if form is not None else b""
        target = f"{at.path or '/'}{f'?{at.query}' if at.query else ''}"
        given = {
            "Host": at.netloc, "Connection": "keep-alive", "Accept": "text/html", "Accept-Encoding": "gzip",
            "Cookie": "; ".join(f"{name}={value}" for name, value in self.cookies.items()), "Referer": url,
            "Sec-Fetch-Site": "same-origin", "Sec-Fetch-Dest": "document",
        }  # fmt: skip
        if form is not None:
            given |= {"Content-Type": "application/x-www-form-urlencoded", "Content-Length": str(len(body))}
        lines = [f"{'GET' if form is None else 'POST'} {target} HTTP/1.1"]
        lines += [f"{name}: {value}" for name, value in {**given, **headers}.items() if value]
        return "\r\n".join(lines).encode() + b"\r\n\r\n" + body

    async def _dial(self, url: str) -> Wire:
        at = urlsplit(url)
        try:
            return await asyncio.open_connection(at.hostname, at.port, limit=MAX_LINE)
        except OSError as error:
            raise Unavailable(f"Nobody listens at {_origin(url)} ({error}).") from error


def _origin(url: str) -> str:
    at = urlsplit(url)
    return f"{at.scheme}://{at.netloc}"
