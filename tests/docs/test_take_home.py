"""docs/take-home.md: its ten lines run on a plain server, its view keeps rows, its numbers are the code's."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import Run
from tests.facts.conftest import Server
from tests.vango.shop import PRICES
from vango import kit
from vango.core.events import MAX_EVENT_BYTES
from vango.core.rules import StreamRules
from vango.kit.outbox import TABLES

ROOT = Path(__file__).resolve().parents[2]
TEXT = (ROOT / "docs" / "take-home.md").read_text(encoding="utf-8")
SERVICE, SHELF, _ = re.findall(r"```python\n(.*?)```", TEXT, re.DOTALL)


@pytest.fixture
def url(tmp_path: Path) -> Iterator[str]:
    server = Server(tmp_path / "nats").start()
    yield f"nats://{server.address}"
    server.stop()


def test_the_ten_lines_are_a_sound_service(url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, run: Run) -> None:
    monkeypatch.chdir(tmp_path)
    named: dict[str, Any] = {}
    exec(SERVICE, named)

    async def story() -> None:
        with closing(sqlite3.connect("shop.db")) as db:
            db.execute("CREATE TABLE price (item TEXT PRIMARY KEY, cents INTEGER, version INTEGER) STRICT")
            source, edge, report = await named["shop"](db, url)
        try:
            assert report.soundness is kit.Soundness.SOUND
            assert edge.answer("tea").data["cents"] == 250
        finally:
            await edge.kill()
            await source.stop()

    run(story())
    assert (tmp_path / "views" / "window.db").is_file()


def test_they_are_ten() -> None:
    (body,) = re.findall(r"async def .*?:\n(.*)", SERVICE, re.DOTALL)
    assert len(body.strip().splitlines()) <= 10


def test_the_view_on_the_page_keeps_what_it_is_given() -> None:
    named: dict[str, Any] = {"kit": kit}
    exec(SHELF, named)
    shelf, rows = named["Shelf"](), [kit.Row("tea", 2, "e2", {"item": "tea", "cents": 250, "version": 2})]
    with closing(sqlite3.connect(":memory:")) as db:
        db.executescript(shelf.schema)
        shelf.write(db, rows)
        assert [*shelf.read(db)] == rows
        shelf.clear(db)
        assert [*shelf.read(db)] == []


def test_the_limits_on_the_page_are_the_code_s() -> None:
    domain = PRICES.domain
    for words in (
        f"at most {MAX_EVENT_BYTES // 1024} KiB", f"at most {StreamRules().max_msgs:,} messages",
        "`" + "`, `".join(TABLES[:-1]) + f"` and `{TABLES[-1]}`",
        f"`{domain.bucket.replace('shop', '<service>').replace('price', '<feed>')}`",
    ):  # fmt: skip
        assert words in TEXT, words
    assert (domain.stream, domain.control.mark) == ("PRICE", "control.shop.mark")
