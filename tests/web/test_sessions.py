"""Sessions: every learner a bench of their own, parked when idle, awake again on a visit, never more than allowed."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from app import close_app, create_app
from studylab import data_folder
from studylab.lab.runner import LabRun
from tests.web.learner import JSON, Learner, brokers_under, until
from vango.actors.errors import Unavailable
from vango.bench.bench import Bench


@pytest.fixture
def small(tmp_path: Path) -> Iterator[Flask]:
    """An app that has room for one bench and parks it at once when nobody is there."""
    app = create_app(data=tmp_path / "data", park_after_s=0.2, max_benches=1)
    yield app
    close_app(app)


def live(app: Flask) -> int:
    return int(app.test_client().get("/healthz").get_json()["benches"])


def park(app: Flask, key: str) -> None:
    running = app.extensions["studylab"]
    running.loop.call(running.benches.park(key), timeout_s=10)


def test_two_learners_do_not_see_each_other(shared: Flask) -> None:
    one, other = Learner(shared), Learner(shared)
    one.enter()
    other.enter()
    one.do("promote", route="shop", to="alloc-c")
    assert (one.owner("shop"), other.owner("shop")) == ("alloc-c", "alloc-a")


def test_a_forged_cookie_reaches_nobody_s_bench(shared: Flask, learner: Learner) -> None:
    name = shared.config["SESSION_COOKIE_NAME"]
    cookie = learner.client.get_cookie(name)
    assert cookie is not None
    payload, _, _ = cookie.value.rpartition(".")
    forger = Learner(shared)
    forger.client.set_cookie(name, f"{payload}.{'A' * 27}")
    assert forger.do("promote", route="shop", to="alloc-c").status_code == 404
    assert learner.owner("shop") == "alloc-a"


def test_a_verb_without_a_bench_says_where_to_get_one(shared: Flask) -> None:
    answer = Learner(shared).do("burst", n=1)
    assert answer.status_code == 404
    assert "POST /bench" in answer.get_json()["error"]


def test_ten_requests_at_once_open_a_bench_once(small: Flask) -> None:
    learner = Learner(small)
    learner.enter()
    cookie = learner.client.get_cookie(small.config["SESSION_COOKIE_NAME"])
    assert cookie is not None
    until(lambda: live(small) == 0, "the bench is parked")

    def visit(_: int) -> int:
        client = small.test_client()
        client.set_cookie(cookie.key, cookie.value)
        return client.get("/bench.json").status_code

    with ThreadPoolExecutor(10) as pool:
        assert list(pool.map(visit, range(10))) == [200] * 10


def test_an_idle_bench_is_parked_and_wakes_in_under_half_a_second(small: Flask, tmp_path: Path) -> None:
    learner = Learner(small)
    learner.enter()
    learner.do("promote", route="shop", to="alloc-c")
    learner.do("kill_edge", edge="syd")
    until(lambda: live(small) == 0, "the bench is parked")
    until(lambda: not brokers_under(tmp_path), "its broker has ended")
    began = time.monotonic()
    seen = learner.see()
    assert time.monotonic() - began < 0.5
    assert seen["truth"]["routes"][0]["owner"] == "alloc-c"
    assert {edge["name"]: edge["mode"] for edge in seen["edges"]}["syd"] == "down"


def test_a_bench_that_a_request_holds_is_not_parked_and_a_parked_bench_holds_nobody(tmp_path: Path) -> None:
    app = create_app(data=tmp_path / "data")
    try:
        learner = Learner(app)
        learner.enter()
        running = app.extensions["studylab"]
        benches, (key,) = running.benches, [folder.name for folder in (tmp_path / "data" / "benches").iterdir()]
        held = benches.at_hand(key)
        running.loop.call(benches.park(key, idle_s=0.0), timeout_s=10)
        assert benches.at_hand(key) is held
        held.release()
        held.release()
        park(app, key)
        assert (benches.at_hand(key), held.hold(), live(app)) == (None, False, 0)
        assert learner.owner("shop") == "alloc-a"
    finally:
        close_app(app)


def test_of_many_who_arrive_at_once_only_as_many_get_in_as_there_is_room(tmp_path: Path) -> None:
    app = create_app(data=tmp_path, max_benches=1)
    try:
        with ThreadPoolExecutor(4) as crowd:
            statuses = sorted(crowd.map(lambda _: Learner(app).enter().status_code, range(4)))
        assert statuses == [200, 503, 503, 503]
    finally:
        close_app(app)


def test_a_second_app_on_one_data_folder_is_refused(tmp_path: Path) -> None:
    app = create_app(data=tmp_path)
    try:
        with pytest.raises(Unavailable, match="Another Study Lab uses the data folder"):
            create_app(data=tmp_path)
    finally:
        close_app(app)


@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="counts descriptors in /proc")
def test_twenty_opened_and_closed_benches_leave_nothing_behind(tmp_path: Path) -> None:
    def left() -> tuple[set[threading.Thread], int]:
        return set(threading.enumerate()), len(list(Path("/proc/self/fd").iterdir()))

    close_app(create_app(data=tmp_path / "warm"))
    before = left()
    app = create_app(data=tmp_path / "data")
    for _ in range(20):
        assert Learner(app).client.post("/bench", headers=JSON).status_code == 200
    assert len(brokers_under(tmp_path)) == 20
    close_app(app)
    # The thread in which asyncio waits for the keeper ends a moment after the keeper has.
    until(lambda: left()[0] <= before[0], "no new thread: those of another test may end meanwhile")
    assert left()[1] <= before[1]
    assert not brokers_under(tmp_path)


def test_a_bench_whose_truth_is_damaged_says_so_and_harms_no_other(small: Flask, tmp_path: Path) -> None:
    learner, other = Learner(small), Learner(small)
    learner.enter()
    (damaged,) = (tmp_path / "data" / "benches").glob("*/truth.db")
    park(small, damaged.parent.name)
    damaged.write_bytes(b"no database" * 1000)
    for _ in range(2):
        answer = learner.enter()
        assert answer.status_code == 503
        assert "Your bench cannot be opened" in answer.text
    assert other.enter().status_code == 200


def test_an_edge_with_a_damaged_view_fails_closed(small: Flask, tmp_path: Path) -> None:
    learner = Learner(small)
    learner.enter()
    (damaged,) = (tmp_path / "data" / "benches").glob("*/fra.db")
    park(small, damaged.parent.name)
    damaged.write_bytes(b"no database" * 1000)
    until(lambda: "view" in {e["name"]: e["reason"] for e in learner.see()["edges"]}["fra"], "fra says what is wrong")
    modes = {edge["name"]: edge["mode"] for edge in learner.see()["edges"]}
    assert modes["fra"] == "failed closed"
    until(lambda: learner.see()["edges"][1]["mode"] == "current", "the others serve on")


@pytest.mark.parametrize("left", [b"", b"half"])
def test_a_key_that_was_cut_short_is_replaced(tmp_path: Path, left: bytes) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "secret.key").write_bytes(left)
    app = create_app(data=tmp_path / "data")
    try:
        assert Learner(app).enter().status_code == 200
        assert len(key := (tmp_path / "data" / "secret.key").read_bytes()) == 32
    finally:
        close_app(app)
    assert data_folder.secret_key(tmp_path / "data") == key


def test_nobody_else_may_list_the_benches(shared: Flask, learner: Learner) -> None:
    assert shared.extensions["studylab"].benches.data.joinpath("benches").stat().st_mode & 0o077 == 0


def test_visitors_who_are_turned_away_leave_nothing_behind(small: Flask) -> None:
    benches = small.extensions["studylab"].benches
    staying = Learner(small)
    assert staying.enter().status_code == 200
    hub = benches.at_hand(next(iter(benches._live)))
    assert [Learner(small).enter().status_code for _ in range(20)] == [503] * 20
    hub.release()
    assert not benches._doors.busy


def test_who_comes_while_a_bench_is_parked_gets_it_when_that_is_done(
    shared: Flask, learner: Learner, monkeypatch: pytest.MonkeyPatch
) -> None:
    with learner.client.session_transaction() as session:
        key = session["bench"]
    closes, opens, parking, opening = Bench.close, Bench.open, threading.Event(), threading.Event()

    async def close_slowly(bench: Bench) -> None:
        parking.set()
        await asyncio.sleep(0.3)
        await closes(bench)

    async def open_slowly(*arguments: Any) -> Bench:
        opening.set()
        await asyncio.sleep(0.3)
        return await opens(*arguments)

    monkeypatch.setattr(Bench, "close", close_slowly)
    monkeypatch.setattr(Bench, "open", open_slowly)
    others = [Learner(shared) for _ in range(2)]
    for other in others:
        with other.client.session_transaction() as session:
            session["bench"] = key
    with ThreadPoolExecutor(3) as visitors:
        visitors.submit(park, shared, key)
        assert parking.wait(10)
        first = visitors.submit(others[0].enter)
        assert opening.wait(10)
        assert (others[1].enter().status_code, first.result().status_code) == (200, 200)


def test_the_clock_stops_when_the_last_of_two_pages_leaves(shared: Flask, learner: Learner) -> None:
    running = shared.extensions["studylab"]
    with learner.client.session_transaction() as session:
        hub = running.benches._live[session["bench"]]
    one, other = hub.watch(""), hub.watch("")
    next(one), next(other)
    assert hub.viewers == 2
    one.close()
    assert hub.bench.changes.watched
    other.close()
    assert not hub.bench.changes.watched


def test_a_play_of_a_lab_is_made_on_the_loop(learner: Learner, monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[str] = []

    class Noted(LabRun):
        def __init__(self, *arguments: Any, **options: Any) -> None:
            made.append(threading.current_thread().name)
            super().__init__(*arguments, **options)

    monkeypatch.setattr("studylab.hub.LabRun", Noted)
    headers = {**JSON, "Referer": "http://localhost/labs/streams"}
    learner.client.post("/bench/verbs/observe", json={}, headers=headers)
    learner.client.post("/bench/verbs/promote", json={"route": "shop", "to": "alloc-c"}, headers=headers)
    assert made == ["event loop"]
