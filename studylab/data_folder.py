"""The data folder of an app: one app at a time has it, and it keeps the key that signs cookies."""

from __future__ import annotations

import logging
import secrets
import sys
from pathlib import Path

from filelock import FileLock, Timeout

from vango.actors.errors import Unavailable
from vango.actors.files import write_whole
from vango.actors.told import fit

KEY_BYTES = 32

log = logging.getLogger(__name__)


def lock_data(data: Path) -> FileLock:
    """Take the data folder for this app. Raises `Unavailable` when it cannot be written or another app has it."""
    if fit(str(data)) != str(data):
        # SQLite and the broker's configuration take names in UTF-8 only.
        raise Unavailable(
            f"The data folder cannot be {fit(str(data))}: expected a name in {sys.getfilesystemencoding()}, without "
            "control characters. Choose another with --data, or start Python in UTF-8 mode: PYTHONUTF8=1."
        )
    try:
        data.mkdir(parents=True, exist_ok=True)
        lock = FileLock(data / "lock")
        lock.acquire(timeout=0)
    except Timeout as error:
        raise Unavailable(
            f"Another Study Lab uses the data folder {data}. Stop it, or choose another with --data."
        ) from error
    except OSError as error:
        reason = error.strerror or error
        raise Unavailable(f"The data folder {data} cannot be written: {reason}. Choose another with --data.") from error
    return lock


def secret_key(data: Path) -> bytes:
    """Return the key that signs cookies; made once, readable by its owner only. A truncated one is made again."""
    path = data / "secret.key"
    found = path.read_bytes() if path.exists() else b""
    if len(found) >= KEY_BYTES:
        return found
    if path.exists():
        log.warning(
            "%s held %d of %d bytes; a new key was made, and every visitor gets a new bench",
            path,
            len(found),
            KEY_BYTES,
        )
    made = secrets.token_bytes(KEY_BYTES)
    write_whole(path, made)
    return made
