"""States of a bench, set aside: its databases, its settings and the broker's store, complete, in one folder each.

It only moves and copies files; the caller makes sure that they are closed. Moving is renaming, which is quick for any
size and needs no space. The next opening completes what a kill interrupted.
"""

from __future__ import annotations

import json
import secrets
import shutil
import sqlite3
from collections.abc import Iterable, Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

from vango.actors.files import own_database, own_folder, write_whole

FOLDER = "aside"
BEFORE = "before"
"""The previous life, as it was when it ended."""
UNDONE = "undone"
"""The bench as it was before a running undo or fork. It exists only while that may still be refused."""
SETTINGS = "settings.json"
STOOD = "stood.json"
RETURNING = "returning"
MOVING = "moving-"
STORES = ("store", "kept")
_SUFFIXES = ("-wal", "-shm")

Stood = Mapping[str, Any]
"""The state of a bench besides its files: see `vango.bench.standing`."""


class Aside:
    """What was set aside of one bench. `broker` is the folder of its broker."""

    def __init__(self, folder: Path, broker: Path) -> None:
        self._folder, self._broker = folder, broker
        self._aside = folder / FOLDER

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing of a bench here yet."""
        return not self._live() and not self._aside.exists()

    def has(self, name: str) -> bool:
        """Return whether a state of that name exists, complete."""
        return bool(name) and (self._aside / name / STOOD).is_file()

    def stood(self, name: str) -> Stood:
        """Return a state's record of `vango.bench.standing`; empty when it cannot be read."""
        try:
            found = json.loads((self._aside / name / STOOD).read_text("utf-8"))
        except (OSError, ValueError):
            return {}
        return found if isinstance(found, dict) else {}

    def set_aside(self, name: str, stood: Stood) -> None:
        """Move the bench's files away under a name. Raises `OSError`, and then leaves everything in its place."""
        draft = self._begin(f"{MOVING}{name}", stood)
        try:
            for file in self._live():
                file.rename(draft / file.name)
            self.drop(name)
            draft.rename(self._aside / name)
        except OSError:
            self._return(draft)
            shutil.rmtree(draft, ignore_errors=True)
            raise

    def copy(self, name: str, stood: Stood) -> None:
        """Copy the bench's files under a name. Raises `OSError` or `sqlite3.Error`, and then leaves no copy."""
        draft = self._begin(f"copying-{name}", stood)
        try:
            for file in self._live():
                if file.is_dir():
                    shutil.copytree(file, draft / file.name)
                elif file.suffix == ".db":
                    _copy_database(file, draft / file.name)
                elif file.name == SETTINGS:
                    shutil.copy2(file, draft / file.name)
            self.drop(name)
            draft.rename(self._aside / name)
        except BaseException:
            shutil.rmtree(draft, ignore_errors=True)
            raise

    def put_back(self, name: str) -> None:
        """Replace the present files, which are deleted, by a state. Drop the state once that is done.

        Raises `OSError`; the next opening completes it then.
        """
        source = self._aside / name
        if not (source / RETURNING).exists():
            self.clear()
            (source / RETURNING).touch()
        self._return(source)

    def lay_out(self, name: str) -> Stood:
        """Copy a state into an empty place, and return its record of `vango.bench.standing`; the state stays."""
        for file in _contents(self._aside / name):
            target = self._home(file.name)
            if file.is_dir():
                shutil.copytree(file, target, dirs_exist_ok=True)
            else:
                shutil.copy2(file, target)
        return self.stood(name)

    def clear(self) -> Stood:
        """Remove the bench's files. Returns the record of a bench without any."""
        for file in self._live():
            if file.is_dir():
                shutil.rmtree(file, ignore_errors=True)
            else:
                file.unlink(missing_ok=True)
        return {}

    def rename(self, name: str, new: str) -> None:
        """Rename a state, replacing any state of the new name."""
        self.drop(new)
        (self._aside / name).rename(self._aside / new)

    def drop(self, name: str) -> None:
        """Remove a state."""
        if name and (self._aside / name).exists():
            trash = (self._aside / name).rename(self._aside / f"trash-{secrets.token_hex(4)}")
            shutil.rmtree(trash, ignore_errors=True)

    def keep_only(self, names: Iterable[str]) -> None:
        """Remove every state except these, and remains of others."""
        kept = {*names}
        for found in self._aside.glob("*"):
            if found.name not in kept:
                self.drop(found.name)

    def recover(self) -> str:
        """Complete what a kill interrupted. Returns the name of the state that was restored; empty when none was."""
        for draft in self._aside.glob(f"{MOVING}*"):
            self._return(draft)
            shutil.rmtree(draft, ignore_errors=True)
        for name in (BEFORE, UNDONE):
            if self.has(name) and (name == UNDONE or (self._aside / name / RETURNING).exists()):
                self.put_back(name)
                return name
        return ""

    def _begin(self, name: str, stood: Stood) -> Path:
        draft = own_folder(self._aside) / name
        shutil.rmtree(draft, ignore_errors=True)
        draft.mkdir()
        try:
            write_whole(draft / STOOD, json.dumps(stood))
        except OSError:
            shutil.rmtree(draft, ignore_errors=True)
            raise
        return draft

    def _live(self) -> list[Path]:
        databases = [file for file in self._folder.glob("*.db*") if "journal" not in file.name]
        stores = [self._broker / name for name in STORES]
        return [file for file in (*databases, self._folder / SETTINGS, *stores) if file.exists()]

    def _home(self, name: str) -> Path:
        return (self._broker if name in STORES else self._folder) / name

    def _return(self, source: Path) -> None:
        for file in _contents(source):
            file.rename(self._home(file.name))


def _contents(source: Path) -> list[Path]:
    return [file for file in source.iterdir() if file.name not in (STOOD, RETURNING)]


def _copy_database(file: Path, target: Path) -> None:
    """Copy one state of a database to which others may be writing."""
    own_database(target)
    with closing(sqlite3.connect(file)) as source, closing(sqlite3.connect(target)) as copy:
        source.backup(copy)
    for suffix in _SUFFIXES:
        target.with_name(target.name + suffix).unlink(missing_ok=True)
