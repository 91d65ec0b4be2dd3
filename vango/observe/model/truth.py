"""What is seen of the truth: rows of the database, of its outbox, and the relay that publishes them."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from vango.core.findings import Finding
from vango.core.records import Told
from vango.core.rules import RelayRules, WriteOrder
from vango.core.words import Sentence


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
    """One row of the history of the route feed, newest first. `told` says how far the news of it has come.

    `operation` is the operation id of the request, empty when it had none.
    """

    sequence: int
    event_id: str
    route: str
    owner: str
    epoch: int
    revision: int
    told: Told
    operation: str = ""


@dataclass(frozen=True, slots=True)
class TableSeen:
    """One table of the destroyed database beside the one in its place: `rows` before, of which `equal` are unchanged.

    `lines` name rows that differ, are `missing` or are new, the first of them; `more` counts the rest. `untold` are the
    event ids of the outbox's rows that waited to be published and do not wait any more, the first of them.
    """

    table: str
    rows: int
    equal: int
    missing: int
    lines: tuple[Sentence, ...]
    more: int
    untold: tuple[str, ...] = ()


class Constraint(StrEnum):
    """What a row broke that the database would not take."""

    OTHER = "another constraint"
    NO_HOLES = "a feed has no holes"


@dataclass(frozen=True, slots=True)
class RefusedRow:
    """One row that a database would not take: the event that it was to come from, and what it broke."""

    table: str
    event_id: str
    broke: Constraint
    sentence: Sentence


@dataclass(frozen=True, slots=True)
class LossSeen:
    """A destroyed database, compared row by row; `refused` are the rows that the new database refused."""

    tables: tuple[TableSeen, ...]
    refused: tuple[Sentence, ...]
    refusals: tuple[RefusedRow, ...] = ()

    def table(self, name: str) -> TableSeen:
        """Return the comparison of one table. Raises KeyError when there is none."""
        for table in self.tables:
            if table.table == name:
                return table
        raise KeyError(name)


@dataclass(frozen=True, slots=True)
class TruthSeen:
    """The database of truth. `sequence` is the latest of the route feed; `trouble` a sentence when it cannot be read.

    `loss` is None, or shows how the database differs from the destroyed one that it replaced. `findings` are those of
    the audit that accuse the database.
    """

    revision: int
    sequence: int
    event_id: str
    routes: tuple[RouteSeen, ...]
    allocations: tuple[AllocationSeen, ...]
    history: tuple[FactSeen, ...]
    write_order: WriteOrder
    armed: str
    trouble: Sentence
    loss: LossSeen | None = None
    findings: tuple[Finding, ...] = ()


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
    """The relay. `duplicates` counts PubAcks that said so; `unanswered` counts publishes whose outcome stayed unknown.

    `last_unanswered` is the event of the last of these, empty when there was none; `gave_up` says that it was given up.
    `findings` are those of the audit that accuse the relay.
    """

    state: str
    reason: Sentence
    published: int
    duplicates: int
    unanswered: int
    refused: int
    rules: RelayRules
    armed: str
    last_unanswered: str = ""
    gave_up: bool = False
    findings: tuple[Finding, ...] = ()
