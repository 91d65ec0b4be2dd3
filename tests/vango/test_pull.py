"""A continuous pull: how many requests are out, what each status ends, and what comes after a quiet time."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Any

import pytest
from nats.aio.msg import Msg

from tests.vango.conftest import DEADLINE_S, Hands
from vango.actors.errors import Unavailable
from vango.edge import pull
from vango.edge.pull import ConsumerGone, Pull

NAME = "quiet"
CREATE = {"name": NAME, "durable_name": NAME, "ack_policy": "none", "deliver_policy": "new"}
REFUSAL = "409 Exceeded MaxWaiting"


class Pulled:
    """A pull of its own on the test's bench, and every status that it was sent."""

    def __init__(self, hands: Hands, **config: Any) -> None:
        self.hands, self.statuses, self.told = hands, list[str](), list[str]()
        self.changed = asyncio.Event()
        self.do(hands.bench.wire().api(f"CONSUMER.CREATE.ROUTES.{NAME}", self.config(**config)))
        self.pull = Pull(hands.bench.wire(), "ROUTES", NAME, self.changed.set, tell=self.told.append)
        self.do(hands.bench.wire().subscribe(f"{self.pull.inbox}.*", self._hear))
        self.do(self.pull.open())

    @staticmethod
    def config(**config: Any) -> dict[str, Any]:
        return {"stream_name": "ROUTES", "config": {**CREATE, **config}}

    def do(self, work: Any) -> Any:
        return self.hands._run(work)

    async def _hear(self, message: Msg) -> None:
        if message.headers and not message.reply:
            self.statuses.append(f"{message.headers['Status']} {message.headers.get('Description', '')}")
            self.changed.set()

    def until(self, is_so: Any) -> None:
        async def wait() -> None:
            while not is_so():
                self.changed.clear()
                await self.changed.wait()

        self.do(asyncio.wait_for(wait(), DEADLINE_S))

    def expire(self) -> int:
        """Wait until whatever is out now has expired. Returns how many requests the server ever said were out meanwhile."""
        enough = len(self.statuses) + 2 * pull.AHEAD

        async def look() -> int:
            most = 0
            while len(self.statuses) < enough:
                found = await self.hands.bench.wire().api(f"CONSUMER.INFO.ROUTES.{NAME}")
                most = max(most, found["num_waiting"])
            return most

        return int(self.do(asyncio.wait_for(look(), DEADLINE_S)))

    def event(self) -> None:
        """Have one event delivered, and take it."""
        self.do(self.hands.bench.wire().store("route.owner.updated.shop", b"{}"))
        self.until(lambda: self.pull.held)
        self.pull.take(1)


@pytest.fixture
def short(monkeypatch: pytest.MonkeyPatch) -> None:
    """Requests expire soon."""
    monkeypatch.setattr(pull, "EXPIRES_S", 0.2)
    monkeypatch.setattr(pull, "LATE_S", 600.0)


@pytest.fixture
def pulled(short: None, hands: Hands) -> Iterator[Pulled]:
    """A pull that waits for what is new."""
    pulled = Pulled(hands)
    yield pulled
    pulled.do(pulled.pull.close())


def test_an_event_after_a_quiet_time_arrives(pulled: Pulled) -> None:
    pulled.expire()
    pulled.event()
    assert set(pulled.statuses) == {"408 Request Timeout"}


def test_the_edges_hear_of_an_event_after_a_quiet_time(short: None, hands: Hands) -> None:
    expired: list[str] = []

    async def hear(message: Msg) -> None:
        if message.headers and message.headers.get("Status") == "408":
            expired.append(message.subject)
            hands.bench.changes.note()

    inbox = hands.bench.wire().client.new_inbox()
    hands._run(hands.bench.wire().subscribe(f"{inbox.partition('.')[0]}.>", hear))
    hands.until(lambda _: len(expired) >= 4 * pull.AHEAD * len(hands.bench.edges))
    hands.do("promote", route="shop", to="alloc-b")
    hands.until(lambda seen: {edge.claim for edge in seen.edges} == {"current at 4"})


