"""How often and when a message comes: acks that die, acks that nobody sends, failed handlers, and a broker that gives up."""

from __future__ import annotations

from typing import Any

from tests.vango.conftest import Hands
from vango.core.findings import Kind


def findings(seen: Any) -> set[Kind]:
    return {finding.kind for finding in seen.audit.findings}


def careless(hands: Hands, **rules: Any) -> None:
    """Let syd ask for no proof, so that what it misses stays missed."""
    hands.do("edge_rules", edge="syd", ask_high_water_mark=False, prove_continuity=False, ack_wait_s=0.3, **rules)
    hands.settle()


def got(hands: Hands, edge: str, seq: int) -> list[tuple[float, int]]:
    """Return when a message came to an edge, with its delivery count."""
    moments = [m for m in hands.bench.journal.since(0, 10_000) if (m.actor, m.kind) == (edge, "got")]
    pairs = [(m.at, zip(m.detail["stream_seqs"], m.detail["deliveries"], strict=True)) for m in moments]
    return [(at, count) for at, both in pairs for found, count in both if found == seq]


def test_an_ack_that_was_only_queued_dies_with_the_edge_and_the_event_comes_again(hands: Hands) -> None:
    careless(hands, ack="before apply, unconfirmed")
    hands.do("crash_edge", edge="syd", at="after ack, before apply")
    hands.do("promote", route="shop", to="alloc-c")
    hands.until(lambda seen: seen.edge("syd").mode == "down" and seen.consumer("syd").num_ack_pending == 1)
    hands.do("start_edge", edge="syd")
    hands.until(lambda seen: seen.edge("syd").sequence == 4)
    (first, _), (second, count) = got(hands, "syd", 4)
    assert count == 2
    assert second - first >= 0.25


def test_without_acks_a_crash_before_the_apply_loses_the_event(hands: Hands) -> None:
    careless(hands, ack="never")
    hands.do("crash_edge", edge="syd", at="after receive")
    hands.do("promote", route="shop", to="alloc-c")
    hands.until(lambda seen: seen.edge("syd").mode == "down")
    hands.do("start_edge", edge="syd")
    seen = hands.until(lambda seen: findings(seen) == {Kind.LOST})
    assert seen.consumer("syd").ack_policy == "none"


def test_an_edge_that_acks_again_goes_on_where_the_broker_was(hands: Hands) -> None:
    careless(hands, ack="never")
    hands.do("kill_edge", edge="syd")
    hands.do("promote", route="shop", to="alloc-c")
    hands.do("edge_rules", edge="syd", ack="after apply")
    hands.do("start_edge", edge="syd")
    hands.until(lambda seen: seen.edge("syd").sequence == 4 and seen.consumer("syd").ack_policy == "explicit")


def test_what_an_edge_failed_at_comes_back_behind_a_later_event_and_is_stale(hands: Hands) -> None:
    careless(hands)
    hands.do("stumble_edge", edge="syd")
    assert hands.until(lambda seen: seen.edge("syd").stumbles)
    hands.do("burst", n=4)
    seen = hands.until(lambda seen: seen.edge("syd").counters["stale"] == 1)
    assert not seen.edge("syd").stumbles
    assert [count for _, count in got(hands, "syd", 4)] == [1, 2]
    assert hands.settle().audit.soundness == "sound"


def test_the_broker_gives_up_at_max_deliver_and_says_so_in_an_advisory_only(hands: Hands) -> None:
    careless(hands, poison="retry", max_deliver=2)
    hands.do("publish_poison", route="shop")
    hands.do("promote", route="shop", to="alloc-c")
    seen = hands.until(lambda seen: seen.edge("syd").sequence == 4 and seen.consumer("syd").ack_floor == 5)
    assert [count for _, count in got(hands, "syd", 4)] == [1, 2]
    assert any(text == "max deliveries: syd at seq 4, delivery 2" for text in hands.told("broker", "advisory"))
    assert seen.consumer("syd").max_deliver == 2


def test_a_terminated_message_leaves_its_reason_with_the_broker(hands: Hands) -> None:
    hands.do("publish_poison", route="shop")
    hands.until(lambda _: len(hands.told("broker", "advisory")) == 3)
    assert all("epoch 'next' must be a whole number" in text for text in hands.told("broker", "advisory"))


def test_an_ack_later_than_ack_wait_is_accepted_from_the_first_delivery(hands: Hands) -> None:
    hands.do("edge_rules", edge="syd", handling_s=0.4, ack_wait_s=0.1)
    hands.settle()
    hands.do("promote", route="shop", to="alloc-c")
    hands.until(lambda seen: seen.edge("syd").sequence == 4)
    hands.until(lambda seen: (seen.consumer("syd").ack_floor, seen.consumer("syd").num_ack_pending) == (4, 0))
    assert len(hands.told("syd", "ack")) == 2  # the first three events together, and the late one
    hands.until(lambda seen: seen.edge("syd").counters["duplicates"] >= 1)


def test_ids_in_memory_absorb_a_replay_until_a_restart_forgets_them(hands: Hands) -> None:
    hands.do("edge_rules", edge="syd", check_epochs=False, prove_continuity=False, remember_ids=100)
    for owner in ("alloc-b", "alloc-c"):
        hands.do("promote", route="shop", to=owner)
    hands.settle()
    applied = hands.until(lambda seen: seen.edge("syd").remembered == 2).edge("syd").counters["applied"]
    hands.do("replay", edge="syd", from_seq=4)
    hands.until(lambda seen: seen.edge("syd").counters["duplicates"] == 2)
    hands.do("restart_edge", edge="syd")
    hands.settle()
    hands.do("replay", edge="syd", from_seq=4)
    seen = hands.until(lambda seen: seen.edge("syd").counters["applied"] == applied + 2)
    assert seen.edge("syd").remembered == 2
