"""The tape: the last stored messages of each stream, read with direct gets, so that looking adds no consumer."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Callable, Collection
from dataclasses import replace
from datetime import datetime
from typing import Any

from nats.aio.msg import Msg

from vango.core.events import InvalidEvent, decode
from vango.errors import Unavailable
from vango.observation import CellSeen
from vango.wire import Wire

Known = Callable[[Collection[str]], frozenset[str]]
"""Returns those of some event ids that truth's history has."""

WINDOW = 60
MAX_IDS = 20_000
PATIENCE_S = 1.0


class Tape:
    """What was seen stored. `ids` remembers event ids that were in a stream at any time, the oldest forgotten first."""

    def __init__(self) -> None:
        self._cells: dict[str, dict[int, CellSeen]] = {}
        self._made: dict[str, str] = {}
        self.ids: OrderedDict[str, None] = OrderedDict()

    def forget(self) -> None:
        """Forget all cells: the broker was restarted or its store replaced, and numbers may be reused."""
        self._cells.clear()

    async def read(self, wire: Wire, stream: str, info: dict[str, Any]) -> tuple[list[CellSeen], list[int]]:
        """Return the last cells of a stream and the missing seqs between them. `info` is its STREAM.INFO."""
        state = info["state"]
        first, last = state["first_seq"], state["last_seq"]
        if self._made.get(stream) != info["created"]:
            self._made[stream] = info["created"]
            self._cells.pop(stream, None)
        cells = self._cells.setdefault(stream, {})
        start = max(1, last - WINDOW + 1)
        gone = set(state.get("deleted") or ())
        for seq in [seq for seq in cells if seq < max(start, first) or seq > last or seq in gone]:
            del cells[seq]
        known = max(cells, default=0)
        if state["messages"] and last > known:
            for cell in await _read_from(wire, stream, max(known + 1, start, first)):
                cells[cell.seq] = cell
                self._remember(cell.event_id)
        return [cells[seq] for seq in sorted(cells)], [seq for seq in range(start, last + 1) if seq not in cells]

    def _remember(self, event_id: str) -> None:
        self.ids[event_id] = None
        if len(self.ids) > MAX_IDS:
            self.ids.popitem(last=False)


def mark_known(cells: Collection[CellSeen], known: Known) -> tuple[CellSeen, ...]:
    """Say of each cell whether truth's history has its event."""
    ids = known([cell.event_id for cell in cells])
    return tuple(replace(cell, known=True) if cell.event_id in ids else cell for cell in cells)


async def _read_from(wire: Wire, stream: str, seq: int) -> list[CellSeen]:
    return [_cell(message, message.headers or {}) for message in await _batch(wire, stream, seq)]


async def read_bodies(wire: Wire, stream: str) -> list[tuple[int, bytes]]:
    """Return stream seq and body of every message that a stream holds. Raises `NotThere`, `Unavailable`."""
    state = (await wire.api(f"STREAM.INFO.{stream}"))["state"]
    found: list[tuple[int, bytes]] = []
    seq = state["first_seq"]
    while seq <= state["last_seq"] and (batch := await _batch(wire, stream, seq)):
        found += [(int((message.headers or {})["Nats-Sequence"]), message.data) for message in batch]
        seq = found[-1][0] + 1
    return found


async def _batch(wire: Wire, stream: str, seq: int) -> list[Msg]:
    """Read messages in one batched direct get: many answers, then a status that ends them."""
    messages: list[Msg] = []
    ended = asyncio.Event()

    async def hear(message: Msg) -> None:
        if "Status" in (message.headers or {}):
            ended.set()
            return
        messages.append(message)

    inbox = wire.client.new_inbox()
    subscription = await wire.subscribe(inbox, hear)
    try:
        body = f'{{"seq": {seq}, "batch": {WINDOW}}}'.encode()
        await wire.publish(f"$JS.API.DIRECT.GET.{stream}", body, reply=inbox)
        await asyncio.wait_for(ended.wait(), PATIENCE_S)
    except TimeoutError as error:
        raise Unavailable(f"The stream {stream} does not hand out its messages.") from error
    finally:
        await wire.unsubscribe(subscription)
    return messages


def _cell(message: Msg, headers: dict[str, str]) -> CellSeen:
    seq, subject = int(headers["Nats-Sequence"]), headers.get("Nats-Subject", "")
    size, at = len(message.data), _when(headers.get("Nats-Time-Stamp", ""))
    try:
        event = decode(message.data)
    except InvalidEvent:
        return CellSeen(seq, subject, headers.get("Nats-Msg-Id", ""), 0, "", "", 0, size, False, at)
    return CellSeen(seq, subject, event.id, event.sequence, event.route, event.owner, event.epoch, size, False, at,
                    event.previous_id)  # fmt: skip


def _when(stamp: str) -> float:
    """Read the server's time of storing, which has nanoseconds, as Unix time; 0 when there is none."""
    try:
        return datetime.fromisoformat(stamp).timestamp()
    except ValueError:
        return 0.0
