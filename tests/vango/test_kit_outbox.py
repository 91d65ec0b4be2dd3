"""The outbox of the kit: what is told in a transaction, and what is refused before anybody could hear it."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.vango.shop import PRICES, opened, read_prices, set_price, write
from vango import kit
from vango.core.events import MAX_EVENT_BYTES, InvalidEvent
from vango.kit.outbox import EVENTS, TABLES, rows_of
from vango.relay.reception import why_never
from vango.truth.schema import OUTBOX


@pytest.fixture
def db(tmp_path: Path) -> Iterator[sqlite3.Connection]:
    db = opened(tmp_path / "shop.db")
    yield db
    db.close()


def count(db: sqlite3.Connection, table: str) -> int:
    return int(db.execute(f"SELECT count(*) FROM {table}").fetchone()[0])


def change_and_tell(db: sqlite3.Connection, **data: Any) -> None:
    """Change the price of tea, and tell this of it."""
    with db:
        write(db, "tea", 270)
        kit.tell(db, PRICES, **data)


def test_facts_are_numbered_without_gaps_and_name_their_predecessors(db: sqlite3.Connection) -> None:
    told = [set_price(db, item, 100) for item in ("tea", "milk", "tea")]
    assert [fact.sequence for fact in told] == [1, 2, 3]
    assert [fact.previous_id for fact in told] == ["", told[0].id, told[1].id]
    assert [fact.epoch for fact in told] == [1, 1, 2]
    assert (count(db, "event"), count(db, "outbox")) == (3, 3)


def test_a_change_that_is_rolled_back_is_not_told(db: sqlite3.Connection) -> None:
    def break_off() -> None:
        with db:
            kit.tell(db, PRICES, item="tea", cents=250, version=write(db, "tea", 250))
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        break_off()
    assert [count(db, table) for table in ("price", "event", "outbox")] == [0, 0, 0]


def test_nothing_is_told_outside_a_transaction(db: sqlite3.Connection) -> None:
    with pytest.raises(kit.Refused, match="No transaction is open"):
        kit.tell(db, PRICES, item="tea", cents=250, version=1)
    assert count(db, "event") == 0


@pytest.mark.parametrize("version", [1, 2])
def test_a_version_that_does_not_grow_is_refused(db: sqlite3.Connection, version: int) -> None:
    for cents in (250, 260):
        set_price(db, "tea", cents)
    with pytest.raises(kit.Refused, match="version of tea must grow with each change: 2 was told"):
        change_and_tell(db, item="tea", cents=270, version=version)
    assert db.execute("SELECT cents FROM price").fetchone() == (260,)


@pytest.mark.parametrize(
    "data",
    [
        {"cents": 1, "version": 1},
        {"item": "", "version": 1},
        {"item": 7, "version": 1},
        {"item": "tea"},
        {"item": "tea", "version": 0},
        {"item": "tea", "version": True},
        {"item": "tea", "version": 2**53},
        {"item": "tea", "version": 1, "cents": float("nan")},
        {"item": "tea", "version": 1, "cents": object()},
        {"item": "tea", "version": 1, "note": "\ud800"},
        {"item": "tea", "version": 1, "note": "x" * MAX_EVENT_BYTES},
        {"item": "x" * 4000, "version": 1},
    ],
)
def test_data_that_no_event_can_hold_is_refused(db: sqlite3.Connection, data: dict[str, Any]) -> None:
    with pytest.raises(kit.BadInput):
        change_and_tell(db, **data)
    assert [count(db, table) for table in ("price", "event", "outbox")] == [0, 0, 0]


@given(st.text(min_size=1, max_size=60).filter(lambda key: key.isprintable()))
def test_any_key_is_one_token_of_a_subject(key: str) -> None:
    fact = PRICES.fact("e", "t", 1, "", {"item": key, "version": 1})
    assert fact.subject.count(".") == 2
    assert not why_never(fact.subject, b"", {})
    assert PRICES.read(PRICES.encode(fact)) == fact


def changed(name: str, value: object) -> bytes:
    fact = PRICES.fact("e", "t", 1, "", {"item": "tea", "version": 1})
    document = json.loads(PRICES.encode(fact))
    return json.dumps({**document, name: value}).encode()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("id", ""), ("id", 7), ("sequence", 0), ("sequence", "1"), ("previousid", None), ("time", 1), ("data", []),
        ("data", {"item": "tea"}), ("subject", "price.changed.milk"), ("type", "price.deleted"), ("specversion", "2"),
    ],
)  # fmt: skip
def test_bytes_that_no_feed_wrote_are_refused(name: str, value: object) -> None:
    with pytest.raises(InvalidEvent):
        PRICES.read(changed(name, value))


def test_events_of_other_feeds_are_passed_over() -> None:
    assert PRICES.read(changed("type", "stock.changed")) is None


def test_the_tables_are_created_once_and_keep_what_they_hold(db: sqlite3.Connection) -> None:
    set_price(db, "tea", 250)
    kit.create(db)
    assert count(db, "event") == 1
    assert {*TABLES} <= {name for (name,) in db.execute("SELECT name FROM sqlite_schema")}


def schema(db: sqlite3.Connection) -> list[str]:
    """What is made in a database, as it was asked for."""
    return [sql for (sql,) in db.execute("SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL ORDER BY rowid")]


@pytest.mark.parametrize(
    ("own", "named"),
    [
        ("CREATE TABLE event (day TEXT)", "table `event`"),
        ("CREATE TABLE Outbox (id INTEGER PRIMARY KEY, payload TEXT)", "table `outbox`"),
        ("CREATE TABLE lease (tenant TEXT, flat TEXT)", "table `lease`"),
        ("CREATE TABLE published (title TEXT)", "table `published`"),
        ("CREATE TABLE published (feed TEXT PRIMARY KEY, sequence TEXT NOT NULL)", "table `published`"),
        ("CREATE TABLE rowless (position INTEGER PRIMARY KEY)", "table `rowless`"),
        ("CREATE VIEW lease AS SELECT 1 AS name", "view `lease`"),
        ("CREATE INDEX outbox_feed ON letter (outbox)", "index `outbox_feed`"),
    ],
)
def test_a_name_of_yours_that_the_outbox_needs_is_refused_and_nothing_is_made(
    tmp_path: Path, own: str, named: str
) -> None:
    with closing(sqlite3.connect(tmp_path / "letters.db")) as db:
        db.execute("CREATE TABLE letter (outbox TEXT)")
        db.execute(own)
        before = schema(db)
        with pytest.raises(kit.Refused, match=f"its own {named}.* Rename yours"):
            kit.create(db)
        assert schema(db) == before


def test_an_index_of_yours_is_left_alone_whatever_a_lab_once_called_its_own(tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "letters.db")) as db:
        db.execute("CREATE TABLE letter (outbox TEXT)")
        db.execute("CREATE INDEX outbox_waiting ON letter (outbox)")
        kit.create(db)
        assert "CREATE INDEX outbox_waiting ON letter (outbox)" in schema(db)


def test_tables_that_cannot_all_be_made_are_not_made(tmp_path: Path) -> None:
    def without_lease(action: int, name: str | None, *_: object) -> int:
        is_lease = (action, name) == (sqlite3.SQLITE_CREATE_TABLE, "lease")
        return sqlite3.SQLITE_DENY if is_lease else sqlite3.SQLITE_OK

    with closing(sqlite3.connect(tmp_path / "shop.db")) as db:
        db.set_authorizer(without_lease)
        with pytest.raises(sqlite3.DatabaseError, match="not authorized"):
            kit.create(db)
        db.set_authorizer(None)
        assert (schema(db), db.in_transaction) == ([], False)
        kit.create(db)


def test_a_database_of_the_version_before_is_taken_as_it_is(tmp_path: Path) -> None:
    position = "position INTEGER PRIMARY KEY"
    with closing(sqlite3.connect(tmp_path / "shop.db")) as db:
        db.executescript(EVENTS + OUTBOX.replace(f"{position} AUTOINCREMENT", position, 1))
        before = schema(db)
        assert sum("AUTOINCREMENT" in sql for sql in before) == 1
        kit.create(db)
        assert schema(db) == before
    with closing(opened(tmp_path / "shop.db")) as db:
        assert set_price(db, "tea", 250).sequence == 1


def test_tables_that_are_there_are_found_while_another_program_writes(db: sqlite3.Connection, tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "shop.db", timeout=0)) as other:
        db.execute("BEGIN IMMEDIATE")
        kit.create(other)
        db.rollback()


def test_a_snapshot_has_each_row_with_its_last_event(db: sqlite3.Connection) -> None:
    first, second, third = (set_price(db, item, 100) for item in ("tea", "milk", "tea"))
    rows = {row.key: (row.epoch, row.event_id) for row in rows_of(PRICES, read_prices)(db)}
    assert rows == {"tea": (2, third.id), "milk": (1, second.id)}
    assert first.id not in {event_id for _, event_id in rows.values()}


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ("UPDATE price SET cents = 1, version = 9", "tea has version 9 in the table; the last that was told is 1"),
        ("UPDATE price SET cents = 1", "tea has cents 1 in the table; the last that was told is cents 250"),
        ("ALTER TABLE price RENAME TO prices", "cannot be read as it was told: OperationalError"),
        ("INSERT INTO price VALUES ('milk', 1, 1)", "milk is in the table, and no event announces it"),
        ("DELETE FROM price", "tea was deleted from the table, and no event announces it"),
    ],
)
def test_a_row_that_was_changed_and_not_told_is_in_no_snapshot(
    db: sqlite3.Connection, change: str, reason: str
) -> None:
    set_price(db, "tea", 250)
    with db:
        db.execute(change)
    with pytest.raises(kit.Refused, match=reason):
        list(rows_of(PRICES, read_prices)(db))


def test_the_feeds_of_one_source_belong_to_one_service(tmp_path: Path, run: Any) -> None:
    async def of(*feeds: kit.Feed) -> None:
        kit.Source(tmp_path / "shop.db", dict.fromkeys(feeds, read_prices), kit.connecting("nats://127.0.0.1:1"))

    for feeds in ((), (PRICES, replace(PRICES, name="stock", service="store"))):
        with pytest.raises(kit.BadInput, match="belong to one service"):
            run(of(*feeds))
