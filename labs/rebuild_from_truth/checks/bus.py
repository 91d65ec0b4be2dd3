"""What came back of a bus that was destroyed, and of an edge that was wrong."""

from __future__ import annotations

import math

from labs.rebuild_from_truth.checks.common import destroyed_at, rows_of
from studylab.lab import Evidence, Measured, Memory, NotYet, Passed, Place, Result, Shown, reading, shown
from studylab.lab.observed import Mode, ModeChange, Observation

SILENT = (Mode.DOWN, Mode.LOADING, Mode.FAILED_CLOSED, Mode.REBUILDING)


def _owners(seen: Observation) -> str:
    return ", ".join(f"{route.name} → {route.owner}" for route in seen.truth.routes) or "no route"


# The bus is destroyed.


def bus_was_destroyed(evidence: Evidence) -> Result:
    """Streams, consumers and bucket were gone."""
    return (
        Passed("No stream, no consumer, no bucket was left.")
        if destroyed_at(evidence, "stream")
        else NotYet(
            f"The bus is there: {len(evidence.now.consumers)} consumers on {len(evidence.now.streams)} streams."
        )
    )


def decided_without_a_bus(evidence: Evidence) -> Result:
    """A fact was committed while there was no bus, and waited in the outbox."""
    gone = destroyed_at(evidence, "stream")
    if not gone:
        return NotYet("First the bus must be gone.")
    back = reading.after(reading.moments(evidence, "stream", "restored"), gone)
    decided = reading.last_commit(evidence, after=gone, before=back[0].n if back else math.inf)
    if not decided:
        return NotYet(
            "Nothing was committed between the loss of the bus and its return. Give a route to another owner."
        )
    return Passed(f"{decided} was committed without a bus to publish it.")


def converged_from_the_database(evidence: Evidence) -> Result:
    """After the bus came back empty, every row of every edge is the database's row, and every edge knows it."""
    if isinstance(decided_without_a_bus(evidence), NotYet):
        return NotYet("First commit a change without a bus.")
    stream = evidence.now.stream("ROUTES")
    if not stream.available:
        return NotYet(f"There is no stream ROUTES: {stream.trouble}.")
    down = [edge.name for edge in evidence.now.edges if not reading.is_current(edge)]
    if down:
        return NotYet(f"{reading.listed(down)} {'is' if len(down) == 1 else 'are'} not current.")
    if differs := reading.disagreement(evidence.now):
        return NotYet(str(differs))
    if evidence.now.outbox.waiting:
        return NotYet(f"{evidence.now.outbox.waiting} rows still wait in the outbox.")
    rows = len(evidence.now.edges) * len(evidence.now.truth.routes)
    return Passed(f"{rows} of {rows} rows are equal, and the stream begins again at seq {stream.first_seq}.")


def one_edge_began_with_nothing(evidence: Evidence) -> Result:
    """An edge lost its view while the bus was gone, so that it could only come from the database."""
    gone = destroyed_at(evidence, "stream")
    wiped = [m for edge in evidence.now.edges for m in reading.moments(evidence, edge.name, "wipe") if m.n > gone > 0]
    if not wiped:
        return NotYet("Every edge still has its view. Wipe one while the bus is gone, to see it begin with nothing.")
    return Passed(f"{wiped[-1].actor} had neither view nor stream to begin from.")


def what_bus_needed(evidence: Evidence) -> Measured:
    """Measure the first prediction."""
    stream, differs = evidence.now.stream("ROUTES"), reading.disagreement(evidence.now)
    if differs:
        return Measured("lost", str(differs))
    if stream.messages >= evidence.now.truth.sequence:
        return Measured("again", f"The stream holds {stream.messages} events again.")
    return Measured(
        "database",
        f"The stream holds {stream.messages} of {evidence.now.truth.sequence} events, the edges all "
        f"{len(evidence.now.truth.routes)} routes: {rows_of(evidence.now.edges[0])}.",
    )


def keep_bus(evidence: Evidence) -> Memory:
    """Keep how little the new stream held."""
    return {"bus_messages": evidence.now.stream("ROUTES").messages, "bus_sequence": evidence.now.truth.sequence}


def show_bus(evidence: Evidence) -> Shown:
    """Show database, stream and edges side by side."""
    stream = evidence.now.stream("ROUTES")
    rebuilt = [edge.name for edge in evidence.now.edges if reading.moments(evidence, edge.name, "snapshot")]
    places = (
        Place("Database", _owners(evidence.now), True),
        Place("Stream", f"{stream.messages} of {evidence.now.truth.sequence} events"),
        *(Place(edge.name, rows_of(edge), not any(row.cause for row in edge.rows)) for edge in evidence.now.edges),
    )
    records = tuple(
        f"{edge.name}: {edge.claim}; {moments[-1].text if moments else 'no snapshot was needed'}"
        for edge in evidence.now.edges
        for moments in [reading.moments(evidence, edge.name, "snapshot")]
    )
    return shown(records, f"Rebuilt from the database: {reading.listed(rebuilt) or 'nobody had to be'}.", places)


# One wrong edge.


def _wrong_edges(seen: Observation) -> list[str]:
    owners = {(route.name, route.owner) for route in seen.truth.routes}
    return [edge.name for edge in seen.edges if any((row.route, row.owner) not in owners for row in edge.rows)]


def one_edge_is_wrong(evidence: Evidence) -> Result:
    """Exactly one edge serves an owner that the database does not have."""
    wrong = _wrong_edges(evidence.now)
    if not wrong:
        return NotYet("Every edge serves what the database has.")
    if len(wrong) > 1:
        return NotYet(f"{reading.listed(wrong)} are wrong. Make only one wrong, so that the others go on serving.")
    edge = evidence.now.edge(wrong[0])
    if not reading.is_current(edge):
        return NotYet(f"{edge.name} is {edge.claim}.")
    return Passed(f"{edge.name} is {edge.claim} and serves {rows_of(edge)}.")


def keep_wrong(evidence: Evidence) -> Memory:
    """Keep which edge is wrong."""
    wrong = _wrong_edges(evidence.now)
    return {"wrong_edge": wrong[0], "wrong_said": reading.said(evidence.now, "false confidence")}


def mended(evidence: Evidence) -> Result:
    """The wrong edge serves what the database has."""
    if differs := reading.disagreement(evidence.now):
        return NotYet(str(differs))
    name = evidence.memory.get("wrong_edge", "iad")
    edge = evidence.now.edge(name)
    return Passed(f"{name}: {rows_of(edge)}.") if reading.is_current(edge) else NotYet(f"{name} is {edge.claim}.")


def others_went_on(evidence: Evidence) -> Result:
    """No other edge was stopped, emptied or closed since the step began; asked for after the mending."""
    name = evidence.memory.get("wrong_edge", "iad")
    if isinstance(mended(evidence), NotYet):
        return NotYet(f"First {name} must be right again.")
    since = max((moment.n for moment in reading.moments(evidence, "stream", "corrupt")), default=0)
    for edge in evidence.now.edges:
        modes = reading.after(reading.moments(evidence, edge.name, "mode"), since)
        stops = [moment for moment in modes if moment.read(ModeChange).after in SILENT]
        if edge.name != name and stops:
            return NotYet(
                f"{edge.name} stopped answering on the way: {stops[0].text}. Corrupt a snapshot and load it into "
                f"{name} once more, then repair {name} alone."
            )
    others = [edge.name for edge in evidence.now.edges if edge.name != name]
    return Passed(f"{reading.listed(others)} answered all the time.")
