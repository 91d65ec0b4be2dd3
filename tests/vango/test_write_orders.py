"""Commit first, publish second: what each write order leaves after a refusal and after a crash."""

from __future__ import annotations

import pytest

from tests.vango.conftest import Hands
from vango.actors.errors import Refused
from vango.core.findings import Kind


def kinds(seen: object) -> set[Kind]:
    return {finding.kind for finding in seen.audit.findings}  # type: ignore[attr-defined]


def trusting(hands: Hands) -> None:
    for edge in ("fra", "iad", "syd"):
        hands.do("edge_rules", edge=edge, ask_high_water_mark=False, prove_continuity=False)
    hands.settle()


def test_a_promotion_reaches_every_edge(hands: Hands) -> None:
    hands.do("promote", route="shop", to="alloc-c")
    seen = hands.settle()
    assert {edge.claim for edge in seen.edges} == {"current at 4"}
    assert all(edge.rows[0].owner == "alloc-c" for edge in seen.edges)
    assert seen.audit.soundness == "sound"


def test_the_database_refuses_an_owner_that_is_not_ready_and_nothing_is_told(hands: Hands) -> None:
    with pytest.raises(Refused, match="must be ready"):
        hands.do("promote", route="shop", to="alloc-d")
    seen = hands.settle()
    assert (seen.truth.sequence, seen.stream("ROUTES").last_seq) == (3, 3)


def test_publishing_first_leaves_a_phantom_when_the_database_refuses(hands: Hands) -> None:
    trusting(hands)
    hands.do("write_order", order="publish first")
    with pytest.raises(Refused):
        hands.do("promote", route="shop", to="alloc-d")
    seen = hands.until(lambda seen: len([f for f in seen.audit.findings if f.kind is Kind.PHANTOM]) == 3)
    assert seen.truth.sequence == 3
    assert all(edge.rows[0].owner == "alloc-d" and edge.rows[0].cause == "invented" for edge in seen.edges)
    assert not seen.stream("ROUTES").cells[-1].known


def test_a_crash_between_commit_and_publish_without_an_outbox_leaves_an_untold_fact(hands: Hands) -> None:
    trusting(hands)
    hands.do("write_order", order="commit then publish")
    hands.do("crash_control")
    hands.do("promote", route="shop", to="alloc-c")
    seen = hands.until(lambda seen: Kind.UNTOLD in kinds(seen))
    assert seen.truth.history[0].told == "no outbox row"
    assert {edge.claim for edge in seen.edges} == {"current at 3"}


def test_the_same_crash_with_an_outbox_leaves_a_row_that_is_sent(hands: Hands) -> None:
    hands.do("kill_relay")
    hands.do("crash_control")
    hands.do("promote", route="shop", to="alloc-c")
    assert hands.until(lambda seen: seen.outbox.waiting == 1).outbox.rows[0].sequence == 4
    hands.do("start_relay")
    seen = hands.settle()
    assert {edge.claim for edge in seen.edges} == {"current at 4"}


def test_an_operation_id_makes_asking_twice_do_once(hands: Hands) -> None:
    hands.do("promote", route="shop", to="alloc-c", operation="op-1")
    said = hands.do("promote", route="shop", to="alloc-c", operation="op-1")
    assert "done before" in said
    assert hands.settle().truth.routes[0].epoch == 2


def test_a_request_that_comes_again_without_an_operation_id_undoes_what_was_decided_meanwhile(hands: Hands) -> None:
    for owner in ("alloc-c", "alloc-b", "alloc-c"):
        hands.do("promote", route="shop", to=owner)
    assert (hands.settle().truth.routes[0].owner, hands.settle().truth.routes[0].epoch) == ("alloc-c", 4)


def test_a_relay_that_crashes_before_the_mark_publishes_again_and_the_broker_says_duplicate(hands: Hands) -> None:
    hands.do("crash_relay", at="after publish, before mark")
    hands.do("promote", route="shop", to="alloc-c")
    hands.until(lambda seen: seen.relay.state == "down")
    hands.do("start_relay")
    seen = hands.settle()
    assert (seen.relay.duplicates, seen.stream("ROUTES").last_seq) == (1, 4)


def test_a_relay_that_expects_the_predecessor_survives_a_purge_and_a_restart(hands: Hands) -> None:
    hands.do("relay_rules", expect_predecessor=True)
    hands.do("burst", n=3)
    hands.settle()
    hands.do("purge")
    hands.do("restart_broker")
    hands.do("burst", n=3)
    seen = hands.settle()
    assert {edge.claim for edge in seen.edges} == {"current at 9"}
    assert seen.audit.soundness == "sound"
