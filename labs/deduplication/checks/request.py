"""What the database did with a request that came twice."""

from __future__ import annotations

from labs.deduplication.checks.common import change
from studylab.lab import Evidence, Measured, Memory, NotYet, Passed, Result, reading
from studylab.lab.observed import Commit, FactSeen


def _repeated(evidence: Evidence) -> tuple[FactSeen, FactSeen] | None:
    """Return the last two changes that gave the same route to the same owner."""
    made = reading.changes(evidence)
    for later in made[::-1]:
        for earlier in made:
            if earlier.sequence < later.sequence and (earlier.route, earlier.owner) == (later.route, later.owner):
                return earlier, later
    return None


def done_twice(evidence: Evidence) -> Result:
    """The database carried the same request out twice."""
    pair = _repeated(evidence)
    if pair is None:
        return NotYet(
            "No request was done twice. Since this step began: "
            f"{'; '.join(map(change, reading.changes(evidence))) or 'no change'}."
        )
    return Passed(f"Two commits, two events for one request: {change(pair[0])}, and {change(pair[1])}.")


def decision_undone(evidence: Evidence) -> Result:
    """What was decided between the two is gone."""
    pair = _repeated(evidence)
    if pair is None:
        return NotYet(_refused_again(evidence) or "First a request must be done twice.")
    between = [
        f
        for f in reading.changes(evidence)
        if f.route == pair[0].route and pair[0].sequence < f.sequence < pair[1].sequence
    ]
    if not between:
        return NotYet(
            "The request was repeated, but nothing was decided in between. Let a colleague promote the route meanwhile."
        )
    return Passed(f"{change(between[-1])} was decided in between, and the repetition undid it.")


def _refused_again(evidence: Evidence) -> str:
    """Say that a repetition found its owner there already; empty when there was none."""
    made = {(fact.route, fact.owner) for fact in reading.changes(evidence)}
    asked = [asked.arguments for _, asked in reading.refusals(evidence, "promote")]
    if not any((one.get("route"), one.get("to")) in made for one in asked):
        return ""
    return (
        "The repetition was refused: nothing was decided in between, so its owner was there already. Let a colleague "
        "promote the route meanwhile."
    )


def nobody_objects(evidence: Evidence) -> Result:
    """Every edge follows, and the audit has nothing to say."""
    if isinstance(decision_undone(evidence), NotYet):
        return NotYet("First a decision must be undone.")
    if differs := reading.disagreement(evidence.now):
        return NotYet(str(differs))
    if evidence.now.audit.findings:
        return NotYet(evidence.now.audit.findings[0].sentence)
    return Passed("Every edge serves it, and the audit finds nothing: the database did decide it.")


def what_repeat_did(evidence: Evidence) -> Measured:
    """Measure the first prediction."""
    result = decision_undone(evidence)
    return Measured("again", result.why) if isinstance(result, Passed) else Measured("nothing", result.differs)


def keep_repeat(evidence: Evidence) -> Memory:
    """Keep the changes that were made."""
    return {"flips": [change(fact) for fact in reading.changes(evidence)]}


def _done_before(evidence: Evidence) -> tuple[str, int]:
    """Return operation id and revision of the last request that the database answered as done before."""
    said = reading.moments(evidence, "database", "done before")
    known = said[-1].read(Commit) if said else Commit()
    return known.operation, known.revision


def answered_done_before(evidence: Evidence) -> Result:
    """The database recognised a request by its operation id."""
    operation, revision = _done_before(evidence)
    if operation:
        return Passed(f"Operation {operation} was requested again; the database: done before, at revision {revision}.")
    used = [fact.operation or "none" for fact in reading.changes(evidence)]
    return NotYet(f"No request was answered “done before”. Operation ids used: {', '.join(used) or 'none yet'}.")


def decision_stands(evidence: Evidence) -> Result:
    """One event for the operation, and what was decided after it stands."""
    operation, _ = _done_before(evidence)
    facts = [fact for fact in reading.changes(evidence) if fact.operation == operation]
    if not operation or not facts:
        return NotYet("First the database must recognise a repeated request of this step.")
    after = [
        fact for fact in reading.changes(evidence) if fact.route == facts[0].route and fact.sequence > facts[0].sequence
    ]
    if not after:
        return NotYet(
            "The request was repeated, but nothing was decided in between. Let a colleague promote the route first."
        )
    if change(after[-1]) not in {f"{r.name} → {r.owner}, epoch {r.epoch}" for r in evidence.now.truth.routes}:
        return NotYet(f"{change(after[-1])} does not stand.")
    return Passed(
        f"One event for {operation}: {change(facts[0])}. Decided after it, and it stands: {change(after[-1])}."
    )


def what_operation_did(evidence: Evidence) -> Measured:
    """Measure the pick of the first guard."""
    operation, _ = _done_before(evidence)
    return Measured("operation", f"The database knew operation {operation} and changed nothing.")


def keep_operation(evidence: Evidence) -> Memory:
    """Keep the operation id that was recognised."""
    operation, revision = _done_before(evidence)
    return {"operation": operation, "operation_revision": revision}
