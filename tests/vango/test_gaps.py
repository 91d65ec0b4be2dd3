"""Six ways to lose events, and an edge that fails closed, rebuilds from a verified snapshot and only then claims."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest
from nats.aio.msg import Msg

from tests.vango.conftest import Hands
from vango.actors.errors import Unavailable
from vango.core.findings import Kind
from vango.core.names import ROUTES
from vango.core.routes import ROUTE_FACTS
from vango.edge import recovery


def sleep_through(hands: Hands, *accident: tuple[str, dict[str, object]], tail: bool = True) -> None:
    """Put syd to sleep, commit changes, let the accident happen, commit one more, and wake it."""
    hands.do("kill_edge", edge="syd")
    hands.do("burst", n=6)
    hands.until(lambda seen: not seen.outbox.waiting)
    for verb, arguments in accident:
        hands.do(verb, **arguments)
    if tail:
        hands.do("promote", route="blog", to="alloc-a")
        hands.until(lambda seen: not seen.outbox.waiting)
    hands.do("start_edge", edge="syd")


ACCIDENTS = {
    "retention": [("stream_limits", {"max_msgs": 2})],
    "purge": [("purge", {})],
    "deleted inside": [("delete_message", {"seq": 9})],
    "recreated": [("recreate_stream", {})],
}


@pytest.mark.parametrize("accident", ACCIDENTS.values(), ids=list(ACCIDENTS))
def test_an_edge_with_proof_fails_closed_rebuilds_and_is_right(hands: Hands, accident: list) -> None:  # type: ignore[type-arg]
    sleep_through(hands, *accident)
    seen = hands.settle()
    assert seen.edge("syd").claim == "current at 10"
    assert seen.edge("syd").counters["rebuilds"] >= 1
    assert seen.audit.soundness == "sound"
    assert any("failed closed" in text for text in hands.told("syd", "mode"))


@pytest.mark.parametrize("accident", ACCIDENTS.values(), ids=list(ACCIDENTS))
def test_an_edge_without_proof_is_confidently_wrong(hands: Hands, accident: list) -> None:  # type: ignore[type-arg]
    hands.do("edge_rules", edge="syd", prove_continuity=False, ask_high_water_mark=False)
    sleep_through(hands, *accident)
    seen = hands.settle()
    assert seen.edge("syd").mode == "current"
    assert Kind.FALSE_CONFIDENCE in {finding.kind for finding in seen.audit.findings}


def test_a_purged_tail_is_seen_through_the_high_water_mark(hands: Hands) -> None:
    sleep_through(hands, ("purge", {}), tail=False)
    seen = hands.settle()
    assert seen.edge("syd").claim == "current at 9"
    assert any("nothing is pending" in text for text in hands.told("syd", "mode"))


def test_a_purged_tail_looks_like_being_up_to_date_to_who_trusts_nothing_pending(hands: Hands) -> None:
    hands.do("edge_rules", edge="syd", ask_high_water_mark=False)
    sleep_through(hands, ("purge", {}), tail=False)
    seen = hands.until(lambda seen: seen.audit.findings)
    assert seen.edge("syd").claim == "current at 3"
    assert {finding.kind for finding in seen.audit.findings} == {Kind.LOST}


def test_a_rolled_back_store_reuses_numbers_and_no_edge_is_fooled(hands: Hands) -> None:
    hands.do("keep_store")
    hands.do("kill_edge", edge="syd")
    hands.do("burst", n=4)
    hands.until(lambda seen: not seen.outbox.waiting)
    hands.do("rollback_store")
    hands.do("promote", route="blog", to="alloc-a")
    hands.do("start_edge", edge="syd")
    # An edge that asks for a snapshot before anybody listens again has none, and asks once more.
    hands.until(lambda seen: {edge.claim for edge in seen.edges} == {"current at 8"})
    assert hands.settle().audit.soundness == "sound"


def test_an_edge_that_is_back_before_the_control_plane_asks_it_again(
    hands: Hands, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After a restart of the broker either may be first."""
    domain = replace(ROUTES, control=replace(ROUTES.control, snapshot="control.later"))

    async def listen_once_refused() -> bytes:
        asker, control_plane = await hands.bench.link.connect("asker"), await hands.bench.link.connect("control plane")
        request, refused = asker.request, asyncio.Event()

        async def note_refusal(*given: Any, **how: Any) -> Msg:
            try:
                return await request(*given, **how)
            except Unavailable:
                refused.set()
                raise

        async def answer(message: Msg) -> None:
            await control_plane.publish(message.reply, b"{}")

        monkeypatch.setattr(asker, "request", note_refusal)
        asking = asyncio.create_task(recovery._answered(SimpleNamespace(wire=asker, domain=domain)))  # type: ignore[arg-type]
        await refused.wait()
        await control_plane.subscribe("control.later", answer)
        try:
            return (await asking).data
        finally:
            await asker.close()
            await control_plane.close()

    assert hands._run(listen_once_refused()) == b"{}"


