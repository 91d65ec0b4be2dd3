"""The server on raw sockets: limits of time and size that affect only the clients that reach them."""

from __future__ import annotations

import importlib
import json
import re
import socket
import struct
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest
from flask import Flask

from studylab.lab import records
from studylab.web.admission import Limits
from studylab.web.server import Server
from tests.web.learner import WITHIN_S, Running, until
from tests.web.raw import ASK, PATIENT, POST, Served, all_of, told

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

SMALL = Limits(head_s=1.0, body_s=1.0, answer_s=1.0, idle_s=1.0)
MEMORY_KB = 100_000


@pytest.mark.parametrize(
    "said", [b"GET / HTTP/1.1\r\nHost: localhost\r\n", POST + b"Content-Length: 100\r\n\r\n{"], ids=["header", "body"]
)
def test_one_byte_now_and_then_does_not_prolong_a_request(serve: Callable[..., Served], said: bytes) -> None:
    with serve(SMALL).connect() as connection:
        connection.sendall(said)
        connection.settimeout(0.05)
        came = b""

        def has_ended() -> bool:
            nonlocal came
            try:
                connection.sendall(b"a")
                came += connection.recv(65536)
            except TimeoutError:
                return False
            except OSError:
                return True
            return b"\r\n\r\n" in came

        until(has_ended, "the server ends it")
    assert (told(came).status, "in time" in told(came).body) == (408, True)


def test_a_connection_that_says_nothing_ends_without_a_word(serve: Callable[..., Served]) -> None:
    with serve(SMALL).connect() as connection:
        assert all_of(connection) == b""


def test_a_connection_at_rest_ends_and_holds_no_thread(serve: Callable[..., Served]) -> None:
    served = serve(SMALL, threads=1)
    with served.connect() as connection:
        connection.sendall(ASK)
        assert connection.recv(65536).startswith(b"HTTP/1.1 200")
        assert served.answers()
        assert all_of(connection) == b""


def test_many_slow_requests_of_one_address_keep_nobody_else_waiting(serve: Callable[..., Served]) -> None:
    served = serve(PATIENT, threads=2)
    with ExitStack() as stack:
        slow = []
        for number in range(300):
            slow.append(stack.enter_context(served.connect()))
            slow[-1].sendall(b"GET /healthz HTTP/1.1\r\nHost: local")
            if not number % 50:
                assert served.answers()
        first = told(all_of(slow[0]))
        assert (first.status, "unfinished" in first.body) == (408, True)
        assert served.answers()
        slow[-1].sendall(b"host\r\n\r\n")
        assert slow[-1].recv(65536).startswith(b"HTTP/1.1 200")


def test_a_class_that_comes_at_once_from_one_address_is_not_slow(serve: Callable[..., Served]) -> None:
    served = serve(replace(PATIENT, slow_after_s=WITHIN_S, idle_s=0.0))
    with ExitStack() as stack:
        learners = [stack.enter_context(served.connect()) for _ in range(200)]
        served.looks_after()
        for connection in reversed(learners):
            connection.sendall(ASK)
        assert all(connection.recv(65536).startswith(b"HTTP/1.1 200") for connection in learners)


def test_where_too_many_wait_those_at_rest_go_first(serve: Callable[..., Served]) -> None:
    served = serve(replace(PATIENT, waiting=5))
    with ExitStack() as stack:
        asking, *at_rest = (stack.enter_context(served.connect()) for _ in range(5))
        asking.sendall(b"GET /healthz HTTP/1.1\r\n")
        for connection in at_rest:
            connection.sendall(ASK)
            assert connection.recv(65536).startswith(b"HTTP/1.1 200")
        more = [stack.enter_context(served.connect()) for _ in range(4)]
        assert [all_of(connection) for connection in at_rest] == [b""] * 4
        for connection in (asking, *more):
            connection.sendall(b"Host: localhost\r\n\r\n" if connection is asking else ASK)
            assert connection.recv(65536).startswith(b"HTTP/1.1 200")


def test_what_begins_after_a_rest_is_not_the_oldest(serve: Callable[..., Served]) -> None:
    served = serve(replace(PATIENT, waiting=2), threads=1)
    with ExitStack() as stack:
        rested = stack.enter_context(served.connect())
        rested.sendall(ASK)
        assert rested.recv(65536).startswith(b"HTTP/1.1 200")
        # The one thread gives connections back in order: by now the first one is at rest.
        assert served.answers()
        oldest = stack.enter_context(served.connect())
        oldest.sendall(POST + b"Content-Length: 2\r\nExpect: 100-continue\r\n\r\n")
        assert oldest.recv(65536).startswith(b"HTTP/1.1 100")
        rested.sendall(POST + b"Content-Length: 2\r\nExpect: 100-continue\r\n\r\n")
        assert rested.recv(65536).startswith(b"HTTP/1.1 100")
        with served.connect():
            assert b" 408 " in all_of(oldest)
            rested.sendall(b"{}")
            assert rested.recv(65536).startswith(b"HTTP/1.1 403")


