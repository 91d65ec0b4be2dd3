"""Sent and confirmed are two moments: no edge's apply stands above what caused it. A promotion to the same owner says so."""

from __future__ import annotations

import pytest

from tests.vango.conftest import Hands
from vango.actors.errors import Refused

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


@pytest.mark.parametrize("order", [*DIRECT, "outbox"])
def test_a_promotion_to_the_present_owner_is_refused_and_leaves_no_trace(hands: Hands, order: str) -> None:
    hands.do("write_order", order=order)
    before = hands.settle()
    owner = before.truth.routes[0].owner
    with pytest.raises(Refused, match=f"shop belongs to {owner} already. Nothing was changed"):
        hands.do("promote", route="shop", to=owner)
    after = hands.settle()
    assert (after.truth, after.stream("ROUTES").last_seq) == (before.truth, before.stream("ROUTES").last_seq)
    assert not hands.told("database", "refused")


def test_a_new_operation_is_carried_out_for_any_owner_and_says_that_it_was(hands: Hands) -> None:
    owner = hands.settle().truth.routes[0].owner
    assert f"shop belonged to {owner} already" in hands.do("promote", route="shop", to=owner, operation="op-1")
    assert "done before" in hands.do("promote", route="shop", to=owner, operation="op-1")
