"""Serving one app from a process: the server with its limits, and a rare look for garbage."""

from __future__ import annotations

import gc
import os
import sys

from flask import Flask

from studylab import limits
from studylab.views import MAX_STREAMS
from studylab.web import public
from studylab.web.admission import Limits
from studylab.web.progress import MAX_IMPORT
from studylab.web.server import Server

RESERVE_THREADS = 32
CYCLES = (20_000, 10, 10)
"""How seldom Python looks for cycles of objects. A full look stops the app, for longer with every bench."""


def serve(app: Flask, host: str, port: int) -> Server:
    """Serve an app, with as many threads as it asks for. Raises `Unavailable` when the port cannot be had."""
    with app.app_context():
        larger = {f"{before}/progress/import".encode(): MAX_IMPORT for before in ("", public.prefix())}
    allowed = Limits(larger=larger, waiting=limits.connections())
    threads = app.extensions.get("studylab_threads", MAX_STREAMS + RESERVE_THREADS)
    server = Server(app, host, port, threads=threads, limits=allowed)
    server.start()
    # What is there by now lives as long as the app, and need not be looked at again.
    gc.freeze()
    gc.set_threshold(*CYCLES)
    return server


def has_display() -> bool:
    """Without one, `webbrowser` would put a text browser into the terminal that the app runs in."""
    named = ("DISPLAY", "WAYLAND_DISPLAY", "BROWSER", "WSL_DISTRO_NAME")
    return not sys.platform.startswith("linux") or any(os.environ.get(name) for name in named)