class Large:
    """An app that answers with far more than lies between two sockets, and counts how often."""

    def __init__(self) -> None:
        self.asked = 0

    def __call__(self, _environ: object, start_response: Callable[..., object]) -> list[bytes]:
        self.asked += 1
        start_response("200 OK", [("Content-Length", "30000000")])
        return [bytes(30_000_000)]


def test_an_answer_that_nobody_takes_holds_no_thread_and_ends() -> None:
    large = Large()
    served = Served(large, replace(SMALL, bytes_a_s=10_000_000), threads=1)
    try:
        with ExitStack() as stack:
            deaf = [stack.enter_context(served.connect()) for _ in range(3)]
            for client in deaf:
                client.sendall(ASK)
            until(lambda: large.asked == len(deaf), "all are answered by the one thread")
            for client in deaf:
                until(partial(is_cut, client), "the server gives it up")
    finally:
        served.server.stop()


def test_a_stream_that_nobody_takes_ends() -> None:
    ended = threading.Event()

    def flows(_environ: object, start_response: Callable[..., object]) -> Iterator[bytes]:
        start_response("200 OK", [("Content-Type", "text/event-stream")])
        try:
            while True:
                yield bytes(100_000)
        finally:
            ended.set()

    served = Served(flows, SMALL, threads=1)
    try:
        with served.connect() as deaf:
            deaf.sendall(ASK)
            assert ended.wait(WITHIN_S)
    finally:
        served.server.stop()


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux changes the limits of a running process")
def test_where_files_run_short_the_oldest_that_waits_makes_room(start: Callable[..., Running]) -> None:
    resource: Any = importlib.import_module("resource")
    running = start()
    files = Path(f"/proc/{running.process.pid}/fd")
    few = len(list(files.iterdir())) + 5
    resource.prlimit(running.process.pid, resource.RLIMIT_NOFILE, (few, few))
    with ExitStack() as stack:
        slow = [stack.enter_context(socket.create_connection(("127.0.0.1", running.port), WITHIN_S)) for _ in range(20)]
        assert running.ask("/healthz").status == 200
        assert all_of(slow[0]) == b""


def is_cut(connection: socket.socket) -> bool:
    """Return whether the other side has closed, without reading what it sent."""
    try:
        connection.send(b"GET")
    except OSError:
        return True
    time.sleep(0.02)
    return False


def test_a_body_too_large_is_refused_before_it_is_read(start: Callable[..., Running]) -> None:
    running = start()
    before = memory_kb(running)
    claim = POST + b"Content-Length: 300000000\r\n\r\n"
    with socket.create_connection(("127.0.0.1", running.port), WITHIN_S) as deaf, suppress(OSError):
        deaf.sendall(claim)
        for _ in range(300):
            deaf.sendall(bytes(1_000_000))
    with socket.create_connection(("127.0.0.1", running.port), WITHIN_S) as connection:
        connection.sendall(claim)
        answer = told(all_of(connection))
    assert (answer.status, "64 KB" in answer.body) == (413, True)
    assert "Connection: close" in answer.head
    assert memory_kb(running) - before < MEMORY_KB
    assert running.ask("/healthz").status == 200


def test_an_address_for_files_takes_more_but_few_at_once(serve: Callable[..., Served]) -> None:
    served = serve(replace(PATIENT, body_bytes=1000, larger={b"/progress/import": 200_000}, large_at_once=2))
    import_ = b"POST /progress/import HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
    import_ += (
        b"Origin: http://localhost\r\nAccept: application/json\r\nContent-Length: %d\r\nConnection: close\r\n\r\n"
    )
    assert served.say(POST + b"Content-Length: 1001\r\n\r\n").status == 413
    assert served.say(import_ % 200_001).status == 413
    with ExitStack() as stack:
        oldest, *others = (stack.enter_context(served.connect()) for _ in range(3))
        for connection in (oldest, *others):
            connection.sendall(import_.replace(b"\r\n\r\n", b"\r\nExpect: 100-continue\r\n\r\n") % 200_000)
            assert connection.recv(65536).startswith(b"HTTP/1.1 100")
        assert told(all_of(oldest)).status == 408
        for connection in others:
            connection.sendall(bytes(200_000))
            assert told(all_of(connection)).status == 422


@pytest.mark.parametrize("public_url", ["", "https://example.org/lab"])
def test_the_largest_file_of_progress_reaches_the_app(start: Callable[..., Running], public_url: str) -> None:
    running = start("--public-url", public_url)
    path = f"{urlsplit(public_url).path}/progress/import"
    answer = running.ask(
        path, method="POST", body=" " * records.MAX_BYTES, Content_Type="application/json", Sec_Fetch_Site="same-origin"
    )
    assert answer.status == 422


