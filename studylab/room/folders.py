"""The folder of a desk or of a host: its owner's only, and one process's at a time."""

from __future__ import annotations

from pathlib import Path

from filelock import FileLock, Timeout

from vango.actors.files import own_folder
from vango.kit import Unavailable


def locked(folder: Path) -> FileLock:
    """Make a folder, and lock it. Raises `Unavailable` when another process has it."""
    # Not bound to the thread: who opens it need not be who closes it.
    lock = FileLock(own_folder(folder) / "room.lock", thread_local=False)
    try:
        lock.acquire(timeout=0)
    except Timeout as error:
        raise Unavailable(f"The room in {folder} is in use by another process.") from error
    return lock
