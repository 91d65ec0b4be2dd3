"""The link: the bench's own connection to its broker, which looks and manages, and hears of what others do.

It subscribes to no subject of the lesson (`vango.broker.ears`): that would change what the lesson shows.

Whenever it breaks another is opened, and the streams and the bucket are made to be there. Over it the control plane
answers edges that ask for a snapshot.
"""

from __future__ import annotations

import asyncio
import contextlib
import json

from nats.aio.msg import Msg

from vango.actors import tasks
from vango.actors.errors import Unavailable, VangoError
from vango.bench.whole import Whole
from vango.broker import advisories, ears, streams
from vango.broker.connection import Address, Wire
from vango.broker.ears import Ears
from vango.broker.rate_limit import Allowance, RateLimit
from vango.edge import consumers
from vango.edge.recovery import SNAPSHOT_REQUEST
from vango.truth import snapshots

ADVISORIES = ("$JS.EVENT.ADVISORY.STREAM.>", "$JS.EVENT.ADVISORY.CONSUMER.>", "$JS.EVENT.ADVISORY.API")
STREAM_ADVISORY = "$JS.EVENT.ADVISORY.STREAM."
# A message given up (MAX_DELIVERIES, MSG_TERMINATED, MSG_NAKED), and a deleted consumer of the routes.
WORTH_TELLING = ("$JS.EVENT.ADVISORY.CONSUMER.M", f"$JS.EVENT.ADVISORY.CONSUMER.DELETED.{consumers.STREAM}.")
ONLY_LOOKED = (".INFO", ".LIST", ".NAMES", ".DIRECT.", ".MSG.GET")
RETRY_S = 0.1
# A look shows whatever happened: of a thousand messages in a tenth of a second, a hundred are as good a reason to look.
_LOOKS = Allowance(1000, 0.1)


class BenchConnection:
    """The connection of one bench to its broker, opened again for as long as the bench is open."""

    def __init__(self, bench: Whole) -> None:
        self._bench = bench
        self._wire: Wire | None = None
        self._there = asyncio.Event()
        self._keeping: asyncio.Task[None] | None = None
        self._stirred = asyncio.Event()
        self._unheard: set[str] = set()
        self._turning_to = ""

    async def connect(self, name: str) -> Wire:
        """Open a connection to the broker for an actor. Raises `Unavailable`."""
        broker = self._bench.broker
        if broker.state == "down":
            raise Unavailable(f"The broker is down: {broker.reason}.")
        return await Wire.open(Address(broker.url, broker.user, broker.password), name)

    @property
    def is_open(self) -> bool:
        """Whether there is a connection, with all that is made to be there over it."""
        return self._wire is not None and not self._wire.broken.is_set()

    @property
    def is_behind(self) -> bool:
        """Whether a stream was made, changed or flooded, and is not yet listened to again."""
        return bool(self._unheard or self._turning_to)

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
            except VangoError:
                await asyncio.sleep(RETRY_S)
                continue
            try:
                await self._use(wire)
            finally:
                self._wire = None
                self._there.clear()
                await wire.cut()
                self._bench.observer.broker.tape.forget()
                self._bench.changes.note(early=True)

    async def _use(self, wire: Wire) -> None:
        """Be the bench's connection until it breaks."""
        try:
            heard = await self._prepare(wire)
        except VangoError:
            await asyncio.sleep(RETRY_S)
            return
        self._wire = wire
        self._there.set()
        self._bench.changes.note(early=True)
        await self._listen_on(wire, heard)

    def _tell(self, sentence: str) -> None:
        self._bench.journal.write("broker", "trouble", sentence)

    async def _listen_on(self, wire: Wire, heard: Ears) -> None:
        """Until the connection breaks, listen again to every stream that was made, changed, or has more to say than is heard."""
        wire.wakes(self._stirred)
        with contextlib.suppress(Unavailable):
            while not wire.broken.is_set():
                self._stirred.clear()
                while self._unheard:
                    self._turning_to = self._unheard.pop()
                    await heard.listen(self._turning_to)
                    self._turning_to = ""
                    self._bench.changes.note(early=True)
                if not wire.broken.is_set():
                    await self._stirred.wait()

    async def _prepare(self, wire: Wire) -> Ears:
        for stream, rules in self._bench.settings.streams.items():
            await streams.ensure(wire, stream, rules, self._bench.settings.subjects[stream])
        await snapshots.create_bucket(wire)
        for subject in ADVISORIES:
            await RateLimit(wire, subject, self._hear, _LOOKS, self._look_again).open()
        heard = Ears(wire, self._hear, _LOOKS, self._missed)
        self._unheard.clear()
        self._turning_to = ""
        for stream in streams.SUBJECTS:
            await heard.listen(stream)
        await self._bench.guests.listen(wire)
        await wire.subscribe(SNAPSHOT_REQUEST, self._answer_snapshot)
        return heard

    def _missed(self, stream: str) -> None:
        """More was stored than is listened to: look, and listen again from what is stored then."""
        self._unheard.add(stream)
        self._stirred.set()

    def _look_again(self, exhausted: bool) -> None:
        """What was not heard changed something as well: one look at the end sees all of it."""
        if exhausted:
            self._bench.changes.note(early=True)

    async def _hear(self, message: Msg) -> None:
        """Something was published, or the server tells of a change: whoever made it, look."""
        if message.subject == advisories.API:
            asked = advisories.asked(message.data)
            if ears.is_ours(asked) or any(word in asked for word in ONLY_LOOKED):
                return
        elif ears.is_ours(message.subject):
            return
        elif message.subject.startswith(STREAM_ADVISORY):
            self._hear_of_stream(message.subject)
        elif message.subject.startswith(WORTH_TELLING):
            advisories.tell(self._bench.journal, message.subject, message.data)
        self._bench.changes.note(early=not self._is_the_relays(message))

    def _hear_of_stream(self, subject: str) -> None:
        """A stream was made, changed or deleted: what is stored there is heard anew, and the relay tries what it holds."""
        *_, action, stream = subject.split(".")
        if stream in streams.SUBJECTS and action != "DELETED":
            self._missed(stream)
            self._bench.relay.retry()

    def _is_the_relays(self, message: Msg) -> bool:
        """Say whether the relay published it, which tells when it is stored. Anybody else's may be heard before it is."""
        event_id = (message.headers or {}).get("Nats-Msg-Id")
        return event_id is not None and bool(self._bench.observer.broker.known([event_id]))

    async def _answer_snapshot(self, request: Msg) -> None:
        try:
            name, snapshot = await self._bench.take_snapshot()
            answer = {"name": name, "sequence": snapshot.sequence}
        except VangoError as error:
            answer = {"error": str(error)}
        await request.respond(json.dumps(answer).encode())
