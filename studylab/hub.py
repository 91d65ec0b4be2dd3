"""The hub of one bench: it keeps what its pages show, and gives each page what changed. `studylab.frames` says when.

State, not deltas: a page asks for every panel that is newer than its last one. So a slow browser skips frames and is
never wrong, and a new or returning one gets everything.
"""

from __future__ import annotations

import asyncio
import contextlib
import threading
import time
from collections.abc import Generator, Sequence
from typing import TYPE_CHECKING, Any

from studylab.beside import Beside, Nothing
from studylab.drawn import Draw, Drawn, Page, whole
from studylab.frames import Frames
from studylab.lab import records
from studylab.lab.locks import locked
from studylab.lab.runner import LabRun
from studylab.scenes import acts
from studylab.turns import Drawing
from studylab.views import View
from vango.actors.errors import Unavailable

if TYPE_CHECKING:
    from studylab.lab.model import Lab
    from studylab.lab.progress import Record
    from vango.bench.bench import Bench
    from vango.observe.model import Observation

BEAT_S = 5.0
MOMENTS = 60
AT_ONCE = 12
SANDBOX = ""


class Hub:
    """The link between one bench and its pages. Made and fed on the loop; pages wait on it from their threads."""

    def __init__(
        self, bench: Bench, labs: dict[str, Lab], draw: Draw, drawing: Drawing, beside: Beside[Hub] | None = None
    ) -> None:
        self.bench = bench
        self.beside: Beside[Hub] = beside or Nothing()
        self.used_at = time.monotonic()
        self._held = self._viewers = 0
        self._labs, self._draw = labs, draw
        self._drawing, self._loop = drawing.thread, asyncio.get_running_loop()
        self._pages: dict[str, Page] = {}
        self._runs: dict[str, LabRun] = {}
        self._news = threading.Condition()
        self._ended = False
        self._frames = Frames(self, bench, self._draw_pages, drawing)
        # In place of the frames' own: they are told by it.
        bench.changes.on_change = self._changed
        self.beside.attach(self)

    @property
    def is_watched(self) -> bool:
        """Whether somebody looks."""
        return self._viewers > 0 and not self._ended

    @property
    def is_being_made_ready(self) -> bool:
        """Whether somebody brings the bench to where its learner begins."""
        return self.beside.is_being_made_ready

    @property
    def viewers(self) -> int:
        """How many streams are open."""
        return self._viewers

    def is_in_use(self, within_s: float) -> bool:
        """Return whether a page is open, a request is running, or was within that time."""
        return bool(self.viewers or self._held) or time.monotonic() - self.used_at <= within_s

    # From any thread.

    def hold(self) -> bool:
        """Keep the bench awake until `release`; False when it is on its way to be parked.

        Raises `Unavailable` when as many as may do so at once: each keeps a thread that others wait for.
        """
        with self._news:
            if self._held >= AT_ONCE:
                raise Unavailable(
                    f"{AT_ONCE} requests of this bench are already running. Wait for them, then try again."
                )
            if not self._ended:
                self._held += 1
                self.used_at = time.monotonic()
            return not self._ended

    def release(self) -> None:
        """The request that held this bench awake is over."""
        with self._news:
            self._held -= 1
            self.used_at = time.monotonic()

    def drawn(self, slug: str, context: dict[str, Any]) -> dict[str, Drawn]:
        """Draw a page that is loaded. Its stream need not draw again what looks the same. Pages that are shut go."""
        with self._news:
            self._pages = {name: page for name, page in self._pages.items() if page.viewers or name == slug}
            page = self._pages.setdefault(slug, Page())
            before = page.drawn
        page.loaded = loaded = whole(self._draw(context, before))
        return loaded

    def wake(self) -> None:
        """Let every waiting page check whether its view is over."""
        with self._news:
            self._news.notify_all()

    def end(self, *, unless_used_s: float | None = None) -> bool:
        """Let every waiting page go: the bench is parked, or the app stops. False when it was used in that time."""
        with self._news:
            if unless_used_s is not None and self.is_in_use(unless_used_s):
                return False
            self._ended = True
            self._news.notify_all()
        self._frames.end()
        return True

    # On the loop.

    def _changed(self) -> None:
        self._frames.changed()
        self.beside.changed()

    def _lab_changed(self) -> None:
        if not self.beside.is_being_made_ready:
            self._frames.mark()
        self.beside.changed()

    def mark(self) -> None:
        """Something changed that is not the bench's own: draw another frame."""
        self._frames.mark()

    def run(self, slug: str) -> LabRun:
        """Return the play of a lab on this bench."""
        if slug not in self._runs:
            self._runs[slug] = LabRun(self._labs[slug], self.bench, stays=True)
            self._runs[slug].on_change = self._lab_changed
        return self._runs[slug]

    def locked(self, slug: str) -> dict[str, str]:
        """Return the verbs that a lab locks at this point, each with its reason. A beginning can be undone anywhere."""
        reasons = locked(self._labs[slug], self.run(slug).attempt)
        if self.bench.history.undoes_a_beginning:
            reasons.pop("undo", None)
        return reasons

    async def context(self, page: str, *, by_others: bool = False) -> dict[str, Any]:
        """Observe, let the checks look, and return what a page is drawn from, maybe for others than the learner."""
        if not by_others:
            self.beside.opened(page)
        return await self._context(page, await self.bench.observe())

    async def _context(self, page: str, seen: Observation, *, is_drawn: bool = False) -> dict[str, Any]:
        context = {"seen": seen, "moments": self.bench.journal.tail(MOMENTS), "locked": {}, "guide": None}
        if page:
            run = self.run(page)
            await run.read_up(seen)
            was_marked = self._frames.is_marked
            run.look(seen)
            if is_drawn:  # and with it what the checks have found out just now
                self._frames.is_marked = was_marked
            context |= {"guide": run.guide(), "locked": self.locked(page)}
        else:
            context |= {"own": acts.look(self.bench), "named": acts.named(self.bench.folder)}
        self.beside.saw(seen, self._viewers > 0)
        return {**context, **self.beside.context()}

    def take_up(self, slug: str) -> None:
        """The file of the attempt at a lab was written by others."""
        if slug in self._runs:
            self._runs[slug].come_back()

    @property
    def busy(self) -> str:
        """What a lab does on this bench at the moment, empty when none does anything."""
        return next((run.busy for run in self._runs.values() if run.busy), "")

    def bring_in(self, brought: Sequence[Record]) -> int:
        """Join imported progress into this bench's, and return how many labs changed."""
        changed = records.bring_in(self.bench.folder, brought, at=time.time())
        for run in self._runs.values():
            run.keeping.take_up(run.attempt)
        return changed

    async def _draw_pages(self, seen: Observation) -> None:
        """Draw every open page from one observation."""
        for slug, page in list(self._pages.items()):
            if page.viewers:
                begun = page.begun
                context = await self._context(slug, seen, is_drawn=True)
                await self._loop.run_in_executor(self._drawing, self._draw_page, page, context, begun)

    # In the thread that draws.

    def _draw_page(self, page: Page, context: dict[str, Any], begun: int) -> None:
        """Draw what a page shows of one observation; each part is available as soon as it is drawn."""
        with self._news:
            before = page.drawn
        for part in self._draw(context, before):
            with self._news:
                if page.keep(part, begun):
                    self._news.notify_all()
            time.sleep(0)  # The page thread needs the interpreter, which a busy thread keeps for 5 ms.

    # In the threads of the pages.

    def watch(self, slug: str, view: View | None = None) -> Generator[dict[str, str] | None]:
        """Yield the panels that changed, everything first, and None when nothing did for a while: a heartbeat.

        Ends when the view is over, or the bench is parked.
        """
        view = view or View(self)
        with self._news:
            page = self._pages.setdefault(slug, Page())
            if not page.viewers:
                # Nothing was drawn while no page was open: the stored panels are old, and so is a frame on its way.
                page.panels.clear()
                page.begun += 1
            had = 0 if page.panels else page.version
            self._look(page, 1)
        self._loop.call_soon_threadsafe(self._frames.mark)
        try:
            while not (self._ended or view.over):
                with self._news:
                    if page.version <= had and not (self._ended or view.over):
                        self._news.wait(BEAT_S)
                    newer, had = page.newer(had), page.version
                self.used_at = time.monotonic()
                yield newer or None
        finally:
            with self._news:
                self._look(page, -1)
            self.used_at = time.monotonic()

    def _look(self, page: Page, one: int) -> None:
        """One more looks, or one less. Said under the lock: of two at once, one must not speak for both."""
        page.viewers += one
        self._viewers += one
        self.bench.changes.watched = self._viewers > 0
        # At the end of the app the loop may have gone before the last page.
        with contextlib.suppress(RuntimeError):
            self._loop.call_soon_threadsafe(self.beside.changed)
