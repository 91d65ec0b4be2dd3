"""A room as processes see it: a desk of two pages in this process, and the real app as its host behind real sockets."""

from __future__ import annotations

from pathlib import Path

from studylab.room.protocol import SeatRow
from studylab.web.admission import Limits
from studylab.web.server import Server
from tests.room.hosted import Hosted


class RoomServed(Hosted):
    """A room with one host whose pages a browser can open."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.http = Server(self.apps["h1"], "127.0.0.1", 0, threads=40, limits=Limits())
        self.http.start()
        self.address = f"http://127.0.0.1:{self.http.port}"

    def door(self, seat: SeatRow) -> str:
        """Return the address by which a browser comes to its seat."""
        return f"{self.address}/seat?ticket={self.desk.ticket(seat)}"

    def close(self) -> None:
        self.apps["h1"].extensions["studylab_end_streams"]()
        self.http.stop()
        super().close()
