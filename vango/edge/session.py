"""A session: one connection of an edge to the broker, from its first question to the connection's end.

It reads, has what came handled, and with nothing left to handle decides what may be claimed. Every surprise goes to
`vango.edge.recovery`. What must outlive the connection (view, counters, mode) belongs to the edge.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any

from nats.aio.msg import Msg

from vango.actors.errors import Unavailable
from vango.actors.sqlite import Held, P, T, patiently
from vango.broker.connection import Wire
from vango.core.claims import Mark, Word, stand
from vango.core.modes import ANSWERS, Mode, Signal
from vango.core.rules import EdgeRules, OnGap, Poison
from vango.core.snapshot import BadSnapshot
from vango.edge import consumers, recovery
from vango.edge.consume import Gap, handle
from vango.edge.foreign import Noise
from vango.edge.pull import BATCH, Pull
from vango.edge.view import View
from vango.relay import high_water

if TYPE_CHECKING:
    from vango.edge.edge import Edge

MARK_TIMEOUT_S = 1.0
DELETIONS = (
    f"$JS.EVENT.ADVISORY.CONSUMER.DELETED.{consumers.STREAM}.>",
    f"$JS.EVENT.ADVISORY.STREAM.DELETED.{consumers.STREAM}",
)
LOOK_AGAIN_S = 0.02
MARK_COMES_S = 0.1
TOGETHER = 250
"""At most so many messages are handled in one turn of the loop: more would hold up every other bench."""


class Session:
    """One connection of one edge. `view` is the edge's; `consumer` is the name of the one it reads with."""

    def __init__(self, edge: Edge, wire: Wire, view: View) -> None:
        self.edge = edge
        self.wire = wire
        self.view = view
        self.consumer = edge.name
        self.noise = Noise(self.tell)
        self.wants_snapshot = False
        self._pull: Pull | None = None
        self._may_be_gone = False
        self._until_mark: asyncio.TimerHandle | None = None

    @property
    def rules(self) -> EdgeRules:
        """How the edge consumes."""
        return self.edge.rules

    def tell(self, kind: str, text: str, **detail: Any) -> None:
        """Write a moment of this edge into the journal."""
        self.edge.journal.write(self.edge.name, kind, text, **detail)

    async def keep(self, write: Callable[P, T], *arguments: P.args, **named: P.kwargs) -> T:
        """Write into the view, however long another program holds it: an edge that waits claims nothing new."""
        waits = f"another program holds {self.edge.name}.db; it waits until that is closed"
        while True:
            try:
                written = await patiently(write, *arguments, **named)
            except Held:
                if self.edge.reason != waits:
                    self.edge.reason = waits
                    self.tell("trouble", waits)
                continue
            if self.edge.reason == waits:
                self.edge.reason = ""
            return written

    async def run(self) -> None:
        """Go on until the connection breaks. Raises `Unavailable` then, and `ConsumerGone`, `NotThere`, `Crashed`."""
        try:
            await self._run()
        finally:
            self._stop_waiting()
            self.edge.word = self.edge.word.waited()
            if self._pull is not None:
                self._pull.stop_asking()

    async def _run(self) -> None:
        self.wire.wakes(self.edge.awake)
        if self.edge.mode in ANSWERS:
            self.edge.reason = ""
        await self.wire.subscribe(high_water.HEARTBEAT, self._hear_mark)
        for subject in DELETIONS:
            await self.wire.subscribe(subject, self._hear_deletion)
        if self.edge.mode is Mode.LOADING:
            await recovery.begin(self)
        elif self.edge.mode in ANSWERS:
            await self.open_consumer(from_new=False)
        else:
            await recovery.recover(self)
        await self._ask_mark()
        while not self.wire.broken.is_set():
            try:
                await self._follow()
            except Gap as gap:
                await recovery.fail_closed(self, str(gap))
                if self.rules.on_gap is OnGap.CARRY_ON:
                    # It would see the same gap again at once, and write of nothing else.
                    await self.edge.awake.rest()
            except BadSnapshot as error:
                await recovery.fail_closed(self, f"the snapshot is refused: {error}")
        raise Unavailable("The connection to the broker broke.")

    # Reading.

    async def open_consumer(self, *, from_new: bool) -> None:
        """Find or create the consumer and read with it."""
        self.consumer = await consumers.ensure(
            self.wire, self.edge.name, self.rules, self.view.position, from_new=from_new
        )
        self.edge.consumer = self.consumer
        await self.open_pull()

    async def open_pull(self) -> None:
        """Ask the consumer for messages."""
        batch = 1 if self.rules.poison is Poison.RETRY else BATCH
        wire, wake, tell = self.wire, self.edge.awake.set, partial(self.tell, "refused")
        self._pull = Pull(wire, consumers.STREAM, self.consumer, wake, batch=batch, tell=tell)
        await self._pull.open()

    async def close_pull(self) -> None:
        """Stop reading; what came and was not handled is dropped, and comes again."""
        if self._pull is not None:
            await self._pull.close()
            self._pull = None

    @property
    def asked(self) -> dict[str, Any]:
        """The request that messages come in answer to; empty while the session does not read."""
        return self._pull.asked if self._pull is not None else {}

    @property
    def _one_at_a_time(self) -> bool:
        """True when each event is to be seen by itself: a crash is armed, somebody slows the bench, or it takes time."""
        path = self.edge.path
        return path.armed is not None or path.is_slowed or self.rules.handling_s > 0

    async def _follow(self) -> None:
        """Obey an order, or handle what came, or look at how far the truth is said to be and wait."""
        pull, edge = self._pull, self.edge
        if edge.orders:
            await edge.orders.popleft().obey(self)
        elif pull is not None and (deliveries := pull.take(1 if self._one_at_a_time else TOGETHER)):
            edge.heard_at = time.monotonic()
            edge.taken_seq = deliveries[-1].stream_seq
            await handle(self, deliveries)
            # What was handled was at hand, so nothing above waited: let the others have their turn.
            await asyncio.sleep(0)
        else:
            edge.awake.clear()
            await self._make_sure_of_consumer()
            self.noise.rest()
            if pull is not None and pull.idle and edge.mode in ANSWERS:
                await self._consider(pull)
            await edge.awake.rest()
            if self.wants_snapshot and edge.mode is Mode.FAILED_CLOSED:
                # Nobody had one when it was asked for. Something has been heard since: perhaps now.
                self.wants_snapshot = False
                await recovery.recover(self)

    async def _make_sure_of_consumer(self) -> None:
        """Now and then the server deletes a consumer and does not end its pull: ask. Raises `NotThere`."""
        if self._may_be_gone and self._pull is not None:
            self._may_be_gone = False
            await consumers.has_nothing_left(self.wire, self.consumer)

    async def _hear_deletion(self, _: Msg) -> None:
        self._may_be_gone = True
        self.edge.awake.set()

    # Claiming.

    async def _consider(self, pull: Pull) -> None:
        """With nothing left to handle, decide what may be claimed. Raises `Gap`."""
        if self.rules.ask_high_water_mark:
            await self._claim_by_mark(pull)
        else:
            await self._claim_by_silence(pull)

    async def _claim_by_mark(self, pull: Pull) -> None:
        """Claim what the control plane's word allows. Raises `Gap` for what it shows to be missing."""
        standing = stand(self.view.position, self.edge.word)
        if standing.asks:
            await self._ask_mark()
            standing = stand(self.view.position, self.edge.word)
        if standing.waits or standing.asks:
            # What it waits for wakes it; so did a mark that came behind the answer.
            return
        if standing.gap:
            raise Gap(standing.gap)
        self.edge.signal(standing.signal, "")
        if standing.signal is Signal.REACHED:
            self.edge.rebuilds_in_a_row = 0
        if standing.owed and await consumers.has_nothing_left(self.wire, self.consumer) and pull.idle:
            raise Gap(standing.owed)

    def note_move(self, *, mark_follows: bool) -> None:
        """The position moved: the claim ends here, until a mark says the new one. See `Word.moved`."""
        if self.rules.ask_high_water_mark:
            self.edge.word = self.edge.word.moved(self.view.position, mark_follows=mark_follows)
            self._stop_waiting()
            if self.edge.word.is_coming:
                self._until_mark = asyncio.get_running_loop().call_later(MARK_COMES_S, self._look_after_waiting)
            self._withdraw()

    def _look_after_waiting(self) -> None:
        self.edge.word = self.edge.word.waited()
        self.edge.awake.set()

    def _stop_waiting(self) -> None:
        if self._until_mark is not None:
            self._until_mark.cancel()

    def _withdraw(self) -> None:
        """End a claim that the last mark does not say. Told only if the next mark does not restore it at once."""
        is_claimed = self.rules.ask_high_water_mark and self.edge.mode is Mode.CURRENT
        if is_claimed and stand(self.view.position, self.edge.word).signal is not Signal.REACHED:
            self.edge.signal(Signal.BEHIND, "", quietly=True)

    async def _claim_by_silence(self, pull: Pull) -> None:
        """Take it that with nothing pending everything is known. A purged tail is enough to make this wrong."""
        nothing_pending = await consumers.has_nothing_left(self.wire, self.consumer)
        self.edge.signal(Signal.REACHED if nothing_pending and pull.idle else Signal.BEHIND, "")
        if self.edge.mode is Mode.CURRENT:
            self.edge.rebuilds_in_a_row = 0
        if self.edge.mode is Mode.CATCHING_UP:
            # The acks just sent may not be counted yet, and no mark will come to look again.
            asyncio.get_running_loop().call_later(LOOK_AGAIN_S, self.edge.awake.set)

    async def _ask_mark(self) -> None:
        """Ask for the mark. A relay that is down does not answer; its first heartbeat will do instead."""
        try:
            answer = await self.wire.request(high_water.REQUEST, timeout_s=MARK_TIMEOUT_S)
        except Unavailable:
            self.edge.word = self.edge.word.silent()
        else:
            self._note_mark(answer.data, Word.answered, otherwise=Word.silent)

    async def _hear_mark(self, message: Msg) -> None:
        known = self.edge.mark
        self._note_mark(message.data, Word.heard, otherwise=lambda word: word)
        # One who is current by the mark, and hears the same again, has nothing to do.
        is_news = self.edge.mark != known or not self.rules.ask_high_water_mark
        if is_news or self.edge.mode is not Mode.CURRENT:
            self.edge.awake.set()

    def _note_mark(self, payload: bytes, note: Callable[[Word, Mark], Word], otherwise: Callable[[Word], Word]) -> None:
        edge = self.edge
        try:
            edge.word = note(edge.word, high_water.read(payload))
            edge.heard_at = time.monotonic()
        except ValueError:
            self.tell("verdict", "a mark that cannot be read was ignored")
            edge.word = otherwise(edge.word)
        self._withdraw()
