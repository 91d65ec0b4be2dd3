"""Ears: how the bench notices what others store, without a subscription on any subject of the lesson.

A subscription there would give every publish a listener, and the server would no longer answer at once that no stream
takes it (503). So each stream has a consumer of the kind with which one stream copies another (`direct`). The server
leaves it out of every list and count. It acks nothing, and it sends headers only.
"""

from __future__ import annotations

import contextlib
import secrets
from collections.abc import Awaitable, Callable

from nats.aio.msg import Msg

from vango.actors.errors import NotThere, Refused
from vango.broker.connection import Connection
from vango.broker.rate_limit import Allowance, RateLimit

PREFIX = "bench-ear-"
_SECOND = 1_000_000_000
_GONE_AFTER_S = 5


def is_ours(subject: str) -> bool:
    """Return whether an advisory or a request is about an ear. Such an event is not part of the lesson."""
    return f".{PREFIX}" in subject


class Ears:
    """The ears of one connection. `hear` is called for each stored message, `missed` when more came than is listened
    to.
    """

    def __init__(
        self,
        wire: Connection,
        hear: Callable[[Msg], Awaitable[None]],
        allowance: Allowance,
        missed: Callable[[str], None],
    ) -> None:
        self._wire, self._hear, self._allowance, self._missed = wire, hear, allowance, missed
        self._name = f"{PREFIX}{secrets.token_hex(4)}"
        self._rations: dict[str, RateLimit] = {}

    async def listen(self, stream: str) -> None:
        """Listen to a stream from now on, even to another one under an old name; to none if it does not exist.

        Raises `Unavailable` on a broken connection, and while the server has no JetStream.
        """
        if (before := self._rations.pop(stream, None)) is not None:
            await before.close()
        try:
            config = (await self._wire.api(f"STREAM.INFO.{stream}"))["config"]
            if before is not None:
                with contextlib.suppress(NotThere):
                    await self._wire.api(f"CONSUMER.DELETE.{stream}.{self._name}")
            # In a stream with another retention policy a reader has an effect: messages sent to it may be deleted.
            if config["retention"] == "limits":
                await self._open(stream)
        except (NotThere, Refused):
            # It is gone again, or its limits allow no consumer. The next look shows what happens there.
            return

    async def _open(self, stream: str) -> None:
        inbox = self._wire.client.new_inbox()
        ration = self._rations[stream] = RateLimit(
            self._wire, inbox, self._hear, self._allowance, lambda exhausted: self._end_round(stream, exhausted)
        )
        await ration.open()
        config = {
            "name": self._name, "direct": True, "deliver_subject": inbox, "deliver_policy": "new", "ack_policy": "none",
            "headers_only": True, "mem_storage": True, "max_deliver": 1, "inactive_threshold": _GONE_AFTER_S * _SECOND,
        }  # fmt: skip
        await self._wire.api(f"CONSUMER.CREATE.{stream}.{self._name}", {"stream_name": stream, "config": config})

    def _end_round(self, stream: str, exhausted: bool) -> None:
        if exhausted:
            self._missed(stream)
