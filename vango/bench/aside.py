"""States of a bench, set aside: its databases, its settings and the broker's store, whole, in a folder each.

It only moves and copies files; that nobody has them open is the concern of whoever asks. Moving is renaming, which is
quick however much there is, and needs no room. What a kill cut in half is found whole at the next opening.
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
"""The life before this one, as it was when that ended."""
UNDONE = "undone"
"""The bench as it was before an undo or a fork that is under way. It is there only as long as that may be refused."""
SETTINGS = "settings.json"
STOOD = "stood.json"
RETURNING = "returning"
MOVING = "moving-"
STORES = ("store", "kept")
_SUFFIXES = ("-wal", "-shm")

Stood = Mapping[str, Any]
"""How a bench stood beside its files: see `vango.bench.standing`."""


class Aside:
    """What was set aside of one bench. `broker` is the folder of its broker."""

    def __init__(self, folder: Path, broker: Path) -> None:
        self._folder, self._broker = folder, broker
        self._aside = folder / FOLDER

    def has(self, name: str) -> bool:
        """Say whether a state of that name is there, whole."""
        return bool(name) and (self._aside / name / STOOD).is_file()

    def stood(self, name: str) -> Stood:
        """Return how the bench of a state stood; nothing when that cannot be read."""
        try:
            found = json.loads((self._aside / name / STOOD).read_text("utf-8"))
        except (OSError, ValueError):
            return {}
        return found if isinstance(found, dict) else {}

    def set_aside(self, name: str, stood: Stood) -> None:
        """Move the bench's files away under a name. Raises `OSError`, and then everything lies where it was."""
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
        """Put a state in the place of what is there now, which goes. To be dropped when that is known.

        Raises `OSError`; the next opening ends it then.
        """
        source = self._aside / name
        if not (source / RETURNING).exists():
            self.clear()
            (source / RETURNING).touch()
        self._return(source)

    def lay_out(self, name: str) -> Stood:
        """Put a copy of a state where nothing lies now, and return how it stood; the state stays."""
        for file in _contents(self._aside / name):
            target = self._home(file.name)
            if file.is_dir():
                shutil.copytree(file, target, dirs_exist_ok=True)
            else:
                shutil.copy2(file, target)
        return self.stood(name)

    def clear(self) -> Stood:
        """Remove the bench's files. Returns how a bench stands that begins without any."""
        for file in self._live():
            if file.is_dir():
                shutil.rmtree(file, ignore_errors=True)
            else:
                file.unlink(missing_ok=True)
        return {}

    def rename(self, name: str, new: str) -> None:
        """Give a state another name; what had that goes."""
        self.drop(new)
        (self._aside / name).rename(self._aside / new)

    def drop(self, name: str) -> None:
        """Remove a state."""
        if name and (self._aside / name).exists():
            trash = (self._aside / name).rename(self._aside / f"trash-{secrets.token_hex(4)}")
            shutil.rmtree(trash, ignore_errors=True)

    def keep_only(self, names: Iterable[str]) -> None:
        """Remove every state but these, and what was left of others."""
        kept = {*names}
        for found in self._aside.glob("*"):
            if found.name not in kept:
                self.drop(found.name)

    def recover(self) -> str:
        """End what a kill cut in half. Returns the name of the state that was put back; empty when none was."""
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
    """Copy one state of a database that others may be writing to."""
    own_database(target)
    with closing(sqlite3.connect(file)) as source, closing(sqlite3.connect(target)) as copy:
        source.backup(copy)
    for suffix in _SUFFIXES:
        target.with_name(target.name + suffix).unlink(missing_ok=True)
