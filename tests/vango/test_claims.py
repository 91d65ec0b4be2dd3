"""A claim rests on the mark that says it: “current at n” ends when no mark says n."""

from __future__ import annotations

import asyncio
import contextlib
import json

import pytest
from nats.aio.msg import Msg

from tests.conftest import Run
from tests.vango.conftest import Hands
from vango.actors.crash_points import Point
from vango.actors.errors import Refused, VangoError
from vango.core.findings import Kind
from vango.core.modes import Mode
from vango.relay import high_water

CATCHING_UP = {"catching up from 4"}


def claims(seen: object) -> set[str]:
    return {edge.claim for edge in seen.edges}  # type: ignore[attr-defined]


def kinds(seen: object) -> set[Kind]:
    return {finding.kind for finding in seen.audit.findings}  # type: ignore[attr-defined]


def told_of_lapse(hands: Hands, edges: tuple[str, ...] = ("fra", "iad", "syd")) -> bool:
    return all(hands.told(edge, "mode")[-1] == "catching up" for edge in edges)


def test_an_invented_event_is_claimed_by_nobody_while_no_mark_says_it(hands: Hands) -> None:
    hands.do("kill_relay")
    hands.do("write_order", order="publish first")
    with pytest.raises(Refused):
        hands.do("promote", route="shop", to="alloc-d")
    seen = hands.until(lambda seen: claims(seen) == CATCHING_UP and told_of_lapse(hands))
    assert (seen.truth.sequence, {edge.mark for edge in seen.edges}) == (3, {3})
    assert Kind.FALSE_CONFIDENCE not in kinds(seen)


def test_an_event_whose_mark_never_came_is_not_claimed_while_truth_goes_on(hands: Hands) -> None:
    hands.do("crash_relay", at=Point.BEFORE_MARK)
    for route, owner in (("shop", "alloc-b"), ("blog", "alloc-c"), ("shop", "alloc-c")):
        hands.do("promote", route=route, to=owner)
    seen = hands.until(lambda seen: claims(seen) == CATCHING_UP and told_of_lapse(hands))
    assert seen.truth.sequence == 6
    hands.do("start_relay")
    assert claims(hands.settle()) == {"current at 6"}


def test_no_edge_is_ever_seen_to_claim_what_its_mark_does_not_say(hands: Hands, run: Run) -> None:
    hands.settle()
    bench, wrong = hands.bench, list[str]()

    async def watch() -> None:
        while True:
            for edge in bench.edges.values():
                at, mark = edge.committed()[1], edge.mark
                if edge.mode is Mode.CURRENT and (
                    mark is None or (mark.sequence, mark.event_id) != (at.sequence, at.event_id)
                ):
                    wrong.append(f"{edge.name} is current at {at}, and the mark is {mark}")
            await asyncio.sleep(0)

    async def promote() -> None:
        watching = asyncio.create_task(watch())
        for owner in ("alloc-b", "alloc-c") * 5:
            await bench.perform("promote", {"route": "shop", "to": owner})
        await bench.wait_until(lambda seen: claims(seen) == {"current at 13"}, 30.0)
        watching.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await watching

    run(promote())
    assert wrong == []


def test_an_ordinary_promotion_reports_no_lapse(hands: Hands, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("vango.edge.claiming.MARK_COMES_S", 60.0)
    hands.settle()
    before = {edge: hands.told(edge, "mode") for edge in hands.bench.edges}
    hands.do("promote", route="shop", to="alloc-b")
    hands.until(lambda seen: claims(seen) == {"current at 4"})
    assert {edge: hands.told(edge, "mode") for edge in hands.bench.edges} == before


def test_a_mark_ahead_of_a_slow_edge_ends_its_claim_at_once(hands: Hands) -> None:
    hands.do("kill_relay")
    ahead = json.dumps({"route": {"sequence": 5, "id": "e5", "published": 3}}).encode()
    hands._run(hands.bench.wire().publish(high_water.HEARTBEAT, ahead))
    seen = hands.until(lambda seen: claims(seen) == {"catching up from 3"})
    assert {edge.mark for edge in seen.edges} == {5}


def test_an_answer_that_says_no_mark_is_no_answer(hands: Hands) -> None:
    """Who takes it for one holds the old mark against the new event, and fails closed over nothing."""
    hands.do("kill_relay")

    async def lie(message: Msg) -> None:
        await message.respond(b"noise")

    hands._run(hands.bench.wire().subscribe(high_water.REQUEST, lie))
    hands.do("write_order", order="publish first")
    with contextlib.suppress(VangoError):
        hands.do("promote", route="shop", to="alloc-b")
    hands.until(lambda seen: claims(seen) == CATCHING_UP and told_of_lapse(hands))
    assert not any("failed closed" in text for edge in hands.bench.edges for text in hands.told(edge, "mode"))


def test_a_claim_outlives_a_connection_together_with_its_mark(hands: Hands) -> None:
    hands.do("kill_relay")
    hands.do("restart_broker")
    seen = hands.until(lambda seen: seen.broker.state == "up" and all(c.num_waiting for c in seen.consumers))
    assert {(edge.claim, edge.mark) for edge in seen.edges} == {("current at 3", 3)}


def test_an_edge_that_trusts_nothing_pending_goes_on_claiming_what_no_mark_says(hands: Hands) -> None:
    hands.do("edge_rules", edge="syd", ask_high_water_mark=False)
    hands.settle()
    hands.do("kill_relay")
    hands.do("write_order", order="publish first")
    with pytest.raises(Refused):
        hands.do("promote", route="shop", to="alloc-d")
    seen = hands.until(lambda seen: seen.edge("fra").claim == "catching up from 4")
    assert hands.until(lambda seen: seen.edge("syd").claim == "current at 4")
    assert Kind.PHANTOM in kinds(seen)


def test_an_edge_that_is_down_keeps_the_reason_for_it_when_it_is_killed_once_more(hands: Hands) -> None:
    hands.do("crash_edge", edge="fra", at=Point.AFTER_APPLY)
    hands.do("promote", route="shop", to="alloc-b")
    hands.until(lambda seen: seen.edge("fra").mode == "down")
    assert hands.do("kill_edge", edge="fra") == "fra is down already."
    assert hands.bench.edges["fra"].reason == "crashed after apply, before ack"


def test_an_edge_that_died_of_its_view_is_killed_as_the_table_has_it(hands: Hands) -> None:
    hands.do("kill_edge", edge="fra")
    (hands.bench.folder / "fra.db").write_bytes(b"no database at all, and long enough to be looked at" * 20)
    hands.do("start_edge", edge="fra")
    hands.until(lambda seen: seen.edge("fra").mode == "failed closed")
    assert hands.do("kill_edge", edge="fra") == "fra was killed."
    assert hands.told("fra", "mode")[-1] == "down: killed"
