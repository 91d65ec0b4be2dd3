"""Files on disk: whole or not at all, and nobody's but their owner's."""

from __future__ import annotations

import os
import sqlite3
import stat
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from tests.vango.conftest import Run, settled
from vango.actors import files
from vango.actors.sqlite import connect
from vango.broker.keeper import Keeper


def rights(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


@pytest.mark.parametrize("fails", ["fsync", "fdopen"])
def test_what_stops_a_write_half_way_leaves_the_old_file_and_no_draft(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fails: str
) -> None:
    file = tmp_path / "settings.json"
    files.write_whole(file, "old")

    def stop(*_: Any, **__: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, fails, stop)
    with pytest.raises(OSError, match="No space"):
        files.write_whole(file, "new")
    assert file.read_text() == "old"
    assert [path.name for path in tmp_path.iterdir()] == ["settings.json"]


def test_a_file_is_written_by_its_owner_for_its_owner(tmp_path: Path) -> None:
    file = tmp_path / "kept.json"
    file.write_text("old")
    file.chmod(0o644)
    files.write_whole(file, b"new")
    assert (file.read_bytes(), rights(file)) == (b"new", 0o600)


def test_a_bench_and_its_databases_are_closed_to_others(run: Run[Any], keeper: Keeper, tmp_path: Path) -> None:
    folder = tmp_path / "bench"
    for _ in settled(run, keeper, folder):
        assert rights(folder) == 0o700
        found = {path.name: rights(path) for path in folder.glob("*.db*")}
        assert {"truth.db", "journal.db", "fra.db"} <= found.keys()
        assert set(found.values()) == {0o600}


def test_a_bench_of_before_is_closed_to_others_when_it_is_opened(run: Run[Any], keeper: Keeper, tmp_path: Path) -> None:
    folder = tmp_path / "bench"
    folder.mkdir(mode=0o755)
    connect(folder / "truth.db").close()
    (folder / "truth.db").chmod(0o644)
    for _ in settled(run, keeper, folder):
        assert (rights(folder), rights(folder / "truth.db")) == (0o700, 0o600)


def test_a_new_database_has_small_pages_and_one_of_before_keeps_its_own(tmp_path: Path) -> None:
    def size_of(name: str) -> int:
        database = connect(tmp_path / name)
        size: int = database.conn.execute("PRAGMA page_size").fetchone()[0]
        database.close()
        return size

    with closing(sqlite3.connect(tmp_path / "before.db")) as before:
        before.execute("CREATE TABLE kept (one)")
    assert [size_of(name) for name in ("new.db", "before.db")] == [1024, 4096]
