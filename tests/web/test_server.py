"""The server on raw sockets: time and size limits that only whoever runs into them feels, and 4xx in words for what is no HTTP."""

from __future__ import annotations

import json
import logging
import re
import socket
import struct
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, suppress
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import pytest
from flask import Flask

from studylab.web.connection import Limits
from studylab.web.server import Server
from tests.web.learner import WITHIN_S, Running, until

SMALL = Limits(head_s=1.0, body_s=1.0, answer_s=1.0, answer_bytes_a_s=1_000_000, idle_s=1.0)
PATIENT = Limits(head_s=WITHIN_S, body_s=WITHIN_S, idle_s=WITHIN_S, slow_after_s=0.0, slow_an_address=20, waiting=400)
ASK = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n"
POST = b"POST /bench/verbs/burst HTTP/1.1\r\nHost: localhost\r\n"
STATUS = re.compile(rb"HTTP/1\.1 (\d{3}) [^\r]+\r\n")
MEMORY_KB = 100_000


@dataclass
class Told:
    """What came back on a connection until it was closed."""

    status: int
    head: str
    body: str


def all_of(connection: socket.socket) -> bytes:
    """Read until the other side closes."""
    came = bytearray()
    try:
        while data := connection.recv(65536):
            came += data
    except ConnectionResetError:
        pass
    return bytes(came)


def told(came: bytes) -> Told:
    found = STATUS.match(came)
    assert found is not None, came[:200]
    head, _, body = came.partition(b"\r\n\r\n")
    return Told(int(found[1]), head.decode(), body.decode())


