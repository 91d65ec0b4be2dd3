"""Untold facts: every one that nobody will ever hear of is found, and none that was published is called so."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from tests.vango.conftest import DEADLINE_S, Hands, Run
from vango.bench.bench import Bench
from vango.broker.keeper import Keeper
from vango.core.findings import Kind
from vango.core.records import Told
from vango.observe.model import Observation

MORE_THAN_THE_TAPE_SHOWS = 200
CRASH = "between commit and publish"


def by_hand(folder: Path, *statements: str) -> None:
    """Change the database of truth as anybody may who opens it."""
    with closing(sqlite3.connect(folder / "truth.db", timeout=DEADLINE_S)) as db, db:
        for statement in statements:
            db.execute(statement)


def untold(seen: Observation) -> list[str]:
    return [finding.sentence for finding in seen.audit.findings if finding.kind is Kind.UNTOLD]


@pytest.mark.parametrize("order", ["commit then publish", "publish first"])
def test_a_long_burst_without_an_outbox_is_told_as_every_publish_was_confirmed(hands: Hands, order: str) -> None:
    hands.do("write_order", order=order)
    hands.do("burst", n=MORE_THAN_THE_TAPE_SHOWS)
    assert untold(hands.settle()) == []


def test_rows_that_were_published_and_cleared_away_leave_nothing_untold(hands: Hands) -> None:
    hands.do("burst", n=MORE_THAN_THE_TAPE_SHOWS)
    hands.settle()
    by_hand(hands.bench.folder, "DELETE FROM outbox WHERE published_at IS NOT NULL")
    seen = hands.settle()
    assert (seen.audit.soundness, untold(seen)) == ("sound", [])
    assert {fact.told for fact in seen.truth.history} == {Told.PUBLISHED}


def test_a_row_that_is_taken_away_before_it_was_published_leaves_its_fact_untold(hands: Hands) -> None:
    hands.do("kill_relay")
    hands.do("promote", route="shop", to="alloc-b")
    by_hand(hands.bench.folder, "DELETE FROM outbox WHERE published_at IS NULL")
    assert "event 4" in untold(hands.settle())[0]


def test_an_untold_fact_is_found_behind_many_that_were_told_without_a_row(hands: Hands) -> None:
    hands.do("write_order", order="commit then publish")
    hands.do("burst", n=MORE_THAN_THE_TAPE_SHOWS)
    hands.do("crash_control", at=CRASH)
    hands.do("promote", route="shop", to="alloc-c")
    seen = hands.until(lambda seen: bool(untold(seen)))
    assert f"event {seen.truth.sequence} " in untold(seen)[0]


def test_what_was_published_is_remembered_when_the_stream_and_the_app_have_forgotten_it(
    run: Run[Any], keeper: Keeper, tmp_path: Path
) -> None:
    async def before() -> None:
        bench = await Bench.open(tmp_path / "bench", keeper)
        await bench.perform("write_order", {"order": "publish first"})
        await bench.perform("promote", {"route": "shop", "to": "alloc-c"})
        await bench.settle()
        await bench.perform("purge", {})
        await bench.close()

    async def after() -> list[str]:
        bench = await Bench.open(tmp_path / "bench", keeper)
        seen = await bench.settle()
        await bench.close()
        return untold(seen)

    run(before())
    assert run(after()) == []


def test_a_truth_of_an_older_version_says_which_of_its_facts_have_no_row(
    run: Run[Any], keeper: Keeper, tmp_path: Path
) -> None:
    async def before() -> None:
        bench = await Bench.open(tmp_path / "bench", keeper)
        await bench.perform("write_order", {"order": "commit then publish"})
        await bench.perform("crash_control", {"at": CRASH})
        await bench.perform("promote", {"route": "shop", "to": "alloc-c"})
        await bench.close()

    async def after() -> list[str]:
        bench = await Bench.open(tmp_path / "bench", keeper)
        seen = await bench.observe()
        await bench.close()
        return untold(seen)

    run(before())
    by_hand(
        tmp_path / "bench",
        "DROP TRIGGER a_fact_has_no_row_at_first",
        "DROP TRIGGER a_row_will_tell",
        "DROP TRIGGER a_row_that_goes_unpublished_tells_nobody",
        "DROP TABLE rowless",
    )
    assert "event 4" in run(after())[0]
