"""Asks a real nats-server: one fresh broker for each question, every exchange kept as it went over the wire.

The requests are plain JetStream API requests, without any client library's help, so that a page can show all of them.
"""

from __future__ import annotations

import asyncio
import json
import tempfile
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from nats.aio.msg import Msg

from studylab.concepts.recorded import Act, Answered, Exchange, Recording, value_at
from vango.actors.errors import Unavailable, VangoError
from vango.broker.broker import Broker
from vango.broker.connection import Address, Connection
from vango.broker.keeper import Keeper

ANSWER_WITHIN_S = 3.0
UNTIL_WITHIN_S = 15.0
LOOK_EVERY_S = 0.05
NS = 1_000_000_000
DURABLE = {"ack_policy": "explicit", "deliver_policy": "all", "filter_subject": "route.>"}


class Server:
    """A fresh server for one question. `exchanges` grows with each call of a method that keeps its exchange."""

    def __init__(self, broker: Broker) -> None:
        self.broker = broker
        self.exchanges: list[Exchange] = []
        self._wire: Connection | None = None

    @property
    def wire(self) -> Connection:
        """The open connection. Raises `Unavailable` before `connect`."""
        if self._wire is None:
            raise Unavailable("The server is not connected: call connect() first.")
        return self._wire

    async def connect(self) -> None:
        """Open a connection; an earlier one is closed."""
        await self.disconnect()
        self._wire = await Connection.open(
            Address(self.broker.url, self.broker.user, self.broker.password), "questions"
        )

    async def disconnect(self) -> None:
        """Close the connection, if there is one."""
        if self._wire is not None:
            await self._wire.close()
            self._wire = None

    async def api(self, subject: str, body: Any = None) -> Any:
        """Ask the JetStream API without keeping it: to set something up, or to look. Errors come back as replies."""
        payload = b"" if body is None else json.dumps(body).encode()
        answer = await self.wire.request(f"$JS.API.{subject}", payload, timeout_s=ANSWER_WITHIN_S)
        return json.loads(answer.data)

    async def ask(self, what: str, subject: str, body: Any = None, *, decisive: tuple[str, ...]) -> Any:
        """Ask the JetStream API and keep it. Returns the reply."""
        reply = await self.api(subject, body)
        self._keep(Exchange(Act.ASKED, what, f"$JS.API.{subject}", None, body, reply, decisive))
        return reply

    async def ask_until(self, what: str, subject: str, *, decisive: tuple[str, ...], so: Callable[[Any], bool]) -> Any:
        """Ask until the reply meets a condition, and keep that one. Otherwise raises `Unavailable` with the last."""
        reply = await until(lambda: self.api(subject), so, what)
        self._keep(Exchange(Act.ASKED, what, f"$JS.API.{subject}", None, None, reply, decisive))
        return reply

    async def stream(self, name: str = "ROUTES", **config: Any) -> None:
        """Create a stream on `route.>` in a file, with further configuration."""
        made = {"name": name, "subjects": ["route.>"], "storage": "file", "num_replicas": 1, **config}
        await self._set_up(f"STREAM.CREATE.{name}", made)

    async def consumer(self, name: str = "fra", **config: Any) -> None:
        """Create a durable pull consumer on the stream ROUTES."""
        made = {**DURABLE, "durable_name": name, **config}
        body = {"stream_name": "ROUTES", "config": made}
        await self._set_up(f"CONSUMER.CREATE.ROUTES.{name}.{made['filter_subject']}", body)

    async def _set_up(self, subject: str, body: Any) -> None:
        reply = await self.api(subject, body)
        if "error" in reply:
            raise Unavailable(f"{subject} was answered {reply['error']}; the question cannot be asked.")

    async def events(self, *numbers: int) -> None:
        """Publish events by their numbers, each under its own message id, and wait for every PubAck."""
        for number in numbers:
            body, headers = event(number)
            await self.wire.request(SUBJECT, json.dumps(body).encode(), headers=headers, timeout_s=ANSWER_WITHIN_S)

    async def publish(
        self, what: str, body: Any, headers: dict[str, str] | None = None, *, decisive: tuple[str, ...],
        subject: str = "", timeout_s: float = ANSWER_WITHIN_S,
    ) -> Any:  # fmt: skip
        """Publish a message and keep its PubAck. Without one the reply kept is `{"no_reply": reason}`."""
        subject = subject or SUBJECT
        try:
            answer = await self.wire.request(subject, json.dumps(body).encode(), headers=headers, timeout_s=timeout_s)
            reply = json.loads(answer.data)
        except VangoError as error:
            reply = {"no_reply": str(error).rsplit(": ", 1)[-1].rstrip(".")}
        self._keep(Exchange(Act.PUBLISHED, what, subject, headers, body, reply, decisive))
        return reply

    async def next(
        self, what: str, consumer: str = "fra", *, ack: bool = True,
        decisive: tuple[str, ...] = ("stream_seq", "consumer_seq", "deliveries"),
    ) -> Any:  # fmt: skip
        """Pull one message and keep it, with the numbers that its ack subject carries; acknowledge it, or leave it."""
        message = await self.pull(consumer)
        self._keep(Exchange(Act.DELIVERED, what, message.subject, None, None, delivered(message), decisive))
        if ack:
            await self.wire.request(message.reply, b"+ACK")
        return message

    async def pull(self, consumer: str = "fra") -> Msg:
        """Pull one message without keeping it. It waits until there is one."""
        heard = await self.wait_for_more(consumer)
        message = await asyncio.wait_for(heard.get(), ANSWER_WITHIN_S + 1)
        if not message.reply:
            raise Unavailable(f"The consumer {consumer} delivered nothing: {dict(message.headers or {})}.")
        return message

    async def wait_for_more(self, consumer: str = "fra") -> asyncio.Queue[Msg]:
        """Send a pull request and return where its message will come."""
        # Not a plain request: what comes back bears the subject that it was published on, not that of the inbox.
        inbox = self.wire.client.new_inbox()
        heard = await self.listen(inbox)
        body = {"batch": 1, "expires": int(ANSWER_WITHIN_S * NS)}
        subject = f"$JS.API.CONSUMER.MSG.NEXT.ROUTES.{consumer}"
        await self.wire.publish(subject, json.dumps(body).encode(), reply=inbox)
        return heard

    async def take(self, number: int, consumer: str = "fra") -> None:
        """Pull and acknowledge this many messages without keeping them."""
        for _ in range(number):
            await self.wire.request((await self.pull(consumer)).reply, b"+ACK")

    async def listen(self, subject: str) -> asyncio.Queue[Msg]:
        """Listen to a subject from now on."""
        heard: asyncio.Queue[Msg] = asyncio.Queue()
        await self.wire.subscribe(subject, heard.put)
        await self.wire.client.flush()
        return heard

    async def hear(self, what: str, heard: asyncio.Queue[Msg], *, decisive: tuple[str, ...]) -> None:
        """Wait for a message and keep it."""
        message = await asyncio.wait_for(heard.get(), UNTIL_WITHIN_S)
        reply = json.loads(message.data)
        self._keep(Exchange(Act.HEARD, what, message.subject, None, None, reply, decisive))

    def did(self, what: str) -> None:
        """Keep a step that was not a request."""
        self._keep(Exchange(Act.DONE, what))

    def _keep(self, exchange: Exchange) -> None:
        for path in exchange.decisive:
            value_at(exchange.reply, path)
        self.exchanges.append(exchange)


