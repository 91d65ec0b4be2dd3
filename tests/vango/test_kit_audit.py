"""The audit of the kit: a service is sound, or what is wrong with it has a name."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from tests.conftest import Run
from tests.vango.shop import PRICES, kinds, open_shop, settled, write
from vango import kit
from vango.core.modes import Mode


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
            assert "sends tea to cents 1 instead of cents 250" in report.sentence
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


def test_what_is_committed_and_followed_while_edges_are_asked_is_neither_lost_nor_a_phantom(
    url: str, tmp_path: Path, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def story() -> None:
        async with open_shop(tmp_path, url) as shop:
            slow, quick = await shop.edge("slow"), await shop.edge("quick")
            shop.set("tea", 250)
            await settled(shop, slow, quick)
            asked = quick.backlog

            async def meanwhile() -> tuple[int | None, int | None]:
                shop.set("tea", 260)
                await settled(shop, slow, quick)
                return await asked()

            monkeypatch.setattr(quick, "backlog", meanwhile)
            report = await kit.examine(shop.source, PRICES, [slow, quick])
            assert not report.findings, report.sentence

    run(story())
