"""From a whole request to its answer: what WSGI tells the app, and what the app says back, as HTTP/1.1."""

from __future__ import annotations

import io
import sys
from collections.abc import Iterable
from email.utils import formatdate
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote_to_bytes

import h11

from studylab.web.connection import Connection

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication, WSGIEnvironment

HAVE_NO_BODY = (204, 304)


class Left(ConnectionError):
    """The client has left, or takes too long over a stream."""


def serve(app: WSGIApplication, connection: Connection, served_at: tuple[str, int]) -> None:
    """Have the app answer a connection's request. A stream is sent as it comes; other answers wait in the connection.

    Raises `Left`, and whatever the app or HTTP has against its answer.
    """
    answer = Answer(connection)
    parts = app(environment(connection, served_at), answer.start)
    try:
        for part in parts:
            answer.add(part)
        answer.end()
    finally:
        close = getattr(parts, "close", None)
        if close is not None:
            close()


def environment(connection: Connection, served_at: tuple[str, int]) -> WSGIEnvironment:
    """Return what WSGI says of a request."""
    request = connection.request
    path, _, query = request.target.partition(b"?")
    found: WSGIEnvironment = {
        "REQUEST_METHOD": request.method.decode("ascii"),
        "SCRIPT_NAME": "",
        "PATH_INFO": unquote_to_bytes(path).decode("latin-1"),
        "QUERY_STRING": query.decode("latin-1"),
        "REQUEST_URI": request.target.decode("latin-1"),
        "SERVER_PROTOCOL": f"HTTP/{request.http_version.decode('ascii')}",
        "SERVER_NAME": served_at[0],
        "SERVER_PORT": str(served_at[1]),
        "REMOTE_ADDR": connection.peer[0],
        "REMOTE_PORT": connection.peer[1],
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": "http",
        "wsgi.input": io.BytesIO(bytes(connection.body)),
        "wsgi.input_terminated": True,
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": True,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
    }
    for name, value in request.headers:
        if b"_" in name:
            # In the environment it would look like the header with a hyphen, which somebody else may have set.
            continue
        key, text = "HTTP_" + name.decode("ascii").upper().replace("-", "_"), value.decode("latin-1")
        found[key] = f"{found[key]}{'; ' if name == b'cookie' else ', '}{text}" if key in found else text
    kind = found.pop("HTTP_CONTENT_TYPE", None)
    if kind is not None:
        found["CONTENT_TYPE"] = kind
    if found.pop("HTTP_CONTENT_LENGTH", None) is not None or connection.body:
        found["CONTENT_LENGTH"] = str(len(connection.body))
    return found


class Answer:
    """One answer on its way out."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._http = connection.http
        self._head: h11.Response | None = None
        self._begun = self._is_stream = False
        self._kept: list[bytes] = []

    def start(self, status: str, headers: Iterable[tuple[str, str]], exc_info: Any = None) -> Any:
        """Begin the answer, as WSGI's start_response."""
        if exc_info is not None and self._begun:
            raise exc_info[1].with_traceback(exc_info[2])
        fields = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in headers]
        fields.append((b"Date", formatdate(usegmt=True).encode("ascii")))
        code, _, reason = status.partition(" ")
        self._head = h11.Response(status_code=int(code), reason=reason.encode("latin-1"), headers=fields)
        return self.add

    def add(self, part: bytes) -> None:
        """Add to the body, as WSGI's write."""
        if part:
            self._begin()
            if self._connection.request.method != b"HEAD":
                self._say(self._http.send(h11.Data(data=part)))

    def end(self) -> None:
        """Nothing more comes."""
        self._begin()
        self._kept.append(self._http.send(h11.EndOfMessage()))
        goes_on = self._http.our_state is h11.DONE and self._http.their_state is h11.DONE
        self._connection.answer(b"".join(self._kept), ends=not goes_on)

    def _begin(self) -> None:
        if not self._begun:
            if self._head is None:
                raise RuntimeError("the app answered without a status")
            self._begun = True
            has_length = any(name == b"content-length" for name, _ in self._head.headers)
            is_empty = self._head.status_code in HAVE_NO_BODY or self._connection.request.method == b"HEAD"
            self._is_stream = not has_length and not is_empty
            self._say(self._http.send(self._head))

    def _say(self, data: bytes) -> None:
        if not self._is_stream:
            self._kept.append(data)
            return
        try:
            self._connection.send_now(data)
        except OSError as error:
            raise Left(str(error)) from error
