"""Connections to the broker: opening, asking the JetStream API, and cutting without a goodbye.

A connection is used once. When it breaks, the client's reconnect buffer does not repair it, because that could store
n + 1 before n (docs/nats-facts.md#reconnect-buffer). The owner opens another and starts again from what is committed.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.aio.subscription import Subscription
from nats.errors import Error as NatsError
from nats.errors import NoRespondersError

from vango.actors import tasks, told
from vango.actors.errors import DiskFull, NotThere, Refused, Unavailable, VangoError
from vango.actors.wakeup import Wakeup
from vango.broker import nats_client
from vango.broker.answers import Answers

CONNECT_S = 2
NO_SPACE = ("no space left", "disk quota exceeded")
API_ERRORS: Mapping[int, type[VangoError]] = {404: NotThere, 503: Unavailable}
"""503 passes: the account has no JetStream now (docs/nats-facts.md#not-now), or a cluster elects a leader."""
PUBLISH_ERRORS: Mapping[int, type[VangoError]] = {}
"""A PubAck says 503 of a full stream, and that is a refusal (docs/nats-facts.md#full-stream)."""
API_S = 3.0
PING_S = 20


ONCE: Mapping[str, Any] = {
    "allow_reconnect": False, "connect_timeout": CONNECT_S, "ping_interval": PING_S, "flusher_queue_size": 4096,
    # A server that refuses is tried twice at once. By default the client sleeps 2 s in between.
    "reconnect_time_wait": 0, "max_reconnect_attempts": 1,
}  # fmt: skip
"""The options of `nats.connect` that make a connection which is used once."""
OURS = frozenset((*ONCE, "servers", "name", "error_cb"))
"""What `Connection.open` sets, and nobody else may."""


@dataclass(frozen=True, slots=True)
class Address:
    """Where a broker is and how to be let in. `options` are others of `nats.connect`, such as `token` or `tls`."""

    url: str
    user: str
    password: str
    options: Mapping[str, Any] = field(default_factory=dict)

    def __str__(self) -> str:
        """The URL without what lets in: for errors and logs."""
        return re.sub(r"//[^/@]*@", "//", self.url)


class Connection:
    """One connection. `broken` is set when it ends, for any reason; `last` is the last request that was answered.

    It holds subject, headers, request and reply as they were on the wire, JSON as JSON. Read it before anything else
    is awaited.
    """

    def __init__(self, client: Client) -> None:
        self.client = client
        self.broken = asyncio.Event()
        self._ended: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.last: dict[str, Any] = {}
        self._answers = Answers(client)
        nats_client.when_ended(client, self._end)

    def _end(self) -> None:
        self.broken.set()
        self._answers.end()
        if not self._ended.done():
            self._ended.set_result(None)

    @classmethod
    async def open(cls, address: Address, name: str) -> Connection:
        """Connect once, without retries. Raises `Unavailable` when the broker does not answer in time."""
        client = Client()
        refused: list[Exception] = []

        async def tell(error: Exception) -> None:
            """Keep why there is no connection. Errors of an open one end it, and `broken` says so."""
            if not client.is_connected:
                refused[:] = [error]

        # A frozen broker accepts the connection and never answers, so the whole handshake has a deadline.
        try:
            await tasks.in_time(
                client.connect(
                    address.url, name=name, user=address.user or None, password=address.password or None,
                    error_cb=tell, **ONCE, **address.options,
                ),
                CONNECT_S,
            )  # fmt: skip
        except (OSError, NatsError, TimeoutError) as error:
            await nats_client.release(client)
            reason = str(refused[0] if refused else error) or "no reply in time"
            raise Unavailable(f"The broker at {address} does not answer: {reason}.") from error
        except BaseException:
            # Nothing waits for it any more; its socket would stay open as long as the broker lives.
            await nats_client.release(client)
            raise
        return cls(client)

    def wakes(self, sleeper: asyncio.Event | Wakeup) -> None:
        """Wake a waiter when the connection breaks, so that it need not wait for `broken` as well."""
        self._ended.add_done_callback(lambda _: sleeper.set())

    def abort(self) -> None:
        """Cut the connection with a reset: no flush, no goodbye, as SIGKILL does to a client."""
        nats_client.abort(self.client)

    async def close(self) -> None:
        """Close the connection, sending what is still queued. Never raises, even if it is broken."""
        with contextlib.suppress(NatsError, OSError, TimeoutError):
            await tasks.in_time(self.client.close(), 1.0)
        await self.cut()

    async def cut(self) -> None:
        """Abort, then release what the client still holds on this side."""
        await nats_client.release(self.client)

    async def publish(
        self, subject: str, payload: bytes, *, reply: str = "", headers: dict[str, str] | None = None
    ) -> None:
        """Send a message. Nothing is confirmed. Raises `Unavailable` when the connection is gone."""
        try:
            await self.client.publish(subject, payload, reply=reply, headers=headers)
        except (NatsError, OSError) as error:
            raise Unavailable(f"The message on {subject} could not be sent: {error}.", definite=False) from error

    async def publish_each(self, subjects: Sequence[str], payload: bytes) -> None:
        """Send the same message to many subjects, in order. Raises `Unavailable` as `publish` does."""
        send = self.client.publish
        try:
            for subject in subjects:
                await send(subject, payload)
        except (NatsError, OSError) as error:
            words = f"Not all of {len(subjects)} messages could be sent: {error}."
            raise Unavailable(words, definite=False) from error

    async def subscribe(self, subject: str, hear: Callable[[Msg], Awaitable[None]]) -> Subscription:
        """Call `hear` for every message on a subject, one at a time. Raises `Unavailable` on a broken connection."""
        try:
            return await self.client.subscribe(
                subject, cb=hear, pending_msgs_limit=1 << 20, pending_bytes_limit=256 << 20
            )
        except (NatsError, OSError) as error:
            raise Unavailable(f"Nothing on {subject} can be heard: {str(error) or 'no connection'}.") from error

    async def allow(self, subscription: Subscription, messages: int) -> None:
        """Let the server end a subscription after this number of messages. It then sends no more."""
        try:
            await nats_client.end_after(self.client, subscription, messages)
        except (NatsError, OSError) as error:
            raise Unavailable(f"Nothing on {subscription.subject} can be heard: {error}.") from error

    async def unsubscribe(self, subscription: Subscription) -> None:
        """Unsubscribe; on a broken connection there is nothing to do."""
        with contextlib.suppress(NatsError, OSError):
            await subscription.unsubscribe()

    async def request(
        self, subject: str, payload: bytes = b"", *, timeout_s: float = API_S, headers: dict[str, str] | None = None
    ) -> Msg:
        """Send a request and return the answer. Raises `Unavailable` when none came. The effect is then unknown, unless
        nobody listened.
        """
        try:
            if self.broken.is_set():
                raise ConnectionError("the connection broke")
            return await self._answers.ask(subject, payload, headers, timeout_s)
        except (NatsError, OSError) as error:
            nobody_listens = isinstance(error, NoRespondersError)
            raise Unavailable(f"No answer on {subject}: {error}.", definite=nobody_listens) from error

    async def api(
        self, subject: str, body: dict[str, Any] | None = None, *, timeout_s: float = API_S
    ) -> dict[str, Any]:
        """Call the JetStream API and return its answer.

        Raises `NotThere` (404), `Unavailable` (503: not now) or `Refused` with the server's own code and words;
        `Unavailable` also when none came.
        """
        payload = json.dumps(body).encode() if body is not None else b""
        answer = await self.request(f"$JS.API.{subject}", payload, timeout_s=timeout_s)
        reply = _answer(answer)
        self.last = {"subject": f"$JS.API.{subject}", "request": body, "reply": reply}
        raise_for(reply, API_ERRORS)
        return reply

    async def store(
        self, subject: str, payload: bytes, *, message_id: str = "", timeout_s: float = API_S
    ) -> dict[str, Any]:
        """Publish into a stream and wait for the PubAck, which is returned.

        Raises `Refused` with the server's own code and words, `Unavailable` when none came.
        """
        headers = {"Nats-Msg-Id": message_id} if message_id else None
        try:
            answer = await self.request(subject, payload, timeout_s=timeout_s, headers=headers)
        except Unavailable as error:
            if isinstance(error.__cause__, NoRespondersError):
                raise Refused(f"The broker says 503: no stream listens on {subject}. Nothing was stored.") from error
            raise
        reply = _answer(answer)
        self.last = {
            "subject": subject,
            "headers": headers or {},
            "request": told.json_or_text(payload),
            "reply": reply,
        }
        raise_for(reply, PUBLISH_ERRORS)
        return reply


def _answer(answer: Msg) -> dict[str, Any]:
    """Read an answer of the server. Raises `Unavailable` for bytes that are not one; the effect is then unknown."""
    try:
        return told.read_object(answer.data)
    except told.Unreadable as error:
        raise Unavailable(f"The broker's answer cannot be read: {error}", definite=False) from error


def raise_for(reply: dict[str, Any], kinds: Mapping[int, type[VangoError]]) -> None:
    """Raise the error that a JetStream reply reports; do nothing when it reports none.

    `kinds` has the kinds of error by the reply's code; any other is `Refused`. None of them had an effect.
    """
    error = reply.get("error")
    if not error:
        return
    if any(words in str(error.get("description", "")).lower() for words in NO_SPACE):
        raise DiskFull("The broker could not write")
    words = f"The broker says {error.get('err_code', error.get('code'))}: {error.get('description', '')}."
    code = error.get("err_code")
    raise kinds.get(error.get("code"), Refused)(words, err_code=code if type(code) is int else 0)
