"""Compression of text: pages, sheets, scripts. Never of a stream, whose messages must leave at once."""

from __future__ import annotations

import gzip

from flask import Flask, Response, request

from studylab.once import once

LEAST = 1024
LEVEL, LEVEL_OF_FILES = 5, 9
TEXT = frozenset(
    ("text/html", "text/css", "text/javascript", "application/javascript", "application/json", "image/svg+xml")
)


def register(app: Flask) -> None:
    """Compress the app's answers for clients that accept it."""
    app.after_request(_squeeze)


def _squeeze(response: Response) -> Response:
    if response.mimetype not in TEXT:
        return response
    response.vary.add("Accept-Encoding")
    is_file = request.path.startswith("/static/")
    if response.status_code != 200 or not request.accept_encodings["gzip"] or (response.is_streamed and not is_file):
        return response
    response.direct_passthrough = False
    body = response.get_data()
    if len(body) >= LEAST:
        response.set_data(_kept(body) if is_file else _packed(body))
        response.content_encoding = "gzip"
        if (tag := response.get_etag()[0]) is not None:
            # The same file, but not the same bytes.
            response.set_etag(tag, weak=True)
    return response


def _packed(body: bytes, level: int = LEVEL) -> bytes:
    return gzip.compress(body, level, mtime=0)


@once
def _kept(body: bytes) -> bytes:
    """A file is packed once, so it may take longer."""
    return _packed(body, LEVEL_OF_FILES)
