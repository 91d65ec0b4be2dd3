"""A guest in a test's hands: a connection with the rights of an edge, and a claim that is true until a test says otherwise."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import nats
from nats.aio.client import Client

from tests.vango.conftest import DEADLINE_S, Hands
from vango.broker.permissions import INBOX_PREFIX


class Visitor:
    """Claims under any name, as often as a test likes. `errors` are what the server said no to."""

    def __init__(self, hands: Hands) -> None:
        self.errors: list[str] = []
        self._hands = hands
        self._run = hands._run
        broker = hands.bench.broker
        self.client: Client = self._run(
            nats.connect(
                broker.url,
                user=broker.edge_user,
                password=broker.edge_password,
                error_cb=self._note,
                inbox_prefix=INBOX_PREFIX,
            )
        )

    async def _note(self, error: Exception) -> None:
        self.errors.append(str(error))

    def true_claim(self, **changes: Any) -> dict[str, Any]:
        """What an edge may say that knows everything."""
        truth = self._hands.settle().truth
        routes = {route.name: {"owner": route.owner, "epoch": route.epoch} for route in truth.routes}
        said = {"instance": "run-1", "mode": "current", "sequence": truth.sequence, "event_id": truth.event_id}
        return {**said, "routes": routes, **changes}

    def claim(self, name: str, said: Any) -> dict[str, Any]:
        """Send a claim and return the bench's answer. Bytes go as they are."""
        payload = said if isinstance(said, bytes) else json.dumps(said).encode()
        answer = self._run(self.client.request(f"edges.{name}.claim", payload, timeout=DEADLINE_S))
        told: dict[str, Any] = json.loads(answer.data)
        return told

    def flood(self, name: str, said: Any, times: int) -> None:
        """Send a claim again and again, as fast as the connection takes it, and wait until all of it was sent."""
        payload = said if isinstance(said, bytes) else json.dumps(said).encode()

        async def send() -> None:
            for number in range(times):
                await self.client.publish(f"edges.{name}.claim", payload)
                if number % 500 == 499:
                    await self.client.flush(timeout=int(DEADLINE_S))

        self._run(send())

    def refused(self, act: Callable[[], Any]) -> str:
        """Do what the server forbids, and return what it said."""
        told = len(self.errors)
        act()
        self._run(self.client.flush(timeout=int(DEADLINE_S)))
        assert len(self.errors) > told, "the server allowed it"
        return self.errors[-1]

    def close(self) -> None:
        self._run(self.client.close())


@contextmanager
def visitor(hands: Hands) -> Iterator[Visitor]:
    """A visitor for as long as a test needs one."""
    coming = Visitor(hands)
    try:
        yield coming
    finally:
        coming.close()
