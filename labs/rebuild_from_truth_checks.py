"""What lab 11 looks for: pure functions of the evidence, each with a sentence for what it saw or what still differs."""

from __future__ import annotations

import math

from studylab.lab import (
    EdgeSeen,
    Evidence,
    Figure,
    Measured,
    Memory,
    NotYet,
    Observation,
    Passed,
    Place,
    Result,
    Shown,
    reading,
)

OPERATION = "op-blue"
SILENT = ("down", "loading", "failed closed", "rebuilding")
NOT_DESTROYED = "The database has not been destroyed since this step began."


def _rows(edge: EdgeSeen) -> str:
    return ", ".join(f"{row.route} → {row.owner}" for row in edge.rows) or "no row"


def _owners(seen: Observation) -> str:
    return ", ".join(f"{route.name} → {route.owner}" for route in seen.truth.routes) or "no route"


def _destroyed_at(evidence: Evidence, actor: str) -> int:
    """Return the moment of the last destruction since the step began, 0 when there was none."""
    return max((moment.n for moment in reading.moments(evidence, actor, "destroyed")), default=0)


# Asking twice.


def done_once(evidence: Evidence) -> Result:
    """The database was asked for an operation that it had done, and said so."""
    known = reading.moments(evidence, "database", "done before")
    if known:
        return Passed(f"{known[-1].text}. Nothing was changed.")
    if reading.commits(evidence):
        return NotYet(f"Without the operation id it was done again, as a new change. Use the id {OPERATION}.")
    return NotYet(f"Nobody has asked for {OPERATION} again yet.")


# The database is destroyed.


def fact_was_never_told(evidence: Evidence) -> Result:
    """A fact waited in the outbox when the database was destroyed."""
    loss = evidence.now.truth.loss
    if loss is not None:
        lines = [line for line in loss.table("outbox").lines if "waiting" in line]
        return (
            Passed(lines[0])
            if lines
            else NotYet(
                "When the database was destroyed, every fact had been told. Put it back, stop the relay, commit, and destroy it again."
            )
        )
    if evidence.now.outbox.waiting:
        return Passed(f"{evidence.now.outbox.rows[0].event_id} waits in the outbox: only the database knows of it.")
    return NotYet("Every committed fact has been told. Stop the relay and commit one more.")


def database_was_rebuilt(evidence: Evidence) -> Result:
    """The database was destroyed, and the stream was asked to rebuild it."""
    gone = _destroyed_at(evidence, "database")
    if not gone:
        return NotYet(NOT_DESTROYED)
    told = [moment.text for moment in reading.moments(evidence, "database", "rebuilt") if moment.n > gone]
    return Passed(told[-1]) if told else NotYet("The database is empty. Ask the stream to rebuild it.")


def rows_are_missing(evidence: Evidence) -> Result:
    """The comparison, row by row, names what the stream could not give back."""
    loss = evidence.now.truth.loss
    if loss is None or isinstance(database_was_rebuilt(evidence), NotYet):
        return NotYet("There is nothing to compare yet.")
    parts = [f"{table.table} {table.equal} of {table.rows}" for table in loss.tables if table.equal < table.rows]
    return Passed(f"Rows as they were: {', '.join(parts)}.") if parts else NotYet("Every row came back.")


def done_twice(evidence: Evidence) -> Result:
    """The operation that had been done before was done again on the rebuilt database."""
    if evidence.now.truth.loss is None:
        return NotYet("This counts on the rebuilt database.")
    for moment in reading.moments(evidence, "learner", "verb"):
        asked = moment.detail["arguments"].get("operation")
        if asked == OPERATION and reading.last_commit(evidence, after=moment.n):
            return Passed(f"{OPERATION} had been done once. The rebuilt database did it again.")
    return NotYet(f"Ask for {OPERATION} once more: shop to alloc-b. What does the rebuilt database say?")


def edges_followed(evidence: Evidence) -> Result:
    """Every edge has followed the rebuilt database, and the audit finds nothing wrong with it."""
    if evidence.now.truth.loss is None or isinstance(database_was_rebuilt(evidence), NotYet):
        return NotYet("This counts on the rebuilt database.")
    ahead = [edge.name for edge in evidence.now.edges if edge.sequence > evidence.now.truth.sequence]
    if ahead:
        return NotYet(
            f"{reading.listed(ahead)} still hold the old truth. The relay is {evidence.now.relay.state}: it tells how far the new one is."
        )
    if evidence.now.audit.soundness.value != "sound":
        return NotYet(f"The audit says: {evidence.now.audit.soundness}.")
    claims = "; ".join(f"{edge.name}: {edge.claim}, {_rows(edge)}" for edge in evidence.now.edges)
    return Passed(f"{claims}. The audit says: sound.")


