"""The bench's own connection to its broker. It looks, manages, and notices what others do.

It subscribes to no subject of the lesson (`vango.broker.ears`), because that would change what the lesson shows.

When it breaks, another is opened, and missing streams and the bucket are created. Over it the control plane answers
edges that ask for a snapshot.
"""

from __future__ import annotations

import asyncio
import contextlib

from nats.aio.msg import Msg

from vango.actors import tasks
from vango.actors.errors import Unavailable, VangoError
from vango.bench.whole import Whole
from vango.broker import advisories, ears, streams
from vango.broker.connection import Address, Connection
from vango.broker.ears import Ears
from vango.broker.rate_limit import Allowance, RateLimit
from vango.core.names import ROUTES
from vango.truth import snapshots

ADVISORIES = ("$JS.EVENT.ADVISORY.STREAM.>", "$JS.EVENT.ADVISORY.CONSUMER.>", "$JS.EVENT.ADVISORY.API")
STREAM_ADVISORY = "$JS.EVENT.ADVISORY.STREAM."
# A message given up (MAX_DELIVERIES, MSG_TERMINATED, MSG_NAKED), and a deleted consumer of the routes.
WORTH_TELLING = ("$JS.EVENT.ADVISORY.CONSUMER.M", f"$JS.EVENT.ADVISORY.CONSUMER.DELETED.{ROUTES.stream}.")
ONLY_LOOKED = (".INFO", ".LIST", ".NAMES", ".DIRECT.", ".MSG.GET")
RETRY_S = 0.1
# A look shows everything that happened. Of a thousand messages in a tenth of a second, a hundred are reason enough to
# look.
_LOOKS = Allowance(1000, 0.1)


class BenchConnection:
    """The connection of one bench to its broker, reopened while the bench is open."""

    def __init__(self, bench: Whole) -> None:
        self._bench = bench
        self._wire: Connection | None = None
        self._there = asyncio.Event()
        self._keeping: asyncio.Task[None] | None = None
        self._stirred = asyncio.Event()
        self._unheard: set[str] = set()
        self._turning_to = ""

    async def connect(self, name: str) -> Connection:
        """Open a connection to the broker for an actor. Raises `Unavailable`."""
        broker = self._bench.broker
        if broker.state == "down":
            raise Unavailable(f"The broker is down: {broker.reason}.")
        return await Connection.open(Address(broker.url, broker.user, broker.password), name)

    @property
    def is_open(self) -> bool:
        """Whether a connection is open, with streams and bucket in place."""
        return self._wire is not None and not self._wire.broken.is_set()

    @property
    def is_behind(self) -> bool:
        """Whether a stream was made, changed or flooded, and is not yet listened to again."""
        return bool(self._unheard or self._turning_to)

    def wire(self) -> Connection:
        """Return the open connection. Raises `Unavailable` while the broker is down."""
        if self._wire is None:
            broker = self._bench.broker
            raise Unavailable(f"The broker is {broker.state}: {broker.reason or 'not connected yet'}.")
        return self._wire

    async def begin(self, timeout_s: float) -> bool:
        """Start maintaining a connection, and wait for the first. Returns whether it came in time."""
        keeping = tasks.keep_going(self._keep, self._tell, "the bench's connection to its broker")
        self._keeping = asyncio.create_task(keeping, name="bench connection")
        try:
            await asyncio.wait_for(self._there.wait(), timeout_s)
        except TimeoutError:
            return False
        return True

    async def end(self) -> None:
        """Stop, and cut the open connection."""
        keeping, self._keeping = self._keeping, None
        await tasks.end(keeping)

    async def _keep(self) -> None:
        """Own the connection: when it breaks, open another."""
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

    async def _use(self, wire: Connection) -> None:
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

    async def _listen_on(self, wire: Connection, heard: Ears) -> None:
        """Until the connection breaks, listen again to every stream that was made, changed, or flooded."""
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

    async def _prepare(self, wire: Connection) -> Ears:
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
        await wire.subscribe(ROUTES.control.snapshot, self._answer_snapshot)
        return heard

    def _missed(self, stream: str) -> None:
        """More was stored than is listened to: look, and listen again from the present end."""
        self._unheard.add(stream)
        self._stirred.set()

    def _look_again(self, exhausted: bool) -> None:
        """What was not heard changed something as well: one look at the end shows all of it."""
        if exhausted:
            self._bench.changes.note(early=True)

    async def _hear(self, message: Msg) -> None:
        """Something was published, or the server reports a change: look, no matter who made it."""
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
        """A stream was made, changed or deleted: listen to it again, and let the relay try its waiting rows."""
        *_, action, stream = subject.split(".")
        if stream in streams.SUBJECTS and action != "DELETED":
            self._missed(stream)
            self._bench.relay.retry()

    def _is_the_relays(self, message: Msg) -> bool:
        """Return whether the relay published it. The relay announces its own messages when they are stored. Others may
        be heard before that.
        """
        event_id = (message.headers or {}).get("Nats-Msg-Id")
        return event_id is not None and bool(self._bench.observer.broker.known([event_id]))

    async def _answer_snapshot(self, request: Msg) -> None:
        await snapshots.answer(request, self._bench.take_snapshot())
