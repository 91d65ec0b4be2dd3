"""A fresh bench at rest as an observation, for asking a lab's functions without a running bench. A test compares the
two.
"""

from __future__ import annotations

import types
import typing
from collections import Counter
from collections.abc import Mapping
from dataclasses import MISSING, fields, is_dataclass
from enum import Enum
from functools import cache
from typing import Any, TypeVar

from vango.core.modes import Mode
from vango.core.records import Told
from vango.observe.model import (
    AllocationSeen,
    BrokerSeen,
    CellSeen,
    ConsumerSeen,
    EdgeSeen,
    FactSeen,
    Observation,
    OutboxSeen,
    ProbeSeen,
    RelaySeen,
    RouteSeen,
    RowSeen,
    StreamSeen,
    TruthSeen,
)

EDGES = ("fra", "iad", "syd")
STREAMS = ("ROUTES", "ALLOCATIONS", "TELEMETRY")
OWNERS = {"shop": "alloc-a", "blog": "alloc-a", "api": "alloc-b"}
LAST = len(OWNERS)
EVENT_BYTES = 400

T = TypeVar("T")


@cache
def at_rest() -> Observation:
    """Return what a fresh bench looks like once every edge is current."""
    return _blank(
        Observation,
        truth=_truth(),
        outbox=_blank(OutboxSeen, published=LAST),
        relay=_blank(RelaySeen, state="up", published=LAST),
        streams=tuple(_stream(name) for name in STREAMS),
        consumers=tuple(_consumer(name) for name in EDGES),
        edges=tuple(_edge(name) for name in EDGES),
        broker=_blank(BrokerSeen, state="up"),
    )


def _truth() -> TruthSeen:
    routes = tuple(
        _blank(RouteSeen, name=route, owner=owner, epoch=1, sequence=n)
        for n, (route, owner) in enumerate(OWNERS.items(), 1)
    )
    history = tuple(
        _blank(FactSeen, sequence=n, event_id=f"route-{n}", route=route, owner=owner, epoch=1, told=Told.PUBLISHED)
        for n, (route, owner) in reversed([*enumerate(OWNERS.items(), 1)])
    )
    allocations = tuple(AllocationSeen(f"alloc-{letter}", "pending" if letter == "d" else "ready") for letter in "abcd")
    return _blank(
        TruthSeen, sequence=LAST, event_id=f"route-{LAST}", routes=routes, history=history, allocations=allocations
    )


def _stream(name: str) -> StreamSeen:
    last = LAST if name == "ROUTES" else 0
    cells = tuple(
        _blank(
            CellSeen,
            seq=n,
            event_id=f"route-{n}",
            sequence=n,
            route=route,
            owner=owner,
            epoch=1,
            size=EVENT_BYTES,
            known=True,
        )
        for n, (route, owner) in enumerate(OWNERS.items(), 1)
    )
    return _blank(
        StreamSeen,
        name=name,
        available=True,
        messages=last,
        bytes=last * EVENT_BYTES,
        first_seq=min(last, 1),
        last_seq=last,
        cells=cells[:last],
    )


def _consumer(name: str) -> ConsumerSeen:
    return _blank(ConsumerSeen, stream="ROUTES", name=name, durable=True, last_delivered=LAST, ack_floor=LAST)


def _edge(name: str) -> EdgeSeen:
    rows = tuple(
        _blank(RowSeen, route=route, owner=owner, epoch=1, event_id=f"route-{n}")
        for n, (route, owner) in enumerate(OWNERS.items(), 1)
    )
    probes = tuple(ProbeSeen(route, "right", owner, owner) for route, owner in OWNERS.items())
    return _blank(EdgeSeen, name=name, mode=Mode.CURRENT, claim=f"current at {LAST}", sequence=LAST, mark=LAST,
                  event_id=f"route-{LAST}", stream_seq=LAST, rows=rows, probes=probes, counters=Counter())  # fmt: skip


def _blank(kind: type[T], **known: Any) -> T:
    """Return a record whose fields are 0, empty or false unless a better value is known."""
    hints = typing.get_type_hints(kind)
    for field in fields(kind):  # type: ignore[arg-type]
        if field.name not in known and field.default is field.default_factory is MISSING:
            known[field.name] = _nought(hints[field.name])
    return kind(**known)


def _nought(kind: Any) -> Any:
    origin: Any = typing.get_origin(kind) or kind
    if origin in (typing.Union, types.UnionType):
        return None
    if is_dataclass(origin):
        return _blank(typing.cast("type[Any]", origin))
    if isinstance(origin, type) and issubclass(origin, Enum):
        return next(iter(origin))
    return {} if origin is Mapping else origin()
