"""Observing the broker: its streams, their tapes, their consumers and the stored snapshots, in the server's words.

One request returns the state of every stream; only new messages are requested. What cannot be read is shown as
missing; an earlier state is never shown as the present one.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from typing import Any, TypeVar, cast

from vango.actors.errors import NotThere, Unavailable, VangoError
from vango.broker import streams
from vango.broker.connection import Connection
from vango.core.routes import read_row
from vango.core.rules import StreamRules
from vango.core.snapshot import BadSnapshot, canonical, checksum, unseal
from vango.observe.model import BeforeSeen, ConsumerSeen, OutsideSeen, SnapshotSeen, StreamSeen
from vango.observe.tape import Known, Tape
from vango.truth import snapshots

S = TypeVar("S")
T = TypeVar("T")
BODY_SHOWN = 4000
OUTSIDE_SHOWN = 8
_OURS = frozenset({*streams.SUBJECTS, streams.BUCKET_STREAM})


class BrokerObserver:
    """What was last seen of one bench's broker. `known` returns those of some event ids that the history has."""

    def __init__(self, known: Known) -> None:
        self.tape = Tape()
        self.outside: tuple[OutsideSeen, ...] = ()
        self.streams: tuple[StreamSeen, ...] = ()
        self.consumers: tuple[ConsumerSeen, ...] = ()
        self.snapshots: tuple[SnapshotSeen, ...] = ()
        self._sealed: dict[str, SnapshotSeen] = {}
        self._bucket: tuple[int, int] | None = None
        self._before: dict[str, BeforeSeen] = {}
        self.known = known

    def forget(self) -> None:
        """Forget everything that was seen."""
        self.tape.forget()
        self.streams, self.consumers, self.outside, self.snapshots, self._bucket = (), (), (), (), None
        self._sealed.clear()
        self._before.clear()

    async def look(self, connection: Callable[[], Connection]) -> None:
        """Look at everything over a connection. Never raises: a part that does not answer says why."""
        try:
            wire = connection()
            listed = await streams.listed(wire)
        except VangoError as error:
            self.streams = tuple(self._silent(name, str(error)) for name in streams.SUBJECTS)
            self.consumers, self.outside = (), ()
            return
        pairs: list[tuple[StreamSeen, list[ConsumerSeen]]] = []
        silent = ""
        for name in streams.SUBJECTS:
            # A server that did not answer is not asked again in this look: every question would take its whole
            # time-out.
            try:
                told = (self._silent(name, silent), []) if silent else await self._stream(wire, name, listed.get(name))
                pairs.append(told)
            except Unavailable as error:
                silent = str(error)
                pairs.append((self._silent(name, silent), []))
        self.streams = tuple(stream for stream, _ in pairs)
        self.consumers = tuple(consumer for _, consumers in pairs for consumer in consumers)
        self.outside = tuple(_outside(listed[name]) for name in sorted(listed.keys() - _OURS)[:OUTSIDE_SHOWN])
        if not silent:
            await self._look_at_bucket(wire, listed.get(streams.BUCKET_STREAM))

    async def _stream(
        self, wire: Connection, name: str, info: dict[str, Any] | None
    ) -> tuple[StreamSeen, list[ConsumerSeen]]:
        if info is None:
            return _unseen(name, "the server has no such stream"), []
        try:
            tape = self.tape.read(wire, name, info, self.known)
            has_consumers = info["state"]["consumer_count"] > 0
            told = await _both(tape, _consumers(wire, name)) if has_consumers else (await tape, [])
        except NotThere:
            return _unseen(name, "the server has no such stream"), []
        except Unavailable:
            raise
        except VangoError as error:
            return _unseen(name, str(error)), []
        (cells, holes), consumers = told
        state, config = info["state"], info["config"]
        self._before[name] = BeforeSeen(time.time(), state["messages"], state["first_seq"], state["last_seq"])
        return StreamSeen(
            name, True, "", tuple(config["subjects"]), state["messages"], state["bytes"], state["first_seq"],
            state["last_seq"], state.get("num_deleted", 0), streams.rules_of(config),
            cells, holes,
        ), consumers  # fmt: skip

    def _silent(self, name: str, trouble: str) -> StreamSeen:
        """A stream whose server does not answer: its last answer is kept separately, with its time."""
        return replace(_unseen(name, trouble), before=self._before.get(name))

    async def _look_at_bucket(self, wire: Connection, info: dict[str, Any] | None) -> None:
        holds = (info["state"]["last_seq"], info["state"]["messages"]) if info is not None else None
        if holds is not None and holds == self._bucket:
            return
        try:
            found = await self._snapshots(wire) if holds is not None else ()
            self.snapshots = (*(replace(seen, body="") for seen in found[:-1]), *found[-1:])
            self._bucket = holds
        except VangoError:
            self.snapshots, self._bucket = (), None

    async def _snapshots(self, wire: Connection) -> Sequence[SnapshotSeen]:
        """Read only new snapshots: the bytes of a nuid never change. Deleted ones are left out."""
        sealed: dict[str, SnapshotSeen] = {}
        for one in await snapshots.stored(wire):
            with contextlib.suppress(NotThere):
                sealed[one.nuid] = self._sealed.get(one.nuid) or await _snapshot(wire, one)
        self._sealed = sealed
        return tuple(sealed.values())


