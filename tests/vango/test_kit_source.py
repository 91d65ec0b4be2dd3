"""The source of the kit on a plain nats-server: woken, stopped, replaced, beside others, and refused."""

from __future__ import annotations

import sqlite3
import threading
from contextlib import closing
from pathlib import Path

import pytest

from tests.conftest import Run
from tests.facts.conftest import Server
from tests.vango.shop import PRICES, kinds, open_shop, read_prices, set_price, settled, write
from vango import kit


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


@pytest.mark.parametrize(
    ("option", "said"),
    [
        ("error_cb", "Leave out error_cb"),
        ("allow_reconnect", "Leave out allow_reconnect"),
        ("tocken", "no option tocken"),
    ],
)
def test_an_option_of_the_connection_that_cannot_be_given_is_named_at_once(option: str, said: str) -> None:
    with pytest.raises(kit.BadInput, match=said):
        kit.connecting("nats://localhost", **{option: "x"})


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


def test_a_source_that_was_stopped_and_started_again_publishes_what_waited(url: str, tmp_path: Path, run: Run) -> None:
    async def story() -> None:
        async with open_shop(tmp_path, url) as shop:
            edge = await shop.edge()
            shop.set("tea", 250)
            await settled(shop, edge)
            await shop.source.stop()
            await shop.source.stop()
            assert shop.source.relay.state == "down"
            set_price(shop.db, "tea", 260)
            await shop.source.start()
            await settled(shop, edge)
            assert edge.answer("tea").data["cents"] == 260
            await shop.purge()
            await settled(shop, await shop.edge("new"))

    run(story())


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


def test_the_last_events_are_kept_for_edges_that_are_behind(url: str, tmp_path: Path, run: Run) -> None:
    async def story() -> None:
        async with open_shop(tmp_path, url) as shop:
            for cents in range(10):
                shop.set("tea", cents)
            await shop.source.published()
            assert kit.prune(shop.db, keep=4) == 5
            left = shop.db.execute("SELECT sequence FROM event ORDER BY sequence").fetchall()
            assert [sequence for (sequence,) in left] == [6, 7, 8, 9, 10]
            edge = await shop.edge()
            await settled(shop, edge)
            assert edge.answer("tea").data["cents"] == 9

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


async def connected(url: str) -> None:
    await (await kit.connecting(url)("test")).close()


def test_no_error_shows_a_password(run: Run) -> None:
    with pytest.raises(kit.Unavailable, match=r"The broker at nats://127\.0\.0\.1:1 does not answer") as refused:
        run(connected("nats://shop:secret@127.0.0.1:1"))
    assert "secret" not in str(refused.value)


def test_two_services_on_one_server_do_not_hear_each_other(url: str, tmp_path: Path, run: Run) -> None:
    """The words of one, which knows nothing of prices, would be no mark for an edge of the other."""
    stock = kit.Feed("stock", service="store", key="item", version="version")

    async def story() -> None:
        store = kit.Source(tmp_path / "store.db", {stock: kit.select("SELECT * FROM stock")}, kit.connecting(url))
        await store.start()
        async with open_shop(tmp_path, url) as shop:
            edge = await shop.edge()
            for cents in range(1, 20):
                shop.set("tea", cents)
            await settled(shop, edge)
            assert edge.mark is not None
            assert edge.mark.sequence == 19
            wire = await shop.connect("asker")
            asked = await wire.request(stock.domain.control.mark)
            await wire.close()
            assert "price" not in asked.data.decode()
        await store.stop()

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
