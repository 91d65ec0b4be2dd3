"""Flask's threads beside the loop's: what the loop adds to and takes from, no other thread goes through."""

from __future__ import annotations

import asyncio
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from app import close_app, create_app
from tests.web.learner import JSON, OWN, Learner

ASKERS, TIMES = 4, 4_000


class Stranger:
    """Stands for the hub of a bench that comes and goes."""

    def is_in_use(self, _: float) -> bool:
        return True

    def hold(self) -> bool:
        return True

    def end(self) -> bool:
        return True


class Watched(dict[str, Any]):
    """A dictionary that notes the threads in which somebody goes through it."""

    def __init__(self, kept: dict[str, Any]) -> None:
        super().__init__(kept)
        self.threads: set[str] = set()

    def _seen(self, found: Any) -> Any:
        self.threads.add(threading.current_thread().name)
        return found

    def __iter__(self) -> Iterator[str]:
        found: Iterator[str] = self._seen(super().__iter__())
        return found

    def keys(self) -> Any:
        return self._seen(super().keys())

    def values(self) -> Any:
        return self._seen(super().values())

    def items(self) -> Any:
        return self._seen(super().items())


@pytest.fixture
def app(tmp_path: Path) -> Iterator[Flask]:
    app = create_app(data=tmp_path)
    yield app
    close_app(app)


@pytest.fixture
def impatient() -> Iterator[None]:
    """Threads take turns a hundred times as often as usual."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(0.00005)
    yield
    sys.setswitchinterval(before)


def test_counts_are_asked_for_by_many_threads_while_benches_come_and_go(app: Flask, impatient: None) -> None:
    running, asked = app.extensions["studylab"], threading.Event()
    benches = running.benches

    async def come_and_go() -> None:
        while not asked.is_set():
            benches._live.update({str(n): Stranger() for n in range(200)})
            await asyncio.sleep(0)
            benches._live.clear()
            await asyncio.sleep(0)

    def ask(_: int) -> None:
        for _ in range(TIMES):
            assert (benches.live in (0, 200), benches.viewers) == (True, 0)
            benches.at_hand("7")
            benches.end_streams()

    with ThreadPoolExecutor(ASKERS + 1) as threads:
        coming = threads.submit(running.loop.call, come_and_go(), timeout_s=240)
        try:
            list(threads.map(ask, range(ASKERS)))
        finally:
            asked.set()
        coming.result()


PAGES = ("/", "/healthz", "/sandbox", "/labs/streams", "/matrix", "/progress", "/recording", "/bench.json",
         "/bench/journal.json", "/bench/moments/3", "/concepts")  # fmt: skip


def test_only_the_loop_goes_through_what_the_loop_changes(app: Flask) -> None:
    benches = app.extensions["studylab"].benches
    benches._live, benches._doors._doors = Watched(benches._live), Watched(benches._doors._doors)
    learners = [Learner(app) for _ in range(2)]
    for learner in learners:
        learner.enter()
    hubs = list(dict.values(benches._live))
    for hub in hubs:
        hub._runs = Watched(hub._runs)
    for learner in learners:
        assert {learner.client.get(page, headers=OWN).status_code for page in PAGES} == {200}
        assert learner.client.post("/labs/streams/start", json={}, headers=JSON).status_code == 200
        learner.do("promote", route="shop", to="alloc-c")
    seen = [benches._live.threads, benches._doors._doors.threads, *(hub._runs.threads for hub in hubs)]
    assert set().union(*seen) <= {"event loop"}
