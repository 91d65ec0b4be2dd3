"""The front desk's web app: the pages of learners who come in, and those of the teacher. Nothing is decided here."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence

from flask import Flask
from jinja2 import FileSystemLoader

from studylab.data_folder import secret_key
from studylab.installed import STATIC, TEMPLATES
from studylab.lab.model import Lab
from studylab.room.desk.web.after import after
from studylab.room.desk.web.agenda import Agenda
from studylab.room.desk.web.board import Board
from studylab.room.desk.web.conduct import conduct
from studylab.room.desk.web.demo import demo
from studylab.room.desk.web.front import Front
from studylab.room.desk.web.join import join
from studylab.room.desk.web.parts import KEY, Parts
from studylab.room.desk.web.planning import planning
from studylab.room.desk.web.seat import seat
from studylab.room.desk.web.teacher import teach, teacher
from studylab.room.desk.web.truth import truth
from studylab.room.desk.web.votes import votes
from studylab.room.desk.web.wall import MAX_VIEWERS, wall
from studylab.room.desk.web.words import WORDS
from studylab.room.protocol import SeatRow
from studylab.web import bundles, compress, cookie, errors, guard, pieces
from studylab.web.htmx import htmx
from studylab.web.public import Public
from studylab.web.public import register as at_public_address

NOT_FOUND = "The room has no such page. Learners join at /join; the teacher's pages begin at /room/."


def pages(
    front: Front, *, labs: Mapping[str, Lab], secret: str, addresses: Sequence[str],
    watch: Callable[[SeatRow], str], hosts: Sequence[str] = (), public: Public | None = None,
) -> Flask:  # fmt: skip
    """Make the web app of a desk.

    `secret` is the teacher's; `addresses` are where learners reach the desk, the best first, each without a slash at
    its end; `watch` returns where the teacher looks at a seat's stage; `hosts` are the names that the app answers to
    beside this machine's own; `public` is its address behind a proxy.
    """
    app = Flask(__name__, static_folder=STATIC, template_folder=str(TEMPLATES))
    app.secret_key = secret_key(front.folder)
    app.json.sort_keys = False  # type: ignore[attr-defined]
    agenda = Agenda(front.folder, dict(labs))
    board = Board(front.wall, front.hosts, labs)
    app.extensions[KEY] = Parts(front, board, agenda, labs, secret, [*addresses] or [""], watch)
    front.wall.keep(agenda.teacher_seat)
    app.extensions["studylab_room_stop"] = threading.Event()
    app.extensions["studylab_room_viewers"] = threading.BoundedSemaphore(MAX_VIEWERS)
    cookie.register(app)
    own = ["127.0.0.1", "localhost", "::1", *hosts, *([public.host] if public else [])]
    guard.protect(app, own, public.origin if public else "")
    compress.register(app)
    if public:
        at_public_address(app, public)
    errors.register(app)
    bundles.register(app)
    app.register_error_handler(404, lambda _: errors.answer(NOT_FOUND, 404))
    _templates(app)
    htmx.init_app(app)
    for blueprint in (join, teach, teacher, wall, conduct, votes, seat, planning, demo, after, truth):
        app.register_blueprint(blueprint)
    return app


def end_streams(app: Flask) -> None:
    """Let every stream of the app come to its end."""
    app.extensions["studylab_room_stop"].set()


def _templates(app: Flask) -> None:
    """Let the desk's own templates stand before those of a host: each has a frame and an error page of its own."""
    app.jinja_environment = pieces.Templates
    app.jinja_env.loader = FileSystemLoader([TEMPLATES / "room", TEMPLATES])
    app.jinja_env.globals.update(icon_file=f"{app.static_url_path}/icons/icons.svg", **WORDS)
