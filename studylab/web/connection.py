"""One client's connection: its socket, what HTTP/1.1 makes of its bytes, and how long it may take over what is next.

h11 knows HTTP; here is what it leaves to a server: deadlines, and bytes that come and go in parts. What a request may
be is judged in `studylab.web.admission`.
"""

from __future__ import annotations

import socket
import time
from collections.abc import Sequence
from contextlib import suppress
from enum import Enum, auto
from http import HTTPStatus

import h11

from studylab.web.admission import FRAMING, Limits, Refused, judge, long_head, too_large, whose

AT_A_TIME = 16 * 1024
NONE_YET = h11.Request(method="GET", target="/", headers=[("Host", "none")])
TELL_HEADERS = (
    "Content-Type: text/plain; charset=utf-8\r\nX-Content-Type-Options: nosniff\r\nCache-Control: no-store\r\n"
)


class Phase(Enum):
    """What a connection that waits is waiting for."""

    IDLE = auto()
    HEAD = auto()
    BODY = auto()
    ANSWER = auto()
    LINGER = auto()


class Connection:
    """A connection between two turns: the reception reads and writes it, or one thread has it answered, never both."""

    def __init__(self, sock: socket.socket, peer: Sequence[str | int], limits: Limits) -> None:
        sock.setblocking(False)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.socket = sock
        self.peer = str(peer[0]), str(peer[1])
        self.address = whose(self.peer[0])
        self.request = NONE_YET
        self.body = bytearray()
        self.phase = Phase.HEAD
        self._since = time.monotonic()
        self.deadline = self._since + limits.head_s
        self.http = h11.Connection(h11.SERVER, max_incomplete_event_size=limits.head_bytes)
        self._limits = limits
        self._answer = memoryview(b"")
        self._came = self._length = 0
        self._most = limits.body_bytes
        self._ends = self._has_streamed = False

    @property
    def is_slow(self) -> bool:
        """Return whether the client owes the rest of a request, and has for longer than a good one takes."""
        return self.is_owing and time.monotonic() - self._since > self._limits.slow_after_s

    @property
    def is_owing(self) -> bool:
        """Return whether the client owes the rest of a request."""
        return self.phase in (Phase.HEAD, Phase.BODY)

    @property
    def is_large(self) -> bool:
        """Return whether the body is, or will be, larger than most addresses take."""
        return max(self._length, len(self.body)) > self._limits.body_bytes

    @property
    def has_said_something(self) -> bool:
        """Return whether a part of a request has come."""
        return bool(self._came)

    # Towards a whole request.

    def read(self) -> bool:
        """Take in what has come. True once a request is whole.

        Raises `Refused`, or ConnectionError when the client has left.
        """
        data = self.socket.recv(AT_A_TIME)
        if not data:
            raise ConnectionResetError("the client has left")
        if self.phase is Phase.LINGER:
            return False
        if self.phase is Phase.IDLE:
            self._since = time.monotonic()
            self._turn_to(Phase.HEAD, self._limits.head_s)
        self._came += len(data)
        if self._came > self._limits.head_bytes + FRAMING * self._most:
            raise too_large(self._most)
        self.http.receive_data(data)
        return self._is_whole()

    def _is_whole(self) -> bool:
        try:
            while True:
                event = self.http.next_event()
                if isinstance(event, h11.Request):
                    self._begin(event)
                elif isinstance(event, h11.Data):
                    self.body += event.data
                    if len(self.body) > self._most:
                        raise too_large(self._most)
                else:
                    return isinstance(event, h11.EndOfMessage)
        except h11.RemoteProtocolError as error:
            if error.error_status_hint == HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE:
                raise long_head(self._limits) from error
            raise Refused(400, f"This is not an HTTP/1.1 request: {_shown(error)}.") from error

    def _begin(self, request: h11.Request) -> None:
        """Judge a request by its header, before anything of its body is kept."""
        self._most = self._limits.most_of(request.target)
        length = judge(request, self._limits)
        self.request, self._length = request, length
        self._turn_to(Phase.BODY, self._limits.body_s + length / self._limits.bytes_a_s)
        if self.http.they_are_waiting_for_100_continue:
            self.socket.send(self.http.send(h11.InformationalResponse(status_code=100, headers=[])))

    # Towards an answer that was taken.

    def refuse(self, status: int, sentence: str) -> None:
        """Have a sentence as the answer, and end the connection with it."""
        body = f"{sentence}\n".encode()
        first = f"HTTP/1.1 {status} {HTTPStatus(status).phrase}\r\n"
        head = f"{first}{TELL_HEADERS}Content-Length: {len(body)}\r\nConnection: close\r\n\r\n"
        self.answer(head.encode() + (b"" if self.request.method == b"HEAD" else body), ends=True)

    def fail(self, sentence: str) -> None:
        """Have a sentence as the answer that the app did not give. If a part of another is on its way, end here."""
        if self._has_streamed:
            self.cut_off()
        else:
            self.refuse(500, sentence)

    def answer(self, data: bytes, *, ends: bool) -> None:
        """Have these bytes as the answer, to be sent by `write`. `ends` closes the connection once they were taken."""
        self.socket.setblocking(False)
        self._answer, self._ends = memoryview(data), ends
        self.body, self._length, self._has_streamed = bytearray(), 0, False
        self._turn_to(Phase.ANSWER, self._limits.answer_s + len(data) / self._limits.bytes_a_s)

    def write(self) -> None:
        """Send what the client takes now. Raises OSError when it has left."""
        try:
            while self._answer:
                self._answer = self._answer[self.socket.send(self._answer) :]
        except BlockingIOError:
            # The rest is sent when the client has taken some.
            return

    def send_now(self, data: bytes) -> None:
        """Send a part of a stream, and wait until the client has taken it.

        Raises OSError when it has left or takes too long.
        """
        self._has_streamed = True
        self.socket.settimeout(self._limits.answer_s)
        self.socket.sendall(data)

    def cut_off(self) -> None:
        """End the connection now, also for a thread that waits for its client."""
        self._turn_to(Phase.LINGER, 0.0)
        # One that has ended already needs no end.
        with suppress(OSError):
            self.socket.shutdown(socket.SHUT_RDWR)

    def go_on(self) -> bool:
        """Go on once the answer was taken. True when the next request has come with the last one; raises `Refused`."""
        if self.phase is not Phase.ANSWER or self._answer:
            return False
        if self._ends:
            # Closed with something unread, the client might lose the answer: it is given a moment to take it.
            self.socket.shutdown(socket.SHUT_WR)
            self._turn_to(Phase.LINGER, self._limits.linger_s)
            return False
        self.http.start_next_cycle()
        self.request = NONE_YET
        self._came, self._since = len(self.http.trailing_data[0]), time.monotonic()
        self._turn_to(*((Phase.HEAD, self._limits.head_s) if self._came else (Phase.IDLE, self._limits.idle_s)))
        return self._is_whole()

    def _turn_to(self, phase: Phase, within_s: float) -> None:
        self.phase, self.deadline = phase, time.monotonic() + within_s


def _shown(error: Exception) -> str:
    """What h11 says of a fault, without the client's own bytes."""
    return str(error).partition(":")[0][:100]
