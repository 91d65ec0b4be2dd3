"""The people of a room: a learner with an open page, and the teacher with the wall. Each waits for what a page shows."""

from __future__ import annotations

import asyncio
import html
import re
import time
from collections.abc import AsyncIterator, Callable
from urllib.parse import urljoin

from benchmarks.room_web import Answer, Browser
from vango.actors.errors import Refused, Unavailable

EDGES = ("fra", "iad", "syd")
# An edge's row for the route: its data-mark is "owner epoch drains".
SHOWN = re.compile(rb'id="(fra|iad|syd)-shop"[^>]*data-mark="([^ "]+) (\d+) ')
CLAIM = re.compile(rb'hx-target="#panel-edge-fra".{0,3000}?class="claim" data-mark="([^"]+)"', re.DOTALL)
STRIP = re.compile(rb'(?:hx-target="#room"|id="room")[^>]*>(.{0,1500})', re.DOTALL)
MAKING = b"is being made ready"
COMING, ASK_AGAIN_S = "<b>Your bench is being made ready", 1.0
STREAM = re.compile(r'hx-sse:connect="([^"]+)"')
KNOWN = re.compile(r'id="known" hidden data-known="([^"]*)"')
SAID = re.compile(r'<p class="is-(?:ok|error|warn)">(.*?)</p>', re.DOTALL)
TILE = re.compile(
    rb'<li class="seat-tile ([^"]*)" id="tile-(\d+)".*?<b>([^<]*)</b>.*?<span class="act-of"[^>]*>([^<]*)</span>', re.DOTALL
)  # fmt: skip
HTMX = {"HX-Request": "true", "Accept": "text/html, */*", "Sec-Fetch-Dest": "empty"}
OWNERS = ("alloc-b", "alloc-c")
WALL_PAGE = 200
HOST = re.compile(r"</b> answers ·")
COUNT = re.compile(r"<b>(\d+)</b> ([a-z ]+)</li>")


class Page:
    """A page with its stream open. `news` is set by each message."""

    def __init__(self) -> None:
        self.browser = Browser()
        self._news = asyncio.Event()
        self._reading: list[asyncio.Task[None]] = []

    @property
    def is_open(self) -> bool:
        """Whether every stream of the page is still being read."""
        return bool(self._reading) and not any(task.done() for task in self._reading)

    @property
    def end(self) -> asyncio.Task[None]:
        """What is done when the page's stream has ended."""
        return self._reading[0]

    async def until(self, is_so: Callable[[], bool]) -> None:
        """Wait until something is shown. Raises `Unavailable` when the page's stream has ended."""
        while not is_so():
            if not self.is_open:
                raise Unavailable("A page's stream ended unexpectedly.")
            self._news.clear()
            await self._news.wait()

    async def close(self) -> None:
        """Close the page."""
        for task in self._reading:
            task.cancel()
        await asyncio.gather(*self._reading, return_exceptions=True)
        self.browser.close()

    def _follow(self, messages: AsyncIterator[bytes]) -> None:
        async def read() -> None:
            try:
                async for message in messages:
                    self._note(message)
                    self._news.set()
            finally:
                # Waiting code must learn that nothing more will come.
                self._news.set()

        self._reading.append(asyncio.create_task(read()))

    def _note(self, message: bytes) -> None:
        raise NotImplementedError


