"""A service of your own on the parts of vango: prices, decided by one table, followed by edges with a table of theirs.

    python examples/own_service.py nats://127.0.0.1:4222

It needs `pip install` of this project and a nats-server with JetStream. What it makes on the server it removes again.
"""

from __future__ import annotations

import asyncio
import sqlite3
import sys
import tempfile
from collections.abc import AsyncIterator, Iterable, Iterator
from contextlib import asynccontextmanager, closing
from pathlib import Path

from vango import kit

PRICES = kit.Feed("price", service="own-service", key="item", version="version", stream="OWN_SERVICE_PRICE")
CAREFUL, TRUSTING = kit.EdgeRules(), kit.NAIVE_EDGE

# The database that decides.


def open_shop(path: Path) -> sqlite3.Connection:
    """Open the database: your own table, and the tables of the outbox beside it."""
    db = sqlite3.connect(path)
    db.execute(
        "CREATE TABLE IF NOT EXISTS price"
        " (item TEXT PRIMARY KEY, cents INTEGER NOT NULL CHECK (cents > 0), version INTEGER NOT NULL) STRICT"
    )
    kit.create(db)
    return db


def write(db: sqlite3.Connection, item: str, cents: int) -> int:
    """Write a price in the transaction that is open, or begin one; return the new version of its row."""
    db.execute(
        "INSERT INTO price VALUES (?, ?, 1)"
        " ON CONFLICT (item) DO UPDATE SET cents = excluded.cents, version = version + 1",
        [item, cents],
    )
    return int(db.execute("SELECT version FROM price WHERE item = ?", [item]).fetchone()[0])


def set_price(db: sqlite3.Connection, item: str, cents: int) -> int:
    """Commit a price and the event that announces it in one transaction; return the event's sequence."""
    with db:
        version = write(db, item, cents)
        return kit.tell(db, PRICES, item=item, cents=cents, version=version).sequence


async def set_price_carelessly(db: sqlite3.Connection, connect: kit.Connect, item: str, cents: int) -> None:
    """The fault: publish first, commit second. When the database refuses, everybody has been told."""
    (version,) = db.execute("SELECT version + 1 FROM price WHERE item = ?", [item]).fetchone()
    fact = kit.draft(db, PRICES, item=item, cents=cents, version=version)
    wire = await connect("careless")
    await wire.store(fact.subject, PRICES.encode(fact), message_id=fact.id)
    await wire.close()
    with db:
        write(db, item, cents)


# The view.


class Shelf:
    """What an edge keeps of the prices, in columns of its own."""

    schema = """
CREATE TABLE IF NOT EXISTS shelf (
    item TEXT PRIMARY KEY, cents INTEGER NOT NULL, version INTEGER NOT NULL, event_id TEXT NOT NULL
) STRICT;
"""

    def read(self, db: sqlite3.Connection) -> Iterator[kit.Row]:
        for item, cents, version, event_id in db.execute("SELECT item, cents, version, event_id FROM shelf"):
            yield kit.Row(item, version, event_id, {"item": item, "cents": cents, "version": version})

    def write(self, db: sqlite3.Connection, rows: Iterable[kit.Row]) -> None:
        columns = ((row.key, row.data["cents"], row.epoch, row.event_id) for row in rows)
        db.executemany("INSERT OR REPLACE INTO shelf VALUES (?, ?, ?, ?)", columns)

    def clear(self, db: sqlite3.Connection) -> None:
        db.execute("DELETE FROM shelf")


# The story.


class Shop:
    """The database, its source, and edges on one server."""

    def __init__(self, folder: Path, connect: kit.Connect) -> None:
        self.folder, self.connect = folder, connect
        self.db = open_shop(folder / "shop.db")
        self.source = kit.Source(
            folder / "shop.db", {PRICES: kit.select("SELECT item, cents, version FROM price")}, connect
        )

    def edge(self, name: str, rules: kit.EdgeRules = CAREFUL) -> kit.Edge:
        return kit.Edge(name, self.folder, PRICES, self.connect, table=Shelf(), rules=rules)

    def set(self, item: str, cents: int) -> int:
        """Commit a price, and wake the relay."""
        sequence = set_price(self.db, item, cents)
        self.source.wake()
        return sequence


