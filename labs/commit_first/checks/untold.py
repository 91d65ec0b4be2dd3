"""What happened to a fact when the control plane crashed after its commit."""

from __future__ import annotations

from labs.commit_first.checks.common import early, invented_rows, phantoms
from studylab.lab import Evidence, Measured, Memory, NotYet, Passed, Place, Result, Shown, reading, shown, unless
from studylab.lab.observed import Observation, Told

NOT_CRASHED = "The control plane has not crashed since this step began. Arm the crash, then promote."


def _crashed_ids(evidence: Evidence) -> list[str]:
    """Return the event ids of the commits that a crash followed, oldest first."""
    crashes = reading.moments(evidence, "database", "crash")
    before = [reading.last_commit(evidence, before=crash.n) for crash in crashes]
    return [event_id for event_id in before if event_id]


# The untold fact.


def crashed(evidence: Evidence) -> Result:
    """The control plane crashed after a commit."""
    ids = _crashed_ids(evidence)
    return Passed(f"It crashed after {ids[-1]} was committed.") if ids else NotYet(NOT_CRASHED)


def untold(evidence: Evidence) -> Result:
    """A committed fact has neither an outbox row nor a message."""
    found = reading.findings(evidence.now, "untold")
    return (
        Passed(found[0].sentence) if found else NotYet("Every committed fact is in the stream, or waits in the outbox.")
    )


def nobody_knows(evidence: Evidence) -> Result:
    """Every edge claims to be current and lacks the fact."""
    ids = _crashed_ids(evidence)
    if not ids:
        return NotYet(NOT_CRASHED)
    for edge in evidence.now.edges:
        if ids[-1] in {row.event_id for row in edge.rows}:
            return NotYet(f"{edge.name} has {ids[-1]}: it received the event.")
        if not reading.is_current(edge):
            return NotYet(f"{edge.name} is {edge.claim}.")
    return Passed("; ".join(f"{edge.name}: {edge.claim}" for edge in evidence.now.edges))


def what_crash_left(evidence: Evidence) -> Measured:
    """Measure the second prediction."""
    event_id = _crashed_ids(evidence)[-1]
    fact = reading.fact(evidence.now, event_id)
    if fact is None:
        return Measured("back", f"The history has no {event_id}.")
    if fact.told is Told.NO_OUTBOX_ROW and reading.findings(evidence.now, "untold"):
        return Measured(
            "untold", f"History: event {fact.sequence}, {fact.route} → {fact.owner}; {fact.told}; not in the stream."
        )
    return Measured("later", f"Event {fact.sequence} is in the stream.")


def keep_untold(evidence: Evidence) -> Memory:
    """Keep what the quiz and the debrief need of the untold fact."""
    fact = reading.fact(evidence.now, _crashed_ids(evidence)[-1])
    return {"untold_sequence": fact.sequence if fact else 0, "untold_said": reading.said(evidence.now, "untold")}


def show_untold(evidence: Evidence) -> Shown:
    """Show how far the news of the fact came: not at all."""
    fact = reading.fact(evidence.now, _crashed_ids(evidence)[-1])
    route, owner = (fact.route, fact.owner) if fact else ("", "")
    places = (
        Place("Database", f"{route} → {owner}", True),
        Place("Outbox", "no row", False),
        Place("Stream", "never seen", False),
        *(
            Place(edge.name, reading.held(edge, route), reading.held(edge, route) == owner)
            for edge in evidence.now.edges
        ),
    )
    return shown(
        reading.records(evidence.now, "untold"), "The decision was made, and its event was never sent.", places
    )


# The cure.


def refusal_was_silent(evidence: Evidence) -> Result:
    """The last promotion that was refused had not been published."""
    if not reading.moments(evidence, "database", "refused"):
        return NotYet("No promotion was refused since this step began.")
    if invented := early(evidence).invented:
        return NotYet(f"{invented} was published, and then the database refused it.")
    return Passed("Refused, and nothing was published.")


def has_phantoms(seen: Observation) -> bool:
    """Return whether an invention is in the stream or in a view."""
    return bool(phantoms(seen)) or any(invented_rows(edge) for edge in seen.edges)


def crash_was_harmless(evidence: Evidence) -> Result:
    """A fact whose commit a crash followed was published from its own outbox row."""
    facts = [fact for event_id in _crashed_ids(evidence) if (fact := reading.fact(evidence.now, event_id)) is not None]
    if not facts:
        return NotYet(NOT_CRASHED)
    fact = facts[-1]
    if fact.told is Told.PUBLISHED:
        return Passed(
            f"The crash came after event {fact.sequence} was committed; its row waited and the relay sent it."
        )
    if fact.told is not Told.NO_OUTBOX_ROW:
        return NotYet(f"Event {fact.sequence} is {fact.told}. The relay is {evidence.now.relay.state}.")
    if fact.event_id in {cell.event_id for cell in evidence.now.stream("ROUTES").cells}:
        return NotYet(
            f"Event {fact.sequence} was published by hand: it has no outbox row, so the next crash loses its event "
            "again."
        )
    return NotYet(f"Event {fact.sequence} has no outbox row: the crash has lost it.")


def edges_agree(evidence: Evidence) -> Result:
    """After a harmless crash, every view is what the database has."""
    if isinstance(crash_was_harmless(evidence), NotYet):
        return NotYet("First a crash must lose nothing.")
    return unless(reading.disagreement(evidence.now), "Every row of every edge is the database's row.")


def keep_cure(evidence: Evidence) -> Memory:
    """Keep which event survived the crash."""
    fact = reading.fact(evidence.now, _crashed_ids(evidence)[-1])
    return {"cured_sequence": fact.sequence if fact else 0}
