"""The reception: one thread that reads whole requests from all clients and hands them over, so that slow ones hold no
thread.

A waiting connection has a deadline, an address has a limited number of them, and the oldest is dropped first.
"""

from __future__ import annotations

import errno
import logging
import selectors
import socket
import time
from collections import Counter, deque
from collections.abc import Callable
from contextlib import suppress
from functools import partial

from studylab.web.admission import Limits, Refused
from studylab.web.connection import Connection, Phase

LOOK_S = 0.25
ACCEPT_AT_ONCE = 64

TOO_SLOW = "The rest of the request did not arrive in time."
TOO_MANY = "Too many requests are unfinished. This one was the oldest and was dropped."
FULL = "More requests are waiting than this app can take. Try again in a moment."

log = logging.getLogger(__name__)


class Reception:
    """Accepts, reads, and sends to slow clients. All but `give_back` and `stop` runs in its own thread."""

    def __init__(self, listening: socket.socket, limits: Limits, hand_over: Callable[[Connection], bool]) -> None:
        listening.setblocking(False)
        self._listening = listening
        self._limits = limits
        self._hand_over = hand_over
        self._waiting: dict[Connection, None] = {}
        self._large: dict[Connection, None] = {}
        self._back: deque[Connection] = deque()
        self._bell, self._cord = socket.socketpair()
        self._bell.setblocking(False)
        self._cord.setblocking(False)
        self._stopped = self._closed = False
        self._selector = selectors.DefaultSelector()
        self._selector.register(listening, selectors.EVENT_READ, self._accept)
        self._selector.register(self._bell, selectors.EVENT_READ, partial(self._bell.recv, 4096))

    # From any thread.

    def give_back(self, connection: Connection) -> None:
        """Take a connection back whose request was answered."""
        self._back.append(connection)
        if self._closed:
            self._close_back()
        else:
            self._ring()

    def stop(self) -> None:
        """Accept and read no more; `run` then closes what waits here, and returns."""
        self._stopped = True
        self._ring()

    def _ring(self) -> None:
        # Rung often enough, or after the end, it need not ring.
        with suppress(OSError):
            self._cord.send(b"!")

    # In the reception's thread.

    def run(self) -> None:
        """Serve clients until `stop`."""
        looked = time.monotonic()
        while not self._stopped:
            for key, _ in self._selector.select(LOOK_S):
                key.data()
            while self._back:
                connection = self._back.popleft()
                self._large.pop(connection, None)
                self._attend(connection)
            if time.monotonic() - looked >= LOOK_S:
                looked = time.monotonic()
                self._look_after()
        self.close()

    def close(self) -> None:
        """Close the waiting connections, those given back from now on, and the listening socket."""
        self._closed = True
        self._close_back()
        for connection in self._waiting:
            connection.socket.close()
        for each in (self._listening, self._bell, self._cord, self._selector):
            each.close()

    def _close_back(self) -> None:
        # Its own thread and those that give back may both be here.
        with suppress(IndexError):
            while True:
                self._back.popleft().socket.close()

    def _accept(self) -> None:
        for _ in range(ACCEPT_AT_ONCE):
            try:
                sock, peer = self._listening.accept()
            except BlockingIOError:
                return
            except OSError as error:
                if error.errno in (errno.EMFILE, errno.ENFILE):
                    self._lack_files()
                # Else the client has left before it was accepted.
                return
            try:
                self._attend(Connection(sock, peer, self._limits))
            except OSError:
                sock.close()

    def _lack_files(self) -> None:
        if self._waiting:
            self._let_one_go()
        else:
            time.sleep(LOOK_S)

    def _attend(self, connection: Connection) -> None:
        """Read from a connection, or send to it, as it is ready. An error does not affect others."""
        try:
            try:
                self._turn(connection)
            except Refused as refused:
                self._large.pop(connection, None)
                connection.refuse(refused.status, str(refused))
                self._turn(connection)
        except OSError:
            self._drop(connection)
        except Exception:
            # The one thread that serves everybody must not end with one of them.
            log.exception("a connection was dropped")
            self._drop(connection)

    def _turn(self, connection: Connection) -> None:
        was_idle, whole = connection.phase is Phase.IDLE, False
        if connection.phase is Phase.ANSWER:
            connection.write()
            whole = connection.go_on()
        if not whole and connection.phase is not Phase.ANSWER:
            try:
                whole = connection.read()
            except BlockingIOError:
                whole = False
        if connection.is_large and connection not in self._large:
            self._make_room_for_large(connection)
        if whole:
            self._forget(connection)
            if not self._hand_over(connection):
                raise Refused(503, FULL)
            return
        if was_idle and connection.is_owing:
            # What began just now is not the oldest.
            self._forget(connection)
        self._wait_for(connection)

    def _wait_for(self, connection: Connection) -> None:
        """Add a waiting connection, and make room for it if too many wait."""
        wanted = selectors.EVENT_WRITE if connection.phase is Phase.ANSWER else selectors.EVENT_READ
        ready = partial(self._attend, connection)
        if connection in self._waiting:
            self._selector.modify(connection.socket, wanted, ready)
        else:
            self._selector.register(connection.socket, wanted, ready)
            self._waiting[connection] = None
            if len(self._waiting) > self._limits.waiting:
                self._let_one_go()

    def _let_one_go(self) -> None:
        """Drop the oldest that is at rest, otherwise the oldest."""
        at_rest = next((each for each in self._waiting if each.phase is Phase.IDLE), None)
        self._let_go(at_rest or next(iter(self._waiting)), TOO_MANY)

    def _make_room_for_large(self, connection: Connection) -> None:
        """Limit the number of large bodies in memory. A body that still arrives makes room. A body in use cannot."""
        if len(self._large) >= self._limits.large_at_once:
            oldest = next((each for each in self._large if each in self._waiting), None)
            if oldest is None:
                raise Refused(503, FULL)
            self._let_go(oldest, TOO_MANY)
        self._large[connection] = None

    def _look_after(self) -> None:
        """Drop connections past their deadline, and an address's oldest if it keeps too many requests unfinished."""
        now, slow = time.monotonic(), Counter(each.address for each in self._waiting if each.is_slow)
        for connection in list(self._waiting):
            if connection.deadline < now:
                self._let_go(connection, TOO_SLOW)
            elif connection.is_slow and slow[connection.address] > self._limits.slow_an_address:
                slow[connection.address] -= 1
                self._let_go(connection, TOO_MANY)

    def _let_go(self, connection: Connection, sentence: str) -> None:
        """Close a connection, with a sentence if it owes the rest of a request. A client that reads no answer gets no
        other.
        """
        if connection.is_owing and connection.has_said_something:
            connection.refuse(408, sentence)
            # One that has left needs none.
            with suppress(OSError):
                connection.write()
        self._drop(connection)

    def _forget(self, connection: Connection) -> None:
        if connection in self._waiting:
            del self._waiting[connection]
            self._selector.unregister(connection.socket)

    def _drop(self, connection: Connection) -> None:
        self._forget(connection)
        self._large.pop(connection, None)
        connection.socket.close()