def test_an_edge_that_no_stored_snapshot_helps_asks_the_control_plane_again_when_it_is_back(
    hands: Hands, monkeypatch: pytest.MonkeyPatch
) -> None:
    away = replace(ROUTES, control=replace(ROUTES.control, snapshot="control.away"))
    monkeypatch.setattr(hands.bench.edge("iad"), "facts", replace(ROUTE_FACTS, domain=away))
    monkeypatch.setattr(recovery, "ASK_AGAIN_S", 0.001)
    hands.do("take_snapshot")
    hands.do("kill_edge", edge="iad")
    hands.do("burst", n=3)
    hands.settle()
    hands.do("purge")
    hands.do("promote", route="shop", to="alloc-c")
    hands.do("start_edge", edge="iad")
    hands.until(lambda seen: seen.edge("iad").mode == "failed closed" and tries(hands) == recovery.MAX_REBUILDS)
    monkeypatch.undo()
    hands.until(lambda seen: seen.edge("iad").claim == f"current at {seen.truth.sequence}")


def test_a_damaged_stored_snapshot_closes_no_edge_for_good_that_took_it_because_the_control_plane_was_away(
    hands: Hands, monkeypatch: pytest.MonkeyPatch
) -> None:
    away = replace(ROUTES, control=replace(ROUTES.control, snapshot="control.away"))
    monkeypatch.setattr(hands.bench.edge("iad"), "facts", replace(ROUTE_FACTS, domain=away))
    monkeypatch.setattr(recovery, "ASK_AGAIN_S", 0.001)
    hands.do("take_snapshot")
    hands.do("corrupt_snapshot")
    hands.do("kill_edge", edge="iad")
    hands.do("burst", n=3)
    hands.settle()
    hands.do("purge")
    hands.do("start_edge", edge="iad")
    hands.until(lambda seen: "checksum" in seen.edge("iad").reason)
    monkeypatch.undo()
    hands.until(lambda seen: seen.edge("iad").claim == f"current at {seen.truth.sequence}")


def tries(hands: Hands) -> int:
    return sum(text.startswith("loaded a snapshot") for text in hands.told("iad", "snapshot"))


def test_a_corrupt_snapshot_is_refused_with_its_reason_and_a_fresh_one_heals(hands: Hands) -> None:
    hands.do("edge_rules", edge="syd", on_gap="stay closed")
    hands.do("take_snapshot")
    hands.do("corrupt_snapshot")
    assert "checksum" in hands.do("load_snapshot", edge="syd")
    seen = hands.until(lambda seen: seen.edge("syd").mode == "failed closed")
    assert not seen.snapshots[-1].checksum_ok
    assert all(probe.outcome == "refused" for probe in seen.edge("syd").probes[-3:])
    hands.do("take_snapshot")
    hands.do("load_snapshot", edge="syd")
    assert hands.settle().edge("syd").claim == "current at 3"


def test_an_edge_that_does_not_verify_loads_the_corrupt_snapshot_and_lies(hands: Hands) -> None:
    hands.do("edge_rules", edge="syd", verify_checksum=False)
    hands.do("take_snapshot")
    hands.do("corrupt_snapshot")
    hands.do("load_snapshot", edge="syd")
    seen = hands.until(lambda seen: seen.edge("syd").mode == "current")
    assert Kind.FALSE_CONFIDENCE in {finding.kind for finding in seen.audit.findings}


def test_a_crash_half_way_through_a_snapshot_load_leaves_the_view_as_it_was(hands: Hands) -> None:
    hands.do("take_snapshot")
    hands.do("crash_edge", edge="fra", at="half-way through a snapshot load")
    assert "half-way" in hands.do("load_snapshot", edge="fra")
    hands.until(lambda seen: seen.edge("fra").mode == "down")
    hands.do("start_edge", edge="fra")
    assert hands.settle().edge("fra").claim == "current at 3"
