"""Requests over one connection, and their answers: one inbox for all, and a waiting future for each.

nats-py's own request waits for its whole time-out on a connection that is gone, and to be watched it needs a task of its
own. A look at a bench asks four times.
"""

from __future__ import annotations

import asyncio
import itertools

from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.errors import NoRespondersError
from nats.errors import TimeoutError as NoAnswer

NOBODY_LISTENS = "503"


class Answers:
    """What was asked over one client and not yet answered."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._inbox = client.new_inbox()
        self._listens = False
        self._numbers = itertools.count(1)
        self._waiting: dict[str, asyncio.Future[Msg]] = {}

    async def ask(self, subject: str, payload: bytes, headers: dict[str, str] | None, timeout_s: float) -> Msg:
        """Return the answer to a request.

        Raises nats-py's errors, `NoRespondersError` and its time-out among them, and ConnectionError after `end`.
        """
        if not self._listens:
            self._listens = True
            await self._client.subscribe(f"{self._inbox}.*", cb=self._hear)
        loop, number = asyncio.get_running_loop(), str(next(self._numbers))
        answer: asyncio.Future[Msg] = loop.create_future()
        self._waiting[number] = answer
        timer = loop.call_later(timeout_s, _refuse, answer, NoAnswer())
        try:
            await self._client.publish(subject, payload, reply=f"{self._inbox}.{number}", headers=headers)
            return await answer
        finally:
            timer.cancel()
            del self._waiting[number]
            if answer.done() and not answer.cancelled():
                # Where the request itself failed, nobody has looked at the answer.
                answer.exception()

    def end(self) -> None:
        """The connection is gone: nothing will be answered any more."""
        for answer in self._waiting.values():
            _refuse(answer, ConnectionError("the connection broke"))

    async def _hear(self, message: Msg) -> None:
        answer = self._waiting.get(message.subject.rpartition(".")[2])
        if answer is None or answer.done():
            return
        if message.headers and message.headers.get("Status") == NOBODY_LISTENS:
            answer.set_exception(NoRespondersError())
        else:
            answer.set_result(message)


def _refuse(answer: asyncio.Future[Msg], error: Exception) -> None:
    if not answer.done():
        answer.set_exception(error)
