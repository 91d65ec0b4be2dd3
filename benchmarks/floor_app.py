"""The floor under a click: an app of Flask and htmx that does nothing but send one fragment of a given size.

Its page has one button. A press of it is a POST that is answered at once; then one message of the event stream brings
one fragment for a morph. The server, its threads and the copy of htmx are those of Study Lab. No bench, no database.
"""

from __future__ import annotations

import argparse
import signal
import threading
from collections.abc import Iterator
from pathlib import Path

from flask import Flask, Response

from studylab.web.htmx import partial
from studylab.web.server import Server

STATIC = Path(__file__).resolve().parent.parent / "static"
WAIT_S = 5.0
ROW = "<li><b>route</b> goes to <i>alloc</i> as of change {0}</li>"
PAGE = """<!doctype html><html lang="en"><head><meta charset="utf-8"><title>The floor</title>
<script defer src="/static/vendor/htmx.min.js"></script><script defer src="/static/vendor/hx-sse.min.js"></script>
</head><body><div hx-sse:connect="/events" hx-trigger="load" hx-swap="none"></div>
<form hx-post="/press" hx-swap="none"><button>Press</button></form><ul id="panel" data-number="0">{0}</ul></body></html>"""


class Floor:
    """How often the button was pressed, and the fragment that says so."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._number = 0
        self._news = threading.Condition()

    def fragment(self) -> str:
        """Return rows of text of the wanted size, all with the present number."""
        row = ROW.format(self._number)
        return row * max(1, self._size // len(row))

    def press(self) -> Response:
        """Count a press, and let the stream tell it."""
        with self._news:
            self._number += 1
            self._news.notify_all()
        return Response("", mimetype="text/html")

    def events(self) -> Response:
        """Stream the fragment after each press."""
        return Response(self._messages(), mimetype="text/event-stream")

    def _messages(self) -> Iterator[bytes]:
        had = self._number
        yield b"event: beat\ndata: 0\n\n"
        while True:
            with self._news:
                while self._number == had:
                    self._news.wait(WAIT_S)
                had = self._number
            yield f"data: {partial('panel', self.fragment())}\n\n".encode()


def create(size: int) -> Flask:
    """Make the app for fragments of this size."""
    app, floor = Flask(__name__, static_folder=str(STATIC), static_url_path="/static"), Floor(size)
    app.add_url_rule("/", "page", lambda: PAGE.format(floor.fragment()))
    app.add_url_rule("/press", "press", floor.press, methods=["POST"])
    app.add_url_rule("/events", "events", floor.events)
    return app


def main() -> None:
    """Serve until told to end. The first line on standard output ends in the address."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--size", type=int, required=True, help="the size of the fragment in characters")
    server = Server(create(parser.parse_args().size), "127.0.0.1", 0, threads=8)
    ended = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: ended.set())
    server.start()
    print(f"The floor is at http://127.0.0.1:{server.port}", flush=True)
    ended.wait()
    server.stop()


if __name__ == "__main__":
    main()
