"""Study Lab: `create_app` wires the parts, `main` serves them. Nothing is decided here."""

from __future__ import annotations

import argparse
import logging
import secrets
import signal
import sys
import threading
import webbrowser
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

from flask import Flask

from studylab import installed, limits, options
from studylab.author import course
from studylab.data_folder import lock_data, secret_key
from studylab.loop import LoopThread
from studylab.options import KEEP_PLACE_S
from studylab.room import child, keys, layout, run, serving
from studylab.room.desk.web import create_desk
from studylab.room.settings import HostSettings
from studylab.sessions import Benches
from studylab.views import MAX_STREAMS
from studylab.web import bundles, compress, cookie, errors, guard, guests, present, public
from studylab.web.bench import bench
from studylab.web.concepts import concepts
from studylab.web.debrief import debrief
from studylab.web.export import export
from studylab.web.home import home
from studylab.web.htmx import htmx
from studylab.web.labs import labs
from studylab.web.moments import moments
from studylab.web.pages import pages
from studylab.web.panels import draw
from studylab.web.progress import progress
from studylab.web.recording import recording
from studylab.web.scenes import scenes
from studylab.web.serving import has_display, serve
from studylab.web.state import State, release
from studylab.web.stream import stream
from studylab.web.tour import tour
from vango.actors.errors import VangoError
from vango.broker.keeper import Keeper

START_S = 20.0
STOP_S = 10.0


def create_app(
    *, data: Path | None = None, nats_server: Path | None = None, hosts: Sequence[str] = (),
    park_after_s: float = 900.0, max_benches: int = 200, keep_place_s: float = KEEP_PLACE_S,
    max_streams: int = MAX_STREAMS, labs_from: Path | None = None, public_url: str = "",
    brokers_at: str = "", brokers_give_way: bool = False, room: HostSettings | None = None,
) -> Flask:  # fmt: skip
    """Make an app with its loop, its keeper and its benches. End it with `close_app`.

    With `brokers_at`, an address of this machine, programs elsewhere may connect to the brokers of the benches. With
    `brokers_give_way` they have a lower priority than the app.
    With `room` it is a host of a room, and everything else is taken from those settings.

    Raises `Unavailable` when the data folder cannot be used, there is no nats-server, or `labs_from` holds no lab, and
    `BadInput` when `public_url` is no address.
    """
    if room is not None:
        return _as_host(create_app(**_given_by(room)), room)
    at = public.parse(public_url) if public_url else None
    app = Flask(__name__, template_folder=str(installed.TEMPLATES), static_folder=str(installed.STATIC))
    taught = course.load(labs_from)
    folder = (data or installed.data_folder()).resolve()
    lock = lock_data(folder)
    loop = LoopThread()
    try:
        keeper = loop.call(Keeper.start(nats_server, brokers_at, gives_way=brokers_give_way), timeout_s=START_S)
        by_slug = {lab.slug: lab for lab in taught.labs}
        limited = {"park_after_s": park_after_s, "most": max_benches, "keep_s": keep_place_s, "streams": max_streams}
        benches = loop.call(_benches(folder, keeper, by_slug, **limited), timeout_s=START_S)
    except BaseException:
        loop.close()
        lock.release()
        raise
    app.secret_key = secret_key(folder)
    app.json.sort_keys = False  # type: ignore[attr-defined]
    app.extensions["studylab"] = State(loop, benches, secrets.token_hex(4), taught.faults)
    app.extensions["studylab_close"] = lambda: _close(loop, benches, keeper, lock)
    app.extensions["studylab_end_streams"] = benches.end_streams
    cookie.register(app)
    guard.protect(app, ["127.0.0.1", "localhost", "::1", *hosts, *([at.host] if at else [])], at.origin if at else "")
    compress.register(app)
    if at:
        public.register(app, at)
    errors.register(app)
    present.register(app)
    bundles.register(app)
    guests.register(app)
    htmx.init_app(app)
    app.teardown_request(release)
    parts = (home, pages, bench, moments, stream, labs, concepts, recording, progress, tour, debrief, scenes, export)
    for blueprint in parts:
        app.register_blueprint(blueprint)
    benches.draw = partial(draw, app)
    return app


