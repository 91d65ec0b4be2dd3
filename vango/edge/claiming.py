"""What an edge may claim: by the word of the control plane, or by silence.

A mark allows a claim, and shows what is missing. Without one, the edge takes nothing pending for everything known.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import Any

from nats.aio.msg import Msg

from vango.actors.errors import Unavailable
from vango.broker.connection import Connection
from vango.core.claims import Mark, Step, Word, stand
from vango.core.modes import Mode, Signal
from vango.edge import consumers
from vango.edge.pull import Pull
from vango.edge.state import EdgeState, Gap
from vango.edge.view import View
from vango.relay import high_water

MARK_TIMEOUT_S = 1.0
LOOK_AGAIN_S = 0.02
MARK_COMES_S = 0.1


class Claiming:
    """The claims of one edge over one connection."""

    def __init__(self, edge: EdgeState, wire: Connection, view: View[Any]) -> None:
        self._edge = edge
        self._wire = wire
        self._domain = edge.facts.domain
        self._view = view
        self._until_mark: asyncio.TimerHandle | None = None

    async def consider(self, pull: Pull) -> None:
        """With nothing left to handle, decide what may be claimed. Raises `Gap`."""
        if self._edge.rules.ask_high_water_mark:
            await self.by_mark(pull)
        else:
            await self.by_silence(pull)

    async def by_mark(self, pull: Pull) -> None:
        """Claim what the control plane's word allows. Raises `Gap` for what it shows to be missing."""
        standing = stand(self._view.position, self._edge.word)
        if standing.step is Step.ASK:
            await self.ask_mark()
            standing = stand(self._view.position, self._edge.word)
        if standing.step in (Step.WAIT, Step.ASK):
            # What it waits for wakes it; so did a mark that came after the answer.
            return
        if standing.step is Step.FAIL:
            raise Gap(standing.gap)
        is_current = standing.step is Step.CLAIM
        self._edge.signal(Signal.REACHED if is_current else Signal.BEHIND, "")
        if is_current:
            self._edge.rebuilds_in_a_row = 0
        if (
            standing.step is Step.LOOK
            and await consumers.has_nothing_left(self._wire, self._domain.stream, pull.consumer)
            and pull.idle
        ):
            raise Gap(standing.gap)

    def note_move(self, *, mark_follows: bool) -> None:
        """The position moved: the claim ends here, until a mark says the new one. See `Word.moved`."""
        if self._edge.rules.ask_high_water_mark:
            self._edge.word = self._edge.word.moved(self._view.position, mark_follows=mark_follows)
            self.stop_waiting()
            if self._edge.word.is_coming:
                self._until_mark = asyncio.get_running_loop().call_later(MARK_COMES_S, self._look_after_waiting)
            self._withdraw()

    def _look_after_waiting(self) -> None:
        self._edge.word = self._edge.word.waited()
        self._edge.wakeup.set()

    def stop_waiting(self) -> None:
        if self._until_mark is not None:
            self._until_mark.cancel()

    def _withdraw(self) -> None:
        """End a claim that the last mark does not say. Told only if the next mark does not restore it at once."""
        is_claimed = self._edge.rules.ask_high_water_mark and self._edge.mode is Mode.CURRENT
        if is_claimed and stand(self._view.position, self._edge.word).step is not Step.CLAIM:
            self._edge.signal(Signal.BEHIND, "", quietly=True)

    async def by_silence(self, pull: Pull) -> None:
        """Take it that with nothing pending everything is known. A purged tail is enough to make this wrong."""
        nothing_pending = await consumers.has_nothing_left(self._wire, self._domain.stream, pull.consumer)
        self._edge.signal(Signal.REACHED if nothing_pending and pull.idle else Signal.BEHIND, "")
        if self._edge.mode is Mode.CURRENT:
            self._edge.rebuilds_in_a_row = 0
        if self._edge.mode is Mode.CATCHING_UP:
            # The acks just sent may not be counted yet, and no mark will come to look again.
            asyncio.get_running_loop().call_later(LOOK_AGAIN_S, self._edge.wakeup.set)

    async def ask_mark(self) -> None:
        """Ask for the mark. A relay that is down does not answer; its first heartbeat will do instead."""
        try:
            answer = await self._wire.request(self._domain.control.mark, timeout_s=MARK_TIMEOUT_S)
        except Unavailable:
            self._edge.word = self._edge.word.silent()
        else:
            self._note_mark(answer.data, Word.answered, otherwise=Word.silent)

    async def hear_mark(self, message: Msg) -> None:
        known = self._edge.mark
        self._note_mark(message.data, Word.heard, otherwise=lambda word: word)
        # One who is current by the mark, and hears the same again, has nothing to do.
        is_news = self._edge.mark != known or not self._edge.rules.ask_high_water_mark
        if is_news or self._edge.mode is not Mode.CURRENT:
            self._edge.wakeup.set()

    def _note_mark(self, payload: bytes, note: Callable[[Word, Mark], Word], otherwise: Callable[[Word], Word]) -> None:
        edge = self._edge
        try:
            edge.word = note(edge.word, high_water.read(payload, self._domain.feed))
            edge.heard_at = time.monotonic()
            if not edge.word.is_coming:
                self.stop_waiting()
        except ValueError:
            self._edge.tell("verdict", "a mark that cannot be read was ignored")
            edge.word = otherwise(edge.word)
        self._withdraw()
