"""A rate-limited subscription: the server delivers at most N messages per interval.

The server itself stops delivering at the limit (`UNSUB` with a maximum) and drops the rest; the next round starts
with a full quota. A quiet subject costs nothing: a round begins with the first message.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from nats.aio.msg import Msg
from nats.aio.subscription import Subscription

from vango.actors import tasks
from vango.actors.errors import Unavailable
from vango.broker import nats_client
from vango.broker.connection import Connection

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Allowance:
    """At most `messages` in a round of `round_s` seconds."""

    messages: int
    round_s: float


def _nobody(_exhausted: bool) -> None:
    return None


class RateLimit:
    """One subject of one connection. `on_round` is told at the end of each round whether the limit was reached."""

    def __init__(
        self,
        wire: Connection,
        subject: str,
        hear: Callable[[Msg], Awaitable[None]],
        allowance: Allowance,
        on_round: Callable[[bool], None] = _nobody,
    ) -> None:
        self.received = 0
        self._wire, self._subject, self._hear, self._allowance = wire, subject, hear, allowance
        self._on_round = on_round
        self._subscription: Subscription | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._renewing: asyncio.Task[None] | None = None
        self._ended = False

    async def open(self) -> None:
        """Start to listen. Raises `Unavailable` on a broken connection."""
        self._subscription = await self._wire.subscribe(self._subject, self._take)
        await self._wire.allow(self._subscription, self._allowance.messages)

    async def close(self) -> None:
        """Stop listening."""
        self._ended = True
        if self._timer is not None:
            self._timer.cancel()
        await tasks.end(self._renewing)
        if self._subscription is not None:
            await self._wire.unsubscribe(self._subscription)

    async def _take(self, message: Msg) -> None:
        self.received += 1
        # Every message is followed by the end of a round, so the one that reaches the limit is as well.
        if self._timer is None and not self._ended:
            self._timer = asyncio.get_running_loop().call_later(self._allowance.round_s, self._end_round)
        await self._hear(message)

    def _end_round(self) -> None:
        self._timer = None
        came = nats_client.received(self._subscription) if self._subscription is not None else 0
        self._on_round(came >= self._allowance.messages)
        if came > self._allowance.messages // 2 and not self._wire.broken.is_set():
            self._renewing = asyncio.create_task(
                tasks.keep_going(self._renew, log.error, f"the rate limit of {self._subject}"),
                name=f"rate limit of {self._subject}",
            )

    async def _renew(self) -> None:
        spent = self._subscription
        try:
            if spent is not None:
                await self._wire.unsubscribe(spent)
            await self.open()
        except Unavailable:
            # The connection broke; its owner opens another, with new limits.
            self._ended = True
