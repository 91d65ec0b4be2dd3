"""One seat at its host: what goes with its bench. It hears what is seen of the bench, reports it, and fills the strip.

Everything runs on the loop but `strip` and `is_held`, which only read. Nothing here is waited for by a verb.
"""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from studylab.hub import Hub
from studylab.lab.attempt import Attempt, current
from studylab.lab.progress import Record
from studylab.room import codes
from studylab.room.protocol import Carry, Report
from studylab.room.serving import kept as keeping
from studylab.room.serving import rebuilding, strip, telling
from studylab.room.serving.kept import Kept
from studylab.room.serving.strip import StripSeen
from vango.actors.errors import VangoError
from vango.core.audit import Soundness
from vango.observe.model import Observation

if TYPE_CHECKING:
    from studylab.room.serving.serving import Serving

STRIP = (("room", "room/strip.html"),)
SOON_S, UNWATCHED_S, PUT_OFF = 0.05, 0.5, 4
"""How soon a change is reported, and that of a bench that nobody looks at: it is observed for this alone. A report is
put off up to this many times while the verdict is not yet known: most acts have settled by then.
"""

log = logging.getLogger(__name__)


class Seat:
    """A seat with a bench here, under one epoch. `made`: the bench is where the seat begins. `stands`: nobody brings it
    there, or is about to.
    """

    def __init__(
        self, serving: Serving, seat: str, epoch: int, key: str, *, number: int, name: str, resume: str
    ) -> None:
        self.id, self.epoch, self.key = seat, epoch, key
        self.number, self.name, self.resume = number, name, resume
        self.kept: Kept = keeping.load(serving.folder(key))
        self.made, self.stands = asyncio.Event(), asyncio.Event()
        self.readying: asyncio.Task[None] | None = None
        self.after = self.watchers = self._put_off = 0
        self._counting = threading.Lock()
        self.trouble = ""
        self.shown: StripSeen | None = None
        self._serving = serving
        self._hub: Hub | None = None
        self._seen: Observation | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._looking: asyncio.Task[None] | None = None
        self._progress: tuple[Any, str] = (None, "")
        self._carried: Carry | None = None
        self._attempt: Attempt | None = None
        if self.kept.ready:
            self.made.set()
            self.stands.set()
        elif self.kept.touched is None:
            self.kept.touched = False

    # What the pages ask.

    def strip(self) -> StripSeen:
        """Return what the strip says now."""
        return strip.of(self, self._serving)

    @property
    def is_held(self) -> bool:
        """Whether the teacher holds this seat."""
        return strip.is_held(self._serving.said, self.id, self.after, self._serving.link.room)

    @property
    def resume_code(self) -> str:
        """The code that brings the seat to another device."""
        row = self._serving.link.seat(self.id)
        return row.resume if row is not None else self.resume

    @property
    def shown_code(self) -> str:
        """That code as a person reads it."""
        return codes.shown(self.resume_code)

    # Beside the bench.

    def attach(self, hub: Hub) -> None:
        """The bench was opened, or opened again."""
        self._hub = hub
        if self.kept.page not in self._serving.labs:
            self.kept.page = ""

    def context(self) -> Mapping[str, Any]:
        """Add the strip to the page."""
        self.shown = self.strip()
        return {"room": self.shown, "more": STRIP}

    def opened(self, page: str) -> None:
        """The learner has asked for a page: it is where they are."""
        if page != self.kept.page and self.made.is_set():
            self.kept.page = page
            self.keep()
            self._note_step()

    def saw(self, seen: Observation, watched: bool) -> None:
        """The bench was observed for its pages."""
        self._seen = seen
        self._plan(SOON_S)

    def changed(self) -> None:
        """The bench noted a change, or a page came or went."""
        self._note_step()
        self._plan(SOON_S if self._is_watched and not self.is_being_made_ready else UNWATCHED_S)

    def mark(self) -> None:
        """The strip changed: have it drawn."""
        if self._hub is not None and self._is_watched:
            self._hub.mark()

    @property
    def is_being_made_ready(self) -> bool:
        """Whether the bench does not stand yet where the seat begins."""
        return not self.stands.is_set()

    @property
    def is_at_work(self) -> bool:
        """Whether something long is being done on the bench."""
        return self._hub is not None and self._hub.bench.progress.see() is not None

    def keep(self) -> None:
        """Write down what belongs to the seat."""
        keeping.save(self._serving.folder(self.key), self.kept)

    def look_on(self, one: int) -> None:
        """One more of those who look is not the learner, or one less. From any thread."""
        with self._counting:
            self.watchers += one

    async def end(self) -> None:
        """Report nothing more. Nobody waits any longer for this bench to be ready."""
        self.made.set()
        self.stands.set()
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        for task in (self._looking, self.readying):
            if task is not None and task is not asyncio.current_task():
                task.cancel()
                await asyncio.gather(task, return_exceptions=True)
        self._hub = None

    @property
    def _is_watched(self) -> bool:
        return self._hub is not None and self._hub.viewers > 0

    def _note_step(self) -> None:
        """Note when the learner came to a step, at once: what was done before belongs to the steps before."""
        hub = self._hub
        run = hub.run(self.kept.page) if hub is not None and self.kept.page else None
        attempt = run.attempt if run is not None else None
        if hub is None or attempt is self._attempt or not self.made.is_set():
            return
        self._attempt = attempt
        here = current(run.lab, attempt) if run is not None and attempt is not None else None
        step = f"{self.kept.page} {here.id if here is not None else ''}"
        if step != self.kept.step:
            self.kept.step, self.kept.began = step, hub.bench.journal.last
            self.keep()

    # Reporting.

    def _plan(self, within_s: float) -> None:
        if self._timer is None and self._hub is not None:
            self._timer = asyncio.get_running_loop().call_later(within_s, self._due)

    def _due(self) -> None:
        self._timer = None
        if self._is_watched or self.is_being_made_ready:
            is_open = self._seen is not None and self._seen.audit.soundness is Soundness.NOT_YET_KNOWN
            self._put_off = self._put_off + 1 if is_open and self._put_off < PUT_OFF else 0
            if self._put_off:
                self._plan(SOON_S)
            else:
                self.tell()
        elif self._looking is None or self._looking.done():
            self._looking = asyncio.create_task(self._look(), name=f"look at seat {self.number}")
        else:
            # The look that is under way may have been too early for what has changed since.
            self._plan(UNWATCHED_S)

    async def _look(self) -> None:
        """Observe a bench that nobody looks at, unless it is parked."""
        try:
            hub = self._serving.benches.at_hand(self.key)
        except VangoError:
            # As many requests as a bench may have are at it: each of them changes what is to be told.
            self._plan(UNWATCHED_S)
            return
        if hub is None:
            self._serving.link.report(self.id, here=False)
            return
        try:
            self._seen = await hub.bench.observe()
            if self.kept.page:
                run = hub.run(self.kept.page)
                await run.read_up(self._seen)
                run.look(self._seen)
            self.tell()
        except VangoError as error:
            log.info("seat %d was not observed: %s", self.number, error)
        finally:
            hub.release()

    def tell(self) -> None:
        """Report what is known now. The link tells it when it is due, and forgets what is not new."""
        hub = self._hub
        if hub is None:
            return
        fields = telling.of_bench(self._seen) if self._seen is not None else {}
        fields |= telling.of_lab(hub.run(self.kept.page)) if self.kept.page else telling.NO_LAB
        if (act := telling.last_act(hub)) or not self.trouble:
            fields["act"] = act
        fields |= {"here": hub.viewers > self.watchers, "agreed": self.kept.drive == keeping.DRIVEN}
        fields["touched"] = self.kept.touched
        self._note_step()
        self._serving.link.report(self.id, **fields)
        self._carry(hub, fields["lab"], fields["step"])

    def _carry(self, hub: Hub, lab: str, step: str) -> None:
        """Have the desk keep what another host would need. It is made from memory, but for what changes with a step."""
        if not self.kept.ready:
            # What another host has reported of this seat is worth more than an empty bench.
            return
        running: dict[str, Record] = {lab: hub.run(lab).record} if lab else {}
        worth = [(one.slug, one.predictions, one.done, one.hints, one.finishes) for one in running.values()]
        if self._progress[0] != worth:
            self._progress = worth, rebuilding.progress(hub.bench.folder, running)
        done = rebuilding.acts(hub.bench.journal.lives.current.rows, self.kept.began)
        said = self._serving.link.reported(self.id) or Report(self.id, self.epoch)
        carry = Carry(lab, step, done, self._progress[1], said.hand, said.votes, said.fault, self.kept.touched)
        if carry != self._carried:
            self._carried = carry
            self._serving.link.carry(self.id, carry)
