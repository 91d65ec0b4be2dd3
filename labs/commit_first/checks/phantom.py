"""What happened to an event that was published before the database refused."""

from __future__ import annotations

from labs.commit_first.checks.common import early, invented_rows, phantoms
from studylab.lab import Evidence, Measured, Memory, NotYet, Passed, Place, Result, Shown, reading, shown


def promotion_served(evidence: Evidence) -> Result:
    """A commit since the step began has reached every view."""
    commits = reading.commits(evidence)
    if not commits:
        return NotYet("No promotion was committed since this step began.")
    event_id = commits[-1][1]
    without = [edge.name for edge in evidence.now.edges if event_id not in {row.event_id for row in edge.rows}]
    return (
        NotYet(f"{event_id} has not reached {reading.listed(without)}.")
        if without
        else Passed(f"Every edge has {event_id}.")
    )


def published_before_commit(evidence: Evidence) -> Result:
    """The journal has the publish before the commit."""
    if (found := early(evidence).first) is not None:
        event_id, published, committed = found
        return Passed(f"Journal: {event_id} published at moment {published}, committed at moment {committed}.")
    return NotYet("No promotion was committed after its event had been published.")


# The phantom.


def was_refused(evidence: Evidence) -> Result:
    """The database has refused since the step began."""
    refused = reading.moments(evidence, "database", "refused")
    return (
        Passed(refused[-1].text)
        if refused
        else NotYet("Nothing was refused. Give a route to an allocation that is not ready.")
    )


def phantom_stored(evidence: Evidence) -> Result:
    """The stream has an event that the history lacks."""
    cells = phantoms(evidence.now)
    if not cells:
        return NotYet("Every event in the stream is in the history as well.")
    return Passed(f"Stream seq {cells[-1].seq} is {cells[-1].event_id}; the history has no such event.")


def phantom_served(evidence: Evidence) -> Result:
    """Every edge has a row that the database never chose."""
    right = [edge.name for edge in evidence.now.edges if not invented_rows(edge)]
    if right:
        return NotYet(f"{reading.listed(right)} serve{'s' if len(right) == 1 else ''} no invented owner.")
    return Passed(" ".join(reading.said(evidence.now, "phantom")[:1]) or "All three serve an invented owner.")


def probes_wrong(evidence: Evidence) -> Result:
    """A request was answered with another owner than the database has."""
    for edge in evidence.now.edges:
        if probe := reading.wrong_probe(edge):
            return Passed(
                f"{edge.name} sent a request for {probe.route} to {probe.answer} instead of {probe.expected}."
            )
    return NotYet("No request was answered wrongly so far.")


def what_edges_did(evidence: Evidence) -> Measured:
    """Measure the first prediction."""
    wrong = [edge for edge in evidence.now.edges if invented_rows(edge)]
    if not wrong:
        return Measured("nothing", "No edge applied a change that the database refused.")
    return Measured(
        "route",
        f"{reading.listed([edge.name for edge in wrong])} serve {invented_rows(wrong[0])[0]}; the database refused it.",
    )


def keep_phantom(evidence: Evidence) -> Memory:
    """Keep what the quiz and the debrief need of the phantom."""
    cell = phantoms(evidence.now)[-1]
    rows = sum(fact.event_id == cell.event_id for fact in evidence.now.truth.history)
    return {
        "phantom_id": cell.event_id,
        "phantom_rows": rows,
        "phantom_said": reading.said(evidence.now, "phantom"),
    }


def show_phantom(evidence: Evidence) -> Shown:
    """Show the same route at the database, in the stream and at the edges."""
    cell = phantoms(evidence.now)[-1]
    owner = next((route.owner for route in evidence.now.truth.routes if route.name == cell.route), "no such route")
    places = (
        Place("Database", f"{cell.route} → {owner}", True),
        Place("Stream", f"seq {cell.seq}: {cell.route} → {cell.owner}", False),
        *(Place(edge.name, ", ".join(invented_rows(edge)), not invented_rows(edge)) for edge in evidence.now.edges),
    )
    return shown(
        reading.records(evidence.now, "phantom"), "The event was sent, and the decision was never made.", places
    )


def stream_is_clean(evidence: Evidence) -> Result:
    """No stored event is missing in the history."""
    cells = phantoms(evidence.now)
    if cells:
        return NotYet(
            f"{cells[0].event_id} is still in the stream, at seq {cells[0].seq}: any replay applies it again."
        )
    return Passed("Every event in the stream is in the history.")


def edges_are_clean(evidence: Evidence) -> Result:
    """No edge holds an invented row."""
    wrong = [f"{edge.name}: {row}" for edge in evidence.now.edges for row in invented_rows(edge)]
    return (
        NotYet(f"Still served: {'; '.join(wrong)}.")
        if wrong
        else Passed("Every owner served is one that the database chose.")
    )
