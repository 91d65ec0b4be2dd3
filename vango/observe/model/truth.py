"""What is seen of the truth: rows of the database, of its outbox, and the relay that publishes them."""

from __future__ import annotations

from dataclasses import dataclass

from vango.core.rules import RelayRules, WriteOrder


@dataclass(frozen=True, slots=True)
class RouteSeen:
    """One route in truth. `sequence` is that of the event that announces its present owner."""

    name: str
    owner: str
    epoch: int
    sequence: int
    revision: int


@dataclass(frozen=True, slots=True)
class AllocationSeen:
    """One allocation and its state: pending, ready, draining or gone."""

    name: str
    state: str


@dataclass(frozen=True, slots=True)
class FactSeen:
    """One row of the history of the route feed, newest first. `told` is a word of `vango.core.records.Told`.

    `operation` is the operation id of the request, empty when it had none.
    """

    sequence: int
    event_id: str
    route: str
    owner: str
    epoch: int
    revision: int
    told: str
    operation: str = ""


@dataclass(frozen=True, slots=True)
class TableSeen:
    """One table of the destroyed database beside the one in its place: `rows` before, of which `equal` are unchanged.

    `lines` name rows that differ, are `missing` or are new, the first of them; `more` counts the rest.
    """

    table: str
    rows: int
    equal: int
    missing: int
    lines: tuple[str, ...]
    more: int


@dataclass(frozen=True, slots=True)
class LossSeen:
    """A destroyed database, compared row by row; `refused` are the rows that the new database refused."""

    tables: tuple[TableSeen, ...]
    refused: tuple[str, ...]

    def table(self, name: str) -> TableSeen:
        """Return the comparison of one table. Raises KeyError when there is none."""
        for table in self.tables:
            if table.table == name:
                return table
        raise KeyError(name)


@dataclass(frozen=True, slots=True)
class TruthSeen:
    """The database of truth. `sequence` is the latest of the route feed; `trouble` a sentence when it cannot be read.

    `loss` is None, or shows how the database differs from the destroyed one that it replaced.
    """

    revision: int
    sequence: int
    event_id: str
    routes: tuple[RouteSeen, ...]
    allocations: tuple[AllocationSeen, ...]
    history: tuple[FactSeen, ...]
    write_order: WriteOrder
    armed: str
    trouble: str
    loss: LossSeen | None = None


@dataclass(frozen=True, slots=True)
class WaitingSeen:
    """One outbox row that waits to be published."""

    position: int
    event_id: str
    subject: str
    sequence: int


@dataclass(frozen=True, slots=True)
class OutboxSeen:
    """The outbox: how many rows wait, how many were published, the first of those that wait, the age of the oldest."""

    waiting: int
    published: int
    oldest_age_s: float
    rows: tuple[WaitingSeen, ...]


@dataclass(frozen=True, slots=True)
class RelaySeen:
    """The relay. `duplicates` counts PubAcks that said so; `unanswered` counts publishes whose outcome stayed unknown."""

    state: str
    reason: str
    published: int
    duplicates: int
    unanswered: int
    refused: int
    rules: RelayRules
    armed: str
