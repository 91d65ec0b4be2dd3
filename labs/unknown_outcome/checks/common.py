"""What the parts of lab 9 share: which publishes went unanswered, and what is stored of them."""

from __future__ import annotations

from studylab.lab import Evidence, reading
from studylab.lab.observed import CellSeen, FactSeen, Observation

MANY = 10
IN_SIGHT = 50

NOT_SILENT = (
    "No publish went unanswered since this step began. A longer wait makes that rarer and never impossible: "
    "freeze the broker for longer than the relay waits."
)


def unanswered(evidence: Evidence) -> dict[str, int]:
    """Return the events whose PubAck did not come since the step began, with the moment of the first silence."""
    facts = [fact.event_id for fact in evidence.now.truth.history[::-1]]
    silent = (
        (about[0].n, event_id)
        for event_id in facts
        if (about := reading.about(evidence, "relay", "unanswered", "event_ids", event_id))
    )
    return {event_id: n for n, event_id in sorted(silent, key=lambda one: one[0])}


def copies(seen: Observation, event_id: str) -> list[CellSeen]:
    """Return the messages in sight that carry an event."""
    return [cell for cell in seen.stream("ROUTES").cells if cell.event_id == event_id]


def killed_after(evidence: Evidence, n: int) -> bool:
    """Return whether the broker was killed after a moment, and not thawed before: what it had not read is gone."""
    killed, thawed = (reading.after(reading.moments(evidence, "broker", kind), n) for kind in ("kill", "thaw"))
    return bool(killed) and not (thawed and thawed[0].n < killed[0].n)


def fact_of(seen: Observation, event_id: str) -> FactSeen:
    """Return the row of the history with an event id that is known to be there."""
    found = reading.fact(seen, event_id)
    assert found is not None
    return found


def broker_away(seen: Observation) -> str:
    """Say that the broker's streams cannot be seen now; empty when they can."""
    if not seen.stream("ROUTES").available:
        return f"The broker is {seen.broker.state}: look at what it has stored when it is back."
    return ""
