"""Findings about the truth itself: what it committed and nobody will hear of, and the rows that no broker takes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from vango.core import scars
from vango.core.accused import Accused, Part
from vango.core.findings import Finding, Kind, events_in_words, fact_in_words, unique
from vango.core.records import Claim, Fact, TruthRecord


def untold(truth: TruthRecord, claims: Sequence[Claim] = ()) -> Iterator[Finding]:
    """Yield what the database committed and nothing will ever publish, and apart from it what has been overtaken."""
    present = [fact for fact in truth.untold if not scars.is_overtaken(fact, claims)]
    past = [fact for fact in truth.untold if scars.is_overtaken(fact, claims)]
    if present:
        yield _untold(
            truth,
            present,
            f"The database committed {events_in_words(present)} of the {truth.feed} feed, and nothing will ever publish it.",
            "No outbox row exists for it, so neither a restart of the relay nor waiting will repair this.",
        )
    if past:
        yield replace(
            _untold(
                truth,
                past,
                f"Nobody was told {events_in_words(past)} of the {truth.feed} feed.",
                "A later event or a snapshot has given the edges what they had missed.",
            ),
            is_past=True,
        )


def _untold(truth: TruthRecord, facts: Sequence[Fact], sentence: str, repair: str) -> Finding:
    return Finding(
        Kind.UNTOLD,
        "truth",
        sentence,
        repair,
        tuple(f"history: {fact_in_words(fact)}; outbox: no row; stream: never seen" for fact in facts[:5]),
        tuple(fact.event_id for fact in facts),
        (Accused(Part.DATABASE, routes=unique(fact.route for fact in facts)),),
    )


def stuck(truth: TruthRecord) -> Iterator[Finding]:
    """Yield the outbox rows that the broker refuses."""
    for row in truth.stuck:
        yield Finding(
            Kind.STUCK,
            "truth",
            f"The {row.feed} feed is stuck at {row.event_id}: {row.reason}.",
            row.cure,
            (f"outbox: row {row.position}, event {row.event_id}, waits; {row.reason}",),
            (row.event_id,),
            (Accused(Part.RELAY), Accused(row.part)),
        )