@dataclass(frozen=True, slots=True)
class Question:
    """One question: the page it belongs to, its anchor there, its title, and how it is asked."""

    concept: str
    id: str
    title: str
    ask: Callable[[Server], Awaitable[None]]


SUBJECT = "route.owner.updated.shop"


def event(number: int) -> tuple[dict[str, Any], dict[str, str]]:
    """Return the body and the headers of event `number` of the route shop: owners a, b, c … and epochs 1, 2, 3 …"""
    owner = f"alloc-{'abcdefghijklmnopqrstuvwxyz'[(number - 1) % 26]}"
    return {"route": "shop", "owner": owner, "epoch": number}, {"Nats-Msg-Id": f"e{number}"}


def delivered(message: Msg) -> dict[str, Any]:
    """Return a delivered message with the numbers of its ack subject, `$JS.ACK.stream.consumer.deliveries.seq.…`."""
    words = message.reply.split(".")
    return {
        "body": json.loads(message.data), "headers": dict(message.headers or {}), "deliveries": int(words[4]),
        "stream_seq": int(words[5]), "consumer_seq": int(words[6]), "pending": int(words[8]),
    }  # fmt: skip


async def until(look: Callable[[], Awaitable[Any]], so: Callable[[Any], bool], what: str) -> Any:
    """Look again until a condition holds. Raises `Unavailable` with the last observation."""
    deadline = asyncio.get_running_loop().time() + UNTIL_WITHIN_S
    while True:
        seen = await look()
        if so(seen):
            return seen
        if asyncio.get_running_loop().time() > deadline:
            raise Unavailable(
                f"Waited {UNTIL_WITHIN_S:g} s without success: {what}. Last seen: {json.dumps(seen)[:400]}."
            )
        await asyncio.sleep(LOOK_EVERY_S)


async def answer(question: Question, keeper: Keeper) -> tuple[Answered, str]:
    """Ask one question of a fresh server. Returns the answer and the server's version."""
    with tempfile.TemporaryDirectory(prefix="studylab-question-") as folder:
        broker = Broker(Path(folder), keeper, name="asked", on_exit=lambda _: None)
        server = Server(broker)
        try:
            await broker.start()
            await server.connect()
            found = server.wire.client.connected_server_version
            version = f"{found.major}.{found.minor}.{found.patch}"
            await question.ask(server)
        finally:
            await server.disconnect()
            await broker.close()
    return Answered(question.id, question.title, tuple(server.exchanges)), version


async def record(questions: Iterable[Question], nats_server: Path | None = None) -> dict[str, Recording]:
    """Ask every question and return what was answered, by concept page."""
    keeper = await Keeper.start(nats_server)
    found: dict[str, list[Answered]] = {}
    version = ""
    try:
        for question in questions:
            answered, version = await answer(question, keeper)
            found.setdefault(question.concept, []).append(answered)
    finally:
        await keeper.close()
    day = datetime.now(UTC).date().isoformat()
    return {concept: Recording(version, day, tuple(answers)) for concept, answers in found.items()}
