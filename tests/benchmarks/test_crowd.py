"""Learners on sockets: what reaches their pages is timed, what does not is counted, and the truth has the last word."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path

import pytest

from benchmarks import crowd, machine
from benchmarks.rounds import FULL
from benchmarks.served import Served
from benchmarks.visitors import EDGES, Visitor
from tests.conftest import Run
from vango.actors.errors import BadInput, Unavailable

linux_only = pytest.mark.skipif(sys.platform != "linux", reason="/proc is Linux's")


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with Served(tmp_path_factory.mktemp("crowd")) as app:
        yield app
    assert app.said() == ""


async def visit(app: Served, n: int, learn: Callable[[list[Visitor]], Awaitable[object]]) -> object:
    visitors = [Visitor(app.address) for _ in range(n)]
    try:
        await asyncio.gather(*(visitor.enter() for visitor in visitors))
        return await learn(visitors)
    finally:
        await asyncio.gather(*(visitor.leave() for visitor in visitors))


def test_every_verb_of_every_learner_reaches_their_own_page(
    run: Run, app: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(crowd, "EVERY_S", 0.2)

    async def learn(visitors: list[Visitor]) -> None:
        times = await crowd.busy_round(visitors)
        assert len(times) == 2 * len(visitors)
        assert all(took is not None and took > 0 for took in times)
        assert [visitor.shown for visitor in visitors] == [dict.fromkeys(EDGES, 3)] * 2
        assert await crowd.not_as_truth(visitors) == 0

    run(visit(app, 2, learn))


def test_a_change_that_does_not_reach_an_edge_is_counted_as_lost(
    run: Run, app: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("benchmarks.visitors.REACH_S", 0.5)

    async def learn(visitors: list[Visitor]) -> None:
        await visitors[0].ask("POST", "/bench/verbs/kill_edge", json.dumps({"edge": "syd"}).encode())
        assert await visitors[0].promote("alloc-c") is None
        assert visitors[0].shown == {"fra": 2, "iad": 2, "syd": 1}
        assert await crowd.not_as_truth(visitors) == 1

    run(visit(app, 1, learn))


def test_a_learner_who_is_not_let_in_is_reported(run: Run, tmp_path: Path) -> None:
    with Served(tmp_path, "--max-benches", "1") as full, pytest.raises(Unavailable, match=r"not let in: HTTP/1\.1 503"):
        run(visit(full, 1, lambda _: Visitor(full.address).enter()))


@pytest.mark.parametrize("crowd_of", [-1, 1000])
def test_a_crowd_that_the_app_has_no_room_for_is_refused(crowd_of: int) -> None:
    with pytest.raises(BadInput, match=f"The crowd is {crowd_of}"):
        crowd.measure(FULL.__class__(1, 1, 1, 1, 1, crowd_of))


@linux_only
def test_the_cost_is_that_of_the_whole_family(run: Run, app: Served) -> None:
    async def learn(_: list[Visitor]) -> None:
        found = machine.family(app.process.pid)
        assert found[0] == app.process.pid
        # The app, its keeper, and at least this learner's broker.
        assert len(found) >= 3
        assert machine.pss_gb(found) > machine.pss_gb(found[:1]) > 0.01

    run(visit(app, 1, learn))


@linux_only
def test_processor_time_grows_with_work() -> None:
    before = machine.cpu_s([os.getpid()])
    while machine.cpu_s([os.getpid()]) <= before:
        sum(range(100_000))


def test_an_app_that_cannot_start_is_reported_in_its_own_words(tmp_path: Path) -> None:
    with pytest.raises(Unavailable, match=r"no such option|unrecognized arguments"):
        Served(tmp_path, "--no-such-option")
