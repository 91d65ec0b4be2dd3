"""The heartbeat: the relay sends the high-water mark, and renews its lease, however long a publish takes."""

from __future__ import annotations

import asyncio
import time

from nats.aio.msg import Msg

from vango.actors.sqlite import patiently
from vango.broker.connection import Connection
from vango.relay import high_water
from vango.relay.state import RelayState
from vango.truth.outbox import LEASE_S, renew_lease

BEAT_S = 1.0
IDLE_BEAT_S = 5.0
IDLE_AFTER_BEATS = 10


class Heartbeat:
    """The beats of one relay over one connection. `quiet_beats` counts those since the last commit."""

    def __init__(self, relay: RelayState, wire: Connection, leased_at: float) -> None:
        self.quiet_beats = 0
        self._relay = relay
        self._wire = wire
        self._leased_at = leased_at
        self._beaten_at = 0.0

    @property
    def beat_s(self) -> float:
        """How many seconds lie between two beats: more when nothing was committed for a while."""
        return BEAT_S if self.quiet_beats < IDLE_AFTER_BEATS else IDLE_BEAT_S

    async def keep_time(self) -> None:
        """Beat when no lane did for too long: others hear that the relay lives, whatever the lanes do."""
        while True:
            await asyncio.sleep(BEAT_S)
            if time.monotonic() - self._beaten_at > self.beat_s:
                await self.beat()

    async def beat(self) -> None:
        """Send the high-water mark, and renew the lease when it is due. Raises `LeaseLost`, `Unavailable`."""
        if time.monotonic() - self._leased_at > LEASE_S / 3:
            await patiently(renew_lease, self._relay.truth, self._relay.token)
            self._leased_at = time.monotonic()
        self._beaten_at = time.monotonic()
        await self._wire.publish(self._relay.control.heartbeat, high_water.write(self._relay.truth))

    async def answer_mark(self, request: Msg) -> None:
        """Answer a request for the high-water mark."""
        await request.respond(high_water.write(self._relay.truth))
