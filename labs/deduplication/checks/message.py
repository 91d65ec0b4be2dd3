"""What the edge did with an event that was stored twice."""

from __future__ import annotations

from labs.deduplication.checks.common import NOT_CRASHED, in_hand, joined
from labs.deduplication.checks.publish import second_copies
from studylab.lab import Evidence, Measured, Memory, NotYet, Passed, Place, Result, Shown, reading, shown
from studylab.lab.observed import Outcome


def _times_applied(evidence: Evidence, sequence: int) -> int:
    return len(reading.about(evidence, "iad", "apply", "sequences", sequence))


def applied_once(evidence: Evidence) -> Result:
    """iad recognised the second copy, and the promotion took effect once."""
    event_id = in_hand(evidence)
    fact, again = reading.fact(evidence.now, event_id), second_copies(evidence)
    if fact is None:
        return NotYet(NOT_CRASHED)
    count = _times_applied(evidence, fact.sequence)
    if count > 1:
        return NotYet(
            f"iad applied event {fact.sequence} {count} times, and drained the old owner of {fact.route} each time."
        )
    told = [said for seq in again for said in reading.verdicts(evidence, "iad", seq)]
    known = [moment for moment, verdict in told if verdict is Outcome.DUPLICATE]
    if not known:
        return NotYet("iad has received no second copy of the event.")
    return Passed(f"iad applied event {fact.sequence} once. About the second copy it says: {known[-1].text}.")


def what_guard_held(evidence: Evidence) -> Measured:
    """Measure the pick of the last guard."""
    result = applied_once(evidence)
    return Measured("event", result.why) if isinstance(result, Passed) else Measured("window", result.differs)


def keep_cure(evidence: Evidence) -> Memory:
    """Keep which event was absorbed by the edge."""
    event_id = in_hand(evidence)
    return {"cured_id": event_id, "cured_seqs": reading.copies(evidence.now, event_id)}


def show_guards(evidence: Evidence) -> Shown:
    """Show the three duplicates of this attempt, each with its guard."""
    memory = evidence.memory
    seqs = joined(memory.get("cured_seqs", ()))
    places = (
        Place("The request, twice", f"operation id: {memory.get('operation', '')}, at the database", True),
        Place(
            "The publish, twice, inside the window", f"message id: {memory.get('window_id', '')}, at the broker", True
        ),
        Place("The message, twice, after it", f"event id: {memory.get('cured_id', '')}, at the edge", True),
    )
    records = (
        f"without operation ids: {'; '.join(memory.get('flips', ()))}",
        f"with one: done before, at revision {memory.get('operation_revision', 0)}",
        f"broker: {memory.get('window_id', '')} at seq {', '.join(map(str, memory.get('window_seqs', ())))}, duplicate",
        f"stream: {memory.get('cured_id', '')} at seq {seqs}; iad applied it once",
    )
    return shown(records, "Something can happen twice at three places, and no guard replaces another.", places)
