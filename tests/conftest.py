"""What tests of every folder use: a loop that lives as long as the test, and the browser that was set up."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Collection, Coroutine, Iterable, Iterator
from pathlib import Path
from typing import Any, Protocol, TypeVar

import pytest
from _pytest.mark import ParameterSet
from hypothesis import settings

ROOT = Path(__file__).resolve().parent.parent
BROWSER_FILE = ROOT / ".venv" / "browser-path"
BROWSER_VARIABLE = "STUDYLAB_BROWSER"
RUN_TIMEOUT_S = 300.0

T = TypeVar("T")

# These wait for a broker's clock or for a browser, and a machine that stalls for half a second can make one miss its
# moment. Such a test is given two more chances, and the summary says which took one; what is broken fails all three.
ON_THE_CLOCK = ("browser", "labs", "vango", "web")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if item.path.is_relative_to(ROOT / "tests") and item.path.relative_to(ROOT / "tests").parts[0] in ON_THE_CLOCK:
            item.add_marker(pytest.mark.flaky(reruns=2))


# A loaded machine is no reason to fail, and what failed on one machine must fail on the next.
settings.register_profile("suite", deadline=None, derandomize="CI" in os.environ, print_blob=True)
settings.load_profile("suite")


class Named(Protocol):
    """A lab, as far as a choice among them needs to know it."""

    @property
    def slug(self) -> str: ...


def in_full(labs: Iterable[Named | None], chosen: Collection[str]) -> list[ParameterSet]:
    """Return the labs as parameters: those not chosen are left to `make test-all`."""
    return [
        pytest.param(
            lab, marks=() if lab is None or lab.slug in chosen else pytest.mark.slow, id=lab.slug if lab else "sandbox"
        )
        for lab in labs
    ]


class Run(Protocol):
    """Run one coroutine on the test's own loop and return its result; tasks it left go on in the next call."""

    def __call__(self, coro: Coroutine[Any, Any, T], *, timeout_s: float = RUN_TIMEOUT_S) -> T: ...


@pytest.fixture
def run() -> Iterator[Run]:
    """Give a test its own event loop: what is left running at the end is cancelled and the loop is closed."""
    with asyncio.Runner() as runner:

        def run_one(coro: Coroutine[Any, Any, T], *, timeout_s: float = RUN_TIMEOUT_S) -> T:
            return runner.run(within(coro, timeout_s))

        yield run_one


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