def _given_by(room: HostSettings) -> dict[str, Any]:
    """Return what a host's settings say of its app."""
    return {
        "data": Path(room.folder), "nats_server": Path(room.nats_server) if room.nats_server else None,
        "hosts": room.listening.names, "public_url": room.listening.public_url,
        "labs_from": Path(room.labs) if room.labs else None, "max_benches": room.room_for,
        "park_after_s": room.park_after_s, "keep_place_s": room.keep_place_s, "brokers_at": room.brokers_at,
        "brokers_give_way": True,
    }  # fmt: skip


def _as_host(app: Flask, room: HostSettings) -> Flask:
    """Make an app a host of a room."""
    running: State = app.extensions["studylab"]
    close = app.extensions["studylab_close"]
    try:
        leave = serving.register(app, room, running.loop, running.benches)
    except BaseException:
        close()
        raise

    def end() -> None:
        leave()
        close()

    app.extensions["studylab_close"] = end
    return app


async def _benches(folder: Path, keeper: Keeper, labs: dict[str, Any], **limits: Any) -> Benches:
    return Benches(folder, keeper, labs, **limits)


def close_app(app: Flask) -> None:
    """Stop every bench, the keeper and the loop. Files stay."""
    app.extensions["studylab_close"]()


def _close(loop: LoopThread, benches: Benches, keeper: Keeper, lock: Any) -> None:
    loop.call(benches.close(), timeout_s=STOP_S)
    loop.call(keeper.close(), timeout_s=STOP_S)
    loop.close()
    lock.release()


def main(arguments: Sequence[str] | None = None) -> int:
    """Serve until a signal. Returns the exit code: 1, with one line on standard error, when it cannot begin."""
    given = [*(sys.argv[1:] if arguments is None else arguments)]
    if given == [child.FLAG]:
        return child.main(child.Makers(create_desk, lambda settings: create_app(room=settings)))
    asked = options.read(given)
    logging.basicConfig(level=logging.WARNING, format="%(levelname)s %(name)s: %(message)s")
    try:
        if asked.room:
            return run.main(options.wanted(asked), [sys.executable, str(Path(__file__).resolve()), child.FLAG])
        app = _made(asked)
        try:
            return _serve(app, asked)
        finally:
            close_app(app)
    except VangoError as error:
        print(f"Study Lab cannot start: {error}", file=sys.stderr)
        return 1


def _made(asked: argparse.Namespace) -> Flask:
    benches, fewer = limits.make_room_for(asked.max_benches)
    if fewer:
        print(fewer, file=sys.stderr)
    asked.max_benches = benches
    if asked.host_for:
        return create_app(room=layout.by_hand(options.wanted(asked), keys.of_host(asked.room_key)))
    app = create_app(
        data=asked.data, nats_server=asked.nats_server, hosts=[asked.host, *asked.allow_host],
        public_url=asked.public_url, labs_from=asked.labs,
        park_after_s=asked.park_after, max_benches=benches, keep_place_s=asked.keep_place,
        brokers_at=asked.expose_brokers or "",
    )  # fmt: skip
    for fault in app.extensions["studylab"].faults:
        print(fault, file=sys.stderr)
    return app


def _serve(app: Flask, asked: argparse.Namespace) -> int:
    stopped = threading.Event()
    for name in (signal.SIGINT, signal.SIGTERM):
        signal.signal(name, lambda *_: stopped.set())
    server = serve(app, asked.host, asked.port)
    host = "127.0.0.1" if asked.host in guard.EVERYWHERE else asked.host
    address = f"http://{f'[{host}]' if ':' in host else host}:{server.port}/"
    behind = f"{asked.public_url}, behind which it listens on " if asked.public_url else ""
    print(f"Study Lab is at {behind}{address}", flush=True)
    if not (asked.no_browser or asked.host_for) and has_display():
        threading.Thread(target=webbrowser.open, args=[address], daemon=True).start()
    while server.is_alive() and not stopped.wait(0.5):
        pass
    app.extensions["studylab_end_streams"]()
    server.stop()
    return 0


if __name__ == "__main__":
    sys.exit(main())
