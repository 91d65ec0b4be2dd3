"""The journal: what happens in one turn of the loop is committed together, and nothing that happened waits for longer."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from vango.journal import MAX_TOGETHER, Journal


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "journal.db"


@pytest.fixture
def journal(file: Path) -> Iterator[Journal]:
    journal = Journal(file, lambda: None)
    yield journal
    journal.close()


def on_disk(file: Path) -> list[int]:
    """Return what another process would find if this one were killed now."""
    other = sqlite3.connect(file)
    try:
        return [n for (n,) in other.execute("SELECT n FROM moment ORDER BY n")]
    finally:
        other.close()


async def a_turn() -> None:
    """Let the loop go round once."""
    await asyncio.sleep(0)


def test_the_moments_of_a_turn_are_committed_together_at_its_end(journal: Journal, file: Path) -> None:
    async def tell() -> None:
        for n in range(3):
            journal.write("relay", "publish", f"publish {n}")
        assert on_disk(file) == []
        assert [moment.n for moment in journal.since(0)] == [1, 2, 3]
        await a_turn()
        assert on_disk(file) == [1, 2, 3]

    asyncio.run(tell())


def test_who_has_no_loop_commits_at_once(journal: Journal, file: Path) -> None:
    journal.write("relay", "publish", "publish 1")
    assert on_disk(file) == [1]


def test_a_long_turn_commits_on_the_way(journal: Journal, file: Path) -> None:
    async def tell() -> None:
        for n in range(MAX_TOGETHER + 1):
            journal.write("relay", "publish", f"publish {n}")
        assert len(on_disk(file)) == MAX_TOGETHER

    asyncio.run(tell())


def test_what_waits_is_committed_when_it_is_closed(file: Path) -> None:
    async def tell() -> None:
        journal = Journal(file, lambda: None)
        journal.write("relay", "publish", "publish 1")
        journal.close()

    asyncio.run(tell())
    assert on_disk(file) == [1]
