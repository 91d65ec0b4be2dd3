"""Under way: what the actors know of the news between them without asking anybody, and what they need not ask."""

from __future__ import annotations

import asyncio

import pytest
from nats.aio.msg import Msg

from tests.conftest import Run
from tests.vango.conftest import Hands
from vango.actors.crash_points import Point
from vango.relay import high_water


def test_a_change_is_under_way_until_its_last_edge_has_applied_it(hands: Hands, run: Run) -> None:
    hands.settle()
    bench = hands.bench
    hands.until(lambda _: not bench.is_under_way)

    def is_under_way() -> bool:
        return bench.is_under_way

    async def promote() -> dict[str, int]:
        await bench.perform("promote", {"route": "shop", "to": "alloc-b"})
        assert is_under_way()
        async with asyncio.timeout(10):
            while is_under_way():  # noqa: ASYNC110 (each turn of the loop is looked at)
                await asyncio.sleep(0)
        return {name: edge.committed()[1].sequence for name, edge in bench.edges.items()}

    assert run(promote()) == {"fra": 4, "iad": 4, "syd": 4}


def test_all_who_wait_for_the_end_of_a_change_are_called_when_it_comes(hands: Hands, run: Run) -> None:
    hands.settle()
    bench = hands.bench
    hands.until(lambda _: not bench.is_under_way)

    async def promote() -> None:
        await bench.perform("promote", {"route": "shop", "to": "alloc-b"})
        while bench.is_under_way:
            bench.changes.rested.clear()
            await asyncio.wait_for(bench.changes.rested.rest(), 10)

    run(promote())


def test_nobody_knows_when_it_ends_while_actors_wait_to_be_let_on(hands: Hands) -> None:
    hands.do("pace", tempo="step")
    hands.do("kill_edge", edge="syd")
    assert not hands.bench.is_under_way


def test_what_an_edge_that_is_down_has_not_heard_is_not_under_way(hands: Hands) -> None:
    hands.do("kill_edge", edge="fra")
    hands.do("promote", route="shop", to="alloc-b")
    hands.settle()
    hands.until(lambda _: not hands.bench.is_under_way)


def asking(hands: Hands) -> list[str]:
    """Return what will hold an entry for each time that an edge asks the relay for its mark."""
    asked: list[str] = []

    async def hear(message: Msg) -> None:
        asked.append(message.reply)

    hands._run(hands.bench.wire().subscribe(high_water.REQUEST, hear))
    return asked


def test_an_edge_does_not_ask_for_the_mark_that_the_relay_is_about_to_tell(
    hands: Hands, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("vango.edge.claiming.MARK_COMES_S", 60.0)
    hands.settle()
    asked = asking(hands)
    hands.do("promote", route="shop", to="alloc-b")
    hands.until(lambda seen: all(edge.mark == edge.sequence == 4 for edge in seen.edges))
    assert asked == []


def test_an_edge_asks_when_no_mark_follows_an_event(hands: Hands) -> None:
    hands.settle()
    hands.do("crash_relay", at=Point.BEFORE_MARK)
    asked = asking(hands)
    hands.do("promote", route="shop", to="alloc-b")
    hands.until(lambda seen: all(edge.sequence == 4 for edge in seen.edges) and len(asked) >= len(seen.edges))
