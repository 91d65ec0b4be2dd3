"""What happened to publishes without an answer, and to a retry under a new id."""

from __future__ import annotations

from labs.unknown_outcome.checks.common import (
    NOT_SILENT,
    broker_away,
    copies,
    fact_of,
    killed_after,
    unanswered,
)
from studylab.lab import Evidence, Measured, Memory, NotYet, Passed, Place, Result, Shown, reading, shown, unless
from studylab.lab.observed import Differs, Told


def given_up_and_stored(evidence: Evidence) -> Result:
    """The relay gave an event up, and it is in the stream."""
    return _given_up(evidence, stored=True)


def given_up_and_lost(evidence: Evidence) -> Result:
    """The relay gave an event up, and it is nowhere."""
    return _given_up(evidence, stored=False)


def _given_up(evidence: Evidence, *, stored: bool) -> Result:
    silent = unanswered(evidence)
    if not silent:
        return NotYet(NOT_SILENT)
    if away := broker_away(evidence.now):
        return NotYet(away)
    for event_id, n in silent.items():
        cells = copies(evidence.now, event_id)
        if fact_of(evidence.now, event_id).told is not Told.NO_OUTBOX_ROW:
            continue
        if stored and cells:
            return Passed(
                f"No PubAck for {event_id}, and the relay gave it up. It is stored as stream seq {cells[0].seq}."
            )
        if not stored and not cells and killed_after(evidence, n):
            return Passed(
                f"No PubAck for {event_id}, and the relay gave it up. It is neither in the outbox nor in the stream."
            )
    if stored:
        return NotYet("No event that was given up is in the stream. Thaw the broker after the relay has given up.")
    return NotYet("Every event that was given up is in the stream. Kill the broker while it is frozen, then start it.")


def told_as_untold(evidence: Evidence) -> Result:
    """The audit says that a committed fact will never be published."""
    if isinstance(lost := given_up_and_lost(evidence), NotYet):
        return lost
    found = reading.findings(evidence.now, "untold")
    return Passed(found[0].sentence) if found else NotYet("The audit has no such finding yet.")


def what_silence_meant(evidence: Evidence) -> Measured:
    """Measure the first prediction: of two events with the same silence, which were stored?"""
    stored = [event_id for event_id in unanswered(evidence) if copies(evidence.now, event_id)]
    lost = [event_id for event_id in unanswered(evidence) if not copies(evidence.now, event_id)]
    if stored and lost:
        return Measured("unknown", f"The same silence twice: {stored[-1]} was stored, {lost[-1]} was not.")
    return Measured(
        "stored" if stored else "lost", f"{(stored or lost)[-1]} was {'stored' if stored else 'not stored'}."
    )


def keep_silence(evidence: Evidence) -> Memory:
    """Keep both events and the audit's words."""
    silent = list(unanswered(evidence))
    return {
        "stored_id": next((i for i in silent if copies(evidence.now, i)), ""),
        "lost_id": next((i for i in silent if not copies(evidence.now, i)), ""),
        "untold_said": reading.said(evidence.now, "untold"),
    }


def show_silence(evidence: Evidence) -> Shown:
    """Show what the relay heard beside what had happened, for both events."""
    stored, lost = evidence.memory.get("stored_id", ""), evidence.memory.get("lost_id", "")
    places = (
        Place("Relay heard", f"of {stored}: nothing"),
        Place("Stream", "it is stored", True),
        Place("Relay heard", f"of {lost}: nothing"),
        Place("Stream", "it is not stored", False),
    )
    return shown(
        reading.records(evidence.now, "untold"),
        "Two outcomes, one silence. Any conclusion from it is wrong for one of the two.",
        places,
    )


# Under a new id.


def edges_repaired(evidence: Evidence) -> Result:
    """The edges have from a snapshot what was never sent."""
    if not all(reading.moments(evidence, edge.name, "snapshot") for edge in evidence.now.edges):
        without = [e.name for e in evidence.now.edges if not reading.moments(evidence, e.name, "snapshot")]
        return NotYet(
            f"{reading.listed(without)} {'has' if len(without) == 1 else 'have'} loaded no snapshot since this "
            "step began."
        )
    return unless(reading.disagreement(evidence.now), "Every row of every edge is the database's row.")


def stored_again(evidence: Evidence) -> Result:
    """One event is in the stream more than once."""
    silent = unanswered(evidence)
    if not silent:
        return NotYet(NOT_SILENT)
    if away := broker_away(evidence.now):
        return NotYet(away)
    for event_id in silent:
        cells = copies(evidence.now, event_id)
        if len(cells) > 1:
            seqs = reading.listed([str(cell.seq) for cell in cells])
            return Passed(f"One promotion, {len(cells)} messages: {event_id} is stored as stream seq {seqs}.")
    return NotYet("Every event is stored at most once.")


def applied_again(evidence: Evidence) -> Result:
    """An edge that does not check event ids let the same promotion take effect again."""
    silent = unanswered(evidence)
    for finding in reading.findings(evidence.now, "double effect"):
        if silent.keys() & {*finding.event_ids}:
            return Passed(finding.sentence)
    if all(edge.rules.deduplicate for edge in evidence.now.edges):
        return NotYet("No edge drained twice: all three check event ids. Turn that off for fra.")
    return NotYet("No edge has drained more often than owners changed.")


def what_a_new_id_did(evidence: Evidence) -> Measured:
    """Measure the second prediction."""
    again = stored_again(evidence)
    if not isinstance(again, Passed):
        return Measured("one", "It is stored once.")
    hit = [e.name for e in evidence.now.edges if any(row.cause is Differs.APPLIED_TWICE for row in e.rows)]
    absorbed = [e.name for e in evidence.now.edges if e.name not in hit and e.counters["duplicates"]]
    said = (
        f"{again.why} Applied again by {reading.listed(hit) or 'nobody'}, absorbed by "
        f"{reading.listed(absorbed) or 'nobody'}."
    )
    return Measured("every" if hit and not absorbed else "naive" if hit else "one", said)


def keep_retry(evidence: Evidence) -> Memory:
    """Keep the event, how often it is stored, and the audit's words."""
    silent = unanswered(evidence)
    counts = {event_id: len(copies(evidence.now, event_id)) for event_id in silent}
    event_id = max(counts, key=lambda key: counts[key], default="")
    return {
        "again_id": event_id,
        "again_count": counts.get(event_id, 0),
        "again_said": reading.said(evidence.now, "double effect"),
    }


def show_retry(evidence: Evidence) -> Shown:
    """Show one promotion on its way: one row, several messages, and who counted them how often."""
    event_id = evidence.memory.get("again_id", "")
    fact = reading.fact(evidence.now, event_id)
    route = fact.route if fact else ""
    cells = copies(evidence.now, event_id)
    places = [
        Place("Database", f"{event_id}, once", True),
        Place("Stream", f"{len(cells)} messages: seq {reading.listed([str(cell.seq) for cell in cells])}", False),
    ]
    for edge in evidence.now.edges:
        row = next((row for row in edge.rows if row.route == route), None)
        if row is not None:
            once = row.cause is not Differs.APPLIED_TWICE
            places.append(Place(edge.name, f"drained {reading.times(row.drains)} at epoch {row.epoch}", once))
    return shown(
        reading.records(evidence.now, "double effect"),
        "The broker could recognise the event only by the message id.",
        tuple(places),
    )
