"""Requests on raw sockets: what HTTP/1.1 allows reaches the app, and what is none is told so in words."""

from __future__ import annotations

import logging
import re
import socket
from collections.abc import Callable, Iterator
from contextlib import closing

import pytest
from flask import Flask
from hypothesis import example, given
from hypothesis import strategies as st

from tests.web.learner import until
from tests.web.raw import ASK, PATIENT, POST, Served, all_of, told


def test_a_connection_is_used_again_and_requests_may_come_at_once(serve: Callable[..., Served]) -> None:
    with serve(PATIENT).connect() as connection, closing(connection.makefile("rb")) as lines:
        connection.sendall(ASK)
        until(lambda: b"HTTP/1.1 200" in lines.readline(), "the first answer")
        connection.sendall(ASK + ASK + ASK.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n"))
        assert lines.read().count(b"HTTP/1.1 200") == 3


def test_a_body_in_chunks_reaches_the_app(serve: Callable[..., Served]) -> None:
    served = serve(PATIENT)
    head = POST + b"Transfer-Encoding: chunked\r\nContent-Type: application/json\r\nConnection: close\r\n\r\n"
    assert "does not name its origin" in served.say(head + b"3\r\n{}\n\r\n0\r\n\r\n").body


def test_a_client_that_asks_first_is_told_to_go_on(serve: Callable[..., Served]) -> None:
    with serve(PATIENT).connect() as connection:
        connection.sendall(POST + b"Content-Length: 2\r\nExpect: 100-continue\r\nConnection: close\r\n\r\n")
        assert connection.recv(65536).startswith(b"HTTP/1.1 100 ")
        connection.sendall(b"{}")
        assert told(all_of(connection)).status == 403


def test_an_older_client_gets_its_answer_until_the_end(serve: Callable[..., Served]) -> None:
    answer = serve(PATIENT).say(b"GET /healthz HTTP/1.0\r\nHost: localhost\r\n\r\n")
    assert (answer.status, '"ok":true' in answer.body.replace(" ", "")) == (200, True)


@pytest.fixture(scope="module")
def served(shared: Flask) -> Iterator[Served]:
    """One server for many requests."""
    served = Served(shared, PATIENT)
    yield served
    served.server.stop()


PARTS = st.sampled_from(
    [
        b"GET ", b"POST ", b"HEAD ", b"/", b"/healthz", b"/events", b"/bench/moments/9223372036854775808", b"/%ff%00", b"//", b"?a=%",
        b" HTTP/1.1\r\n", b" HTTP/1.0\r\n", b" HTTP/2.0\r\n", b"\r\n", b"\n", b"\0", b" ", b":", b"Host: localhost\r\n", b"Host: [::1\r\n",
        b"Content-Length: 3\r\n", b"Content-Length: -3\r\n", b"Transfer-Encoding: chunked\r\n", b"Expect: 100-continue\r\n",
        b"Upgrade: websocket\r\nConnection: upgrade\r\n", b"Referer: http://[::1\r\n", b"Cookie: a=b; \xff\r\n", b"Range: bytes=9-1\r\n",
        b"Content-Type: multipart/form-data\r\n", b"Origin: http://localhost\r\n", b"3\r\nabc\r\n", b"0\r\n\r\n", b"ffffffffffffffff\r\n",
    ]
)  # fmt: skip


@given(st.lists(PARTS | st.binary(max_size=8), max_size=14).map(b"".join))
@example(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
def test_whatever_comes_is_no_fault_of_the_server_s(served: Served, said: bytes) -> None:
    with served.connect() as connection:
        connection.sendall(said)
        connection.shutdown(socket.SHUT_WR)
        statuses = [int(status) for status in re.findall(rb"^HTTP/1\.1 (\d{3}) ", all_of(connection), re.MULTILINE)]
    assert [status for status in statuses if status >= 500] == []


def test_a_header_with_an_underscore_is_not_taken_for_the_one_with_a_hyphen(serve: Callable[..., Served]) -> None:
    disguised = POST + b"Sec_Fetch_Site: same-origin\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}"
    assert serve(PATIENT).say(disguised).status == 403


def test_who_sends_all_before_reading_gets_the_answer(serve: Callable[..., Served]) -> None:
    with serve(PATIENT).connect() as connection:
        connection.sendall(POST + b"Content-Length: 30000000\r\n\r\n")
        connection.sendall(bytes(30_000_000))
        assert told(all_of(connection)).status == 413


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
