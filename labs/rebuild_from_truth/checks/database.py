"""What came back of a database that was destroyed."""

from __future__ import annotations

from labs.rebuild_from_truth.checks.common import OPERATION, destroyed_at, rows_of
from studylab.lab import Evidence, Measured, Memory, NotYet, Passed, Place, Result, Shown, reading, shown
from studylab.lab.observed import Constraint

NOT_DESTROYED = "The database has not been destroyed since this step began."


# Asking twice.


def done_once(evidence: Evidence) -> Result:
    """The database was asked for an operation that it had done, and said so."""
    known = reading.moments(evidence, "database", "done before")
    if known:
        return Passed(f"{known[-1].text}. Nothing was changed.")
    if reading.refusals(evidence, "promote"):
        return NotYet(
            "Without the operation id nobody knew the request: it was refused only while shop still has that owner. "
            f"Use the id {OPERATION}."
        )
    if reading.commits(evidence):
        return NotYet(f"What was committed since this step began was another request. Use the id {OPERATION}.")
    return NotYet(f"{OPERATION} has not been requested again yet.")


# The database is destroyed.


def fact_was_never_told(evidence: Evidence) -> Result:
    """A fact waited in the outbox when the database was destroyed."""
    loss = evidence.now.truth.loss
    if loss is not None:
        untold = loss.table("outbox").untold
        return (
            Passed(f"{untold[0]} waited in the outbox of the destroyed database, and waits nowhere now.")
            if untold
            else NotYet(
                "When the database was destroyed, every fact had been published. Put it back, stop the relay, "
                "commit, and destroy it again."
            )
        )
    if evidence.now.outbox.waiting:
        return Passed(f"{evidence.now.outbox.rows[0].event_id} waits in the outbox: only the database has it.")
    return NotYet("Every committed fact has been published. Stop the relay and commit one more.")


def database_was_rebuilt(evidence: Evidence) -> Result:
    """The database was destroyed, and the stream was asked to rebuild it."""
    gone = destroyed_at(evidence, "database")
    if not gone:
        return NotYet(NOT_DESTROYED)
    told = reading.after(reading.moments(evidence, "database", "rebuilt"), gone)
    return Passed(told[-1].text) if told else NotYet("The database is empty. Ask the stream to rebuild it.")


def rows_are_missing(evidence: Evidence) -> Result:
    """The comparison, row by row, names what the stream could not give back."""
    loss = evidence.now.truth.loss
    if loss is None or isinstance(database_was_rebuilt(evidence), NotYet):
        return NotYet("There is nothing to compare yet.")
    parts = [f"{table.table} {table.equal} of {table.rows}" for table in loss.tables if table.equal < table.rows]
    return Passed(f"Unchanged rows: {', '.join(parts)}.") if parts else NotYet("Every row came back.")


def done_twice(evidence: Evidence) -> Result:
    """The operation that had been done before was done again on the rebuilt database."""
    if evidence.now.truth.loss is None:
        return NotYet("First the database must be rebuilt.")
    for fact in reading.changes(evidence):
        if (fact.operation, fact.route, fact.owner) == (OPERATION, "shop", "alloc-b"):
            return Passed(
                f"{OPERATION} had been done once. The rebuilt database did it again, as event {fact.sequence}."
            )
    return NotYet(f"Ask for {OPERATION} once more: shop to alloc-b. What does the rebuilt database say?")


def edges_followed(evidence: Evidence) -> Result:
    """Every edge has followed the rebuilt database, and the audit finds nothing wrong with it."""
    if evidence.now.truth.loss is None or isinstance(database_was_rebuilt(evidence), NotYet):
        return NotYet("First the database must be rebuilt.")
    ahead = [edge.name for edge in evidence.now.edges if edge.sequence > evidence.now.truth.sequence]
    if ahead:
        return NotYet(
            f"{reading.listed(ahead)} still hold the old truth. The relay is {evidence.now.relay.state}: it sends "
            "the new high-water mark."
        )
    if evidence.now.audit.soundness.value != "sound":
        return NotYet(f"The audit says: {evidence.now.audit.soundness}.")
    claims = "; ".join(f"{edge.name}: {edge.claim}, {rows_of(edge)}" for edge in evidence.now.edges)
    return Passed(f"{claims}. The audit says: sound.")


def what_stream_gave_back(evidence: Evidence) -> Measured:
    """Measure the second prediction."""
    loss = evidence.now.truth.loss
    if loss is None:
        return Measured("", "The database was put back before it could be measured.")
    routes = loss.table("route")
    said = "; ".join(routes.lines)
    if all(table.equal == table.rows for table in loss.tables):
        return Measured("all", "Every row is unchanged.")
    if not routes.missing and routes.equal == routes.rows:
        return Measured("routes", "Every route is unchanged.")
    return Measured("some", f"{routes.equal} of {routes.rows} routes are unchanged: {said}")


def keep_loss(evidence: Evidence) -> Memory:
    """Keep the comparison, in the words of the panel."""
    loss = evidence.now.truth.loss
    if loss is None:
        return {}
    holes = [row for row in loss.refusals if row.broke is Constraint.NO_HOLES]
    return {
        "lost": [line for name in ("route", "operation") for line in loss.table(name).lines],
        "lost_rows": sum(table.rows - table.equal for table in loss.tables),
        "routes_equal": loss.table("route").equal,
        "routes": loss.table("route").rows,
        "refusal": holes[0].sentence if holes else "",
        "audit": evidence.now.audit.soundness.value,
    }


def show_loss(evidence: Evidence) -> Shown:
    """Show the database that is called truth now, and who believes it."""
    loss = evidence.now.truth.loss
    lost = tuple(evidence.memory.get("lost", ()))
    tables = loss.tables if loss else ()
    places = (
        *(
            Place(table.table, f"{table.equal} of {table.rows} unchanged", table.equal == table.rows)
            for table in tables
        ),
        Place("Audit", evidence.now.audit.soundness.value, False),
    )
    refusal = evidence.memory.get("refusal", "")
    records = (*lost, f"refused: {refusal}") if refusal else lost
    return shown(records, "The audit has nothing left to compare with: it calls the wrong truth sound.", places)


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
        return NotYet("First put the old database back.")
    back = max((moment.n for moment in reading.moments(evidence, "database", "restored")), default=0)
    known = reading.after(reading.moments(evidence, "database", "done before"), back)
    return Passed(f"{known[-1].text}.") if known else NotYet(f"Ask for {OPERATION} once more: shop to alloc-b.")


def everything_agrees(evidence: Evidence) -> Result:
    """The fact that was never told has been told, and every edge serves what the database has."""
    if evidence.now.truth.loss is not None:
        return NotYet("First put the old database back.")
    if evidence.now.outbox.waiting:
        return NotYet(
            f"{evidence.now.outbox.waiting} row still waits in the outbox. The relay is {evidence.now.relay.state}."
        )
    if differs := reading.disagreement(evidence.now):
        return NotYet(str(differs))
    behind = [edge.name for edge in evidence.now.edges if not reading.is_current(edge)]
    return (
        NotYet(f"{reading.listed(behind)} not current yet.")
        if behind
        else Passed("Every row of every edge is the database's row.")
    )
