"""Plays one lab on one bench: sets it up, lets the checks look, issues the solutions as verbs, keeps the attempt.

Everything runs on the loop thread. A learner's own verbs do not pass through here; what they did is seen by `look`.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

from studylab.lab import attempt as attempts
from studylab.lab import store
from studylab.lab.attempt import AGAIN, CATCH_UP, DO_IT, START, Attempt
from studylab.lab.guide import draw
from studylab.lab.keeping import Keeping
from studylab.lab.model import Do, Evidence, Lab, Script, Wait
from studylab.lab.moments import Moments
from studylab.lab.moving import Moving
from studylab.lab.playing import follow
from studylab.lab.progress import Record
from studylab.lab.seen import GuideSeen
from studylab.lab.showing import PATIENCE, at_pace, show
from studylab.lab.since import Since
from vango.actors.crash_points import Tempo
from vango.actors.errors import NotThere, Refused, Unavailable, VangoError
from vango.observe.model import Observation

if TYPE_CHECKING:
    from vango.bench.bench import Bench

STEP_TIMEOUT_S = 15.0
READ_AT_ONCE = 1_000
"""How many moments are gone by in one turn of the loop: about 5 ms."""
TRIES = 3
"""How often a solution is played: the broker's clocks (ack_wait, duplicate window) run on when the machine stops."""

log = logging.getLogger(__name__)


