"""The link: the bench's own connection to its broker, which looks and manages, and listens for what others do.

Whenever it breaks another is opened, and the streams and the bucket are made to be there. Over it the control plane
answers edges that ask for a snapshot.
"""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING

from nats.aio.msg import Msg

from vango import advisories, consumers, snapshots, streams, tasks
from vango.errors import StudyLabError, Unavailable
from vango.ration import Allowance, Ration
from vango.recovery import SNAPSHOT_REQUEST
from vango.wire import Address, Wire

if TYPE_CHECKING:
    from vango.bench import Bench

OUTSIDE = ("route.>", "allocation.>", "operation.>", "telemetry.>",
           "$JS.EVENT.ADVISORY.STREAM.>", "$JS.EVENT.ADVISORY.CONSUMER.>", "$JS.EVENT.ADVISORY.API")  # fmt: skip
# A message given up (MAX_DELIVERIES, MSG_TERMINATED, MSG_NAKED), and a deleted consumer of the routes.
WORTH_TELLING = ("$JS.EVENT.ADVISORY.CONSUMER.M", f"$JS.EVENT.ADVISORY.CONSUMER.DELETED.{consumers.STREAM}.")
ONLY_LOOKED = (".INFO", ".LIST", ".NAMES", ".DIRECT.", ".MSG.GET")
RETRY_S = 0.1
# A look shows whatever happened: of a thousand messages in a tenth of a second, a hundred are as good a reason to look.
_LOOKS = Allowance(1000, 0.1)


class Link:
    """The connection of one bench to its broker, opened again for as long as the bench is open."""

    def __init__(self, bench: Bench) -> None:
        self._bench = bench
        self._wire: Wire | None = None
        self._there = asyncio.Event()
        self._keeping: asyncio.Task[None] | None = None

    async def connect(self, name: str) -> Wire:
        """Open a connection to the broker for an actor. Raises `Unavailable`."""
        broker = self._bench.broker
        if broker.state == "down":
            raise Unavailable(f"The broker is down: {broker.reason}.")
        return await Wire.open(Address(broker.url, broker.user, broker.password), name)

    def wire(self) -> Wire:
        """Return the open connection. Raises `Unavailable` while the broker is not there."""
        if self._wire is None:
            broker = self._bench.broker
            raise Unavailable(f"The broker is {broker.state}: {broker.reason or 'not connected yet'}.")
        return self._wire

    async def begin(self, timeout_s: float) -> bool:
        """Start keeping a connection, and wait for the first. Returns whether it came in time."""
        keeping = tasks.keep_going(self._keep, self._tell, "the bench's connection to its broker")
        self._keeping = asyncio.create_task(keeping, name="bench connection")
        try:
            await asyncio.wait_for(self._there.wait(), timeout_s)
        except TimeoutError:
            return False
        return True

    async def end(self) -> None:
        """Stop keeping, and cut what is open."""
        keeping, self._keeping = self._keeping, None
        await tasks.end(keeping)

    async def _keep(self) -> None:
        """Own the connection: whenever it breaks, open another."""
        while True:
            try:
                wire = await self.connect("bench")
            except StudyLabError:
                await asyncio.sleep(RETRY_S)
                continue
            try:
                await self._use(wire)
            finally:
                self._wire = None
                self._there.clear()
                await wire.cut()
                self._bench.observer.broker.tape.forget()
                self._bench.changes.note()

    async def _use(self, wire: Wire) -> None:
        """Be the bench's connection until it breaks."""
        try:
            await self._prepare(wire)
        except StudyLabError:
            await asyncio.sleep(RETRY_S)
            return
        self._wire = wire
        self._there.set()
        self._bench.changes.note()
        await wire.broken.wait()

    def _tell(self, sentence: str) -> None:
        self._bench.journal.write("broker", "trouble", sentence)

    async def _prepare(self, wire: Wire) -> None:
        for stream, rules in self._bench.settings.streams.items():
            await streams.ensure(wire, stream, rules, self._bench.settings.subjects[stream])
        await snapshots.create_bucket(wire)
        for subject in OUTSIDE:
            await Ration(wire, subject, self._hear, _LOOKS, self._look_again).open()
        await self._bench.guests.listen(wire)
        await wire.subscribe(SNAPSHOT_REQUEST, self._answer_snapshot)

    def _look_again(self, exhausted: bool) -> None:
        """What was not heard changed something as well: one look at the end sees all of it."""
        if exhausted:
            self._bench.changes.note(early=True)

    async def _hear(self, message: Msg) -> None:
        """Something was published, or the server tells of a change: whoever made it, look."""
        if message.subject == advisories.API:
            asked = advisories.asked(message.data)
            if any(word in asked for word in ONLY_LOOKED):
                return
        elif message.subject.startswith(WORTH_TELLING):
            advisories.tell(self._bench.journal, message.subject, message.data)
        self._bench.changes.note(early=not self._is_the_relays(message))

    def _is_the_relays(self, message: Msg) -> bool:
        """Say whether the relay published it, which tells when it is stored. Anybody else's may be heard before it is."""
        event_id = (message.headers or {}).get("Nats-Msg-Id")
        return event_id is not None and bool(self._bench.observer.broker.known([event_id]))

    async def _answer_snapshot(self, request: Msg) -> None:
        try:
            name, snapshot = await self._bench.take_snapshot()
            answer = {"name": name, "sequence": snapshot.sequence}
        except StudyLabError as error:
            answer = {"error": str(error)}
        await request.respond(json.dumps(answer).encode())
