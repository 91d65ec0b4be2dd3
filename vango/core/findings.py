"""Findings: the named ways in which a claim can be wrong, each with the records that prove it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from vango.core import accused, scars
from vango.core.accused import Accused
from vango.core.judge import Row
from vango.core.modes import Mode
from vango.core.records import Claim, Fact, Told, TruthRecord
from vango.core.words import Sentence


class Kind(StrEnum):
    """The named ways in which a system like this one deceives its users."""

    PHANTOM = "phantom"
    RESURRECTED = "resurrected"
    FALSE_CONFIDENCE = "false confidence"
    LOST = "lost"
    DOUBLE_EFFECT = "double effect"
    UNTOLD = "untold"
    STUCK = "stuck"


@dataclass(frozen=True, slots=True)
class Finding:
    """One named violation. `where` is the edge, or `truth`; `records` are the lines of evidence, about `event_ids`.

    `accused` are the parts that are wrong, the worst first. `is_past` marks a scar (`vango.core.scars`). `since` is the
    number of the moment at which it was first seen, 0 when that is not known.
    """

    kind: Kind
    where: str
    sentence: Sentence
    repair: Sentence
    records: tuple[Sentence, ...]
    event_ids: tuple[str, ...] = ()
    accused: tuple[Accused, ...] = ()
    is_past: bool = False
    since: int = 0


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
            "The broker delivers the same message again and again until someone terminates it.",
            (claim.stuck,),
            accused=accused.edge(claim.edge),
        )


def _phantoms(truth: TruthRecord, claim: Claim) -> Iterator[Finding]:
    rows = [row for row in claim.rows if row.event_id not in truth.known_ids]
    if rows:
        yield Finding(
            Kind.PHANTOM,
            claim.edge,
            f"{claim.edge} serves {_routes(rows)} from {truth.value} that the database never chose.",
            "The event was published, but the fact is not in the database. No later commit takes it back.",
            tuple(f"{claim.edge}: {_row(row)}; history: {_unknown(row)}" for row in rows),
            tuple(row.event_id for row in rows),
            accused.edge(claim.edge, *(row.route for row in rows)),
        )


def _resurrected(truth: TruthRecord, claim: Claim) -> Iterator[Finding]:
    rows = [row for row in claim.rows if row.epoch < row.highest_epoch]
    if rows:
        yield Finding(
            Kind.RESURRECTED,
            claim.edge,
            f"{claim.edge} went back to an earlier owner of {_routes(rows)}.",
            "Only a newer event for the same route, or a snapshot, restores the right owner.",
            tuple(f"{claim.edge}: {_row(row)}; it had epoch {row.highest_epoch} before" for row in rows),
            tuple(row.event_id for row in rows),
            accused.edge(claim.edge, *(row.route for row in rows)),
        )


def _double_effects(truth: TruthRecord, claim: Claim) -> Iterator[Finding]:
    rows = [row for row in claim.rows if scars.drained_too_often(row)]
    present = [row for row in rows if not scars.is_outlived(row)]
    past = [row for row in rows if scars.is_outlived(row)]
    if present:
        yield _double_effect(claim, present, "The effect has happened, and no later event undoes it.")
    if past:
        found = _double_effect(claim, past, "The effect stays. Later changes of the same routes took effect once.")
        yield replace(found, is_past=True)


def _double_effect(claim: Claim, rows: Sequence[Row], repair: str) -> Finding:
    return Finding(
        Kind.DOUBLE_EFFECT,
        claim.edge,
        f"{claim.edge} drained the connections of {_routes(rows)} more often than owners changed.",
        repair,
        tuple(
            f"{claim.edge}: {_row(row)}; drained {row.drains} times, epoch allows {row.highest_epoch - 1}"
            for row in rows
        ),
        tuple(row.event_id for row in rows),
        accused.edge(claim.edge, *(row.route for row in rows)),
    )


def _false_confidence(truth: TruthRecord, claim: Claim) -> Iterator[Finding]:
    if claim.mode is not Mode.CURRENT:
        return
    sequence = claim.position.sequence
    as_of = truth.as_of.get(sequence, {})
    wrong = list(_differing(as_of, claim))
    if wrong:
        more = f", and {len(wrong) - 1} more {truth.feed}{'s' * (len(wrong) > 2)} wrongly" if len(wrong) > 1 else ""
        yield Finding(
            Kind.FALSE_CONFIDENCE,
            claim.edge,
            f"{claim.edge} says it is current at {sequence}, but {_does(*wrong[0])}{more}.",
            "More events are pending." if claim.pending else "No pending message will fix that.",
            tuple(differences(as_of, claim)),
            accused=accused.edge(claim.edge, *(route for route, _, _ in wrong)),
        )


def differences(as_of: Mapping[str, Fact], claim: Claim) -> Iterator[str]:
    """Yield one line of evidence for each route whose row differs from the truth as of the claimed sequence."""
    for route, fact, row in _differing(as_of, claim):
        yield (
            f"{route}: {claim.edge} has {_row(row) if row else 'no row'}; "
            f"truth at {claim.position.sequence} has {fact_in_words(fact) if fact else 'no such route'}"
        )


def _differing(as_of: Mapping[str, Fact], claim: Claim) -> Iterator[tuple[str, Fact | None, Row | None]]:
    rows = {row.route: row for row in claim.rows}
    for route in sorted(as_of.keys() | rows.keys()):
        fact, row = as_of.get(route), rows.get(route)
        if fact is None or row is None or (fact.owner, fact.epoch) != (row.owner, row.epoch):
            yield route, fact, row


def _does(route: str, fact: Fact | None, row: Row | None) -> str:
    """Return what an edge does wrong with a route, in words that follow the edge's name."""
    if row is None:
        return f"has no row for {route}"
    if fact is None:
        return f"serves {route}, which does not exist"
    if row.owner == fact.owner:
        return f"has {route} at epoch {row.epoch} instead of {fact.epoch}"
    return f"sends {route} to {row.owner} instead of {fact.owner}"


