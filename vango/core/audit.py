"""The audit: is every edge's view equal to the truth as of the sequence that the edge claims?

It compares records and names what it finds. A finding carries the records that prove it and says what would repair
it. An edge that is down or failed closed claims nothing, so it cannot be wrong; an edge that is behind is not wrong
either, as long as it says so. The verdict has three values, because "still converging" is neither sound nor broken.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from vango.core.judge import Position, Row
from vango.core.modes import ANSWERS, Mode


class Told(StrEnum):
    """How far the news of a committed fact has come."""

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
    """What one edge says of itself, and what the broker says of its consumer (None: there is none, or no answer).

    `pending` are messages not yet delivered, `outstanding` are messages delivered and not acked. `stuck` says which
    message the edge keeps failing at, empty when none.
    """

    edge: str
    mode: Mode
    position: Position
    rows: tuple[Row, ...]
    pending: int | None
    outstanding: int | None
    stuck: str = ""


@dataclass(frozen=True, slots=True)
class StuckRow:
    """The outbox row at the head of its feed that the broker does not take. `reason` says why, `cure` what helps."""

    event_id: str
    feed: str
    position: int
    reason: str
    cure: str


@dataclass(frozen=True, slots=True)
class TruthRecord:
    """What the audit needs of the truth: the latest sequence, the routes now and as of each claimed sequence.

    `known_ids` holds those event ids out of the views' rows that the history has; `untold` the facts that have no
    outbox row and were never seen in the stream; `stuck` the outbox rows that cannot go.
    """

    latest: int
    now: Mapping[str, Fact]
    as_of: Mapping[int, Mapping[str, Fact]]
    known_ids: frozenset[str]
    untold: tuple[Fact, ...] = ()
    waiting: int = 0
    stuck: tuple[StuckRow, ...] = ()


class Kind(StrEnum):
    """The named ways in which a system like this one deceives its users."""

    PHANTOM = "phantom"
    RESURRECTED = "resurrected"
    FALSE_CONFIDENCE = "false confidence"
    LOST = "lost"
    DOUBLE_EFFECT = "double effect"
    UNTOLD = "untold"
    STUCK = "stuck"


class Soundness(StrEnum):
    """The audit's verdict."""

    SOUND = "sound"
    VIOLATED = "violated"
    NOT_YET_KNOWN = "not yet known"


@dataclass(frozen=True, slots=True)
class Finding:
    """One named violation. `where` is the edge, or `truth`; `records` are the lines of evidence."""

    kind: Kind
    where: str
    sentence: str
    repair: str
    records: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Report:
    """The audit's answer. `sentence` is what a person would say of it; empty when there is nothing to say."""

    soundness: Soundness
    findings: tuple[Finding, ...]
    sentence: str


def audit(truth: TruthRecord, claims: Sequence[Claim]) -> Report:
    """Compare every claim with the truth as of the claimed sequence."""
    of_claims = (finding for claim in claims if claim.mode in ANSWERS for finding in of_claim(truth, claim))
    findings = (*_untold(truth), *_stuck(truth), *of_claims)
    if findings:
        return Report(Soundness.VIOLATED, findings, say(findings))
    behind = [c.edge for c in claims if c.mode in ANSWERS and not _has_arrived(truth, c)]
    if behind or truth.waiting:
        return Report(Soundness.NOT_YET_KNOWN, (), "")
    return Report(Soundness.SOUND, (), "")


def _has_arrived(truth: TruthRecord, claim: Claim) -> bool:
    return claim.mode is Mode.CURRENT and claim.position.sequence >= truth.latest


def say(findings: Sequence[Finding]) -> str:
    """Say what was found as a person would, the first finding first; there must be one."""
    first = findings[0]
    others = list(dict.fromkeys(f.where for f in findings if f.kind is first.kind and f.where != first.where))
    more = len({(f.kind, f.where) for f in findings}) - 1
    lead = first.sentence
    if others:
        lead += f" The same is true of {_list(others)}."
        more -= len(others)
    if more > 0:
        lead += f" And {more} more finding{'s' if more > 1 else ''}."
    return f"{lead} {first.repair}"


