"""What can be seen of a bench at one moment, as frozen values: the panels, the checks and `/bench.json` read this.

Every number says where it comes from: fields under `streams` and `consumers` are the server's own words, those under
`truth` and `outbox` are rows of the database, those under `edges` are what the edges hold. `audit` is derived.
"""

from __future__ import annotations

from vango.observe.model.bench import AuditSeen, Observation, PaceSeen, StormSeen, as_json, as_text
from vango.observe.model.broker import (
    BeforeSeen,
    BrokerSeen,
    CellSeen,
    ConsumerSeen,
    OutsideSeen,
    SnapshotSeen,
    StreamSeen,
)
from vango.observe.model.edges import EdgeSeen, GuestSeen, ProbeSeen, RowSeen, TurnedAwaySeen
from vango.observe.model.truth import (
    AllocationSeen,
    Constraint,
    FactSeen,
    LossSeen,
    OutboxSeen,
    RefusedRow,
    RelaySeen,
    RouteSeen,
    TableSeen,
    TruthSeen,
    WaitingSeen,
)

__all__ = [
    "AllocationSeen",
    "AuditSeen",
    "BeforeSeen",
    "BrokerSeen",
    "CellSeen",
    "Constraint",
    "ConsumerSeen",
    "EdgeSeen",
    "FactSeen",
    "GuestSeen",
    "LossSeen",
    "Observation",
    "OutboxSeen",
    "OutsideSeen",
    "PaceSeen",
    "ProbeSeen",
    "RefusedRow",
    "RelaySeen",
    "RouteSeen",
    "RowSeen",
    "SnapshotSeen",
    "StormSeen",
    "StreamSeen",
    "TableSeen",
    "TruthSeen",
    "TurnedAwaySeen",
    "WaitingSeen",
    "as_json",
    "as_text",
]