def test_no_more_requests_are_out_after_each_event_and_each_quiet_time(pulled: Pulled) -> None:
    out = []
    for _ in range(12):
        pulled.event()
        out.append(pulled.expire())
    assert out == [pull.AHEAD] * 12


def test_a_broker_that_stood_still_finds_as_many_requests_as_before(pulled: Pulled) -> None:
    pulled.event()
    pulled.hands.do("freeze_broker")
    with pytest.raises(Unavailable):
        pulled.do(pulled.hands.bench.wire().api("INFO", timeout_s=10 * pull.EXPIRES_S))
    pulled.hands.do("thaw_broker")
    pulled.expire()
    pulled.event()
    assert pulled.expire() == pull.AHEAD


def test_many_events_leave_no_more_requests_out(pulled: Pulled) -> None:
    async def flood() -> None:
        for _ in range(3 * pull.BATCH):
            await pulled.hands.bench.wire().publish("route.owner.updated.shop", b"{}")

    pulled.do(flood())
    taken: list[object] = []
    while len(taken) < 3 * pull.BATCH:
        pulled.until(lambda: pulled.pull.held)
        taken += pulled.pull.take(pull.BATCH)
    pulled.expire()
    assert pulled.expire() == pull.AHEAD


def test_a_refused_request_is_no_lost_consumer_and_is_asked_again(
    short: None, hands: Hands, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pull, "AGAIN_S", 0.05)
    pulled = Pulled(hands, max_waiting=1)
    pulled.until(lambda: pulled.statuses.count(REFUSAL) >= 3)
    pulled.event()
    assert pulled.pull.take(1) == []
    assert pulled.told == [f"the broker refused a request for messages: {REFUSAL}; it is asked again every 0.05 s"]
    pulled.do(pulled.pull.close())


def test_requests_that_the_broker_never_saw_are_asked_again(pulled: Pulled, monkeypatch: pytest.MonkeyPatch) -> None:
    """As with a consumer that is deleted while a request is on its way: no status reports its end."""
    monkeypatch.setattr(pull, "LATE_S", 0.1)
    wire, lost = pulled.hands.bench.wire(), list[str]()
    publish = wire.publish

    async def lose(subject: str, payload: bytes, **how: Any) -> None:
        if ".MSG.NEXT." not in subject or len(lost) >= pull.AHEAD:
            return await publish(subject, payload, **how)
        lost.append(subject)
        return None

    monkeypatch.setattr(wire, "publish", lose)
    pulled.until(lambda: len(lost) == pull.AHEAD)
    pulled.event()
    assert pulled.expire() <= pull.AHEAD


@pytest.mark.parametrize("gone", [f"CONSUMER.DELETE.ROUTES.{NAME}", "STREAM.DELETE.ROUTES"])
def test_a_deleted_consumer_is_gone(pulled: Pulled, gone: str, monkeypatch: pytest.MonkeyPatch) -> None:
    # A request that comes in just then is dropped without a word: it must be missed for the end to be noticed.
    monkeypatch.setattr(pull, "LATE_S", 0.1)
    pulled.expire()
    pulled.do(pulled.hands.bench.wire().api(gone))
    pulled.until(lambda: pulled.pull.gone)
    with pytest.raises(ConsumerGone):
        pulled.pull.take(1)


def test_a_stored_message_that_calls_itself_a_status_is_a_message(pulled: Pulled) -> None:
    wire = pulled.hands.bench.wire()
    pulled.do(
        wire.publish("route.owner.updated.shop", b"{}", headers={"Status": "409", "Description": "Consumer Deleted"})
    )
    pulled.until(lambda: pulled.pull.held)
    assert [delivery.payload for delivery in pulled.pull.take(2)] == [b"{}"]
