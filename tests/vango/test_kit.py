"""The parts of vango under somebody else's facts, on a plain nats-server: followed, killed, purged, fooled and audited."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from tests.conftest import Run
from tests.facts.conftest import Server
from tests.vango.shop import PRICES, Shop, open_shop, read_prices, set_price, write
from vango import kit
from vango.core.modes import Mode


@pytest.fixture
def url(tmp_path: Path) -> Iterator[str]:
    """A plain server without users."""
    server = Server(tmp_path / "nats").start()
    yield f"nats://{server.address}"
    server.stop()


async def settled(shop: Shop, *edges: kit.Edge) -> None:
    await shop.source.published()
    for edge in edges:
        await edge.current_at(shop.source.latest(PRICES))


async def kinds(shop: Shop, *edges: kit.Edge) -> set[str]:
    report = await kit.examine(shop.source, PRICES, edges)
    assert (report.soundness is kit.Soundness.VIOLATED) == bool(report.findings)
    return {finding.kind.value for finding in report.findings}


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


def test_a_commit_in_another_thread_wakes_the_relay(url: str, tmp_path: Path, run: Run) -> None:
    async def story() -> None:
        async with open_shop(tmp_path, url) as shop:
            edge = await shop.edge()
            await settled(shop, edge)

            def commit() -> None:
                with closing(sqlite3.connect(tmp_path / "shop.db")) as db:
                    set_price(db, "tea", 250)
                shop.source.wake()

            thread = threading.Thread(target=commit)
            thread.start()
            await edge.current_at(1)
            thread.join()

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


def test_no_snapshot_hides_a_change_that_was_not_told(url: str, tmp_path: Path, run: Run) -> None:
    """No sequence stands for such a table, so an edge that needs a snapshot stays closed and says why."""

    async def story() -> None:
        async with open_shop(tmp_path, url) as shop:
            shop.set("tea", 250)
            await shop.source.published()
            await shop.purge()
            with shop.db:
                write(shop.db, "tea", 1)
            edge = await shop.edge()
            await edge.until(lambda: edge.mode is Mode.FAILED_CLOSED and "was told is 1" in edge.reason)
            with pytest.raises(kit.Unavailable):
                edge.answer("tea")
            assert await kinds(shop, edge) == {"untold"}

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


def test_two_feeds_of_one_database_are_followed_each_in_its_own_stream(url: str, tmp_path: Path, run: Run) -> None:
    stock = kit.Feed("stock", service="shop", key="item", version="version")

    read_stock = kit.select("SELECT item, pieces, version FROM stock")

    async def story() -> None:
        connect = kit.connecting(url)
        source = kit.Source(tmp_path / "shop.db", {PRICES: read_prices, stock: read_stock}, connect)
        edges = [kit.Edge(feed.name, tmp_path, feed, connect) for feed in (PRICES, stock)]
        with closing(sqlite3.connect(tmp_path / "shop.db")) as db:
            db.execute("CREATE TABLE price (item TEXT PRIMARY KEY, cents INTEGER, version INTEGER) STRICT")
            db.execute("CREATE TABLE stock (item TEXT PRIMARY KEY, pieces INTEGER, version INTEGER) STRICT")
            with db:
                kit.tell(db, PRICES, item="tea", cents=250, version=write(db, "tea", 250))
                db.execute("INSERT INTO stock VALUES ('tea', 12, 1)")
                kit.tell(db, stock, item="tea", pieces=12, version=1)
        await source.start()
        for edge in edges:
            await edge.start()
        await source.published()
        for edge, feed in zip(edges, (PRICES, stock), strict=True):
            await edge.current_at(1)
            assert (await kit.examine(source, feed, [edge])).soundness is kit.Soundness.SOUND
            await edge.kill()
        assert [edge.committed()[0][0].data for edge in edges] == [
            {"item": "tea", "cents": 250, "version": 1}, {"item": "tea", "pieces": 12, "version": 1}
        ]  # fmt: skip
        await source.stop()

    run(story())


def test_a_second_source_waits_for_the_lease_of_the_first(url: str, tmp_path: Path, run: Run) -> None:
    async def story() -> None:
        async with open_shop(tmp_path, url) as shop:
            shop.set("tea", 250)
            await shop.source.published()
            async with open_shop(tmp_path, url) as second:
                relay = second.source.relay
                await second.source.notes.until(lambda: relay.state == "waiting", lambda: relay.state)
                assert "another relay holds the lease" in relay.reason

    run(story())


def test_a_source_that_was_stopped_lets_the_lease_go(url: str, tmp_path: Path, run: Run) -> None:
    async def story() -> None:
        async with open_shop(tmp_path, url) as shop:
            shop.set("tea", 250)
            await shop.source.published()
        async with open_shop(tmp_path, url) as second:
            second.set("tea", 260)
            await second.source.published()
            assert "another relay" not in second.source.relay.reason

    run(story())
    with closing(sqlite3.connect(tmp_path / "shop.db")) as db:
        assert db.execute("SELECT expires_at FROM lease").fetchone() == (0,)


def test_a_pruned_history_goes_on_without_a_gap(url: str, tmp_path: Path, run: Run) -> None:
    async def story() -> None:
        async with open_shop(tmp_path, url) as shop:
            edge = await shop.edge()
            for cents in range(1, 9):
                shop.set("tea", cents)
            shop.set("milk", 110)
            await settled(shop, edge)
            assert kit.prune(shop.db) == 7
            await edge.kill()
            shop.set("tea", 9)
            again, new = await shop.edge(), await shop.edge("new")
            await settled(shop, again, new)
            assert (again.sequence, again.counters["rebuilds"]) == (10, 0)
            assert await kinds(shop, again, new) == set()

    run(story())


def test_what_waits_is_not_pruned(url: str, tmp_path: Path, run: Run) -> None:
    async def story() -> None:
        async with open_shop(tmp_path, url) as shop:
            await shop.source.relay.kill()
            for cents in (250, 260):
                shop.set("tea", cents)
            assert kit.prune(shop.db) == 0
            await shop.source.start()
            edge = await shop.edge()
            await settled(shop, edge)
            assert edge.sequence == 2

    run(story())


def test_a_server_that_wants_a_token_is_given_it(tmp_path: Path, run: Run) -> None:
    server = Server(tmp_path / "nats", more='authorization { token: "secret" }').start()

    async def story() -> None:
        with pytest.raises(kit.Unavailable, match="Authorization"):
            await kit.connecting(f"nats://{server.address}")("nobody")
        wire = await kit.connecting(f"nats://{server.address}", token="secret")("somebody")
        await wire.close()

    run(story())
    server.stop()


# The audit.


def test_a_change_that_nobody_told_is_found(url: str, tmp_path: Path, run: Run) -> None:
    async def story() -> None:
        async with open_shop(tmp_path, url) as shop:
            edge = await shop.edge()
            shop.set("tea", 250)
            await settled(shop, edge)
            assert await kinds(shop, edge) == set()
            with shop.db:
                shop.db.execute("UPDATE price SET cents = 1")
            report = await kit.examine(shop.source, PRICES, [edge])
            assert [(finding.kind, finding.where) for finding in report.findings] == [(kit.Kind.UNTOLD, "truth")]
            assert report.findings[0].records == ("tea has cents 1 in the table; the last that was told is cents 250.",)

    run(story())


def test_an_event_whose_outbox_row_is_gone_is_found(url: str, tmp_path: Path, run: Run) -> None:
    async def story() -> None:
        async with open_shop(tmp_path, url) as shop:
            await shop.source.relay.kill()
            shop.set("tea", 250)
            with shop.db:
                shop.db.execute("DELETE FROM outbox")
            assert await kinds(shop) == {"untold"}

    run(story())


def test_a_view_that_somebody_changed_is_found(url: str, tmp_path: Path, run: Run) -> None:
    async def story() -> None:
        async with open_shop(tmp_path, url) as shop:
            edge = await shop.edge()
            shop.set("tea", 250)
            await settled(shop, edge)
            await edge.kill()
            with closing(sqlite3.connect(tmp_path / "window.db")) as view, view:
                view.execute("""UPDATE held SET data = '{"item": "tea", "cents": 1, "version": 1}'""")
            again = await shop.edge()
            await settled(shop, again)
            report = await kit.examine(shop.source, PRICES, [again])
            assert [finding.kind for finding in report.findings] == [kit.Kind.FALSE_CONFIDENCE]
            assert "wrong about 1 price" in report.sentence
            assert "cents 1" in report.findings[0].records[0]

    run(story())


def test_a_purged_tail_is_found_when_an_edge_trusts_that_nothing_is_pending(url: str, tmp_path: Path, run: Run) -> None:
    async def story() -> None:
        async with open_shop(tmp_path, url) as shop:
            trusting = await shop.edge("trusting", rules=kit.NAIVE_EDGE)
            shop.set("tea", 250)
            await settled(shop, trusting)
            await trusting.kill()
            shop.set("tea", 260)
            await shop.source.published()
            await shop.purge()
            await trusting.start()
            await trusting.until(lambda: trusting.mode is Mode.CURRENT)
            assert await kinds(shop, trusting) == {"lost"}
            careful = await shop.edge("careful")
            await settled(shop, careful)
            assert await kinds(shop, careful) == set()

    run(story())


def test_what_is_on_its_way_is_not_yet_known(url: str, tmp_path: Path, run: Run) -> None:
    async def story() -> None:
        async with open_shop(tmp_path, url) as shop:
            edge = await shop.edge()
            shop.set("tea", 250)
            await settled(shop, edge)
            await shop.source.relay.kill()
            shop.set("tea", 260)
            report = await kit.examine(shop.source, PRICES, [edge])
            assert report.soundness is kit.Soundness.NOT_YET_KNOWN

    run(story())


def test_waiting_ends_with_a_sentence(url: str, tmp_path: Path, run: Run) -> None:
    async def story() -> None:
        async with open_shop(tmp_path, url) as shop:
            edge = await shop.edge()
            with pytest.raises(kit.Unavailable, match="in vain: window is"):
                await edge.notes.until(lambda: False, lambda: f"window is {edge.mode}", timeout_s=0.01)

    run(story())


def test_a_source_that_cannot_make_its_stream_says_why(tmp_path: Path, run: Run) -> None:
    server = Server(tmp_path / "nats").start()

    async def story() -> None:
        too_much = kit.StreamRules(max_bytes=1 << 40)
        async with open_shop(tmp_path, f"nats://{server.address}", limits=too_much) as shop:
            relay = shop.source.relay
            await shop.source.notes.until(lambda: "insufficient storage" in relay.reason, lambda: relay.reason)
            assert relay.state == "waiting"

    run(story())
    server.stop()
