"""The tape: the last stored messages of each stream, read with direct gets, so that looking adds no consumer."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import AsyncIterator, Callable, Collection
from dataclasses import replace
from datetime import datetime
from typing import Any

from nats.aio.msg import Msg

from vango.actors.told import fit
from vango.broker import direct
from vango.broker.connection import Connection
from vango.core.events import InvalidEvent, decode
from vango.observe.model import CellSeen

Known = Callable[[Collection[str]], frozenset[str]]
"""Returns those of some event ids that truth's history has."""

WINDOW = 60
MAX_IDS = 20_000


class Tape:
    """What was seen stored. `ids` remembers event ids that were in a stream at any time, the oldest forgotten first."""

    def __init__(self) -> None:
        self._cells: dict[str, dict[int, CellSeen]] = {}
        self._holes: dict[str, tuple[str, int, int]] = {}
        self.ids: OrderedDict[str, None] = OrderedDict()

    def forget(self) -> None:
        """Forget all cells: the broker was restarted or its store replaced, and numbers may be reused."""
        self._cells.clear()

    async def read(
        self, wire: Connection, stream: str, info: dict[str, Any], known: Known
    ) -> tuple[tuple[CellSeen, ...], tuple[int, ...]]:
        """Return the last cells of a stream and the missing seqs between them. `info` is its STREAM.INFO.

        At most `WINDOW` messages are read, however many the stream holds or has lost. Missing ones are found by
        reading them again when the server's count of holes changes, not from its list of all of them.
        """
        state = info["state"]
        first, last = state["first_seq"], state["last_seq"]
        cells = self._cells.setdefault(stream, {})
        if self._holes.get(stream) != (holes := _holes(info)):
            self._holes[stream] = holes
            cells.clear()
        start = max(1, last - WINDOW + 1)
        for seq in [seq for seq in cells if seq < max(start, first) or seq > last]:
            del cells[seq]
        await self._read_on(wire, stream, cells, start=max(start, first), state=state)
        mark_known(cells, known)
        return tuple(cells[seq] for seq in sorted(cells)), tuple(n for n in range(start, last + 1) if n not in cells)

    async def _read_on(
        self, wire: Connection, stream: str, cells: dict[int, CellSeen], *, start: int, state: dict[str, Any]
    ) -> None:
        first, last = max(max(cells, default=0) + 1, start), state["last_seq"]
        if state["messages"] and last >= first:
            # Nearly always it is one, and a batch needs a subscription of its own.
            new = await (direct.one(wire, stream, last) if first == last else _batch(wire, stream, first))
            for message in new:
                cell = _cell(message, message.headers or {})
                cells[cell.seq] = cell
                self._remember(cell.event_id)

    def _remember(self, event_id: str) -> None:
        self.ids[event_id] = None
        if len(self.ids) > MAX_IDS:
            self.ids.popitem(last=False)


def _holes(info: dict[str, Any]) -> tuple[str, int, int]:
    """Return what must change when a message is deleted: the stream's age, and where its holes are counted from."""
    state = info["state"]
    deleted = state.get("num_deleted", 0)
    return info["created"], deleted, state["first_seq"] if deleted else 0


def mark_known(cells: dict[int, CellSeen], known: Known) -> None:
    """Mark each cell by whether truth's history has its event."""
    ids = known([cell.event_id for cell in cells.values()])
    for seq, cell in cells.items():
        if cell.known != (cell.event_id in ids):
            cells[seq] = replace(cell, known=not cell.known)


async def read_bodies(wire: Connection, stream: str) -> AsyncIterator[list[tuple[int, bytes]]]:
    """Yield stream seq and body of every message that a stream holds, in batches. Raises `NotThere`, `Unavailable`."""
    state = (await wire.api(f"STREAM.INFO.{stream}"))["state"]
    seq = state["first_seq"]
    while seq <= state["last_seq"] and (batch := await _batch(wire, stream, seq)):
        found = [(int((message.headers or {})["Nats-Sequence"]), message.data) for message in batch]
        yield found
        seq = found[-1][0] + 1


async def _batch(wire: Connection, stream: str, seq: int) -> list[Msg]:
    return await direct.batch(wire, stream, {"seq": seq, "batch": WINDOW})


def _cell(message: Msg, headers: dict[str, str]) -> CellSeen:
    seq, subject = int(headers["Nats-Sequence"]), fit(headers.get("Nats-Subject", ""))
    size, at = len(message.data), _when(headers.get("Nats-Time-Stamp", ""))
    try:
        event = decode(message.data)
    except InvalidEvent:
        return CellSeen(seq, subject, fit(headers.get("Nats-Msg-Id", "")), 0, "", "", 0, size, False, at)
    return CellSeen(seq, subject, event.id, event.sequence, event.route, event.owner, event.epoch, size, False, at,
                    event.previous_id)  # fmt: skip


def _when(stamp: str) -> float:
    """Read the server's time of storing, which has nanoseconds, as Unix time; 0 when there is none."""
    try:
        return datetime.fromisoformat(stamp).timestamp()
    except ValueError:
        return 0.0