class Served:
    """A server in this process on a free port."""

    def __init__(self, app: Flask, limits: Limits, threads: int = 8) -> None:
        self.server = Server(app, "127.0.0.1", 0, threads=threads, limits=limits)
        self.server.start()

    def connect(self) -> socket.socket:
        return socket.create_connection(("127.0.0.1", self.server.port), WITHIN_S)

    def say(self, request: bytes) -> Told:
        """Send bytes and return what comes back until the server closes the connection."""
        with self.connect() as connection:
            connection.sendall(request)
            return told(all_of(connection))

    def answers(self) -> bool:
        """Ask as any visitor would."""
        return self.say(ASK.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n")).status == 200


@pytest.fixture
def serve(shared: Flask) -> Iterator[Callable[..., Served]]:
    """Serve the shared app with limits of one's own."""
    with ExitStack() as stack:

        def serve(limits: Limits, **options: int) -> Served:
            served = Served(shared, limits, **options)
            stack.callback(served.server.stop)
            return served

        yield serve


def test_a_connection_is_used_again_and_requests_may_come_at_once(serve: Callable[..., Served]) -> None:
    with serve(PATIENT).connect() as connection, closing(connection.makefile("rb")) as lines:
        connection.sendall(ASK)
        until(lambda: b"HTTP/1.1 200" in lines.readline(), "the first answer")
        connection.sendall(ASK + ASK + ASK.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n"))
        assert lines.read().count(b"HTTP/1.1 200") == 3


def test_a_body_in_chunks_reaches_the_app(serve: Callable[..., Served]) -> None:
    served = serve(PATIENT)
    head = POST + b"Transfer-Encoding: chunked\r\nContent-Type: application/json\r\nConnection: close\r\n\r\n"
    assert "where it comes from" in served.say(head + b"3\r\n{}\n\r\n0\r\n\r\n").body


def test_a_client_that_asks_first_is_told_to_go_on(serve: Callable[..., Served]) -> None:
    with serve(PATIENT).connect() as connection:
        connection.sendall(POST + b"Content-Length: 2\r\nExpect: 100-continue\r\nConnection: close\r\n\r\n")
        assert connection.recv(65536).startswith(b"HTTP/1.1 100 ")
        connection.sendall(b"{}")
        assert told(all_of(connection)).status == 403


@pytest.mark.parametrize(
    ("said", "word"),
    [
        (b"GET / HTTP/1.1\r\nHost: localhost\r\n", "within 1 s"),
        (POST + b"Content-Length: 100\r\n\r\n{", "within 1 s"),
    ],
    ids=["header", "body"],
)
def test_one_byte_now_and_then_does_not_prolong_a_request(serve: Callable[..., Served], said: bytes, word: str) -> None:
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
    assert told(came).status == 408
    assert word in told(came).body


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
    served = serve(replace(PATIENT, slow_after_s=WITHIN_S))
    with ExitStack() as stack:
        learners = [stack.enter_context(served.connect()) for _ in range(200)]
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


def test_an_answer_that_nobody_takes_holds_no_thread_and_ends(serve: Callable[..., Served]) -> None:
    served = serve(SMALL, threads=1)
    with ExitStack() as stack:
        greedy = [stack.enter_context(served.connect()) for _ in range(6)]
        for connection in greedy:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            connection.sendall(b"GET /static/vendor/htmx.min.js HTTP/1.1\r\nHost: localhost\r\n\r\n" * 400)
        assert served.answers()
        for connection in greedy:
            until(partial(is_cut, connection), "the server gives it up")


def is_cut(connection: socket.socket) -> bool:
    """Say whether the other side has closed, without reading what it sent."""
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


def memory_kb(running: Running) -> int:
    """Return the most memory that an app has held. Linux only."""
    status = Path(f"/proc/{running.process.pid}/status")
    if not status.exists():
        pytest.skip("only Linux tells a process's memory")
    return int(re.findall(r"VmHWM:\s+(\d+)", status.read_text())[0])


@pytest.mark.parametrize(
    ("request_", "status"),
    [
        (b"GET / HTTP/1.1\r\nHost: localhost\r\nX: " + b"a" * 65_000 + b"\r\n\r\n", 431),
        (b"GET / HTTP/1.1\r\nHost: localhost\r\n" + b"X: aaaaaaaaaaa\r\n" * 1100 + b"\r\n", 431),
        (b"GET /" + b"a" * 65_000 + b" HTTP/1.1\r\nHost: localhost\r\n\r\n", 431),
        (b"GET / HTTP/1.1\r\nHost: localhost\r\nX: a\0b\r\n\r\n", 400),
        (b"GET /\0 HTTP/1.1\r\nHost: localhost\r\n\r\n", 400),
        (b"\0\0\0\0\r\n\r\n", 400),
        (b"GET\r\n\r\n", 400),
        (b"GET / HTTP/9.9\r\nHost: localhost\r\n\r\n", 400),
        (b"GET / FTP/1.1\r\nHost: localhost\r\n\r\n", 400),
        (b"GET http://[::1 HTTP/1.1\r\nHost: localhost\r\n\r\n", 400),
        (b"CONNECT localhost:80 HTTP/1.1\r\nHost: localhost\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nHost: localhost\r\nno colon\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\n folded: first\r\nHost: localhost\r\n\r\n", 400),
        (POST + b"Content-Length: -1\r\n\r\n", 400),
        (POST + b"Content-Length: abc\r\n\r\n", 400),
        (POST + b"Content-Length: 1e9\r\n\r\n", 400),
        (POST + b"Content-Length: 1, 2\r\n\r\n", 400),
        (POST + b"Content-Length: 1000000000\r\n\r\n", 413),
        (POST + b"Content-Length: 99999999999999999999999\r\n\r\n", 400),
        (POST + b"Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400),
        (POST + b"Transfer-Encoding: gzip\r\n\r\n", 400),
        (POST + b"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400),
        (POST + b"Transfer-Encoding: chunked\r\n\r\n-1\r\n\r\n", 400),
        (POST + b"Transfer-Encoding: chunked\r\n\r\nnonsense\r\n", 400),
        (POST + b"Transfer-Encoding: chunked\r\n\r\nffffffffffffffff\r\n" + b"a" * 70_000, 413),
        (POST + b"Transfer-Encoding: chunked\r\n\r\n" + b"1;" + b"x" * 70_000, 431),
        (POST + b"Transfer-Encoding: chunked\r\n\r\n" + (b"1;" + b"x" * 10_000 + b"\r\na\r\n") * 100, 413),
        (POST + b"Transfer-Encoding: chunked\r\n\r\n3\r\nabcdef\r\n", 400),
    ],
    ids=lambda value: repr(value)[:70] if isinstance(value, bytes) else value,
)
def test_what_is_no_http_is_told_so_in_words(
    serve: Callable[..., Served], request_: bytes, status: int, caplog: pytest.LogCaptureFixture
) -> None:
    served = serve(PATIENT)
    with caplog.at_level(logging.DEBUG):
        answer = served.say(request_)
    assert answer.status == status
    assert answer.body.endswith(".\n")
    assert "Traceback" not in answer.body
    assert "Server:" not in answer.head
    assert [record for record in caplog.records if record.name.startswith("studylab.web")] == []
    assert served.answers()


@pytest.mark.parametrize("path", ["/", "/healthz", "/static/css/tokens.css", "/nowhere", "/%00", "//evil.example/"])
def test_no_answer_says_what_serves_it(serve: Callable[..., Served], path: str) -> None:
    answer = serve(PATIENT).say(f"GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n".encode())
    assert answer.status < 500
    assert "Server:" not in answer.head
    assert "Location: http://evil" not in answer.head


def test_when_too_many_requests_wait_the_next_is_told_so(shared: Flask) -> None:
    begun, free = threading.Event(), threading.Event()

    def waits(_environ: object, start_response: Callable[..., object]) -> list[bytes]:
        begun.set()
        free.wait(WITHIN_S)
        start_response("200 OK", [("Content-Length", "0")])
        return []

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
    cookies = [running.ask("/sandbox").cookie for _ in range(8)]
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
