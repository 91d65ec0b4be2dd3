"""What an edge from outside cannot do: have the server publish for it, or read answers that are not for edges."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.vango.conftest import Hands, Run, settled
from tests.vango.visitor import Visitor, visitor
from vango.broker import permissions
from vango.broker.keeper import Keeper

INTO_STREAMS = (
    "route.owner.updated.x",
    "allocation.ready.x",
    "operation.x",
    "telemetry.x",
    "$KV.snapshots.x",
    "$O.snapshots.M.x",
)
ASKED = ("$JS.API.INFO", "$JS.API.STREAM.NAMES", "$JS.API.STREAM.INFO.ROUTES", "$JS.API.DIRECT.GET.ROUTES", "edges.mine.claim",
         "$JS.API.CONSUMER.INFO.ROUTES.mine", "$JS.API.CONSUMER.MSG.NEXT.ROUTES.mine", "$JS.ACK.ROUTES.mine.1.1.1.1.1",
         "$JS.FC.ROUTES.mine.x")  # fmt: skip


@pytest.fixture
def guest(hands: Hands) -> Iterator[Visitor]:
    with visitor(hands) as guest:
        hands._run(guest.client.jetstream().pull_subscribe("route.owner.updated.>", durable="mine", stream="ROUTES"))
        yield guest


def stored(hands: Hands) -> dict[str, int]:
    """How many messages each stream has ever stored, in the server's words."""
    told = hands._run(hands.bench.wire().api("STREAM.LIST"))
    return {info["config"]["name"]: info["state"]["last_seq"] for info in told["streams"]}


@pytest.mark.parametrize("reply", INTO_STREAMS)
def test_no_answer_to_a_guest_is_stored_whatever_its_reply_subject(hands: Hands, guest: Visitor, reply: str) -> None:
    before = stored(hands)
    for subject in ASKED:
        hands._run(guest.client.publish(subject, b"", reply=reply))
        hands._run(guest.client.publish(subject, b"1", reply=reply, headers={"Nats-Trace-Dest": reply}))
    # The server works off one connection's requests in order: what it says to the last, it says after all of them.
    hands._run(guest.client.request("$JS.API.INFO", timeout=5))
    assert stored(hands) == before


@pytest.mark.parametrize("subject", INTO_STREAMS)
def test_no_consumer_of_a_guest_delivers_into_a_stream(hands: Hands, guest: Visitor, subject: str) -> None:
    before = stored(hands)
    body = {"stream_name": "ROUTES", "config": {"name": "mine2", "deliver_subject": subject, "ack_policy": "none"}}
    hands._run(guest.client.request("$JS.API.CONSUMER.CREATE.ROUTES.mine2", json.dumps(body).encode(), timeout=5))
    hands.do("promote", route="shop", to="alloc-c")
    hands.settle()
    after = stored(hands)
    assert {name for name in after if after[name] != before[name]} == {"ROUTES"}
    assert after["ROUTES"] == before["ROUTES"] + 1


@pytest.mark.parametrize("subject", ["_INBOX.>", ">", "_R_.>", "route.>", "edges.*.claim"])
def test_a_guest_hears_nobody_else_s_answers(hands: Hands, guest: Visitor, subject: str) -> None:
    assert "permissions violation" in guest.refused(lambda: hands._run(guest.client.subscribe(subject)))


def test_a_guest_is_answered_in_its_own_inbox(hands: Hands, guest: Visitor) -> None:
    assert guest.claim("mine", guest.true_claim()) == {"ok": True}
    assert hands._run(guest.client.jetstream().stream_info("ROUTES")).state.messages == 3
    assert guest.client.new_inbox().startswith(f"{permissions.INBOX_PREFIX}.")


def test_a_bench_of_an_earlier_version_keeps_what_its_broker_stored(
    run: Run[Any], keeper: Keeper, tmp_path: Path
) -> None:
    for hands in settled(run, keeper, tmp_path / "bench"):
        before = stored(hands)
    accounts = tmp_path / "bench" / "broker" / "store" / "jetstream"
    (accounts / permissions.BENCH).rename(accounts / "$G")
    for hands in settled(run, keeper, tmp_path / "bench"):
        assert stored(hands) == before
