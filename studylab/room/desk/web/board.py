"""The wall as tiles in words, made once for all who look at it. A tile that did not change stays the same object."""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Mapping, Sequence

from studylab.lab.model import Lab
from studylab.room.desk import wall
from studylab.room.desk.wall import Wall
from studylab.room.desk.web import tiles
from studylab.room.desk.web.front import SeenHosts
from studylab.room.desk.web.tiles import Tile
from studylab.room.protocol import Report, RoomRow, SeatRow

MINUTES_EACH_S = 10.0
"""How often tiles are looked at whose words depend on the clock alone."""


class Board:
    """Tiles in words. From any thread."""

    def __init__(self, known: Wall, hosts: SeenHosts, labs: Mapping[str, Lab]) -> None:
        self._wall, self._hosts, self._labs = known, hosts, labs
        self._lock = threading.Lock()
        self._version = -1
        self._known: dict[str, wall.Tile] = {}
        self._tiles: dict[str, Tile] = {}
        self._room = RoomRow(code="")
        self._looked = -math.inf
        self._silent: dict[str, str] = {}

    @property
    def seats(self) -> Mapping[str, SeatRow]:
        """Every seat by its id, those put out as well."""
        self.tiles()
        return {id: known.seat for id, known in self._known.items()}

    @property
    def reports(self) -> Mapping[str, Report]:
        """The newest report of each seat that has one."""
        self.tiles()
        return {id: known.report for id, known in self._known.items() if known.report}

    def tiles(self) -> Sequence[Tile]:
        """Return the tiles as they are now, in the order of the seats' numbers."""
        with self._lock:
            self._refresh()
            return sorted(self._tiles.values(), key=lambda tile: tile.number)

    def _refresh(self) -> None:
        looked, room = time.monotonic(), self._wall.room
        changed: list[wall.Tile] = []
        if room.id != self._room.id:
            # The room was deleted: another begins with nothing.
            self._version = -1
            self._known.clear()
            self._tiles.clear()
        if self._version != self._wall.version:
            self._version, changed = self._wall.since(max(self._version, 0))
            self._known |= {one.seat.id: one for one in changed}
        silent = {host.name: tiles.not_heard(host.silent_since) for host in self._hosts.all() if host.silent_since}
        if looked - self._looked >= MINUTES_EACH_S or room != self._room or silent != self._silent:
            self._room, self._looked, self._silent = room, looked, silent
            changed = [*self._known.values()]
        for one in changed:
            self._draw(one, time.time())

    def _draw(self, one: wall.Tile, now: float) -> None:
        seat = one.seat
        if seat.out:
            self._tiles.pop(seat.id, None)
            return
        unheard = self._silent.get(seat.host) or (f"no report from {seat.host} yet" if one.stale else "")
        drawn = tiles.tile(seat, one.report, self._room, self._labs, now=now, unheard=unheard)
        if self._tiles.get(seat.id) != drawn:
            self._tiles[seat.id] = drawn
