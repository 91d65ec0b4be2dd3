"""Files that exist whole or not at all, and folders and files that only their owner may read."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path

from filelock import FileLock, Timeout

from vango.actors.errors import Unavailable

OWNER_ONLY_FILE = 0o600
OWNER_ONLY_FOLDER = 0o700


def write_whole(path: Path, content: str | bytes) -> None:
    """Replace a file atomically by one that only its owner may read. A kill leaves the old one or the new one.

    Raises `OSError` when the disk cannot be written; the old file then stays.
    """
    draft = path.with_suffix(".new")
    written = content.encode() if isinstance(content, str) else content
    try:
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, OWNER_ONLY_FILE), "wb") as file:
            file.write(written)
            file.flush()
            # Without it, a power cut may keep the new name and lose the content of the file.
            os.fsync(file.fileno())
        _close_to_others(draft, OWNER_ONLY_FILE)
        draft.replace(path)
    except BaseException:
        if draft.is_file():
            draft.unlink()
        raise


def own_lock(folder: Path) -> FileLock:
    """Make a folder that only its owner may read, and lock it. Raises `Unavailable` when another process holds the
    lock.
    """
    lock = FileLock(own_folder(folder) / "lock")
    try:
        lock.acquire(timeout=0)
    except Timeout as error:
        raise Unavailable(f"The bench in {folder} is in use by another process.") from error
    return lock


def own_folder(path: Path) -> Path:
    """Make a folder that only its owner may read. An existing folder that is open to others is closed to them."""
    path.mkdir(mode=OWNER_ONLY_FOLDER, parents=True, exist_ok=True)
    _close_to_others(path, OWNER_ONLY_FOLDER)
    return path


def own_database(path: Path) -> None:
    """Make a database's file, and SQLite's files beside it, readable by their owner only."""
    if not path.exists():
        os.close(os.open(path, os.O_RDWR | os.O_CREAT, OWNER_ONLY_FILE))
    for suffix in ("", "-wal", "-shm"):
        _close_to_others(path.with_name(path.name + suffix), OWNER_ONLY_FILE)


def _close_to_others(path: Path, mode: int) -> None:
    # Another user's file, or a disk without permissions, cannot be closed to others. It works as before.
    with contextlib.suppress(FileNotFoundError, PermissionError):
        if path.stat().st_mode & 0o077:
            path.chmod(mode)
