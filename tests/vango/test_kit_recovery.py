"""Edges of the kit that failed closed: they come back as soon as the source can help them, and no sooner."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from nats.aio.msg import Msg

from tests.conftest import Run
from tests.facts.conftest import Server
from tests.vango.shop import PRICES, Shop, kinds, open_shop, settled, write
from vango import kit
from vango.broker.connection import Connection
from vango.edge import recovery

UNTOLD = "the snapshot is refused: milk is in the table, and no event announces it"


async def refused(shop: Shop) -> kit.Edge:
    """Return an edge that needs a snapshot and was told why there is none: the source has a row that was not told."""
    edge = await shop.edge()
    edge.wakeup.on_rest = edge.notes.on_write
    shop.set("tea", 250)
    await settled(shop, edge)
    await edge.kill()
    shop.set("tea", 260)
    with shop.db:
        write(shop.db, "milk", 100)
    await shop.source.published()
    await shop.purge()
    await edge.start()
    await edge.until(lambda: edge.reason == UNTOLD)
    return edge


async def hear(edge: kit.Edge, wire: Connection, sequence: int) -> None:
    """Send a heartbeat that says a sequence, and wait until the edge has done what it does about it."""
    beat = json.dumps({"price": {"sequence": sequence, "id": "x", "published": sequence}}).encode()
    await wire.publish(PRICES.domain.control.heartbeat, beat)
    await edge.until(lambda: edge.mark is not None and edge.mark.sequence == sequence and edge.wakeup.is_idle)


def test_an_edge_that_was_refused_a_snapshot_rebuilds_once_the_source_has_one(
    url: str, tmp_path: Path, run: Run
) -> None:
    async def story() -> None:
        async with open_shop(tmp_path, url) as shop:
            edge = await refused(shop)
            assert edge.mode == "failed closed"
            shop.set("milk", 120)
            await settled(shop, edge)
            assert (edge.sequence, edge.counters["rebuilds"]) == (3, 1)
            assert edge.answer("milk").data["cents"] == 120
            assert await kinds(shop, edge) == set()

    run(story())


def test_many_heartbeats_do_not_make_a_refused_edge_ask_many_times(
    url: str, tmp_path: Path, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recovery, "REFUSED_PAUSE_S", 3600.0)
    asked: list[Msg] = []

    async def note(request: Msg) -> None:
        asked.append(request)

    async def story() -> None:
        async with open_shop(tmp_path, url) as shop:
            edge = await refused(shop)
            wire = await shop.connect("busy")
            await wire.subscribe(PRICES.domain.control.snapshot, note)
            for sequence in range(100, 110):
                await hear(edge, wire, sequence)
            await wire.client.flush()
            assert (edge.reason, asked) == (UNTOLD, [])
            edge.asks_from = 0.0
            shop.set("milk", 120)
            await settled(shop, edge)
            assert len(asked) == 1
            await wire.close()

    run(story())


async def restarted(server: Server, edge: kit.Edge) -> None:
    """Restart the server, and wait until the edge has done over its next connection what it can."""
    broken = edge._wire
    server.kill()
    server.start()
    await edge.until(lambda: edge._wire is not broken and edge.wakeup.is_idle)


async def behind_a_gap(shop: Shop) -> tuple[kit.Edge, str]:
    """Return an edge that is down and misses an event that is gone, with a stored snapshot that does not help it."""
    edge = await shop.edge()
    edge.wakeup.on_rest = edge.notes.on_write
    shop.set("tea", 250)
    await settled(shop, edge)
    wire = await shop.connect("asker")
    name = json.loads((await wire.request(PRICES.domain.control.snapshot)).data)["name"]
    await wire.close()
    await edge.kill()
    shop.set("tea", 260)
    await shop.source.published()
    await shop.purge()
    shop.set("tea", 270)
    await shop.source.published()
    return edge, name


def test_broken_connections_use_up_no_rebuild(tmp_path: Path, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recovery, "ASK_AGAIN_S", 0.001)
    server = Server(tmp_path / "nats").start()

    async def story() -> None:
        async with open_shop(tmp_path, f"nats://{server.address}") as shop:
            edge, _ = await behind_a_gap(shop)
            await shop.stop_source()
            await edge.start()
            await edge.until(lambda: edge.counters["rebuilds"] == recovery.MAX_REBUILDS and edge.wakeup.is_idle)
            for _ in range(recovery.MAX_REBUILDS):
                await restarted(server, edge)
            await shop.source.start()
            await settled(shop, edge)
            assert (edge.sequence, await kinds(shop, edge)) == (3, set())

    run(story())
    server.stop()


def test_rebuilds_that_do_not_help_come_to_an_end_and_a_restart_gives_new_tries(
    url: str, tmp_path: Path, run: Run
) -> None:
    async def story() -> None:
        async with open_shop(tmp_path, url) as shop:
            edge, name = await behind_a_gap(shop)
            await shop.stop_source()
            wire = await shop.connect("a control plane that gives an old snapshot")

            async def give(request: Msg) -> None:
                await request.respond(json.dumps({"name": name}).encode())

            await wire.subscribe(PRICES.domain.control.snapshot, give)
            await edge.start()
            await edge.until(lambda: edge.rebuilds_in_a_row == recovery.MAX_REBUILDS and edge.wakeup.is_idle)
            for sequence in range(100, 110):
                await hear(edge, wire, sequence)
            assert (edge.mode, edge.counters["rebuilds"]) == ("failed closed", recovery.MAX_REBUILDS)
            await wire.close()
            await shop.source.start()
            await edge.kill()
            await edge.start()
            await settled(shop, edge)
            assert edge.counters["rebuilds"] == recovery.MAX_REBUILDS + 1

    run(story())


def test_an_edge_says_that_jetstream_is_off_and_follows_once_it_is_on_again(tmp_path: Path, run: Run) -> None:
    off = "accounts { SHOP { users: [ { user: shop, password: shop } ] } }"
    on = off.replace("users", "jetstream: enabled, users")
    server = Server(tmp_path / "nats", more=on).start()

    async def story() -> None:
        async with open_shop(tmp_path, f"nats://shop:shop@{server.address}") as shop:
            edge = await shop.edge()
            shop.set("tea", 250)
            await settled(shop, edge)
            server.kill()
            server.more = off
            server.start()
            await edge.until(lambda: edge.reason == "The broker says 10039: JetStream not enabled for account.")
            server.kill()
            server.more = on
            server.start()
            shop.set("tea", 260)
            await settled(shop, edge)
            assert (edge.reason, edge.counters["applied"], edge.counters["rebuilds"]) == ("", 2, 0)

    run(story())
    server.stop()
