"""Ports of the room: chosen once and held, so that a process that is started again finds its own free.

On Linux a port is held by a socket that is bound and does not listen. One with the same option may listen beside it, as
those of Python's servers and of nats-server; no other program gets the port meanwhile. Elsewhere it is only looked at.
"""

from __future__ import annotations

import socket
import sys
from contextlib import suppress

from vango import kit

TRIES = 200
LAST = 65535


class Ports:
    """The ports of one room, until `close`."""

    def __init__(self) -> None:
        self._held: list[socket.socket] = []

    def take(self, host: str, port: int) -> int:
        """Take this port, or with 0 any. Raises `Unavailable` when another program listens there."""
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        taken = socket.socket(family, socket.SOCK_STREAM)
        try:
            if sys.platform != "win32":
                taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            taken.bind((host, port))
            found = int(taken.getsockname()[1])
        except OSError as error:
            taken.close()
            raise kit.Unavailable(
                f"Port {port} on {host} cannot be used ({error.strerror or error}). "
                "Choose another with --port; 0 takes any free one."
            ) from error
        if sys.platform == "linux":
            self._held.append(taken)
        else:
            taken.close()
        return found

    def after(self, host: str, port: int) -> int:
        """Take the next port that is free after this one, any free one if there is none near."""
        for at in range(port + 1, min(port + TRIES, LAST)):
            with suppress(kit.Unavailable):
                return self.take(host, at)
        return self.take(host, 0)

    def again(self, host: str, port: int) -> int:
        """Take the port of an earlier run, or another when it is gone."""
        try:
            return self.take(host, port)
        except kit.Unavailable:
            return self.take(host, 0)

    def close(self) -> None:
        """Let go of them."""
        for taken in self._held:
            taken.close()
