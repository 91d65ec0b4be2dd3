"""Compression: text is compressed for clients that accept it, once for a file, and never a stream."""

from __future__ import annotations

import gzip
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from werkzeug.wrappers import Response

from app import close_app, create_app
from tests.web.learner import Learner

GZIP = {"Accept-Encoding": "gzip, deflate, br"}
FILE = "/static/vendor/htmx.min.js"


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Flask]:
    app = create_app(data=Path(tmp_path_factory.mktemp("data")))
    yield app
    close_app(app)


def encoding(answer: Response) -> str:
    return str(answer.headers.get("Content-Encoding", ""))


@pytest.mark.parametrize("path", ["/", "/sandbox", FILE, "/static/css/stage.css", "/static/icons/icons.svg"])
def test_text_is_compressed_for_browsers_that_accept_it(app: Flask, path: str) -> None:
    learner = Learner(app)
    learner.enter()
    plain, packed = (learner.client.get(path, headers=headers, buffered=True) for headers in ({}, GZIP))
    assert (encoding(plain), encoding(packed)) == ("", "gzip")
    assert packed.content_length == len(packed.data) < len(plain.data) / 2
    assert "Accept-Encoding" in str(plain.vary)
    if path.startswith("/static/"):
        assert gzip.decompress(packed.data) == plain.data


def test_a_file_that_the_browser_has_is_not_sent_again(app: Flask) -> None:
    client = app.test_client()
    first = client.get(FILE, headers=GZIP, buffered=True)
    again = client.get(FILE, headers={**GZIP, "If-None-Match": first.headers["ETag"]}, buffered=True)
    assert (again.status_code, again.data) == (304, b"")


@pytest.mark.parametrize("path", ["/healthz", "/static/fonts/atkinson-hyperlegible-mono-latin-400-normal.woff2"])
def test_what_is_short_or_packed_already_is_left_as_it_is(app: Flask, path: str) -> None:
    answer = app.test_client().get(path, headers=GZIP, buffered=True)
    assert (answer.status_code, encoding(answer)) == (200, "")


def test_a_stream_is_never_compressed(app: Flask) -> None:
    learner = Learner(app)
    learner.enter()
    with learner.client.get("/events", headers=GZIP) as stream:
        assert encoding(stream) == ""
        assert b"retry" in next(iter(stream.response))