def _unseen(name: str, trouble: str) -> StreamSeen:
    """A stream that cannot be read: an empty one. An earlier state is not shown as the present one."""
    return StreamSeen(name, False, trouble, streams.SUBJECTS[name], 0, 0, 0, 0, 0, StreamRules(), (), ())


def _outside(info: dict[str, Any]) -> OutsideSeen:
    """A stream that others made: its name and content."""
    config, state = info["config"], info["state"]
    return OutsideSeen(
        config["name"], tuple(config.get("subjects") or ()), state["messages"], state["bytes"], state["first_seq"],
        state["last_seq"],
    )  # fmt: skip


async def _both(one: Awaitable[S], other: Awaitable[T]) -> tuple[S, T]:
    """Ask two things at once and return both answers; raise an error once neither is waited for."""
    answers = await asyncio.gather(one, other, return_exceptions=True)
    for answer in answers:
        if isinstance(answer, BaseException):
            raise answer
    return cast("tuple[S, T]", tuple(answers))


async def _consumers(wire: Connection, stream: str) -> list[ConsumerSeen]:
    found = (await wire.api(f"CONSUMER.LIST.{stream}"))["consumers"] or []
    return sorted((_consumer(info) for info in found), key=lambda seen: seen.name)


def _consumer(info: dict[str, Any]) -> ConsumerSeen:
    config = info["config"]
    return ConsumerSeen(
        info["stream_name"], info["name"], bool(config.get("durable_name")), config.get("filter_subject", ">"),
        info["delivered"]["stream_seq"], info["ack_floor"]["stream_seq"], info["num_pending"], info["num_ack_pending"],
        info["num_redelivered"], info.get("num_waiting", 0), config.get("inactive_threshold", 0) / 1e9,
        config["ack_policy"], config.get("ack_wait", 0) / 1e9, config.get("max_deliver", -1),
    )  # fmt: skip


async def _snapshot(wire: Connection, one: snapshots.Stored) -> SnapshotSeen:
    stored, name = await snapshots.read(wire, one), one.name
    try:
        loose = unseal(stored, read_row, verify=False)
    except BadSnapshot:
        return SnapshotSeen(name, 0, 0, 0, "", False)
    claimed, computed = snapshots.claimed_sum(stored), checksum(loose)
    return SnapshotSeen(
        name, loose.sequence, loose.stream_seq, len(loose.rows), claimed, claimed == computed, computed,
        canonical(loose).decode()[:BODY_SHOWN],
    )  # fmt: skip