class LabRun:
    """One lab on one bench. `attempt` is where the learner is, `keeping` writes down what is worth keeping of all.

    Every change of either is on disk before it is returned. `clock` tells Unix time in seconds. With `stays` a step
    that has passed is shown until the learner goes on; scripts, and programs that say so, go on at once.
    """

    def __init__(self, lab: Lab, bench: Bench, clock: Callable[[], float] = time.time, *, stays: bool = False) -> None:
        self.lab, self.bench, self.stays = lab, bench, stays
        self.attempt: Attempt = store.load(bench.folder, lab.slug)
        self._since = Since(bench.journal, self.attempt.began_at)
        self.keeping = Keeping(lab, bench.folder, clock)
        self.keeping.take_up(self.attempt)
        self.moving = Moving()
        self.busy = ""
        self.on_change: Callable[[], None] | None = None
        bench.history.keep_beside(store.FOLDER, self.come_back)

    def look(self, seen: Observation, *, goes_on: bool = False) -> bool:
        """Let the checks look at an observation. Returns whether the attempt changed. `goes_on`: no step stays."""
        if not self.attempt.begun:
            return False
        moments = self._moments()
        moments.read_up()
        here = attempts.current(self.lab, self.attempt)
        changed = self._become(attempts.look(self.lab, self.attempt, seen, moments, stays=self.stays and not goes_on))
        self.moving.look(self.lab, self.attempt, Evidence(seen, self._moments(), self.attempt.memory))
        if here is not None and self.attempt.begun:
            self.keeping.met(here, seen.audit.findings)
        return changed

    async def read_up(self, seen: Observation) -> None:
        """Read what has happened since the last look, in short turns of the loop: the look then need not."""
        if self.attempt.begun and not self._moments().is_asked:
            # After a restart much may be there already. What the checks ask of nothing says which of it to read.
            attempts.look(self.lab, self.attempt, seen, self._moments())
        while self.attempt.begun and not self._moments().read_up(READ_AT_ONCE):  # noqa: ASYNC110 - nobody tells
            await asyncio.sleep(0)

    def acted(self, *, begins: bool = False) -> None:
        """The learner did something in this lab: note the time."""
        self.keeping.acted(begins=begins)

    @property
    def record(self) -> Record:
        """What was kept of all attempts."""
        return self.keeping.record

    def guide(self) -> GuideSeen:
        """Return what the guide panel draws."""
        return draw(self.lab, self.attempt, busy=self.busy, moves=self.moving.of(self.lab, self.attempt))

    async def start(self) -> None:
        """Put the bench into the lab's opening state and begin at the first step. Also the way back to the start."""
        async with self._playing("The bench is being set up for this lab."):
            self.acted(begins=True)
            with self.bench.history.as_one(AGAIN if self.attempt.begun else START):
                await self._begin()

    async def predict(self, step_id: str, option: str, confidence: str) -> None:
        """Commit to a prediction."""
        self._not_busy()
        self.acted()
        self._become(attempts.choose(self.lab, self.attempt, step_id, option, confidence, await self._evidence()))

    async def proceed(self, step_id: str) -> None:
        """Go on from an explain step, or from one that has passed."""
        self._not_busy()
        self.acted()
        self._become(attempts.proceed(self.lab, self.attempt, step_id, await self._evidence()))

    async def answer(self, step_id: str, question_id: str, option: str) -> None:
        """Answer a quiz question."""
        self._not_busy()
        self.acted()
        evidence = await self._evidence()
        self._become(attempts.answer(self.lab, self.attempt, step_id, question_id, option, evidence))

    async def hint(self, step_id: str) -> None:
        """Reveal the next rung of the hint ladder."""
        self.acted()
        self._become(attempts.reveal(self.lab, self.attempt, step_id))

    async def do_it(self, step_id: str, *, slowly: bool = False) -> None:
        """Play the current do step's solution for the learner, and mark the step so. `slowly`: for one who watches."""
        step = attempts.current(self.lab, self.attempt)
        if not isinstance(step, Do) or step.id != step_id:
            raise Refused("Only the current step can be done for you, and only if it has something to do.")
        async with self._playing(f"“{step.title}” is being done for you."):
            self.acted()
            self._become(attempts.mark(self.attempt, step.id))
            async with at_pace(self.bench, Tempo.SLOW if slowly and not self.lab.in_real_time else Tempo.LIVE):
                try:
                    await self._solve(step, slowly=slowly)
                except Unavailable as error:
                    with self.bench.history.as_one(DO_IT):
                        await self._reach(self.attempt.step + 1, self._again(error), tries=TRIES - 1)

    async def catch_up(self, step_id: str) -> None:
        """Start again and play everything before a step, so that the bench is in the right state for it."""
        if step_id not in {step.id for step in self.lab.steps}:
            raise NotThere(f"{self.lab.title} has no step {step_id[:40]!r}.")
        target = self.lab.index(step_id)
        async with self._playing(f"The bench is being brought to “{self.lab.steps[target].title}”."):
            self.acted(begins=True)
            with self.bench.history.as_one(CATCH_UP):
                await self._reach(target, self.attempt)

    async def play(self, script: Script, *, slowly: bool = False) -> None:
        """Issue a script's verbs, and wait where it says so. Raises `Unavailable` if that does not come."""
        for item in script:
            await (show(self.bench, item, self._say) if slowly else follow(self.bench, item))
            self.look(await self.bench.observe())

    async def _reach(self, target: int, before: Attempt, tries: int = TRIES) -> None:
        """Start again and pass every step before a target; what the learner did `before` counts as theirs."""
        for left in reversed(range(tries)):
            try:
                await self._begin()
                self._become(attempts.remember(self.lab, self.attempt, before, target))
                while self.attempt.step < target:
                    await self._pass_step()
                return
            except Unavailable as error:
                if not left:
                    raise
                self._again(error)

    def _again(self, error: Unavailable) -> Attempt:
        """Say that what was tried did not come about and is tried again. Returns the attempt as it stood."""
        log.info("%s: %s Trying again from the start.", self.lab.slug, error)
        self._say("The machine was too busy for the broker’s clock. The lab starts again from its beginning.")
        return self.attempt

    def _say(self, caption: str) -> None:
        self.busy = caption
        self._tell()

    async def _begin(self) -> None:
        self._become(replace(self.attempt, begun=False))
        if not self.bench.history.begin_on_new():
            await self.bench.perform("reset", {})
        await self.play(self.lab.setup)
        self._become(attempts.begin(self.attempt, at=self.bench.journal.last))

    async def _pass_step(self) -> None:
        step = self.lab.steps[self.attempt.step]
        if isinstance(step, Do):
            await self._solve(step)
        else:
            self._become(attempts.skip(self.lab, self.attempt, await self._evidence()))

    async def _solve(self, step: Do, *, slowly: bool = False) -> None:
        here, limit_s = self.attempt.step, STEP_TIMEOUT_S * (PATIENCE if slowly else 1)
        script = step.solution(await self._evidence()) if callable(step.solution) else step.solution
        await self.play(script, slowly=slowly)
        try:
            await follow(self.bench, Wait(f"“{step.title}”", lambda seen: self._is_past(here, seen), limit_s))
        except Unavailable as error:
            differs = [said.text for said in self.attempt.said.get(step.id, {}).values() if not said.passed]
            raise Unavailable(f"{error} The checks say: {' '.join(differs)}") from error

    def _is_past(self, index: int, seen: Observation) -> bool:
        self.look(seen, goes_on=True)
        return self.attempt.step > index

    async def _evidence(self) -> Evidence:
        await self.read_up(seen := await self.bench.observe())
        return Evidence(seen, self._moments(), self.attempt.memory)

    def _moments(self) -> Moments:
        return self._since.of(self.attempt.began_at)

    def _not_busy(self) -> None:
        if self.busy:
            raise Refused(f"{self.busy} Wait until that is done, then try again.")

    @asynccontextmanager
    async def _playing(self, what: str) -> AsyncIterator[None]:
        self._not_busy()
        self._say(what)
        try:
            yield
        except VangoError as error:
            self._become(replace(self.attempt, trouble=str(error)))
            raise
        finally:
            self._say("")

    def _become(self, attempt: Attempt) -> bool:
        if attempt == self.attempt:
            return False
        store.save(self.bench.folder, self.lab.slug, attempt)
        self.attempt = attempt
        self.keeping.came_to(self.attempt)
        self._tell()
        return True

    def come_back(self) -> None:
        """The attempt's file was replaced, as when a bench is put back. What was reached meanwhile stays on record."""
        self.attempt = store.load(self.bench.folder, self.lab.slug)
        self._tell()

    def _tell(self) -> None:
        if self.on_change is not None:
            self.on_change()
