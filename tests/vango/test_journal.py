"""The journal: what happens in one turn of the loop is committed together, and nothing that happened waits for longer."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from vango.journal.journal import _TRIM_EVERY as TRIM_EVERY
from vango.journal.journal import MAX_MOMENTS, MAX_OF_A_KIND, MAX_TOGETHER, Journal


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


def numbers(journal: Journal, actor: str, kind: str) -> list[int]:
    return [moment.n for moment in journal.of([(actor, kind)], 0, journal.last)]


def test_what_is_told_often_pushes_out_no_other_kind(file: Path) -> None:
    journal = Journal(file, lambda: None)
    journal.write("syd", "kill", "syd killed")
    journal.write("relay", "publish", "the first of very many")
    for _ in range(MAX_OF_A_KIND + 10):
        journal.write("broker", "advisory", "told often, long ago")
    for _ in range(2):
        tell_much(journal, MAX_MOMENTS)
        journal.close()
        journal = Journal(file, lambda: None)
    try:
        assert numbers(journal, "syd", "kill") == [1]
        assert numbers(journal, "broker", "advisory") == list(range(13, 13 + MAX_OF_A_KIND))
        many = numbers(journal, "relay", "publish")
        assert MAX_MOMENTS <= len(many) <= MAX_MOMENTS + TRIM_EVERY
        assert many[-1] == journal.last
    finally:
        journal.close()


def tell_much(journal: Journal, times: int) -> None:
    """Write very much, in a turn of the loop: together, as a burst does."""

    async def tell() -> None:
        for n in range(times):
            journal.write("relay", "publish", f"publish {n}")

    asyncio.run(tell())


def test_moments_of_some_kinds_come_in_the_order_in_which_they_were_told(journal: Journal) -> None:
    async def tell() -> None:
        for n in range(10):
            journal.write(("fra", "iad", "syd")[n % 3], "got", f"got {n}")
            if n == 5:
                await a_turn()
        of_two = journal.of([("iad", "got"), ("fra", "got")], 2, 8)
        assert [moment.n for moment in of_two] == [4, 5, 7, 8]

    asyncio.run(tell())
