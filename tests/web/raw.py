"""Raw sockets at a server in this process: what a client may send, byte by byte, and what comes back."""

from __future__ import annotations

import re
import socket
from dataclasses import dataclass
from typing import TYPE_CHECKING

from studylab.web.admission import Limits
from studylab.web.server import Server
from tests.web.learner import WITHIN_S

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

PATIENT = Limits(
    head_s=WITHIN_S,
    body_s=WITHIN_S,
    idle_s=WITHIN_S,
    slow_after_s=0.0,
    linger_s=WITHIN_S,
    slow_an_address=20,
    waiting=400,
)
ASK = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n"
POST = b"POST /bench/verbs/burst HTTP/1.1\r\nHost: localhost\r\n"
STATUS = re.compile(rb"HTTP/1\.1 (\d{3}) [^\r]+\r\n")


@dataclass
class Told:
    """What came back on a connection until it was closed."""

    status: int
    head: str
    body: str


def all_of(connection: socket.socket) -> bytes:
    """Read until the other side closes."""
    came = bytearray()
    try:
        while data := connection.recv(65536):
            came += data
    except ConnectionResetError:
        pass
    return bytes(came)


def told(came: bytes) -> Told:
    found = STATUS.match(came)
    assert found is not None, came[:200]
    head, _, body = came.partition(b"\r\n\r\n")
    return Told(int(found[1]), head.decode(), body.decode())


class Served:
    """A server in this process on a free port."""

    def __init__(self, app: WSGIApplication, limits: Limits, threads: int = 8) -> None:
        self.server = Server(app, "127.0.0.1", 0, threads=threads, limits=limits)
        self.server.start()

    def connect(self) -> socket.socket:
        return socket.create_connection(("127.0.0.1", self.server.port), WITHIN_S)

    def say(self, request: bytes) -> Told:
        """Send bytes and return what comes back until the server closes the connection."""
        with self.connect() as connection:
            connection.sendall(request)
            return told(all_of(connection))

    def answers(self) -> bool:
        """Ask as any visitor would."""
        return self.say(ASK.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n")).status == 200

    def looks_after(self) -> None:
        """Return once the server has looked for what is late, with an `idle_s` of 0: then it ends a connection at rest."""
        with self.connect() as at_rest:
            at_rest.sendall(ASK)
            assert told(all_of(at_rest)).status == 200
