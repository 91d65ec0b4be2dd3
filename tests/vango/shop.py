"""A service of one's own for the tests of the kit: prices in a database, on a plain nats-server."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from vango import kit

PRICES = kit.Feed("price", service="shop", key="item", version="version")


read_prices = kit.select("SELECT item, cents, version FROM price")


def opened(path: Path) -> sqlite3.Connection:
    db = sqlite3.connect(path)
    db.execute("CREATE TABLE IF NOT EXISTS price (item TEXT PRIMARY KEY, cents INTEGER, version INTEGER) STRICT")
    kit.create(db)
    return db


def write(db: sqlite3.Connection, item: str, cents: int) -> int:
    """Write a price and tell nobody; return its version."""
    db.execute(
        "INSERT INTO price VALUES (?, ?, 1) ON CONFLICT (item)"
        " DO UPDATE SET cents = excluded.cents, version = version + 1", [item, cents]
    )  # fmt: skip
    return int(db.execute("SELECT version FROM price WHERE item = ?", [item]).fetchone()[0])


def set_price(db: sqlite3.Connection, item: str, cents: int) -> kit.Fact:
    with db:
        version = write(db, item, cents)
        return kit.tell(db, PRICES, item=item, cents=cents, version=version)


class Shop:
    """A database with a source, and edges that end with it."""

    def __init__(self, folder: Path, connect: kit.Connect, **how: Any) -> None:
        self.folder, self.connect = folder, connect
        self._how = how
        self.db = opened(folder / "shop.db")
        self.source = self._source()
        self._edges: list[kit.Edge] = []

    def _source(self) -> kit.Source:
        return kit.Source(self.folder / "shop.db", {PRICES: read_prices}, self.connect, **self._how)

    async def stop_source(self) -> None:
        """Stop the source. Another is in its place, to be started later."""
        await self.source.stop()
        self.source = self._source()

    def set(self, item: str, cents: int) -> int:
        fact = set_price(self.db, item, cents)
        self.source.wake()
        return fact.sequence

    async def edge(self, name: str = "window", **how: Any) -> kit.Edge:
        """Start an edge."""
        edge = kit.Edge(name, self.folder, PRICES, self.connect, **how)
        self._edges.append(edge)
        await edge.start()
        return edge

    async def purge(self) -> None:
        wire = await self.connect("purge")
        await wire.api(f"STREAM.PURGE.{PRICES.domain.stream}")
        await wire.close()

    async def close(self) -> None:
        for edge in self._edges:
            await edge.kill()
        await self.source.stop()
        self.db.close()


@asynccontextmanager
async def open_shop(folder: Path, url: str, **how: Any) -> AsyncIterator[Shop]:
    """Open a shop whose source runs."""
    shop = Shop(folder, kit.connecting(url), **how)
    try:
        await shop.source.start()
        yield shop
    finally:
        await asyncio.shield(shop.close())


async def settled(shop: Shop, *edges: kit.Edge) -> None:
    """Wait until all that is committed is published, and followed by these edges."""
    await shop.source.published()
    for edge in edges:
        await edge.current_at(shop.source.latest(PRICES))


async def kinds(shop: Shop, *edges: kit.Edge) -> set[str]:
    """Return the kinds of what the audit finds."""
    report = await kit.examine(shop.source, PRICES, edges)
    assert (report.soundness is kit.Soundness.VIOLATED) == bool(report.findings)
    return {finding.kind.value for finding in report.findings}
