"""The stream: every panel at first, then those that changed, to every page of a bench, also after a restart."""

from __future__ import annotations

import json
import re
import signal
import socket
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from app import close_app, create_app
from studylab import hub
from tests.web.learner import Learner, Running, Stream, until

PATH = ("verdict", "truth", "relay", "stream", "edge-fra", "edge-iad", "edge-syd")
EMPTY = '<div class="by-itself" id="controls-truth" hx-morph-skip></div>'
PANELS = (*PATH, "journal", "acts", "code", "guests", "broker", "trials")


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    running = Running(tmp_path_factory.mktemp("data"))
    yield running
    assert running.end() == "", "the app said something on standard error"


@pytest.fixture
def cookie(running: Running) -> str:
    return running.enter()


@pytest.fixture
def page(running: Running, cookie: str) -> Iterator[Stream]:
    page = running.stream(cookie)
    yield page
    page.close()


def sent_for(target: str, message: str) -> str:
    """Return what a message has for a place of the page."""
    found = re.search(rf'hx-target="#{target}"[^>]*>(.*?)</hx-partial>', message, re.DOTALL)
    assert found is not None
    return found[1].strip()


def test_a_new_page_gets_every_panel_and_first_those_on_the_path(page: Stream) -> None:
    assert page.type.startswith("text/event-stream")
    came: list[str] = []
    while len(set(came)) < len(PANELS):
        came += [name for name in re.findall(r'hx-target="#panel-([a-z-]+)"', page.next().data) if name in PANELS]
    assert set(came[: len(PATH)]) == set(PATH)


def test_a_verb_reaches_two_pages_of_the_bench(running: Running, cookie: str, page: Stream) -> None:
    second = running.stream(cookie)
    running.do(cookie, "promote", route="shop", to="alloc-c")
    for each in (page, second):
        assert "alloc-c" in each.until("epoch 2").data
    second.close()


def test_only_what_changed_is_sent(running: Running, cookie: str, page: Stream) -> None:
    sent = []
    for at in ("after publish, before mark", "before publish") * 4:
        running.do(cookie, "crash_relay", at=at)
        told = page.until('"#controls-relay"').data
        # The picture of a new page, or the verdict on what was done before, may still be on its way and come along.
        sent.append(re.findall(r'hx-target="#(?:panel|controls)-(?!journal|code|acts)([a-z-]+)"', told))
    assert ["relay"] in sent


def test_every_message_says_when_it_was_sent(page: Stream) -> None:
    sent_ms = int(page.next().id.split("-")[2])
    assert abs(time.time() * 1000 - sent_ms) < 60_000


def test_a_quiet_stream_beats_under_a_name(learner: Learner, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hub, "BEAT_S", 0.05)
    with learner.client.get("/events") as answer:
        messages = iter(answer.response)
        until(lambda: "event: beat" in str(next(messages)), "a beat")


def test_a_stream_without_a_bench_is_a_404(running: Running) -> None:
    assert running.stream("").status == 404


def test_the_page_shows_at_first_what_the_stream_sends(running: Running, cookie: str, page: Stream) -> None:
    running.do(cookie, "promote", route="shop", to="alloc-b")
    page.until("epoch 2")

    def are_alike() -> bool:
        # The news of the event goes on meanwhile, from waiting to published; when it has arrived, nothing differs.
        sent = all_that_a_new_page_gets(running, cookie, "panel-truth", "controls-truth")
        whole = sent_for("panel-truth", sent).replace(
            EMPTY, EMPTY.replace("></", f">{sent_for('controls-truth', sent)}</")
        )
        return whole in running.ask("/sandbox", Cookie=cookie).body

    until(are_alike, "the page and the stream show the same truth")


def all_that_a_new_page_gets(running: Running, cookie: str, *targets: str) -> str:
    """Return the first messages of a new stream, up to the one with which all these places have been sent."""
    page, sent = running.stream(cookie), ""
    while not all(f'hx-target="#{target}"' in sent for target in targets):
        sent += page.next().data
    page.close()
    return sent


def test_a_restarted_app_finds_the_bench_and_the_stream_goes_on(start: Callable[..., Running]) -> None:
    first = start()
    cookie = first.enter()
    page = first.stream(cookie)
    boot = page.next().id.partition("-")[0]
    first.do(cookie, "promote", route="shop", to="alloc-c")
    page.until("alloc-c")
    first.end(signal.SIGKILL)
    with pytest.raises(OSError, match=r"."):
        page.until("what is never sent")
    again = start()
    message = again.stream(cookie).next()
    assert "alloc-c" in message.data
    assert message.id.partition("-")[0] != boot


def test_streams_past_the_cap_get_a_503_and_requests_go_on(tmp_path: Path) -> None:
    app = create_app(data=tmp_path, max_streams=1)
    try:
        learner = Learner(app)
        learner.enter()
        with learner.client.get("/events") as first:
            messages = iter(first.response)
            until(lambda: "panel-truth" in str(next(messages)), "the panels")
            assert learner.client.get("/events").status_code == 503
            assert learner.do("burst", n=1).status_code == 200
    finally:
        close_app(app)


def test_a_page_that_left_without_a_word_is_noticed(running: Running, cookie: str) -> None:
    def streams() -> int:
        running.do(cookie, "burst", n=1)
        return int(json.loads(running.ask("/healthz").body)["streams"])

    before = streams()
    with socket.create_connection(("127.0.0.1", running.port)) as leaving:
        leaving.sendall(f"GET /events HTTP/1.1\r\nHost: localhost\r\nCookie: {cookie}\r\n\r\n".encode())
        until(lambda: streams() == before + 1, "the stream is open")
    until(lambda: streams() <= before, "the stream is given up")
