"""A publish whose outcome is unknown: three rules, the same silence, and what each of them leaves behind."""

from __future__ import annotations

from typing import Any

import pytest

from tests.vango.conftest import Hands
from vango.core.findings import Kind


def go_silent(hands: Hands, way: str, *, to: str = "alloc-c") -> None:
    """Freeze the broker, promote, and wait until the relay's wait has run out."""
    hands.do("relay_rules", on_no_answer=way, ack_timeout_s=0.1)
    before = hands.until(lambda seen: not seen.outbox.waiting).relay.unanswered
    hands.do("freeze_broker")
    hands.do("promote", route="shop", to=to)
    hands.until(lambda seen: seen.relay.unanswered > before)


def copies(seen: Any) -> int:
    """Count the stored messages of the latest event."""
    return sum(cell.event_id == seen.truth.event_id for cell in seen.stream("ROUTES").cells)


def is_answered(seen: Any) -> bool:
    return seen.broker.state == "up" and not seen.outbox.waiting and copies(seen) > 0


def test_under_the_same_id_it_is_stored_once_and_the_broker_says_duplicate(hands: Hands) -> None:
    go_silent(hands, "retry under the same id")
    hands.do("thaw_broker")
    seen = hands.until(lambda seen: is_answered(seen) and seen.relay.duplicates)
    assert copies(seen) == 1
    assert hands.settle().audit.soundness == "sound"


def test_under_a_new_id_it_is_stored_again_and_an_edge_without_event_ids_applies_it_again(hands: Hands) -> None:
    hands.do("edge_rules", edge="fra", deduplicate=False)
    go_silent(hands, "retry under a new id")
    hands.do("thaw_broker")
    seen = hands.until(lambda seen: is_answered(seen) and copies(seen) > 1 and seen.audit.findings)
    assert {(finding.kind, finding.where) for finding in seen.audit.findings} == {(Kind.DOUBLE_EFFECT, "fra")}


def test_a_relay_that_gave_up_is_wrong_when_the_message_was_stored(hands: Hands) -> None:
    go_silent(hands, "give up")
    assert hands.until(lambda seen: not seen.outbox.waiting).truth.history[0].told == "no outbox row"
    hands.do("thaw_broker")
    assert copies(hands.until(is_answered)) == 1


def test_a_relay_that_gave_up_leaves_the_fact_untold_when_the_message_was_lost(hands: Hands) -> None:
    go_silent(hands, "give up")
    hands.do("kill_broker")
    hands.do("start_broker")
    seen = hands.until(lambda seen: seen.relay.state == "up" and seen.stream("ROUTES").available)
    assert copies(seen) == 0
    assert {finding.kind for finding in seen.audit.findings} == {Kind.UNTOLD}


@pytest.mark.parametrize("way", ["retry under the same id", "retry under a new id"])
def test_a_broker_killed_while_it_was_silent_gets_the_event_after_its_restart(hands: Hands, way: str) -> None:
    go_silent(hands, way)
    hands.do("kill_broker")
    hands.do("start_broker")
    assert copies(hands.until(is_answered)) == 1
    assert hands.settle().audit.soundness == "sound"


def test_the_relay_waits_as_long_as_its_rule_says(hands: Hands) -> None:
    hands.do("relay_rules", ack_timeout_s=30)
    hands.do("freeze_broker")
    hands.do("promote", route="shop", to="alloc-c")
    hands.until(lambda seen: seen.outbox.waiting == 1)
    hands.do("thaw_broker")
    seen = hands.until(lambda seen: not seen.outbox.waiting)
    assert (seen.relay.unanswered, seen.relay.duplicates) == (0, 0)