def _lost(truth: TruthRecord, claim: Claim) -> Iterator[Finding]:
    """Published, not applied, and the broker has nothing left for this consumer, which claims to be current."""
    if claim.mode is not Mode.CURRENT or claim.pending is None or claim.pending or claim.outstanding:
        return
    missing = [
        fact for fact in truth.now.values() if fact.told is Told.PUBLISHED and fact.sequence > claim.position.sequence
    ]
    if missing:
        yield Finding(
            Kind.LOST,
            claim.edge,
            f"{claim.edge} says it is current at {claim.position.sequence}, but never applied {events_in_words(missing)}.",
            "The broker counts it as done and has nothing pending, so it will not come again.",
            tuple(
                f"history: {fact_in_words(fact)}; {claim.edge}: position {claim.position.sequence}, nothing pending"
                for fact in missing
            ),
            tuple(fact.event_id for fact in missing),
            accused.edge(claim.edge, *unique(fact.route for fact in missing)),
        )


def unique(routes: Iterable[str]) -> tuple[str, ...]:
    """Return each route once, in order."""
    return tuple(dict.fromkeys(routes))


def events_in_words(facts: Sequence[Fact]) -> str:
    """Return the sequences of some events, the first five of them."""
    sequences = [str(sequence) for sequence in sorted(fact.sequence for fact in facts)]
    shown = sequences[:5] + ([f"{len(sequences) - 5} more"] if len(sequences) > 5 else [])
    return f"event{'s' if len(sequences) > 1 else ''} {listed(shown)}"


def listed(names: Sequence[str]) -> str:
    """Join names with commas and a last *and*. At least one name is required."""
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def _routes(rows: Sequence[Row]) -> str:
    return listed([row.route for row in rows])


def _row(row: Row) -> str:
    return f"{row.route} → {row.owner}, epoch {row.epoch}" + (f", event {row.event_id}" if row.event_id else "")


def _unknown(row: Row) -> str:
    return f"no event {row.event_id}" if row.event_id else "it never had that owner under that epoch"


def fact_in_words(fact: Fact) -> str:
    """Return a fact as a line of evidence."""
    return f"{fact.route} → {fact.owner}, epoch {fact.epoch}, event {fact.event_id} at {fact.sequence}"
