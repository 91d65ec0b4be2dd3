"""The web server: a reception that reads whole requests, and threads in which the app answers, one for each stream.

No thread waits for a client that is slow to ask or to take an answer. A stream has a thread to itself.
"""

from __future__ import annotations

import logging
import queue
import socket
import threading
import time
from contextlib import suppress
from typing import TYPE_CHECKING

from studylab.loop import NO_THREADS
from studylab.web import wsgi
from studylab.web.admission import Limits
from studylab.web.connection import Connection
from studylab.web.errors import UNFORESEEN
from studylab.web.reception import Reception
from vango.actors.errors import Unavailable

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

BACKLOG = 128
STOP_S = 1.0

log = logging.getLogger(__name__)


class Server:
    """Serves a WSGI app from its own threads, from `start` to `stop`. `threads` of them answer requests."""

    def __init__(
        self, app: WSGIApplication, host: str, port: int, *, threads: int, limits: Limits | None = None
    ) -> None:
        self._app = app
        self._host, self.port = host, port
        self._limits = limits or Limits()
        self._requests: queue.Queue[Connection | None] = queue.Queue()
        self._answering: set[Connection] = set()
        self._threads = [
            threading.Thread(target=self._answer, name=f"answers {n}", daemon=True) for n in range(threads)
        ]
        self._receiving = threading.Thread(name="reception", daemon=True)

    def start(self) -> None:
        """Listen and serve. Raises `Unavailable` when the port cannot be had or the machine gives no more threads."""
        try:
            listening = _listen(self._host, self.port)
        except OSError as error:
            raise Unavailable(
                f"Port {self.port} on {self._host} cannot be used ({error.strerror or error}). "
                "Choose another with --port; 0 takes any free one."
            ) from error
        self.port = listening.getsockname()[1]
        self._reception = Reception(listening, self._limits, self._take)
        self._receiving = threading.Thread(target=self._reception.run, name="reception", daemon=True)
        try:
            for thread in [*self._threads, self._receiving]:
                thread.start()
        except RuntimeError as error:
            self._requests.put(None)
            self._reception.close()
            raise Unavailable(NO_THREADS) from error

    def is_alive(self) -> bool:
        """Return whether requests are still received."""
        return self._receiving.is_alive()

    @property
    def waiting(self) -> int:
        """How many requests wait for a thread."""
        return self._requests.qsize()

    def stop(self) -> None:
        """Receive no more, let answers that are under way come to their end for a moment, and cut off the rest."""
        self._reception.stop()
        self._receiving.join(STOP_S)
        self._requests.put(None)
        until = time.monotonic() + STOP_S
        for thread in self._threads:
            thread.join(max(0.0, until - time.monotonic()))
        for connection in list(self._answering):
            connection.cut_off()

    def _take(self, connection: Connection) -> bool:
        """Have a whole request answered; False when too many wait already."""
        if self.waiting >= self._limits.queued:
            return False
        self._requests.put(connection)
        return True

    def _answer(self) -> None:
        while (connection := self._requests.get()) is not None:
            self._answering.add(connection)
            self._answer_one(connection)
            self._answering.discard(connection)
            self._reception.give_back(connection)
        # For the next thread.
        self._requests.put(None)

    def _answer_one(self, connection: Connection) -> None:
        try:
            wsgi.serve(self._app, connection, (self._host, self.port))
            # The reception sends what is left, and notices clients that have left.
            with suppress(OSError):
                connection.write()
        except wsgi.Left:
            connection.cut_off()
        except Exception:
            # Whatever it is, it must not end the thread. What had begun cannot be made good.
            log.exception("a request could not be answered")
            connection.fail(UNFORESEEN)


def _listen(host: str, port: int) -> socket.socket:
    """Return a socket that listens at the first address of a host that can be had."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    for number, (family, _, _, _, address) in enumerate(found, 1):
        both = host == "::" and socket.has_dualstack_ipv6()
        try:
            return socket.create_server(address[:2], family=family, backlog=BACKLOG, dualstack_ipv6=both)
        except OSError:
            if number == len(found):
                raise
    raise OSError(f"{host} has no address")