def what_stream_gave_back(evidence: Evidence) -> Measured:
    """Measure the second prediction."""
    loss = evidence.now.truth.loss
    if loss is None:
        return Measured("", "The database was put back before it could be measured.")
    routes = loss.table("route")
    said = "; ".join(routes.lines)
    if all(table.equal == table.rows for table in loss.tables):
        return Measured("all", "Every row is as it was.")
    if not routes.missing and routes.equal == routes.rows:
        return Measured("routes", "Every route is as it was.")
    return Measured("some", f"{routes.equal} of {routes.rows} routes are as they were: {said}")


def keep_loss(evidence: Evidence) -> Memory:
    """Keep the comparison, in the words of the panel."""
    loss = evidence.now.truth.loss
    if loss is None:
        return {}
    return {
        "lost": [line for name in ("route", "operation") for line in loss.table(name).lines],
        "lost_rows": sum(table.rows - table.equal for table in loss.tables),
        "routes_equal": loss.table("route").equal,
        "routes": loss.table("route").rows,
        "refusal": next((said for said in loss.refused if "holes" in said), ""),
        "audit": evidence.now.audit.soundness.value,
    }


def show_loss(evidence: Evidence) -> Shown:
    """Show the database that is called truth now, and who believes it."""
    loss = evidence.now.truth.loss
    lost = tuple(evidence.memory.get("lost", ()))
    tables = loss.tables if loss else ()
    places = (
        *(
            Place(table.table, f"{table.equal} of {table.rows} as they were", table.equal == table.rows)
            for table in tables
        ),
        Place("Audit", evidence.now.audit.soundness.value, False),
    )
    refusal = evidence.memory.get("refusal", "")
    records = (*lost, f"refused: {refusal}") if refusal else lost
    return Shown(records, Figure("The audit has nothing left to compare with: it calls the wrong truth sound.", places))


# Putting it back.


def database_is_back(evidence: Evidence) -> Result:
    """The kept copy is in its place again."""
    if evidence.now.truth.loss is not None:
        tables = [t for t in evidence.now.truth.loss.tables if t.equal < t.rows]
        return NotYet(
            f"Rows are still missing from {reading.listed([t.table for t in tables])}: events do not bring them back."
        )
    return Passed(f"The database is at event {evidence.now.truth.sequence} again.")


def operation_is_known(evidence: Evidence) -> Result:
    """The operation asked for once more changed nothing."""
    if evidence.now.truth.loss is not None:
        return NotYet("This counts once the old database is back.")
    back = max((moment.n for moment in reading.moments(evidence, "database", "restored")), default=0)
    known = [m.text for m in reading.moments(evidence, "database", "done before") if m.n > back]
    return Passed(f"{known[-1]}.") if known else NotYet(f"Ask for {OPERATION} once more: shop to alloc-b.")


def everything_agrees(evidence: Evidence) -> Result:
    """The fact that was never told has been told, and every edge serves what the database has."""
    if evidence.now.truth.loss is not None:
        return NotYet("This counts once the old database is back.")
    if evidence.now.outbox.waiting:
        return NotYet(
            f"{evidence.now.outbox.waiting} row still waits in the outbox. The relay is {evidence.now.relay.state}."
        )
    if differs := reading.disagreement(evidence.now):
        return NotYet(differs)
    behind = [edge.name for edge in evidence.now.edges if not reading.is_current(edge)]
    return (
        NotYet(f"{reading.listed(behind)} not current yet.")
        if behind
        else Passed("Every row of every edge is the database's row.")
    )


# The bus is destroyed.


def bus_was_destroyed(evidence: Evidence) -> Result:
    """Streams, consumers and bucket were gone."""
    return (
        Passed("No stream, no consumer, no bucket was left.")
        if _destroyed_at(evidence, "stream")
        else NotYet(
            f"The bus is there: {len(evidence.now.consumers)} consumers on {len(evidence.now.streams)} streams."
        )
    )


def decided_without_a_bus(evidence: Evidence) -> Result:
    """A fact was committed while there was no bus, and waited in the outbox."""
    gone = _destroyed_at(evidence, "stream")
    if not gone:
        return NotYet("This counts once the bus is gone.")
    back = reading.after(reading.moments(evidence, "stream", "restored"), gone)
    decided = reading.last_commit(evidence, after=gone, before=back[0].n if back else math.inf)
    if not decided:
        return NotYet(
            "Nothing was committed between the loss of the bus and its return. Give a route to another owner."
        )
    return Passed(f"{decided} was committed with no bus to tell anybody.")


