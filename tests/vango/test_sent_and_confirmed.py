"""Sent and confirmed are two moments: no edge's apply stands above what caused it. A promotion to the same owner says so."""

from __future__ import annotations

import pytest

from tests.vango.conftest import Hands

DIRECT = ["publish first", "commit then publish"]


@pytest.mark.parametrize("order", DIRECT)
def test_a_direct_publish_is_told_when_it_is_sent_and_again_when_it_is_confirmed(hands: Hands, order: str) -> None:
    hands.do("write_order", order=order)
    hands.do("promote", route="shop", to="alloc-c")
    hands.settle()
    told = [(moment.actor, moment.kind) for moment in hands.bench.journal.tail(40)]
    sent, confirmed = told.index(("database", "send")), told.index(("database", "publish"))
    assert sent < confirmed
    assert sent < told.index(("fra", "apply"), sent)


def test_what_somebody_else_publishes_is_told_when_it_is_sent(hands: Hands) -> None:
    hands.do("republish_altered", sequence=1, owner="alloc-c")
    kinds = [moment.kind for moment in hands.bench.journal.tail(40) if moment.actor == "learner"]
    assert kinds.index("send") < kinds.index("publish")


def test_a_promotion_to_the_present_owner_says_that_the_owner_is_the_same(hands: Hands) -> None:
    owner = hands.settle().truth.routes[0].owner
    assert f"shop belonged to {owner} already" in hands.do("promote", route="shop", to=owner)
    assert "already" not in hands.do("promote", route="shop", to="alloc-c")
