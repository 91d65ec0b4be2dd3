"""What an edge may claim: its own position, held against the control plane's word for the latest. Pure.

That nothing is left to read proves nothing. A purged tail looks exactly like being up to date: nothing pending, no
error, and no later event to reveal the gap (NATS-FACTS 8). Only a mark that says n allows the claim "current at n".
"""

from __future__ import annotations

from dataclasses import dataclass

from vango.core.judge import Position
from vango.core.modes import Signal


@dataclass(frozen=True, slots=True)
class Mark:
    """The control plane's word for the latest of a feed, and how far of it the broker has confirmed."""

    sequence: int
    event_id: str
    published: int


@dataclass(frozen=True, slots=True)
class Standing:
    """Where an edge stands. `gap` names a break that is certain; `owed` one that is, if the broker has nothing left."""

    signal: Signal
    gap: str = ""
    owed: str = ""


def weigh(position: Position, mark: Mark) -> Standing:
    """Hold a position against a mark that was heard after the position was reached."""
    n = position.sequence
    if mark.sequence < n:
        return Standing(Signal.SURPRISE, gap=f"this view is at {n}, the truth has only {mark.sequence}")
    if mark.sequence == n and mark.event_id != position.event_id:
        return Standing(
            Signal.SURPRISE,
            gap=f"event {n} is {mark.event_id} in truth and {position.event_id or 'nothing'} here",
        )
    if mark.sequence == n:
        return Standing(Signal.REACHED)
    if mark.published > n:
        owed = f"event {n + 1} was" if mark.published == n + 1 else f"events {n + 1} to {mark.published} were"
        return Standing(Signal.BEHIND, owed=f"{owed} published, and nothing is pending")
    return Standing(Signal.BEHIND)
