"""The edge of the kit on a plain nats-server: facts of somebody else's, followed, killed, purged and replayed."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from tests.conftest import Run
from tests.facts.conftest import Server
from tests.vango.shop import PRICES, kinds, open_shop, set_price, settled
from vango import kit
from vango.kit.notes import Notes


def test_what_is_committed_is_published_and_followed(url: str, tmp_path: Path, run: Run) -> None:
    async def story() -> None:
        async with open_shop(tmp_path, url) as shop:
            edge = await shop.edge()
            for n in range(300):
                set_price(shop.db, f"item {n % 7}.", n)
            shop.source.wake()
            await settled(shop, edge)
            assert edge.sequence == 300
            assert edge.answer("item 5.").data == {"item": "item 5.", "cents": 299, "version": 43}
            assert edge.counters["applied"] == 300
            assert (await kit.examine(shop.source, PRICES, [edge])).soundness is kit.Soundness.SOUND

    run(story())


def test_an_edge_that_is_started_again_goes_on_from_its_view(url: str, tmp_path: Path, run: Run) -> None:
    async def story() -> None:
        async with open_shop(tmp_path, url) as shop:
            edge = await shop.edge()
            shop.set("tea", 250)
            await settled(shop, edge)
            await edge.kill()
            shop.set("tea", 260)
            again = await shop.edge()
            await settled(shop, again)
            assert (again.counters["applied"], again.counters["rebuilds"]) == (1, 0)
            assert again.answer("tea").data["cents"] == 260

    run(story())


def test_a_new_edge_loads_a_snapshot_over_a_gap(url: str, tmp_path: Path, run: Run) -> None:
    async def story() -> None:
        async with open_shop(tmp_path, url) as shop:
            for cents in (250, 260):
                shop.set("tea", cents)
            await shop.source.published()
            await shop.purge()
            edge = await shop.edge()
            await settled(shop, edge)
            assert (edge.counters["applied"], edge.counters["rebuilds"]) == (0, 1)
            assert edge.answer("tea") == kit.Row(
                "tea", 2, edge.answer("tea").event_id, {"item": "tea", "cents": 260, "version": 2}
            )
            assert await kinds(shop, edge) == set()

    run(story())


def test_an_effect_that_adds_up_is_applied_once_although_a_message_comes_again(
    url: str, tmp_path: Path, run: Run
) -> None:
    def count(row: kit.Row | None, fact: kit.Fact) -> kit.Row:
        changes = row.data["changes"] + 1 if row else 1
        return kit.Row(fact.key, fact.epoch, fact.id, {**fact.data, "changes": changes})

    counted = replace(PRICES, apply=count)

    async def story() -> None:
        async with open_shop(tmp_path, url) as shop:
            edge = kit.Edge("counter", tmp_path, counted, shop.connect)
            await edge.start()
            for cents in (250, 260, 270):
                shop.set("tea", cents)
            await settled(shop, edge)
            await edge.replay(1)
            await edge.until(lambda: edge.counters["duplicates"] + edge.counters["stale"] == 3)
            assert edge.answer("tea").data["changes"] == 3
            await edge.kill()

    run(story())


def test_a_restart_of_the_server_is_survived_by_both_sides(tmp_path: Path, run: Run) -> None:
    server = Server(tmp_path / "nats").start()

    async def story() -> None:
        async with open_shop(tmp_path, f"nats://{server.address}") as shop:
            edge = await shop.edge()
            shop.set("tea", 250)
            await settled(shop, edge)
            server.kill()
            shop.set("tea", 260)
            server.start()
            await settled(shop, edge)
            assert (edge.sequence, edge.counters["applied"]) == (2, 2)
            assert await kinds(shop, edge) == set()

    run(story())
    server.stop()


def test_waiting_goes_on_as_long_as_it_comes_further(run: Run) -> None:
    """A view of a hundred thousand rows takes more than the seconds that nothing may take."""
    reached = [0]

    def further() -> int:
        reached.append(reached[-1] + 1)
        return reached[-1]

    async def story() -> None:
        await Notes().until(lambda: reached[-1] >= 20, lambda: "halfway", timeout_s=0.001, at=further)

    run(story())


def test_waiting_ends_with_a_sentence(url: str, tmp_path: Path, run: Run) -> None:
    async def story() -> None:
        async with open_shop(tmp_path, url) as shop:
            edge = await shop.edge()
            with pytest.raises(kit.Unavailable, match="nothing changed: window is"):
                await edge.notes.until(lambda: False, lambda: f"window is {edge.mode}", timeout_s=0.01)

    run(story())
