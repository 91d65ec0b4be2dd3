"""What happened to a retry under the same id, and in an outage."""

from __future__ import annotations

from labs.unknown_outcome.checks.common import (
    IN_SIGHT,
    MANY,
    NOT_SILENT,
    broker_away,
    copies,
    fact_of,
    killed_after,
    unanswered,
)
from studylab.lab import Evidence, Measured, Memory, NotYet, Passed, Result, reading
from studylab.lab.observed import Differs, Told


def silence_was_harmless(evidence: Evidence) -> Result:
    """A publish went unanswered and was stored; published again it was a duplicate, and there is one message."""
    silent = unanswered(evidence)
    if not silent:
        return NotYet(NOT_SILENT)
    if away := broker_away(evidence.now):
        return NotYet(away)
    for event_id in reversed(silent):
        cells = copies(evidence.now, event_id)
        if len(cells) > 1:
            return NotYet(
                f"{event_id} is stored {reading.times(len(cells))}: its next attempt went out under another id."
            )
        if fact_of(evidence.now, event_id).told is Told.NO_OUTBOX_ROW:
            return NotYet(f"{event_id} was given up. If it is stored all the same, that is luck.")
        if cells and reading.about(evidence, "relay", "duplicate", "stored", event_id):
            return Passed(
                f"No PubAck for {event_id}; published again, the broker said duplicate: one message, seq "
                f"{cells[0].seq}."
            )
    return NotYet(
        "No event that went unanswered was stored the first time. Thaw the broker after the relay's wait is over."
    )


def loss_was_harmless(evidence: Evidence) -> Result:
    """A publish went unanswered and died with the broker; published again it was stored, and there is one message."""
    silent = {event_id: n for event_id, n in unanswered(evidence).items() if killed_after(evidence, n)}
    if not silent:
        return NotYet(
            "No publish was lost with the broker since this step began. Kill it while it is frozen, then start it."
        )
    if away := broker_away(evidence.now):
        return NotYet(away)
    event_id = list(silent)[-1]
    fact, cells = fact_of(evidence.now, event_id), copies(evidence.now, event_id)
    if fact.told is Told.NO_OUTBOX_ROW:
        return NotYet(f"{event_id} was given up, and it is {'stored by luck' if cells else 'lost'}.")
    if len(cells) == 1 and fact.told is Told.PUBLISHED:
        return Passed(
            f"{event_id} was lost with the broker; its row waited, and it is stored once, as stream seq {cells[0].seq}."
        )
    if len(cells) > 1:
        return NotYet(f"{event_id} is stored {reading.times(len(cells))}.")
    return NotYet(f"{event_id} is {fact.told}. The relay is {evidence.now.relay.state}.")


def nobody_drained_twice(evidence: Evidence) -> Result:
    """After both, every edge is current and right, and no effect was doubled."""
    if not isinstance(silence_was_harmless(evidence), Passed) and not isinstance(loss_was_harmless(evidence), Passed):
        return NotYet("First a silence must prove harmless.")
    twice = [edge.name for edge in evidence.now.edges if any(row.cause is Differs.APPLIED_TWICE for row in edge.rows)]
    if twice:
        return NotYet(
            f"{reading.listed(twice)} drained more often than owners changed. Only a fresh snapshot corrects that."
        )
    if naive := [edge.name for edge in evidence.now.edges if not edge.rules.deduplicate]:
        return NotYet(
            f"{reading.listed(naive)} {'does' if len(naive) == 1 else 'do'} not check event ids: the next second copy "
            "takes effect again."
        )
    if not reading.all_agree(evidence.now):
        return NotYet(str(reading.disagreement(evidence.now) or "Not every edge is current yet."))
    return Passed("Every edge is current and right, and every change took effect once.")


# The outage.


def outage_waits(evidence: Evidence) -> Result:
    """The broker is away, the outbox is deep, and the edges answer from what they hold."""
    seen = evidence.now
    if seen.broker.state == "up":
        return NotYet("The broker is up.")
    if seen.outbox.waiting < MANY:
        return NotYet(f"{seen.outbox.waiting} rows wait in the outbox. Commit until at least {MANY} wait.")
    silent = [edge.name for edge in seen.edges if not edge.probes or edge.probes[-1].outcome == "refused"]
    if silent:
        return NotYet(f"{reading.listed(silent)} answer{'s' if len(silent) == 1 else ''} nothing.")
    answers = "; ".join(f"{edge.name} answers as {edge.claim}" for edge in seen.edges)
    return Passed(f"{seen.outbox.waiting} rows wait, the oldest for {seen.outbox.oldest_age_s:g} s. {answers}.")


def drained_in_order(evidence: Evidence) -> Result:
    """Everything that was committed while the broker was away is stored once, in the order of the commits."""
    back = [m.n for kind in ("start", "thaw") for m in reading.moments(evidence, "broker", kind)[-1:]]
    if not back and evidence.now.broker.state != "up":
        return NotYet(f"The broker is {evidence.now.broker.state}; {evidence.now.outbox.waiting} rows wait for it.")
    owed = reading.count_commits(evidence, up_to=back[-1]) if back else 0
    if owed < MANY:
        return NotYet(f"Since this step began {owed} changes were committed before the broker came back.")
    if evidence.now.outbox.waiting:
        return NotYet(f"{evidence.now.outbox.waiting} rows still wait. The relay is {evidence.now.relay.state}.")
    last = reading.last_commits(evidence, IN_SIGHT, before=back[-1])
    stored = [cell.event_id for cell in evidence.now.stream("ROUTES").cells if cell.event_id in last]
    if stored != last:
        return NotYet(f"The last {len(last)} waiting events are not in the stream once each and in order.")
    differs = reading.disagreement(evidence.now)
    if differs:
        return NotYet(str(differs))
    return Passed(f"{owed} events, stored once each and in the order of the commits; every edge has the last.")


def what_edges_did_meanwhile(evidence: Evidence) -> Measured:
    """Measure the third prediction, from the count of requests."""
    asked = {edge.name: edge.asked for edge in evidence.now.edges}
    held = [f"{name} {counts['late']}" for name, counts in asked.items() if counts["late"]]
    if held:
        return Measured("held", f"Answered from their views during the outage: {', '.join(held)} requests.")
    return Measured("refused", "No edge answered.")


def keep_cure(evidence: Evidence) -> Memory:
    """Keep the cure's records for the debrief."""
    results = (silence_was_harmless(evidence), loss_was_harmless(evidence))
    return {"cured_said": [result.why for result in results if isinstance(result, Passed)]}


def keep_outage(evidence: Evidence) -> Memory:
    """Keep the outage's records for the quiz and the debrief."""
    drained = drained_in_order(evidence)
    owed = reading.count_commits(evidence)
    return {"outage_rows": owed, "outage_said": drained.why if isinstance(drained, Passed) else ""}
