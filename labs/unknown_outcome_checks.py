"""What lab 9 looks for: which publishes went unanswered, what became of each, and in which order an outage drained."""

from __future__ import annotations

from studylab.lab import (
    CellSeen,
    Evidence,
    FactSeen,
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

NO_ROW = "no outbox row"
MANY = 10
IN_SIGHT = 50
NOT_SILENT = (
    "No publish went unanswered since this step began. A longer wait makes that rarer and never impossible: "
    "freeze the broker for longer than the relay waits."
)


def _unanswered(evidence: Evidence) -> dict[str, int]:
    """Return the events whose PubAck did not come since the step began, with the moment of the first silence."""
    facts = [fact.event_id for fact in evidence.now.truth.history[::-1]]
    silent = ((about[0].n, event_id) for event_id in facts
              if (about := reading.about(evidence, "relay", "unanswered", "event_ids", event_id)))  # fmt: skip
    return {event_id: n for n, event_id in sorted(silent, key=lambda one: one[0])}


def _copies(seen: Observation, event_id: str) -> list[CellSeen]:
    return [cell for cell in seen.stream("ROUTES").cells if cell.event_id == event_id]


def _killed_after(evidence: Evidence, n: int) -> bool:
    """Say whether the broker was killed after a moment without having been thawed before: what it had not read is gone."""
    killed, thawed = (reading.after(reading.moments(evidence, "broker", kind), n) for kind in ("kill", "thaw"))
    return bool(killed) and not (thawed and thawed[0].n < killed[0].n)


def _fact(seen: Observation, event_id: str) -> FactSeen:
    found = reading.fact(seen, event_id)
    assert found is not None
    return found


def _away(seen: Observation) -> str:
    if not seen.stream("ROUTES").available:
        return f"The broker is {seen.broker.state}: what it has stored can be seen when it is back."
    return ""


# The same silence, twice.


def given_up_and_stored(evidence: Evidence) -> Result:
    """The relay gave an event up, and it is in the stream."""
    return _given_up(evidence, stored=True)


def given_up_and_lost(evidence: Evidence) -> Result:
    """The relay gave an event up, and it is nowhere."""
    return _given_up(evidence, stored=False)


def _given_up(evidence: Evidence, *, stored: bool) -> Result:
    silent = _unanswered(evidence)
    if not silent:
        return NotYet(NOT_SILENT)
    if away := _away(evidence.now):
        return NotYet(away)
    for event_id, n in silent.items():
        cells = _copies(evidence.now, event_id)
        if _fact(evidence.now, event_id).told != NO_ROW:
            continue
        if stored and cells:
            return Passed(
                f"No PubAck for {event_id}, and the relay gave it up. It is stored as stream seq {cells[0].seq}."
            )
        if not stored and not cells and _killed_after(evidence, n):
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
    said = reading.findings(evidence.now, "untold")
    return Passed(said[0]) if said else NotYet("The audit has no such finding yet.")


def what_silence_meant(evidence: Evidence) -> Measured:
    """Measure the first prediction: of two events with the same silence, which were stored?"""
    stored = [event_id for event_id in _unanswered(evidence) if _copies(evidence.now, event_id)]
    lost = [event_id for event_id in _unanswered(evidence) if not _copies(evidence.now, event_id)]
    if stored and lost:
        return Measured("unknown", f"The same silence twice: {stored[-1]} was stored, {lost[-1]} was not.")
    return Measured(
        "stored" if stored else "lost", f"{(stored or lost)[-1]} was {'stored' if stored else 'not stored'}."
    )


def keep_silence(evidence: Evidence) -> Memory:
    """Keep both events and the audit's words."""
    silent = list(_unanswered(evidence))
    return {
        "stored_id": next((i for i in silent if _copies(evidence.now, i)), ""),
        "lost_id": next((i for i in silent if not _copies(evidence.now, i)), ""),
        "untold_said": reading.findings(evidence.now, "untold"),
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
    return Shown(
        tuple(reading.records(evidence.now, "untold")),
        Figure("Two outcomes, one silence. Whatever the relay concludes from it is wrong for one of the two.", places),
    )


# Under a new id.


def edges_repaired(evidence: Evidence) -> Result:
    """The edges have from a snapshot what was never sent."""
    if not all(reading.moments(evidence, edge.name, "snapshot") for edge in evidence.now.edges):
        without = [e.name for e in evidence.now.edges if not reading.moments(evidence, e.name, "snapshot")]
        return NotYet(
            f"{reading.listed(without)} {'has' if len(without) == 1 else 'have'} loaded no snapshot since this step began."
        )
    differs = reading.disagreement(evidence.now)
    return NotYet(differs) if differs else Passed("Every row of every edge is the database's row.")


def stored_again(evidence: Evidence) -> Result:
    """One event is in the stream more than once."""
    silent = _unanswered(evidence)
    if not silent:
        return NotYet(NOT_SILENT)
    if away := _away(evidence.now):
        return NotYet(away)
    for event_id in silent:
        cells = _copies(evidence.now, event_id)
        if len(cells) > 1:
            seqs = reading.listed([str(cell.seq) for cell in cells])
            return Passed(f"One promotion, {len(cells)} messages: {event_id} is stored as stream seq {seqs}.")
    return NotYet("Every event is stored at most once.")


def applied_again(evidence: Evidence) -> Result:
    """An edge that does not check event ids let the same promotion take effect again."""
    silent = _unanswered(evidence)
    for finding in evidence.now.audit.findings:
        if finding.kind.value == "double effect" and any(event_id in " ".join(finding.records) for event_id in silent):
            return Passed(finding.sentence)
    if all(edge.rules.deduplicate for edge in evidence.now.edges):
        return NotYet("No edge drained anybody twice: all three check event ids. Let fra stop doing so.")
    return NotYet("No edge has drained anybody more often than owners changed.")


def what_a_new_id_did(evidence: Evidence) -> Measured:
    """Measure the second prediction."""
    again = stored_again(evidence)
    if not isinstance(again, Passed):
        return Measured("one", "It is stored once.")
    hit = [e.name for e in evidence.now.edges if any(row.cause == "applied twice" for row in e.rows)]
    absorbed = [e.name for e in evidence.now.edges if e.name not in hit and e.counters["duplicates"]]
    said = f"{again.why} Applied again by {reading.listed(hit) or 'nobody'}, absorbed by {reading.listed(absorbed) or 'nobody'}."
    return Measured("every" if hit and not absorbed else "naive" if hit else "one", said)


def keep_retry(evidence: Evidence) -> Memory:
    """Keep the event, how often it is stored, and the audit's words."""
    silent = _unanswered(evidence)
    counts = {event_id: len(_copies(evidence.now, event_id)) for event_id in silent}
    event_id = max(counts, key=lambda key: counts[key], default="")
    return {
        "again_id": event_id,
        "again_count": counts.get(event_id, 0),
        "again_said": reading.findings(evidence.now, "double effect"),
    }


def show_retry(evidence: Evidence) -> Shown:
    """Show one promotion on its way: one row, several messages, and who counted them how often."""
    event_id = evidence.memory.get("again_id", "")
    fact = reading.fact(evidence.now, event_id)
    route = fact.route if fact else ""
    cells = _copies(evidence.now, event_id)
    places = [
        Place("Database", f"{event_id}, once", True),
        Place("Stream", f"{len(cells)} messages: seq {reading.listed([str(cell.seq) for cell in cells])}", False),
    ]
    for edge in evidence.now.edges:
        row = next((row for row in edge.rows if row.route == route), None)
        if row is not None:
            once = row.cause != "applied twice"
            places.append(Place(edge.name, f"drained {reading.times(row.drains)} at epoch {row.epoch}", once))
    return Shown(
        tuple(reading.records(evidence.now, "double effect")),
        Figure("The message id was the broker's only way to see that it was the same news.", tuple(places)),
    )


# Under the same id.


def silence_was_harmless(evidence: Evidence) -> Result:
    """A publish went unanswered and was stored; published again it was a duplicate, and there is one message."""
    silent = _unanswered(evidence)
    if not silent:
        return NotYet(NOT_SILENT)
    if away := _away(evidence.now):
        return NotYet(away)
    for event_id in reversed(silent):
        cells = _copies(evidence.now, event_id)
        if len(cells) > 1:
            return NotYet(
                f"{event_id} is stored {reading.times(len(cells))}: its next attempt went out under another id."
            )
        if _fact(evidence.now, event_id).told == NO_ROW:
            return NotYet(f"{event_id} was given up. That it may be stored all the same is luck.")
        if cells and reading.about(evidence, "relay", "duplicate", "stored", event_id):
            return Passed(
                f"No PubAck for {event_id}; published again, the broker said duplicate: one message, seq {cells[0].seq}."
            )
    return NotYet(
        "No event that went unanswered was stored the first time. Thaw the broker after the relay's wait is over."
    )


def loss_was_harmless(evidence: Evidence) -> Result:
    """A publish went unanswered and died with the broker; published again it was stored, and there is one message."""
    silent = {event_id: n for event_id, n in _unanswered(evidence).items() if _killed_after(evidence, n)}
    if not silent:
        return NotYet(
            "No publish died with the broker since this step began. Kill it while it is frozen, then start it."
        )
    if away := _away(evidence.now):
        return NotYet(away)
    event_id = list(silent)[-1]
    fact, cells = _fact(evidence.now, event_id), _copies(evidence.now, event_id)
    if fact.told == NO_ROW:
        return NotYet(f"{event_id} was given up, and it is {'stored by luck' if cells else 'lost'}.")
    if len(cells) == 1 and fact.told == "published":
        return Passed(
            f"{event_id} died with the broker; its row waited, and it is stored once, as stream seq {cells[0].seq}."
        )
    if len(cells) > 1:
        return NotYet(f"{event_id} is stored {reading.times(len(cells))}.")
    return NotYet(f"{event_id} is {fact.told}. The relay is {evidence.now.relay.state}.")


def nobody_drained_twice(evidence: Evidence) -> Result:
    """After both, every edge is current and right, and no effect was doubled."""
    if not isinstance(silence_was_harmless(evidence), Passed) and not isinstance(loss_was_harmless(evidence), Passed):
        return NotYet("This counts after a silence that was harmless.")
    twice = [edge.name for edge in evidence.now.edges if any(row.cause == "applied twice" for row in edge.rows)]
    if twice:
        return NotYet(
            f"{reading.listed(twice)} drained more often than owners changed. Only a fresh snapshot sets that right."
        )
    if not reading.at_rest(evidence.now):
        return NotYet(reading.disagreement(evidence.now) or "Not every edge is current yet.")
    return Passed("Every edge is current and right, and every change took effect once.")


# The outage.


def outage_waits(evidence: Evidence) -> Result:
    """The broker is away, the outbox is deep, and the edges answer from what they hold."""
    seen = evidence.now
    if seen.broker.state == "up":
        return NotYet("The broker is up.")
    if seen.outbox.waiting < MANY:
        return NotYet(f"{seen.outbox.waiting} rows wait in the outbox; let at least {MANY} changes come together.")
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
        return NotYet(f"The last {len(last)} that were owed are not in the stream once each and in order.")
    differs = reading.disagreement(evidence.now)
    if differs:
        return NotYet(differs)
    return Passed(f"{owed} events, stored once each and in the order of the commits; every edge has the last.")


def what_edges_did_meanwhile(evidence: Evidence) -> Measured:
    """Measure the third prediction, from the count of requests."""
    asked = {edge.name: edge.asked for edge in evidence.now.edges}
    held = [f"{name} {counts['late']}" for name, counts in asked.items() if counts["late"]]
    if held:
        return Measured("held", f"Answered from what they held while the news waited: {', '.join(held)} requests.")
    return Measured("refused", "No edge answered.")


def keep_cure(evidence: Evidence) -> Memory:
    """Keep what the debrief tells of the cure."""
    results = (silence_was_harmless(evidence), loss_was_harmless(evidence))
    return {"cured_said": [result.why for result in results if isinstance(result, Passed)]}


def keep_outage(evidence: Evidence) -> Memory:
    """Keep what the quiz and the debrief tell of the outage."""
    drained = drained_in_order(evidence)
    owed = reading.count_commits(evidence)
    return {"outage_rows": owed, "outage_said": drained.why if isinstance(drained, Passed) else ""}


def happened(memory: Memory) -> tuple[str, ...]:
    """Tell the lab in the audit's words."""
    said = [*memory.get("untold_said", ())[:1], *memory.get("again_said", ())[:1], *memory.get("cured_said", ())]
    return tuple(filter(None, [*said, memory.get("outage_said", "")]))
