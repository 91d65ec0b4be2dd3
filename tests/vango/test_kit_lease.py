"""The lease of a source of the kit: who waits for it burdens no broker, and who cannot use it keeps it from nobody."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import Run
from tests.vango.shop import PRICES, Shop, open_shop
from vango import kit
from vango.broker.connection import Connection
from vango.relay.relay import STANDBY_S
from vango.truth.outbox import Outbox, is_leased, take_lease


def counting(connect: kit.Connect) -> tuple[kit.Connect, list[Connection]]:
    """Return what opens connections, and the list of those that it opens."""
    opened: list[Connection] = []

    async def counted(name: str) -> Connection:
        opened.append(await connect(name))
        return opened[-1]

    return counted, opened


def test_a_source_that_waits_for_the_lease_asks_no_broker_and_then_takes_over(
    url: str, tmp_path: Path, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = asyncio.Queue[float]()

    def noted(outbox: Outbox, holder: str) -> bool:
        asked.put_nowait(time.monotonic())
        return is_leased(outbox, holder)

    async def story() -> None:
        async with open_shop(tmp_path, url) as shop:
            shop.set("tea", 250)
            await shop.source.published()
            monkeypatch.setattr("vango.relay.relay.is_leased", noted)
            connect, opened = counting(shop.connect)
            standby = kit.Source(tmp_path / "shop.db", shop.source.tables, connect)
            await standby.start()
            first, second = await asked.get(), await asked.get()
            assert second - first > 0.9 * STANDBY_S
            assert (standby.relay.state, len(opened)) == ("waiting", 0)
            await shop.source.stop()
            shop.set("tea", 260)
            await standby.published()
            assert len(opened) == 1
            await (await shop.edge()).current_at(standby.latest(PRICES))
            await standby.stop()

    run(story())


def test_a_source_that_loses_the_race_for_the_lease_hears_no_edge(
    url: str, tmp_path: Path, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    heard: list[str] = []
    subscribe = Connection.subscribe

    async def noted(wire: Connection, subject: str, hear: Any) -> Any:
        heard.append(subject)
        return await subscribe(wire, subject, hear)

    async def story() -> None:
        connect = kit.connecting(url)

        async def overtaken(name: str) -> Connection:
            wire = await connect(name)
            assert take_lease(shop.source.outbox, "rival") is not None
            return wire

        shop = Shop(tmp_path, overtaken)
        relay = shop.source.relay
        await shop.source.start()
        await shop.source.notes.until(lambda: relay.state == "waiting", lambda: relay.state)
        assert "another relay" in relay.reason
        await shop.close()

    monkeypatch.setattr(Connection, "subscribe", noted)
    run(story())
    assert heard == []


def test_a_source_that_does_not_reach_its_server_keeps_the_lease_from_nobody(
    url: str, tmp_path: Path, run: Run
) -> None:
    async def story() -> None:
        lost = Shop(tmp_path, kit.connecting("nats://127.0.0.1:1"))
        relay = lost.source.relay
        await lost.source.start()
        await lost.source.notes.until(lambda: relay.state == "waiting", lambda: relay.state)
        async with open_shop(tmp_path, url) as shop:
            shop.set("tea", 250)
            await shop.source.published()
            await lost.source.notes.until(lambda: "another relay" in relay.reason, lambda: relay.reason)
        await lost.close()

    run(story())
