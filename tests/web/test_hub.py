"""The hub: one drawing for a change, however many pages look; a returning page gets the present state."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from app import close_app, create_app
from studylab import frames, hub
from studylab.views import EACH
from tests.web.learner import Learner, until


def read_until(stream: Iterator[Any], text: str) -> None:
    until(lambda: text in str(next(stream)), f"a message with {text!r}")


class Counted:
    """Draws as the app does, and counts."""

    def __init__(self, draw: Any) -> None:
        self.draw, self.count = draw, 0

    def __call__(self, context: dict[str, Any], before: Any) -> Any:
        self.count += 1
        return self.draw(context, before)


class Halted:
    """Draws as the app does, and halts the first frame after its first part until everybody left and somebody came.

    What is drawn for a page that is loaded is not halted: `halts` is set afterwards.
    """

    def __init__(self, benches: Any) -> None:
        self.benches, self.draw, self.left = benches, benches.draw, threading.Event()
        self.halts = False
        benches.draw = self

    def __call__(self, context: dict[str, Any], before: Any) -> Any:
        parts = self.draw(context, before)
        yield next(parts)
        if self.halts and not self.left.is_set():
            self.left.wait(10)
            until(lambda: self.benches.viewers, "somebody who looks")
        yield from parts


@pytest.fixture
def app(tmp_path: Path) -> Iterator[Flask]:
    app = create_app(data=tmp_path)
    yield app
    close_app(app)


@pytest.fixture
def counted(app: Flask) -> Counted:
    benches = app.extensions["studylab"].benches
    benches.draw = Counted(benches.draw)
    counted: Counted = benches.draw
    return counted


def test_nothing_is_drawn_for_nobody(app: Flask, counted: Counted) -> None:
    learner = Learner(app)
    learner.enter()
    drawn_for_the_page = counted.count
    learner.do("burst", n=3)
    assert counted.count == drawn_for_the_page == 1


def test_what_was_drawn_is_kept_for_the_pages_that_are_open_and_the_last_that_was_loaded(app: Flask) -> None:
    learner = Learner(app)
    learner.enter()
    (mine,) = app.extensions["studylab"].benches._live.values()
    slugs = [*app.extensions["studylab"].benches.labs][:3]
    with learner.client.get("/events") as page:
        read_until(iter(page.response), "panel-truth")
        for slug in slugs:
            learner.client.get(f"/labs/{slug}")
        assert set(mine._pages) == {hub.SANDBOX, slugs[-1]}


def test_many_pages_cost_one_drawing_a_change(app: Flask, counted: Counted) -> None:
    learner = Learner(app)
    learner.enter()
    with ExitStack() as open_pages:
        pages = [open_pages.enter_context(learner.client.get("/events")) for _ in range(EACH)]
        streams = [iter(page.response) for page in pages]
        for stream in streams:
            read_until(stream, "panel-truth")
        before = counted.count
        learner.do("promote", route="shop", to="alloc-c")
        for stream in streams:
            read_until(stream, "epoch 2")
        assert counted.count - before < EACH


def test_a_change_is_drawn_when_its_story_is_told(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(frames, "QUIET_AT_MOST_S", 10.0)
    monkeypatch.setattr(frames, "QUIET_S", 0.0)
    learner = Learner(app)
    learner.enter()
    learner.do("edge_rules", edge="iad", handling_s=0.3)
    with learner.client.get("/events") as page:
        stream = iter(page.response)
        read_until(stream, "panel-code")
        learner.do("promote", route="shop", to="alloc-c")
        message = ""
        while "panel-edge" not in message:
            message = str(next(stream))
    assert re.findall(r'id="(\w+)-shop"[^>]*data-mark="alloc-c 2 ', message) == ["fra", "iad", "syd"]


def test_the_changes_of_a_bench_that_is_being_made_ready_are_drawn_when_it_is(app: Flask, counted: Counted) -> None:
    learner = Learner(app)
    learner.enter()
    (mine,) = app.extensions["studylab"].benches._live.values()
    mine.beside.is_being_made_ready = True
    with learner.client.get("/events") as page:
        stream = iter(page.response)
        read_until(stream, "panel-acts")
        until(lambda: mine._frames._framing is None, "the first frame is whole")
        for owner in ("alloc-c", "alloc-b") * 3:
            learner.do("promote", route="shop", to=owner)
        assert (counted.count, mine._frames._framing) == (2, None), "the page that was loaded and its first frame"
        mine.beside.is_being_made_ready = False
        app.extensions["studylab"].loop.call(on_loop(mine.mark), timeout_s=20)
        read_until(stream, "epoch 7")


async def on_loop(act: Any) -> None:
    act()


def test_the_requests_of_one_bench_that_run_at_once_are_limited(app: Flask) -> None:
    learner, other = Learner(app), Learner(app)
    learner.enter(), other.enter()
    (held,) = (
        each for each in app.extensions["studylab"].benches._live.values() if each.bench.folder.name == key_of(learner)
    )
    for _ in range(hub.AT_ONCE):
        assert held.hold()
    refused = learner.do("burst", n=1)
    assert (refused.status_code, "already running" in refused.get_json()["error"]) == (503, True)
    assert other.do("burst", n=1).status_code == 200
    held.release()
    assert learner.do("burst", n=1).status_code == 200
    for _ in range(hub.AT_ONCE - 1):
        held.release()


def key_of(learner: Learner) -> str:
    with learner.client.session_transaction() as session:
        return str(session["bench"])


def test_a_page_that_comes_back_gets_what_is_so_now(app: Flask) -> None:
    learner = Learner(app)
    learner.enter()
    with learner.client.get("/events") as page:
        read_until(iter(page.response), "panel-truth")
    learner.do("promote", route="shop", to="alloc-c")
    with learner.client.get("/events") as page:
        stream = iter(page.response)
        read_until(stream, "retry")
        assert "epoch 2" in str(next(stream))


def test_a_frame_that_was_on_its_way_when_everybody_left_is_not_shown_to_who_comes(app: Flask) -> None:
    halted = Halted(app.extensions["studylab"].benches)
    learner = Learner(app)
    learner.enter()
    halted.halts = True
    with learner.client.get("/events") as page:
        read_until(iter(page.response), "panel-edge")
    learner.do("promote", route="shop", to="alloc-c")
    halted.left.set()
    with learner.client.get("/events") as page:
        stream = iter(page.response)
        read_until(stream, "retry")
        assert "epoch 2" in str(next(stream))
