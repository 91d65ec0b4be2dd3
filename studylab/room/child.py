"""One process of a room: the front desk or a host. It is told what to be on standard input, and ends when that ends.

However the process that started it dies, its input ends. Later lines are new settings: the machine's address changed.
It writes one line on standard output: that it is ready, or why it cannot be.
"""

from __future__ import annotations

import logging
import os
import signal
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace

import msgspec
from flask import Flask

from studylab import limits
from studylab.room.desk.web.parts import KEY, Parts
from studylab.room.settings import DeskSettings, HostSettings, Settings, read
from studylab.web.serving import serve
from vango.kit import BadInput, VangoError

FLAG = "--room-child"
LOOK_S = 0.5
END_WITHIN_S = 20.0
FIRST_HOST_WITHIN_S, FIRST_HOST_POLL_S = 15.0, 0.05

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Answer:
    """What a child says once. `failed` is a sentence. From a desk: the room's `code`; alone, it heard no host."""

    failed: str = ""
    code: str = ""
    is_alone: bool = False


@dataclass(frozen=True, slots=True)
class Makers:
    """How an app is made out of settings."""

    desk: Callable[[DeskSettings], Flask]
    host: Callable[[HostSettings], Flask]

    def make(self, settings: Settings) -> Flask:
        """Make the app of a child."""
        if isinstance(settings, DeskSettings):
            return self.desk(settings)
        room_for, fewer = limits.make_room_for(settings.room_for)
        if fewer:
            print(fewer, file=sys.stderr)
        return self.host(replace(settings, room_for=room_for))


@dataclass(slots=True)
class _Told:
    """What is heard on standard input: new settings, and the end."""

    moved: Callable[[Settings], None] | None = None
    over: threading.Event = field(default_factory=threading.Event)

    def listen(self) -> None:
        for line in sys.stdin.buffer:
            self._hear(line)
        self.over.set()
        # What does not come to its end must not stay: nobody is left who could end it.
        threading.Timer(END_WITHIN_S, os._exit, [1]).start()

    def _hear(self, line: bytes) -> None:
        try:
            settings = read(line)
            if self.moved is not None:
                self.moved(settings)
        except VangoError as error:
            # The old address stays shown. The end of the input must be noticed in any case.
            log.warning("the new address is not used: %s", error)


def main(makers: Makers) -> int:
    """Be a process of a room until standard input ends, or SIGTERM comes."""
    told = _Told()
    # Ctrl-C reaches every process of a terminal. Only the first one decides what ends; a handler, because programs that
    # are started from here would inherit a signal that is ignored.
    signal.signal(signal.SIGINT, lambda *_: None)
    signal.signal(signal.SIGTERM, lambda *_: told.over.set())
    try:
        settings = _first()
        name = settings.name if isinstance(settings, HostSettings) else "desk"
        logging.basicConfig(level=logging.WARNING, format=f"%(levelname)s {name} %(name)s: %(message)s")
        threading.Thread(target=told.listen, name="told", daemon=True).start()
        return _run(makers.make(settings), settings, told)
    except VangoError as error:
        _say(Answer(failed=str(error)))
        return 1


def _first() -> Settings:
    if sys.stdin.isatty():
        raise BadInput("This is a part of --room, which starts it.")
    return read(sys.stdin.buffer.readline())


def _run(app: Flask, settings: Settings, told: _Told) -> int:
    try:
        server = serve(app, settings.listening.host, settings.listening.port)
        try:
            told.moved = app.extensions.get("studylab_moved")
            _say(_desk_answer(app, told) if isinstance(settings, DeskSettings) else Answer())
            while server.is_alive() and not told.over.wait(LOOK_S):
                pass
            app.extensions["studylab_end_streams"]()
        finally:
            server.stop()
    finally:
        app.extensions["studylab_close"]()
    return 0


def _desk_answer(app: Flask, told: _Told) -> Answer:
    """A desk's answer: the code, once a host has been heard. Before that nobody can join."""
    desk: Parts = app.extensions[KEY]
    until = time.monotonic() + FIRST_HOST_WITHIN_S
    while (is_alone := not any(host.alive for host in desk.front.hosts.all())) and time.monotonic() < until:
        if told.over.wait(FIRST_HOST_POLL_S):
            break
    return Answer(code=desk.front.wall.room.code, is_alone=is_alone)


def _say(answer: Answer) -> None:
    sys.stdout.buffer.write(msgspec.json.encode(answer) + b"\n")
    sys.stdout.buffer.flush()
