"""The stream: every panel at first, then those that changed, to every page of a bench, also after a restart."""

from __future__ import annotations

import signal
import socket
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.web.learner import Running, Stream

PANELS = ("verdict", "truth", "relay", "stream", "journal", "broker", "edge-fra", "edge-iad", "edge-syd")


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    running = Running(tmp_path_factory.mktemp("data"))
    yield running
    assert running.end() == "", "the app said something on standard error"


@pytest.fixture
def cookie(running: Running) -> str:
    return running.ask("/sandbox").cookie


@pytest.fixture
def page(running: Running, cookie: str) -> Iterator[Stream]:
    page = running.stream(cookie)
    yield page
    page.close()


def test_a_new_page_gets_every_panel(page: Stream) -> None:
    assert page.type.startswith("text/event-stream")
    first = page.next().data
    assert [name for name in PANELS if f'hx-target="#panel-{name}"' not in first] == []


def test_a_verb_reaches_two_pages_of_the_bench(running: Running, cookie: str, page: Stream) -> None:
    second = running.stream(cookie)
    running.do(cookie, "promote", route="shop", to="alloc-c")
    for each in (page, second):
        assert "alloc-c" in each.until("epoch 2").data
    second.close()


def test_only_what_changed_is_sent(running: Running, cookie: str, page: Stream) -> None:
    running.do(cookie, "disarm_relay")
    later = page.until('"#panel-journal"')
    running.do(cookie, "crash_relay", at="before publish")
    later = page.until('"#panel-relay"')
    assert '"#panel-truth"' not in later.data


def test_a_quiet_stream_beats_under_a_name(page: Stream) -> None:
    while (message := page.next()).event == "":
        assert message.data.startswith("<hx-partial")
    assert message.event == "beat"


def test_a_stream_without_a_bench_is_a_404(running: Running) -> None:
    assert running.stream("").status == 404


def test_what_the_page_shows_first_is_what_the_stream_sends(running: Running, cookie: str) -> None:
    running.do(cookie, "burst", n=1)
    html = running.ask("/sandbox", Cookie=cookie).body
    for name in PANELS:
        assert f'id="panel-{name}"' in html


def test_a_restarted_app_finds_the_bench_and_the_stream_goes_on(start: Callable[..., Running]) -> None:
    first = start()
    cookie = first.ask("/sandbox").cookie
    page = first.stream(cookie)
    boot = page.next().id.partition("-")[0]
    first.do(cookie, "promote", route="shop", to="alloc-c")
    page.until("alloc-c")
    first.end(signal.SIGKILL)
    with pytest.raises((ConnectionError, OSError)):
        while True:
            page.next()
    again = start()
    message = again.stream(cookie).next()
    assert "alloc-c" in message.data
    assert message.id.partition("-")[0] != boot


def test_streams_past_the_cap_get_a_503_and_requests_go_on(tmp_path: Path) -> None:
    from app import close_app, create_app
    from tests.web.learner import Learner

    app = create_app(data=tmp_path, max_streams=1)
    try:
        learner = Learner(app)
        learner.enter()
        first = learner.client.get("/events", buffered=False)
        next(iter(first.response))
        second = iter(first.response)
        next(second)
        assert learner.client.get("/events").status_code == 503
        assert learner.do("burst", n=1).status_code == 200
        first.close()
    finally:
        close_app(app)


def test_a_page_that_left_without_a_word_is_noticed(running: Running, cookie: str) -> None:
    with socket.create_connection(("127.0.0.1", running.port)) as half_open:
        half_open.sendall(f"GET /events HTTP/1.1\r\nHost: localhost\r\nCookie: {cookie}\r\n\r\n".encode())
        half_open.recv(1000)
    running.do(cookie, "burst", n=5)
    import json

    def streams() -> int:
        return int(json.loads(running.ask("/healthz").body)["streams"])

    from tests.web.learner import until

    until(lambda: streams() == 0, "the stream is given up", within_s=12)
