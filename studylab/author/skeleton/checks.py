"""The checks of the steps. A check asks the evidence for the outcome, however it came about."""

from __future__ import annotations

from studylab.lab import Evidence, Measured, Memory, NotYet, Place, Result, Shown, reading, shown, unless


def promoted(evidence: Evidence) -> Result:
    """A promotion since the step began has reached every edge."""
    commits = reading.commits(evidence)
    if not commits:
        return NotYet("No promotion was committed since this step began.")
    return unless(reading.disagreement(evidence.now), f"Every edge serves {commits[-1][1]}.")


def who_was_told(evidence: Evidence) -> Measured:
    """Measure the prediction: the key of an option, and a sentence from the learner's own records."""
    event_id = reading.commits(evidence)[-1][1]
    told = [edge.name for edge in evidence.now.edges if event_id in {row.event_id for row in edge.rows}]
    option = "all" if len(told) == len(evidence.now.edges) else "one"
    return Measured(option, f"{reading.listed(told)} hold {event_id}.")


def keep_event(evidence: Evidence) -> Memory:
    """Keep what later steps, the quiz and the debrief need: plain JSON values by name."""
    return {"event_id": reading.commits(evidence)[-1][1]}


def show_event(evidence: Evidence) -> Shown:
    """Show the learner's own records, and one figure."""
    found = reading.fact(evidence.now, str(evidence.memory["event_id"]))
    held = f"{found.route} → {found.owner}" if found else "not there"
    return shown(
        [f"history: {held}, {found.told if found else ''}"],
        "One decision, told to all.",
        [Place("Database", held, True), *(Place(edge.name, held, True) for edge in evidence.now.edges)],
    )
