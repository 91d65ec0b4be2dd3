"""The bench hears of what others store, and changes nothing by it: no listener, no consumer in any list, no ack."""

from __future__ import annotations

import json
from typing import Any

import pytest
from nats.aio.msg import Msg
from nats.errors import NoRespondersError

from tests.vango.conftest import Hands
from vango.broker import ears, streams

SUBJECTS = [
    "route.owner.updated.shop",
    "route.note",
    "allocation.ready.alloc-a",
    "operation.completed.op-1",
    "telemetry.sampled.host",
]


def api(hands: Hands, subject: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
    return dict(hands._run(hands.bench.wire().api(subject, body)))


def store(hands: Hands, subject: str) -> None:
    hands._run(hands.bench.wire().store(subject, b"{}"))


@pytest.mark.parametrize("subject", SUBJECTS)
def test_without_a_stream_the_server_says_at_once_that_nobody_listens(hands: Hands, subject: str) -> None:
    hands.do("destroy_bus")
    with pytest.raises(NoRespondersError):
        hands._run(hands.bench.wire().client.request(subject, b"{}", timeout=20))


def test_the_relay_tells_that_no_stream_listens_as_certain_and_once(hands: Hands) -> None:
    hands.do("destroy_bus")
    hands.do("promote", route="shop", to="alloc-b")
    seen = hands.until(lambda seen: seen.relay.refused > 2)
    assert "503: no stream listens" in seen.relay.reason
    assert len([text for text in hands.told("relay", "refused") if "503: no stream listens" in text]) == 1
    assert (seen.relay.unanswered, hands.told("relay", "unanswered")) == (0, [])
    hands.do("restore_bus")
    hands.until(lambda seen: not seen.outbox.waiting and not seen.relay.reason)


def test_what_listens_is_in_no_list_and_in_no_count(hands: Hands) -> None:
    edges = set(hands.bench.edges)
    for stream in streams.SUBJECTS:
        store(hands, f"{streams.SUBJECTS[stream][0].removesuffix('>')}note")
        names = set(api(hands, f"CONSUMER.NAMES.{stream}")["consumers"] or [])
        listed = {info["name"] for info in api(hands, f"CONSUMER.LIST.{stream}")["consumers"] or []}
        count = api(hands, f"STREAM.INFO.{stream}")["state"]["consumer_count"]
        assert (names, listed, count) == ((edges, edges, 3) if stream == "ROUTES" else (set(), set(), 0))
    assert not any(ears.PREFIX in moment.text for moment in hands.bench.journal.since(0, 10_000))


@pytest.mark.parametrize("stream", [*streams.SUBJECTS])
def test_what_somebody_stores_is_heard_also_in_a_stream_that_was_deleted_and_made_again(
    hands: Hands, stream: str
) -> None:
    config = api(hands, f"STREAM.INFO.{stream}")["config"]
    api(hands, f"STREAM.DELETE.{stream}")
    api(hands, f"STREAM.CREATE.{stream}", config)
    hands.until(lambda seen: seen.stream(stream).available and not hands.bench.link.is_behind)
    heard: list[str] = []
    hear = hands.bench.link._is_the_relays

    def listen(message: Msg) -> bool:
        heard.append(message.subject)
        return hear(message)

    hands.bench.link._is_the_relays = listen  # type: ignore[method-assign]
    subject = f"{streams.SUBJECTS[stream][0].removesuffix('>')}note"
    store(hands, subject)
    hands.until(lambda _: subject in heard)


def test_a_stream_that_keeps_messages_for_its_readers_loses_none_to_the_bench(hands: Hands) -> None:
    config = api(hands, "STREAM.INFO.TELEMETRY")["config"]
    api(hands, "STREAM.DELETE.TELEMETRY")
    api(hands, "STREAM.CREATE.TELEMETRY", {**config, "retention": "workqueue"})
    hands.until(lambda seen: seen.stream("TELEMETRY").available)
    store(hands, "telemetry.sampled.host")
    reader = {"name": "theirs", "durable_name": "theirs", "ack_policy": "explicit"}
    made = api(hands, "CONSUMER.CREATE.TELEMETRY.theirs", {"stream_name": "TELEMETRY", "config": reader})
    assert (made["num_pending"], hands.settle().stream("TELEMETRY").messages) == (1, 1)
    assert json.dumps(api(hands, "CONSUMER.NAMES.TELEMETRY")["consumers"]) == '["theirs"]'