async def one_transaction(shop: Shop, _: kit.Edge) -> None:
    """The change and its event are committed together, or neither is."""
    shop.set("tea", 250)
    at = shop.set("coffee", 320)
    try:
        shop.set("tea", -1)
    except sqlite3.IntegrityError as error:
        print(f"  refused: {error}")
    waiting = shop.db.execute("SELECT count(*) FROM outbox WHERE published_at IS NULL").fetchone()[0]
    print(f"  {at} events are committed, {waiting} wait in the outbox, and none announces the refused price")


async def a_view(shop: Shop, edge: kit.Edge) -> None:
    """A relay publishes them, and an edge keeps them in a table of its own."""
    await shop.source.start()
    await edge.start()
    await edge.current_at(2)
    print(f"  {edge.name} is current at {edge.sequence}: tea costs {edge.answer('tea').data['cents']} cents")


async def a_gap(shop: Shop, edge: kit.Edge) -> None:
    """An edge that missed what the stream no longer has loads a snapshot."""
    await edge.kill()
    shop.set("tea", 260)
    at = shop.set("milk", 110)
    await shop.source.published()
    wire = await shop.connect("purge")
    await wire.api(f"STREAM.PURGE.{PRICES.domain.stream}")
    await wire.close()
    await edge.start()
    await edge.current_at(at)
    print(f"  {edge.name} is current at {at} after {edge.counters['rebuilds']} rebuild; its own table:")
    with closing(sqlite3.connect(shop.folder / f"{edge.name}.db")) as view:
        for item, cents, version in view.execute("SELECT item, cents, version FROM shelf ORDER BY item"):
            print(f"    {item}: {cents} cents, version {version}")


async def the_audit(shop: Shop, edge: kit.Edge) -> None:
    """The audit as a test: the service is sound, and a planted fault is found."""
    report = await kit.examine(shop.source, PRICES, [edge])
    print(f"  as it is: {report.soundness}")
    assert report.soundness is kit.Soundness.SOUND, report.sentence
    trusting = shop.edge("trusting", TRUSTING)
    await trusting.start()
    await trusting.current_at(edge.sequence)
    rebuilds = edge.counters["rebuilds"]
    try:
        await set_price_carelessly(shop.db, shop.connect, "tea", -1)
    except sqlite3.IntegrityError as error:
        print(f"  published first, then refused: {error}")
    await trusting.current_at(shop.source.latest(PRICES) + 1)
    report = await kit.examine(shop.source, PRICES, [trusting])
    print(f"  with an edge that believes whatever it is handed: {report.soundness}")
    for finding in report.findings:
        print(f"    {finding.kind}: {finding.records[0]}")
    assert kit.Kind.PHANTOM in {finding.kind for finding in report.findings}
    await edge.until(lambda: edge.counters["rebuilds"] > rebuilds)
    await edge.current_at(shop.source.latest(PRICES))
    report = await kit.examine(shop.source, PRICES, [edge])
    print(f"  with an edge that asks for the mark: it fails closed, loads a snapshot, and is {report.soundness}")
    assert report.soundness is kit.Soundness.SOUND, report.sentence
    await trusting.kill()


@asynccontextmanager
async def room_on(connect: kit.Connect) -> AsyncIterator[None]:
    """Make sure that nothing of somebody else's is touched, and leave nothing behind."""
    wire = await connect("own service")
    names = (PRICES.domain.stream, f"OBJ_{PRICES.domain.bucket}")
    try:
        found = (await wire.api("STREAM.NAMES")).get("streams") or []
        if there := [name for name in names if name in found]:
            raise kit.Refused(f"The server has {' and '.join(there)} already. Delete them, or take another server.")
        try:
            yield
        finally:
            for name in names:
                await wire.api(f"STREAM.DELETE.{name}")
    finally:
        await wire.close()


async def main(url: str) -> None:
    """Play the story on a server."""
    connect = kit.connecting(url)
    with tempfile.TemporaryDirectory() as folder:
        async with room_on(connect):
            shop = Shop(Path(folder), connect)
            edge = shop.edge("window")
            try:
                for part in (one_transaction, a_view, a_gap, the_audit):
                    print(part.__doc__)
                    await part(shop, edge)
            finally:
                await edge.kill()
                await shop.source.stop()
                shop.db.close()


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    try:
        asyncio.run(main(sys.argv[1]))
    except kit.VangoError as error:
        sys.exit(f"{error}")