class Learner(Page):
    """One learner. `shown` is the epoch of shop in each edge's panel, `claim` the word of edge fra."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self.name, self.at, self.number = name, "", 0
        self.shown = dict.fromkeys(EDGES, 0)
        self.claim, self.is_ready = "", False
        self.asked = self.granted = 0
        self._owner = ""

    async def enter(self, desk: str, code: str) -> None:
        """Join with the code, be led to a host, and open the page there. Raises `Refused` with what was said."""
        answer = await self.browser.ask(f"{desk}/join", {"code": code, "name": self.name})
        if answer.status != 200 or not answer.url.endswith("/joined"):
            raise Refused(f"{self.name} was not let in ({answer.status}): {_said(answer)}")
        await self.come(desk)

    async def come(self, desk: str) -> None:
        """Go to the bench, wherever the desk leads, until it is made ready and every edge has been shown."""
        answer = await self.browser.ask(f"{desk}/back")
        while COMING in answer.text:
            await asyncio.sleep(ASK_AGAIN_S)
            answer = await self.browser.ask(answer.url)
        found = STREAM.search(answer.text)
        if answer.status != 200 or found is None or answer.url.startswith(desk):
            raise Refused(f"{self.name} came to no bench ({answer.status}, {answer.url}): {_said(answer)}")
        self.at = answer.url
        known = KNOWN.search(answer.text)
        self.shown = dict.fromkeys(EDGES, 0)
        self._note(answer.text.encode())
        # As static/js has it: the panels that the page shows already need not come again.
        headers = {"Study-Lab-Known": known[1] if known else "", "Referer": self.at, "Sec-Fetch-Dest": "empty"}
        self._follow(self.browser.events(urljoin(self.at, html.unescape(found[1])), headers))
        await self.until(lambda: self.is_ready and min(self.shown.values()) > 0)

    async def again(self, desk: str) -> None:
        """The page's host is gone: close the page and go to where the desk leads."""
        await self.close()
        self._reading.clear()
        await self.come(desk)

    async def promote(self) -> None:
        """Promote shop to an allocation that does not own it; return when the last edge's panel shows it."""
        aim = max(self.shown.values()) + 1
        await self.act("promote", route="shop", to=self._next)
        await self.until(lambda: min(self.shown.values()) >= aim)

    @property
    def next_act(self) -> str:
        """The next promotion as the wall words it."""
        return f"promote shop, {self._next}"

    @property
    def _next(self) -> str:
        return next(owner for owner in OWNERS if owner != self._owner)

    async def act(self, verb: str, **arguments: str) -> None:
        """Press a button. Raises `Refused` with the sentence."""
        answer = await self.press(verb, **arguments)
        if answer.status != 200:
            raise Refused(f"{self.name}: {_said(answer)}")

    async def press(self, verb: str, **arguments: str) -> Answer:
        """Press a button and return the answer, whatever it is."""
        return await self.browser.ask(urljoin(self.at, f"/bench/verbs/{verb}"), arguments, {**HTMX, "Referer": self.at})

    def double(self) -> Learner:
        """Return another connection of this browser, without a page."""
        other = Learner(self.name)
        other.at, other.browser.cookies = self.at, self.browser.cookies
        return other

    async def true_epoch(self) -> int:
        """Return the epoch of shop in the database of truth."""
        answer = await self.browser.ask(urljoin(self.at, "/bench.json"), headers={"Accept": "application/json"})
        found = re.search(r'"epoch": ?(\d+)[^{}]*"name": ?"shop"|"name": ?"shop"[^{}]*"epoch": ?(\d+)', answer.text)
        return int(found[1] or found[2]) if found else -1

    def _note(self, message: bytes) -> None:
        for edge, owner, epoch in SHOWN.findall(message):
            self._owner, self.shown[edge.decode()] = owner.decode(), int(epoch)
        if found := STRIP.search(message):
            self.is_ready = MAKING not in found[1]
        if found := CLAIM.search(message):
            self.claim = found[1].decode()


class Teacher(Page):
    """The teacher with the wall open: `acts` and `looks` by the name on each tile."""

    def __init__(self, desk: str) -> None:
        super().__init__()
        self.desk = desk
        self.acts: dict[str, str] = {}
        self.looks: dict[str, str] = {}
        self._of: dict[bytes, str] = {}

    async def enter(self, secret: str, seats: int) -> None:
        """Sign in and open the wall, every page of it. Raises `Refused`."""
        answer = await self.browser.ask(f"{self.desk}/teach", {"secret": secret})
        if answer.status != 200 or not answer.url.endswith("/room/"):
            raise Refused(f"The teacher was not let in: {answer.status}.")
        for first in range(1, seats + 1, WALL_PAGE):
            await self.look(first)

    async def look(self, first: int) -> None:
        """Open one page of the wall."""
        url = f"{self.desk}/room/wall/?from={first}"
        answer = await self.browser.ask(url)
        found = STREAM.search(answer.text)
        if found is None:
            raise Refused(f"The wall was not shown: {answer.status}.")
        self._follow(self.browser.events(urljoin(url, html.unescape(found[1])), {"Sec-Fetch-Dest": "empty"}))

    async def hosts(self) -> int:
        """Return how many hosts answer, as the first page has it."""
        answer = await self.browser.ask(f"{self.desk}/room/")
        return len(HOST.findall(answer.text))

    async def say(self, what: str, **form: str) -> Answer:
        """Send a form of the teacher's pages."""
        return await self.browser.ask(f"{self.desk}/room/conduct/{what}", form)

    async def score(self, board: str) -> dict[str, int]:
        """Return the counts of a scoreboard as its page asks for them."""
        answer = await self.browser.ask(f"{board}/now", headers=HTMX)
        return {word: int(number) for number, word in COUNT.findall(answer.text)}

    def _note(self, message: bytes) -> None:
        for look, _, name, act in TILE.findall(message.replace(b"\ndata: ", b"\n")):
            self.looks[name.decode()] = look.decode()
            self.acts[name.decode()] = html.unescape(act.decode())


def _said(answer: Answer) -> str:
    found = SAID.search(answer.text) or re.search(r"<h1>(.*?)</h1>", answer.text, re.DOTALL)
    return re.sub(r"<[^>]*>", "", found[1]).strip()[:300] if found else answer.text[:300]


def now() -> float:
    """Return the clock that all of this is timed by."""
    return time.perf_counter()
