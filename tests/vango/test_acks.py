"""Ack after apply or before, crashes in between, redelivery, replay and poison."""

from __future__ import annotations

from pathlib import Path

from tests.vango.conftest import Hands
from vango.core.findings import Kind


def findings(seen: object) -> set[Kind]:
    return {finding.kind for finding in seen.audit.findings}  # type: ignore[attr-defined]


def crash_syd(hands: Hands, at: str) -> None:
    hands.do("crash_edge", edge="syd", at=at)
    hands.do("promote", route="shop", to="alloc-c")
    hands.until(lambda seen: seen.edge("syd").mode == "down")
    hands.do("start_edge", edge="syd")


def test_a_crash_between_apply_and_ack_brings_the_event_back_as_a_duplicate(hands: Hands) -> None:
    hands.do("edge_rules", edge="syd", ack_wait_s=0.3)
    hands.settle()
    crash_syd(hands, "after apply, before ack")
    seen = hands.until(lambda seen: seen.edge("syd").counters["duplicates"] == 1)
    assert seen.edge("syd").counters["redelivered"] == 1
    assert hands.settle().audit.soundness == "sound"


def test_without_the_id_check_the_same_crash_takes_effect_twice(hands: Hands) -> None:
    hands.do("edge_rules", edge="syd", ack_wait_s=0.3, deduplicate=False)
    hands.settle()
    crash_syd(hands, "after apply, before ack")
    hands.until(lambda seen: findings(seen) == {Kind.DOUBLE_EFFECT})


def test_a_crash_between_ack_and_apply_loses_the_event_where_the_broker_cannot_see_it(hands: Hands) -> None:
    hands.do("edge_rules", edge="syd", ack="before apply", ask_high_water_mark=False)
    hands.settle()
    crash_syd(hands, "after ack, before apply")
    seen = hands.until(lambda seen: findings(seen) == {Kind.LOST})
    consumer = seen.consumer("syd")
    assert (consumer.ack_floor, consumer.num_pending, consumer.num_ack_pending) == (4, 0, 0)
    assert seen.edge("syd").claim == "current at 3"


def test_a_zombie_resurrects_an_old_owner_where_epochs_are_not_checked(hands: Hands) -> None:
    hands.do("edge_rules", edge="syd", check_epochs=False, prove_continuity=False, ask_high_water_mark=False)
    for owner in ("alloc-b", "alloc-c"):
        hands.do("promote", route="shop", to=owner)
    hands.settle()
    hands.do("recreate_stream")  # which also forgets the duplicate window
    assert "stored" in hands.do("republish", sequence=4)
    seen = hands.until(lambda seen: Kind.RESURRECTED in findings(seen) and seen.edge("fra").counters["stale"] == 1)
    assert seen.edge("syd").rows[0].owner == "alloc-b"
    assert seen.edge("fra").rows[0].owner == "alloc-c"


def test_a_replay_into_a_correct_edge_changes_nothing(hands: Hands) -> None:
    for owner in ("alloc-b", "alloc-c"):
        hands.do("promote", route="shop", to=owner)
    hands.settle()
    hands.do("replay", edge="fra", from_seq=1)
    seen = hands.until(lambda seen: seen.edge("fra").counters["stale"] + seen.edge("fra").counters["duplicates"] == 5)
    assert seen.edge("fra").rows[0].owner == "alloc-c"
    assert hands.settle().audit.soundness == "sound"


def test_poison_is_terminated_and_the_edge_goes_on(hands: Hands) -> None:
    hands._run(hands.bench.wire().store("route.owner.updated.shop", b"no event"))
    hands.until(lambda seen: seen.edge("fra").counters["invalid"] == 1)
    hands.do("promote", route="shop", to="alloc-c")
    assert hands.settle().edge("fra").claim == "current at 4"


def test_poison_that_is_retried_stops_the_line(hands: Hands) -> None:
    hands.do("edge_rules", edge="syd", poison="retry")
    hands.do("edge_rules", edge="syd", ack_wait_s=0.5)
    hands.settle()
    hands._run(hands.bench.wire().store("route.owner.updated.shop", b"no event"))
    hands.do("promote", route="shop", to="alloc-c")
    seen = hands.until(lambda seen: Kind.STUCK in findings(seen))
    assert seen.edge("syd").sequence == 3


def test_a_frozen_broker_leaves_the_outcome_unknown_and_one_event_in_the_end(hands: Hands) -> None:
    hands.do("freeze_broker")
    hands.do("promote", route="shop", to="alloc-c")
    hands.until(lambda seen: seen.relay.unanswered >= 1)
    hands.do("thaw_broker")
    seen = hands.settle()
    assert seen.stream("ROUTES").last_seq == 4
    assert {edge.claim for edge in seen.edges} == {"current at 4"}


def test_an_outage_fills_the_outbox_and_drains_it_in_order(hands: Hands) -> None:
    hands.do("kill_broker")
    hands.do("burst", n=5)
    seen = hands.until(lambda seen: seen.outbox.waiting == 5)
    assert "refused" not in {probe.outcome for probe in seen.edge("fra").probes[-3:]}
    hands.do("start_broker")
    seen = hands.settle()
    assert [cell.sequence for cell in seen.stream("ROUTES").cells] == list(range(1, 9))


def test_a_corrupt_view_fails_closed_with_its_reason_and_a_wipe_heals_it(hands: Hands) -> None:
    hands.do("kill_edge", edge="syd")
    folder: Path = hands.bench.folder
    for file in folder.glob("syd.db*"):
        file.write_bytes(b"this is no database " * 500)
    hands.do("start_edge", edge="syd")
    seen = hands.until(lambda seen: seen.edge("syd").mode == "failed closed")
    assert "database" in seen.edge("syd").reason
    hands.do("wipe_view", edge="syd")
    assert hands.settle().edge("syd").claim == "current at 3"


def test_a_wiped_edge_comes_back_from_a_snapshot(hands: Hands) -> None:
    hands.do("take_snapshot")
    hands.do("wipe_view", edge="fra")
    seen = hands.settle()
    assert seen.edge("fra").claim == "current at 3"
    assert hands.told("fra", "snapshot")
