"""Long verbs over HTTP: the page shows how far they are, a person can stop them, and they end whole."""

from __future__ import annotations

import sqlite3
import threading
from typing import Any

import pytest

from studylab.web import bench as bench_page
from tests.web.learner import HTMX, JSON, Learner, until


def in_background(learner: Learner, verb: str, **arguments: Any) -> threading.Thread:
    """Carry out a verb as a second window of the same visitor would, while this one looks on."""
    second = Learner(learner.client.application)
    with learner.client.session_transaction() as mine, second.client.session_transaction() as theirs:
        theirs.update(mine)
    thread = threading.Thread(target=second.do, args=(verb,), kwargs=arguments)
    thread.start()
    return thread


def stop(learner: Learner) -> Any:
    return learner.client.post("/bench/stop", headers=JSON)


def test_the_page_shows_how_far_a_burst_is_and_stops_it(learner: Learner) -> None:
    burst = in_background(learner, "burst", n=10_000)
    until(lambda: (learner.see()["work"] or {"done": 0})["done"] > 0, "a burst that counts")
    page = learner.client.get("/sandbox").text
    assert "of 10,000 changes" in page
    assert 'action="/bench/stop"' in page
    assert stop(learner).get_json()["sentence"] == "burst stops as soon as it can."
    burst.join()
    seen = learner.see()
    assert seen["work"] is None
    assert 0 < seen["truth"]["sequence"] < 10_000
    assert learner.do("promote", route="shop", to="alloc-b").status_code in (200, 409)


def test_another_learner_is_served_during_a_burst(learner: Learner, other: Learner) -> None:
    other.enter()
    burst = in_background(learner, "burst", n=5_000)
    until(lambda: learner.see()["work"], "a burst under way")
    assert other.do("promote", route="shop", to="alloc-c").status_code == 200
    assert learner.see()["work"] is not None
    stop(learner)
    burst.join()


def test_what_takes_longer_than_an_answer_may_goes_on(learner: Learner, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bench_page, "ANSWER_S", 0.05)
    answer = learner.do("burst", n=2_000)
    assert answer.status_code == 202
    assert answer.get_json()["under_way"] is True
    assert "still running" in answer.get_json()["sentence"]
    until(lambda: learner.see()["truth"]["sequence"] == 2_003, "the rest of the burst")


def test_a_button_is_told_that_it_is_still_under_way(learner: Learner, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bench_page, "ANSWER_S", 0.05)
    answer = learner.client.post("/bench/verbs/burst", data={"n": "2000"}, headers=HTMX)
    assert answer.status_code == 202
    assert "still running" in answer.text
    stop(learner)


def test_with_nothing_under_way_there_is_nothing_to_stop(learner: Learner) -> None:
    answer = stop(learner)
    assert answer.status_code == 409
    assert answer.get_json()["error"] == "No verb is running, so there is nothing to stop."


def test_who_holds_one_learner_s_database_troubles_nobody_else(learner: Learner, other: Learner) -> None:
    other.enter()
    with learner.client.session_transaction() as session:
        folder = learner.client.application.extensions["studylab"].benches.folder(session["bench"])
    outside = sqlite3.connect(folder / "truth.db", isolation_level=None)
    outside.execute("BEGIN IMMEDIATE")
    try:
        refusal = threading.Thread(target=lambda: refused.append(learner.do("promote", route="shop", to="alloc-c")))
        refused: list[Any] = []
        refusal.start()
        served = 0
        while refusal.is_alive():
            served += other.do("burst", n=1).status_code == 200
        assert served >= 3
        assert refused[0].status_code == 503
        assert "another program holds the database; close it and try again" in refused[0].get_json()["error"]
        assert learner.see()["truth"]["sequence"] == 3
    finally:
        outside.close()
    assert learner.do("promote", route="shop", to="alloc-c").status_code == 200
