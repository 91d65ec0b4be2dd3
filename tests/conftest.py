"""What tests of every folder use: a loop that lives as long as the test, and the browser that was set up."""

from __future__ import annotations

import asyncio
import os
import shutil
import sys
import types
from collections.abc import Coroutine, Iterator
from pathlib import Path
from typing import Any, Protocol, TypeVar

import pytest
from hypothesis import settings

from benchmarks.machine import turns_a_second

ROOT = Path(__file__).resolve().parent.parent
BROWSER_FILE = ROOT / ".venv" / "browser-path"
BROWSER_VARIABLE = "STUDYLAB_BROWSER"
RUN_TIMEOUT_S = 240.0  # less than pytest's own: the test then fails with what it waited for

T = TypeVar("T")

# Every commit of every bench waits for the disk. In memory the tests show the same: what a killed process has committed
# is still there. What the disk costs is a matter of `make bench`.
IN_MEMORY, ENOUGH_BYTES = Path("/dev/shm"), 2 << 30
if IN_MEMORY.is_dir() and shutil.disk_usage(IN_MEMORY).free > ENOUGH_BYTES:
    os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", str(IN_MEMORY))

# A loaded machine is no reason to fail, and what failed on one machine must fail on the next.
settings.register_profile("suite", deadline=None, derandomize="CI" in os.environ, print_blob=True)
settings.load_profile("suite")


def pytest_report_header() -> str:
    return f"this machine: {turns_a_second() / 1e6:.0f} million turns of an empty Python loop a second, {os.cpu_count()} cores"


class Run(Protocol):
    """Run one coroutine on the test's own loop and return its result; tasks it left go on in the next call."""

    def __call__(self, coro: Coroutine[Any, Any, T], *, timeout_s: float = RUN_TIMEOUT_S) -> T: ...


@pytest.fixture
def run() -> Iterator[Run]:
    """Give a test its own event loop: what is left running at the end is cancelled and the loop is closed."""
    with asyncio.Runner() as runner:
        runner.get_loop().set_exception_handler(complain)

        def run_one(coro: Coroutine[Any, Any, T], *, timeout_s: float = RUN_TIMEOUT_S) -> T:
            return runner.run(within(coro, timeout_s))

        yield run_one


def complain(loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    """Hand on what asyncio would only log, such as a task that is destroyed while it waits: pytest makes it an error."""
    loop.default_exception_handler(context)
    found = context.get("exception") or RuntimeError(context["message"])
    about = context.get("task") or context.get("future") or context.get("handle")
    told = types.SimpleNamespace(
        exc_type=type(found),
        exc_value=found,
        exc_traceback=found.__traceback__,
        err_msg=context["message"],
        object=about,
    )
    sys.unraisablehook(told)


async def within(coro: Coroutine[Any, Any, T], timeout_s: float) -> T:
    """Await the coroutine, but no longer than this."""
    async with asyncio.timeout(timeout_s):
        return await coro


@pytest.fixture(scope="session")
def browser_path() -> str:
    """Return the browser that `make test` found or installed; the variable STUDYLAB_BROWSER names another."""
    named = os.environ.get(BROWSER_VARIABLE)
    if named:
        return named
    if BROWSER_FILE.is_file():
        return BROWSER_FILE.read_text(encoding="utf-8").strip()
    pytest.fail(f"No browser is set up: run `make test` once, or set {BROWSER_VARIABLE} to a Chromium or Chrome.")