def _list(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def _events(facts: Sequence[Fact]) -> str:
    sequences = [str(sequence) for sequence in sorted(fact.sequence for fact in facts)]
    shown = sequences[:5] + ([f"{len(sequences) - 5} more"] if len(sequences) > 5 else [])
    return f"event{'s' if len(sequences) > 1 else ''} {_list(shown)}"


def _untold(truth: TruthRecord) -> Iterator[Finding]:
    if truth.untold:
        events = _events(truth.untold)
        yield Finding(
            Kind.UNTOLD,
            "truth",
            f"The database committed {events} of the route feed, and nothing will ever publish it.",
            "No row waits in the outbox, so neither a restart of the relay nor patience will repair this.",
            tuple(f"history: {_fact(fact)}; outbox: no row; stream: never seen" for fact in truth.untold[:5]),
        )


def _stuck(truth: TruthRecord) -> Iterator[Finding]:
    for row in truth.stuck:
        yield Finding(
            Kind.STUCK,
            "truth",
            f"The {row.feed} feed is stuck at {row.event_id}: {row.reason}.",
            row.cure,
            (f"outbox: row {row.position}, event {row.event_id}, waits; {row.reason}",),
        )


def of_claim(truth: TruthRecord, claim: Claim) -> Iterator[Finding]:
    """Yield what is wrong with the claim of an edge that answers."""
    yield from _phantoms(truth, claim)
    yield from _resurrected(truth, claim)
    yield from _double_effects(truth, claim)
    yield from _false_confidence(truth, claim)
    yield from _lost(truth, claim)
    if claim.stuck:
        yield Finding(
            Kind.STUCK,
            claim.edge,
            f"{claim.edge} is stuck: {claim.stuck}.",
            "The broker will hand it the same message again and again until somebody terminates it.",
            (claim.stuck,),
        )


def _phantoms(truth: TruthRecord, claim: Claim) -> Iterator[Finding]:
    rows = [row for row in claim.rows if row.event_id not in truth.known_ids]
    if rows:
        yield Finding(
            Kind.PHANTOM,
            claim.edge,
            f"{claim.edge} serves {_routes(rows)} from an owner that the database never chose.",
            "The event is in the stream and the fact is not in the database: no later commit takes it back.",
            tuple(f"{claim.edge}: {_row(row)}; history: {_unknown(row)}" for row in rows),
        )


def _resurrected(truth: TruthRecord, claim: Claim) -> Iterator[Finding]:
    rows = [row for row in claim.rows if row.epoch < row.highest_epoch]
    if rows:
        yield Finding(
            Kind.RESURRECTED,
            claim.edge,
            f"{claim.edge} went back to an earlier owner of {_routes(rows)}.",
            "Only a newer event for the same route, or a snapshot, brings the right owner back.",
            tuple(f"{claim.edge}: {_row(row)}; it had epoch {row.highest_epoch} before" for row in rows),
        )


def _double_effects(truth: TruthRecord, claim: Claim) -> Iterator[Finding]:
    rows = [row for row in claim.rows if drained_too_often(row)]
    if rows:
        yield Finding(
            Kind.DOUBLE_EFFECT,
            claim.edge,
            f"{claim.edge} drained the connections of {_routes(rows)} more often than owners changed.",
            "The effect has happened; nothing that comes later undoes it.",
            tuple(
                f"{claim.edge}: {_row(row)}; drained {row.drains} times, epoch allows {row.highest_epoch - 1}"
                for row in rows
            ),
        )


def drained_too_often(row: Row) -> bool:
    """Say whether a promotion took effect twice: the first owner drains nobody, every later one drains once."""
    return row.drains > row.highest_epoch - 1


def _false_confidence(truth: TruthRecord, claim: Claim) -> Iterator[Finding]:
    if claim.mode is not Mode.CURRENT:
        return
    sequence = claim.position.sequence
    records = tuple(differences(truth.as_of.get(sequence, {}), claim))
    if records:
        count = len(records)
        yield Finding(
            Kind.FALSE_CONFIDENCE,
            claim.edge,
            f"{claim.edge} claims current truth at {sequence} and is wrong about {count} route{'s' if count > 1 else ''}.",
            "Nothing pending in the stream will correct it." if not claim.pending else "More events are on their way.",
            records,
        )


def differences(as_of: Mapping[str, Fact], claim: Claim) -> Iterator[str]:
    """Yield one line of evidence for each route whose row differs from the truth as of the claimed sequence."""
    rows = {row.route: row for row in claim.rows}
    for route in sorted(as_of.keys() | rows.keys()):
        fact, row = as_of.get(route), rows.get(route)
        if fact is None or row is None or (fact.owner, fact.epoch) != (row.owner, row.epoch):
            yield (
                f"{route}: {claim.edge} has {_row(row) if row else 'no row'}; "
                f"truth at {claim.position.sequence} has {_fact(fact) if fact else 'no such route'}"
            )


def _lost(truth: TruthRecord, claim: Claim) -> Iterator[Finding]:
    """Published, not applied, and the broker has nothing left for this consumer, which says that it is current."""
    if claim.mode is not Mode.CURRENT or claim.pending is None or claim.pending or claim.outstanding:
        return
    missing = [
        fact for fact in truth.now.values() if fact.told is Told.PUBLISHED and fact.sequence > claim.position.sequence
    ]
    if missing:
        yield Finding(
            Kind.LOST,
            claim.edge,
            f"{claim.edge} claims to be current at {claim.position.sequence} and never applied {_events(missing)}.",
            "The broker counts it as done and has nothing pending: it will not come again.",
            tuple(
                f"history: {_fact(fact)}; {claim.edge}: position {claim.position.sequence}, nothing pending"
                for fact in missing
            ),
        )


def _routes(rows: Sequence[Row]) -> str:
    return _list([row.route for row in rows])


def _row(row: Row) -> str:
    return f"{row.route} → {row.owner}, epoch {row.epoch}" + (f", event {row.event_id}" if row.event_id else "")


def _unknown(row: Row) -> str:
    return f"no event {row.event_id}" if row.event_id else "it never had that owner under that epoch"


def _fact(fact: Fact) -> str:
    return f"{fact.route} → {fact.owner}, epoch {fact.epoch}, event {fact.event_id} at {fact.sequence}"


def why_row_differs(truth: TruthRecord, claim: Claim, route: str) -> str:
    """Say why a view's row for a route is not the truth's row now; empty when it is."""
    rows = {row.route: row for row in claim.rows}
    row, fact = rows.get(route), truth.now.get(route)
    if row is not None and (wrong := _wrong_in_itself(truth, row, fact)):
        return wrong
    if fact is None:
        return "invented" if row is not None else ""
    if row is not None and (row.owner, row.epoch) == (fact.owner, fact.epoch):
        return ""
    if fact.told is Told.NO_OUTBOX_ROW and fact in truth.untold:
        return "never published"
    if fact.told is Told.WAITING:
        return "not published"
    if fact.sequence <= claim.position.sequence:
        return "skipped by a gap"
    if claim.outstanding:
        return "delivered, unacked"
    return "not delivered" if claim.pending or claim.pending is None else "never applied"


def _wrong_in_itself(truth: TruthRecord, row: Row, fact: Fact | None) -> str:
    """Say what is wrong with a row that no further event explains; empty when nothing is."""
    if row.event_id not in truth.known_ids:
        return "invented"
    if row.epoch < row.highest_epoch:
        return "out of order"
    if drained_too_often(row):
        return "applied twice"
    same_event = fact is not None and row.event_id == fact.event_id
    return "not what its event said" if same_event and fact is not None and row.owner != fact.owner else ""
