"""What the audit compares: the truth's history, and what each edge claims."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from vango.core.accused import Part
from vango.core.judge import Position, Row
from vango.core.modes import Mode


class Told(StrEnum):
    """How far the event of a committed fact has come."""

    NO_OUTBOX_ROW = "no outbox row"
    WAITING = "waiting in the outbox"
    PUBLISHED = "published"


@dataclass(frozen=True, slots=True)
class Fact:
    """One change of owner as the truth's history has it."""

    sequence: int
    event_id: str
    route: str
    owner: str
    epoch: int
    told: Told


@dataclass(frozen=True, slots=True)
class Claim:
    """The claim of one edge, and the broker's numbers for its consumer (None: there is none, or no answer).

    `pending` are messages not yet delivered, `outstanding` are messages delivered and not acked. `stuck` names the
    message at which the edge keeps failing, empty when none. `delivered` is the stream seq of the last message delivered.
    """

    edge: str
    mode: Mode
    position: Position
    rows: tuple[Row, ...]
    pending: int | None
    outstanding: int | None
    stuck: str = ""
    delivered: int | None = None


@dataclass(frozen=True, slots=True)
class StuckRow:
    """The outbox row at the head of its feed that the broker refuses. `reason` says why, `cure` what helps.

    `part` is what has to change: the stream, or the row in the database.
    """

    event_id: str
    feed: str
    position: int
    reason: str
    cure: str
    part: Part = Part.DATABASE


@dataclass(frozen=True, slots=True)
class TruthRecord:
    """What the audit needs of the truth: the latest sequence, the routes now and as of each claimed sequence.

    `known_ids` holds those event ids out of the views' rows that the history has; `untold` the facts that have no
    outbox row and were never seen in the stream; `stuck` the outbox rows that cannot go. `feed` and `value` are what
    the sentences of findings call a row and what it says. `stored` gives the stream seqs of the events that the stream is
    seen to hold; `tape_is_whole` says that it holds no others.
    """

    latest: int
    now: Mapping[str, Fact]
    as_of: Mapping[int, Mapping[str, Fact]]
    known_ids: frozenset[str]
    untold: tuple[Fact, ...] = ()
    waiting: int = 0
    stuck: tuple[StuckRow, ...] = ()
    feed: str = "route"
    value: str = "an owner"
    stored: Mapping[str, int] = field(default_factory=dict)
    tape_is_whole: bool = False
