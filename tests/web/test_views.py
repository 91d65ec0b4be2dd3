"""Live views: a learner has a limited number. When all are taken, the one with most makes room for one with none."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from app import close_app, create_app
from studylab.views import EACH, LEAVING, View, Views
from tests.web.learner import Learner, Message, Running, Stream, until
from vango.actors.errors import Unavailable

AT_ONCE = 20


class Holder:
    """Somebody with views, who counts how often they were told to look."""

    def __init__(self) -> None:
        self.woken = 0

    def wake(self) -> None:
        self.woken += 1


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    running = Running(tmp_path_factory.mktemp("data"))
    yield running
    assert running.end() == "", "the app said something on standard error"


def last_of(stream: Stream) -> Message:
    """Return the last message before a stream ends."""
    messages: list[Message] = []

    def has_ended() -> bool:
        try:
            messages.append(stream.next())
        except ConnectionError:
            return True
        return False

    until(has_ended, "the stream ends")
    return messages[-1]


def test_the_view_past_the_last_place_of_a_learner_ends_the_oldest_which_is_told(running: Running) -> None:
    cookie = running.enter()
    streams = [running.stream(cookie) for _ in range(EACH)]
    assert all(stream.next().data for stream in streams)
    newest = running.stream(cookie)
    last = last_of(streams[0])
    assert last.event == "over"
    assert last.data.startswith(f"This page is no longer updated: the bench is open in more than {EACH} tabs.")
    running.do(cookie, "promote", route="shop", to="alloc-c")
    for stream in (*streams[1:], newest):
        stream.until("epoch 2")
    for stream in (*streams[1:], newest):
        stream.close()


def test_many_that_come_at_once_never_take_more_than_there_are(running: Running) -> None:
    cookie = running.enter()
    begin = threading.Barrier(AT_ONCE)

    def come(_: int) -> Stream:
        begin.wait(30)
        return running.stream(cookie)

    with ThreadPoolExecutor(AT_ONCE) as learners:
        streams = list(learners.map(come, range(AT_ONCE)))
    assert [stream.status for stream in streams if stream.status not in (200, 503)] == []

    def open_ones() -> int:
        return int(json.loads(running.ask("/healthz").body)["streams"])

    until(lambda: open_ones() <= EACH, "those over have ended")
    assert open_ones() == EACH
    for stream in streams:
        stream.close()


class Interrupted(Holder):
    """Somebody of whom one can think only with an interruption, in which others may come."""

    def __hash__(self) -> int:
        time.sleep(0.001)
        return id(self)


def test_of_many_opened_at_once_none_is_overlooked() -> None:
    views, holder, begin = Views(most=100), Interrupted(), threading.Barrier(2 * EACH)
    open_ones: list[int] = []

    def come(_: int) -> None:
        begin.wait(30)
        view = views.open(holder)
        open_ones.append(views.count)
        if view.over:
            views.close(view)

    with ThreadPoolExecutor(2 * EACH) as threads:
        list(threads.map(come, range(2 * EACH)))
    assert (max(open_ones), views.count, holder.woken) == (EACH, EACH, EACH)


def test_in_a_full_house_the_learner_with_most_views_loses_the_oldest() -> None:
    views, modest, greedy, newcomer = Views(most=4), Holder(), Holder(), Holder()
    first = views.open(modest)
    oldest, *others = (views.open(greedy) for _ in range(3))
    views.open(newcomer)
    assert "this bench had the most" in oldest.over
    assert [view.over for view in (first, *others)] == ["", "", ""]
    assert (greedy.woken, modest.woken, views.count) == (1, 0, 4)


def test_where_everybody_has_one_the_newcomer_is_told_that_the_house_is_full() -> None:
    views = Views(most=3)
    held = [views.open(Holder()) for _ in range(3)]
    with pytest.raises(Unavailable, match="All 3 live views are taken"):
        views.open(Holder())
    assert [view.over for view in held] == [""] * 3
    views.close(held[0])
    assert views.open(Holder()).over == ""


def test_views_that_do_not_end_hold_up_only_the_one_who_opens_more() -> None:
    views, holder, other = Views(most=100), Holder(), Holder()
    opened: list[View] = [views.open(holder) for _ in range(EACH + EACH)]
    with pytest.raises(Unavailable, match="faster than old ones end"):
        views.open(holder)
    for _ in range(EACH + 1):
        assert views.open(other).over == ""
    views.close(opened[0])
    assert views.open(holder).over == ""


def test_the_views_that_are_about_to_end_are_limited() -> None:
    views, holders = Views(most=1000), [Holder() for _ in range(LEAVING + 1)]
    for holder in holders:
        for _ in range(EACH):
            views.open(holder)
    for holder in holders[:-1]:
        views.open(holder)
    with pytest.raises(Unavailable, match="faster than old ones end"):
        views.open(holders[-1])


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_a_view_that_never_began_is_closed_again(tmp_path: Path, method: str) -> None:
    app = create_app(data=tmp_path)
    try:
        learner = Learner(app)
        learner.enter()
        for _ in range(EACH + 1):
            learner.client.open("/events", method=method, buffered=False).close()
        assert app.extensions["studylab"].benches.views.count == 0
    finally:
        close_app(app)