def converged_from_the_database(evidence: Evidence) -> Result:
    """After the bus came back empty, every row of every edge is the database's row, and every edge knows it."""
    if isinstance(decided_without_a_bus(evidence), NotYet):
        return NotYet("This counts after a commit without a bus.")
    stream = evidence.now.stream("ROUTES")
    if not stream.available:
        return NotYet(f"There is no stream ROUTES: {stream.trouble}.")
    down = [edge.name for edge in evidence.now.edges if not reading.is_current(edge)]
    if down:
        return NotYet(f"{reading.listed(down)} {'is' if len(down) == 1 else 'are'} not current.")
    if differs := reading.disagreement(evidence.now):
        return NotYet(differs)
    if evidence.now.outbox.waiting:
        return NotYet(f"{evidence.now.outbox.waiting} rows still wait in the outbox.")
    rows = len(evidence.now.edges) * len(evidence.now.truth.routes)
    return Passed(f"{rows} of {rows} rows are equal, and the stream begins again at seq {stream.first_seq}.")


def one_edge_began_with_nothing(evidence: Evidence) -> Result:
    """An edge lost its view while the bus was gone, so that it could only come from the database."""
    gone = _destroyed_at(evidence, "stream")
    wiped = [m for edge in evidence.now.edges for m in reading.moments(evidence, edge.name, "wipe") if m.n > gone > 0]
    if not wiped:
        return NotYet(
            "Every edge still has the view that it had. Wipe one while the bus is gone, to see it begin with nothing."
        )
    return Passed(f"{wiped[-1].actor} had neither view nor stream to begin from.")


def what_bus_needed(evidence: Evidence) -> Measured:
    """Measure the first prediction."""
    stream, differs = evidence.now.stream("ROUTES"), reading.disagreement(evidence.now)
    if differs:
        return Measured("lost", differs)
    if stream.messages >= evidence.now.truth.sequence:
        return Measured("again", f"The stream holds {stream.messages} events again.")
    return Measured(
        "database",
        f"The stream holds {stream.messages} of {evidence.now.truth.sequence} events, the edges all "
        f"{len(evidence.now.truth.routes)} routes: {_rows(evidence.now.edges[0])}.",
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
        *(Place(edge.name, _rows(edge), not any(row.cause for row in edge.rows)) for edge in evidence.now.edges),
    )
    records = tuple(
        f"{edge.name}: {edge.claim}; {moments[-1].text if moments else 'no snapshot was needed'}"
        for edge in evidence.now.edges
        for moments in [reading.moments(evidence, edge.name, "snapshot")]
    )
    return Shown(
        records, Figure(f"Rebuilt from the database: {reading.listed(rebuilt) or 'nobody had to be'}.", places)
    )


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
        return NotYet(f"{reading.listed(wrong)} are wrong; one is wanted, so that the others can go on serving.")
    edge = evidence.now.edge(wrong[0])
    if not reading.is_current(edge):
        return NotYet(f"{edge.name} is {edge.claim}.")
    return Passed(f"{edge.name} is {edge.claim} and serves {_rows(edge)}.")


def keep_wrong(evidence: Evidence) -> Memory:
    """Keep which edge is wrong."""
    wrong = _wrong_edges(evidence.now)
    return {"wrong_edge": wrong[0], "wrong_said": reading.findings(evidence.now, "false confidence")}


def mended(evidence: Evidence) -> Result:
    """The wrong edge serves what the database has."""
    if differs := reading.disagreement(evidence.now):
        return NotYet(differs)
    name = evidence.memory.get("wrong_edge", "iad")
    edge = evidence.now.edge(name)
    return Passed(f"{name}: {_rows(edge)}.") if reading.is_current(edge) else NotYet(f"{name} is {edge.claim}.")


def others_went_on(evidence: Evidence) -> Result:
    """No other edge was stopped, emptied or closed since the step began; asked for after the mending."""
    name = evidence.memory.get("wrong_edge", "iad")
    if isinstance(mended(evidence), NotYet):
        return NotYet(f"This counts once {name} is right again.")
    since = max((moment.n for moment in reading.moments(evidence, "stream", "corrupt")), default=0)
    for edge in evidence.now.edges:
        stops = [m for m in reading.moments(evidence, edge.name, "mode") if m.n > since and m.detail["after"] in SILENT]
        if edge.name != name and stops:
            return NotYet(
                f"{edge.name} stopped answering on the way: {stops[0].text}. Corrupt a snapshot and load it into {name} once "
                f"more, then mend {name} alone."
            )
    others = [edge.name for edge in evidence.now.edges if edge.name != name]
    return Passed(f"{reading.listed(others)} answered all the time.")


def happened(memory: Memory) -> tuple[str, ...]:
    """Tell the lab in its records' words."""
    return (
        f"The bus was destroyed: {memory.get('bus_messages', 0)} of {memory.get('bus_sequence', 0)} events were stored afterwards, and every row was right.",
        *memory.get("wrong_said", ()),
        f"The database was destroyed: {memory.get('lost_rows', 0)} rows did not come back from the stream, and the audit said “{memory.get('audit', 'sound')}”.",
        *memory.get("lost", ()),
    )