def kept_waiting() -> tuple[WSGIApplication, threading.Event, threading.Event]:
    """Return an app that answers when it is set free, the event that it has begun, and the one that sets it free."""
    begun, free = threading.Event(), threading.Event()

    def waits(_environ: object, start_response: Callable[..., object]) -> list[bytes]:
        begun.set()
        free.wait(WITHIN_S)
        start_response("200 OK", [("Content-Length", "0")])
        return []

    return waits, begun, free


def test_large_bodies_that_are_being_answered_make_no_room() -> None:
    waits, begun, free = kept_waiting()
    served = Served(waits, replace(PATIENT, body_bytes=10, larger={b"/": 100}, large_at_once=1), threads=1)
    large = b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\nConnection: close\r\n\r\n" + bytes(100)
    try:
        with served.connect() as first:
            first.sendall(large.replace(b"Connection: close\r\n", b""))
            assert begun.wait(WITHIN_S)
            assert served.say(large).status == 503
            free.set()
            assert first.recv(65536).startswith(b"HTTP/1.1 200")
            # The one thread gives connections back in order.
            assert served.answers()
            assert served.say(large).status == 200
    finally:
        free.set()
        served.server.stop()


def memory_kb(running: Running) -> int:
    """Return the most memory that an app has held. Linux only."""
    status = Path(f"/proc/{running.process.pid}/status")
    if not status.exists():
        pytest.skip("only Linux tells a process's memory")
    return int(re.findall(r"VmHWM:\s+(\d+)", status.read_text())[0])


def test_when_too_many_requests_wait_the_next_is_told_so(shared: Flask) -> None:
    waits, begun, free = kept_waiting()
    server = Server(waits, "127.0.0.1", 0, threads=1, limits=Limits(queued=3))
    server.start()
    try:
        with ExitStack() as stack:
            asked = [
                stack.enter_context(socket.create_connection(("127.0.0.1", server.port), WITHIN_S)) for _ in range(5)
            ]
            for connection in asked[:4]:
                connection.sendall(ASK)
                assert begun.wait(WITHIN_S)
            until(lambda: server.waiting == 3, "one is answered and three wait")
            asked[4].sendall(ASK)
            assert told(all_of(asked[4])).status == 503
            free.set()
            for connection in asked[:4]:
                assert connection.recv(65536).startswith(b"HTTP/1.1 200")
    finally:
        free.set()
        server.stop()


def test_an_app_that_fails_is_one_sentence(caplog: pytest.LogCaptureFixture) -> None:
    def fails(_environ: object, _start: object) -> list[bytes]:
        raise ZeroDivisionError("a slip of the pen")

    server = Server(fails, "127.0.0.1", 0, threads=1)
    server.start()
    try:
        with socket.create_connection(("127.0.0.1", server.port), WITHIN_S) as connection:
            connection.sendall(ASK)
            answer = told(all_of(connection))
    finally:
        server.stop()
    assert (answer.status, "slip of the pen" in answer.body) == (500, False)
    assert "slip of the pen" in caplog.text


def test_who_leaves_before_the_answer_is_not_written_about(caplog: pytest.LogCaptureFixture) -> None:
    begun, free, done = threading.Event(), threading.Event(), threading.Event()

    class Parts(list[bytes]):
        def close(self) -> None:
            done.set()

    def waits(_environ: object, start_response: Callable[..., object]) -> list[bytes]:
        begun.set()
        free.wait(WITHIN_S)
        start_response("200 OK", [("Content-Length", "3000000")])
        return Parts([bytes(3_000_000)])

    server = Server(waits, "127.0.0.1", 0, threads=1)
    server.start()
    try:
        with socket.create_connection(("127.0.0.1", server.port), WITHIN_S) as connection:
            connection.sendall(ASK)
            assert begun.wait(WITHIN_S)
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        free.set()
        assert done.wait(WITHIN_S)
    finally:
        free.set()
        server.stop()
    assert caplog.text == ""


def test_a_class_behind_one_address_is_served(start: Callable[..., Running]) -> None:
    running = start()
    cookies = [running.enter() for _ in range(8)]
    streams = [running.stream(cookie) for cookie in cookies for _ in range(8)]
    assert all(stream.next().data for stream in streams)
    assert json.loads(running.ask("/healthz").body)["streams"] == len(streams)
    with ExitStack() as stack:
        for _ in range(200):
            slow = stack.enter_context(socket.create_connection(("127.0.0.1", running.port), WITHIN_S))
            slow.sendall(b"GET / HT")
        assert running.ask("/healthz").status == 200
        assert running.do(cookies[0], "burst", n=1).status == 200
        assert streams[0].until("panel-truth").data
