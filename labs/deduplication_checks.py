"""What lab 8 looks for: the same request, the same publish and the same message twice, and who made it harmless."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

from studylab.lab import (
    EdgeSeen,
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

BEFORE_MARK = "after publish, before mark"
NOT_CRASHED = "The relay has not crashed between publish and mark since this step began. Arm the crash, then promote."
IDS_A_SECOND = 100


def iad(seen: Observation) -> EdgeSeen:
    """Return the edge that takes every message for news."""
    return seen.edge("iad")


def relay_is_down(seen: Observation) -> bool:
    """Say whether the relay has crashed."""
    return seen.relay.state == "down"


def has_read_all(seen: Observation) -> bool:
    """Say whether iad has applied the last message of a stream that holds some."""
    stream = seen.stream("ROUTES")
    return stream.messages > 0 and iad(seen).stream_seq == stream.last_seq


def is_stored_twice(seen: Observation) -> bool:
    """Say whether the last stored message is an event that was stored before, and iad has handled it."""
    cells, consumer = seen.stream("ROUTES").cells, seen.consumer("iad")
    twice = bool(cells) and len(reading.copies(seen, cells[-1].event_id)) > 1
    return twice and consumer is not None and consumer.ack_floor == cells[-1].seq


def _and(seqs: Sequence[int]) -> str:
    return reading.listed([str(seq) for seq in seqs])


def _made(evidence: Evidence) -> list[FactSeen]:
    """Return the changes of owner since the step began, oldest first."""
    return reading.changes(evidence)


def _change(fact: FactSeen) -> str:
    return f"{fact.route} → {fact.owner}, epoch {fact.epoch}"


# The same request twice.


def _repeated(evidence: Evidence) -> tuple[FactSeen, FactSeen] | None:
    """Return the last two changes that gave the same route to the same owner."""
    made = _made(evidence)
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
            f"No request was carried out twice. Since this step began: {'; '.join(map(_change, _made(evidence))) or 'no change'}."
        )
    return Passed(f"Two commits, two events for one request: {_change(pair[0])}, and {_change(pair[1])}.")


def decision_undone(evidence: Evidence) -> Result:
    """What was decided between the two is gone."""
    pair = _repeated(evidence)
    if pair is None:
        return NotYet("This counts once a request was carried out twice.")
    between = [
        f for f in _made(evidence) if f.route == pair[0].route and pair[0].sequence < f.sequence < pair[1].sequence
    ]
    if not between:
        return NotYet(
            "The request was repeated, and nothing was decided in between. Let a colleague promote the route meanwhile."
        )
    return Passed(f"{_change(between[-1])} was decided in between, and the repetition undid it.")


def nobody_objects(evidence: Evidence) -> Result:
    """Every edge follows, and the audit has nothing to say."""
    if isinstance(decision_undone(evidence), NotYet):
        return NotYet("This counts once a decision was undone.")
    if differs := reading.disagreement(evidence.now):
        return NotYet(differs)
    if evidence.now.audit.findings:
        return NotYet(evidence.now.audit.findings[0].sentence)
    return Passed("Every edge serves it, and the audit finds nothing: the database did decide it.")


def what_repeat_did(evidence: Evidence) -> Measured:
    """Measure the first prediction."""
    result = decision_undone(evidence)
    return Measured("again", result.why) if isinstance(result, Passed) else Measured("nothing", result.differs)


def keep_repeat(evidence: Evidence) -> Memory:
    """Keep the changes that were made."""
    return {"flips": [_change(fact) for fact in _made(evidence)]}


def _done_before(evidence: Evidence) -> tuple[str, int]:
    """Return operation id and revision of the last request that the database answered as done before."""
    said = reading.moments(evidence, "database", "done before")
    return (said[-1].detail["operation"], said[-1].detail["revision"]) if said else ("", 0)


def answered_done_before(evidence: Evidence) -> Result:
    """The database recognised a request by its operation id."""
    operation, revision = _done_before(evidence)
    if operation:
        return Passed(f"Operation {operation} was asked for again; the database: done before, at revision {revision}.")
    used = [fact.operation or "none" for fact in _made(evidence)]
    return NotYet(f"No request was answered “done before”. Operation ids used: {', '.join(used) or 'none yet'}.")


def decision_stands(evidence: Evidence) -> Result:
    """One event for the operation, and what was decided after it stands."""
    operation, _ = _done_before(evidence)
    facts = [fact for fact in _made(evidence) if fact.operation == operation]
    if not operation or not facts:
        return NotYet("This counts once the database has recognised a repeated request of this step.")
    after = [fact for fact in _made(evidence) if fact.route == facts[0].route and fact.sequence > facts[0].sequence]
    if not after:
        return NotYet(
            "The request was repeated, and nothing was decided in between. Let a colleague promote the route first."
        )
    if _change(after[-1]) not in {f"{r.name} → {r.owner}, epoch {r.epoch}" for r in evidence.now.truth.routes}:
        return NotYet(f"{_change(after[-1])} does not stand.")
    return Passed(
        f"One event for {operation}: {_change(facts[0])}. Decided after it, and it stands: {_change(after[-1])}."
    )


def what_operation_did(evidence: Evidence) -> Measured:
    """Measure the pick of the first guard."""
    operation, _ = _done_before(evidence)
    return Measured("operation", f"The database knew operation {operation} and changed nothing.")


def keep_operation(evidence: Evidence) -> Memory:
    """Keep the operation id that was recognised."""
    operation, revision = _done_before(evidence)
    return {"operation": operation, "operation_revision": revision}


# The same publish twice.


def _crash(evidence: Evidence) -> int:
    """Return the moment of the relay's last crash before its mark, or 0."""
    crash, _ = reading.in_hand(evidence, "relay", "publish", BEFORE_MARK, subject="route.")
    return crash.n if crash is not None else 0


def _in_hand(evidence: Evidence) -> str:
    """Return the id of the route event that the relay had published when it last crashed before its mark; empty if none."""
    _, sent = reading.in_hand(evidence, "relay", "publish", BEFORE_MARK, subject="route.")
    return str(sent.detail["message"]["id"]) if sent is not None else ""


def _second_copies(evidence: Evidence) -> list[int]:
    """Return where that event was stored once more. After a purge the only copy in sight may be the second."""
    event_id = _in_hand(evidence)
    seqs = reading.copies(evidence.now, event_id)
    # Not every mark after the crash will do: the journal may be ahead of what was seen of the stream.
    marks = reading.after(reading.about(evidence, "relay", "mark", "stored", event_id), _crash(evidence))
    is_second = len(seqs) == 1 and any(mark.detail["stored"][event_id] == seqs[0] for mark in marks)
    return seqs if is_second else seqs[1:]


def relay_crashed(evidence: Evidence) -> Result:
    """The relay crashed between publish and mark."""
    event_id = _in_hand(evidence)
    return Passed(f"It had published {event_id} and not marked the row.") if event_id else NotYet(NOT_CRASHED)


def answered_duplicate(evidence: Evidence) -> Result:
    """The broker recognised the second publish by its message id."""
    event_id = _in_hand(evidence)
    if not event_id:
        return NotYet(NOT_CRASHED)
    if relay_is_down(evidence.now):
        return NotYet("The relay is down: start it.")
    said = [m.text for m in reading.after(reading.moments(evidence, "relay", "duplicate"), _crash(evidence))]
    if not said:
        return NotYet(f"No PubAck for {event_id} said duplicate.")
    seqs = reading.copies(evidence.now, event_id)
    if len(seqs) != 1:
        return NotYet(f"{event_id} is in the stream at seq {', '.join(map(str, seqs)) or 'none'}.")
    return Passed(f"Journal: {said[-1]}. The stream holds it once, at seq {seqs[0]}.")


def altered_dropped(evidence: Evidence) -> Result:
    """Another payload under a known id was dropped."""
    sent = [m for m in reading.moments(evidence, "learner", "publish") if m.detail.get("altered")]
    if not sent:
        return NotYet("Nothing was published under a known id with another payload.")
    ack = sent[-1].detail["ack"]
    if not ack.get("duplicate"):
        return NotYet(f"It was stored as seq {ack['seq']}: the broker no longer knew the id.")
    return Passed(f"{sent[-1].text}. PubAck: seq {ack['seq']}, duplicate true.")


def what_window_did(evidence: Evidence) -> Measured:
    """Measure what the broker did with the second publish."""
    result = answered_duplicate(evidence)
    return Measured("once", result.why) if isinstance(result, Passed) else Measured("twice", result.differs)


def keep_window(evidence: Evidence) -> Memory:
    """Keep which event was recognised by the broker."""
    event_id = _in_hand(evidence)
    return {"window_id": event_id, "window_seqs": reading.copies(evidence.now, event_id)}


# The same message twice.


def stored_twice(evidence: Evidence) -> Result:
    """What the relay published before and after its crash was stored both times."""
    event_id = _in_hand(evidence)
    if not event_id:
        return NotYet(NOT_CRASHED)
    if relay_is_down(evidence.now):
        return NotYet("The relay is down. Wait until the duplicate window is over, then start it.")
    seqs, again = reading.copies(evidence.now, event_id), _second_copies(evidence)
    if len(seqs) > 1:
        return Passed(f"{event_id} is in the stream at seq {_and(seqs)}.")
    if again:
        return Passed(f"{event_id} was stored again, at seq {again[0]}; its first copy is gone.")
    window_s = evidence.now.stream("ROUTES").rules.duplicate_window_s
    return NotYet(f"{event_id} is stored once: the broker still knew its id. {window_price(window_s)}")


def window_price(window_s: float) -> str:
    """Say what a window costs and what it does not cover."""
    ids = f"{window_s * IDS_A_SECOND:,.0f}"
    return (f"Its window is {window_s:g} s: at {IDS_A_SECOND} events a second it keeps {ids} ids in memory, and after a restart "
            "it knows only those of messages that are still stored.")  # fmt: skip


def drained_twice(evidence: Evidence) -> Result:
    """iad let one promotion take effect twice."""
    said = [f for f in reading.findings(evidence.now, "double effect") if f.startswith("iad")]
    return Passed(said[0]) if said else NotYet("iad has drained no owner more often than owners changed.")


def window_does_not_slide(evidence: Evidence) -> Result:
    """An id was stored again though its last duplicate was younger than the window."""
    window_s = evidence.now.stream("ROUTES").rules.duplicate_window_s
    sent = reading.moments(evidence, "learner", "publish", begins="republish")
    for before, moment in itertools.pairwise(sent):
        same = before.detail.get("event_id") == moment.detail.get("event_id")
        pause_s = moment.at - before.at
        if (
            same
            and before.detail["ack"].get("duplicate")
            and not moment.detail["ack"].get("duplicate")
            and pause_s < window_s
        ):
            return Passed(f"The broker said duplicate, and {pause_s:.2f} s later it stored the same id as seq "
                          f"{moment.detail['ack']['seq']}; the window is {window_s:g} s and counts from the first store.")  # fmt: skip
    if not sent:
        return NotYet("No id was offered again and again. “Republish often…” does.")
    answers = ["duplicate" if m.detail["ack"].get("duplicate") else f"seq {m.detail['ack']['seq']}" for m in sent]
    return NotYet(
        f"The answers so far: {', '.join(answers)}. The window is {window_s:g} s: go on for longer than that."
    )


def what_after_window(evidence: Evidence) -> Measured:
    """Measure what the broker did after the window."""
    result = stored_twice(evidence)
    return Measured("stored", result.why) if isinstance(result, Passed) else Measured("duplicate", result.differs)


def keep_twice(evidence: Evidence) -> Memory:
    """Keep which event was stored twice and what the audit said."""
    event_id = _in_hand(evidence)
    return {
        "twice_id": event_id,
        "twice_seqs": reading.copies(evidence.now, event_id),
        "twice_said": reading.findings(evidence.now, "double effect"),
    }


# The cure.


def _times_applied(evidence: Evidence, sequence: int) -> int:
    return len(reading.about(evidence, "iad", "apply", "sequences", sequence))


def applied_once(evidence: Evidence) -> Result:
    """iad recognised the second copy, and the promotion took effect once."""
    event_id = _in_hand(evidence)
    fact, again = reading.fact(evidence.now, event_id), _second_copies(evidence)
    if fact is None:
        return NotYet(NOT_CRASHED)
    count = _times_applied(evidence, fact.sequence)
    if count > 1:
        return NotYet(
            f"iad applied event {fact.sequence} {count} times, and drained the old owner of {fact.route} each time."
        )
    told = [m for seq in again for m in reading.about(evidence, "iad", "verdict", "stream_seq", seq)]
    known = [m.text for m in told if m.text.startswith("duplicate")]
    if not known:
        return NotYet("No second copy of the event has come to iad.")
    return Passed(f"iad applied event {fact.sequence} once. Of the second copy it says: {known[-1]}.")


def what_guard_held(evidence: Evidence) -> Measured:
    """Measure the pick of the last guard."""
    result = applied_once(evidence)
    return Measured("event", result.why) if isinstance(result, Passed) else Measured("window", result.differs)


def keep_cure(evidence: Evidence) -> Memory:
    """Keep which event was absorbed by the edge."""
    event_id = _in_hand(evidence)
    return {"cured_id": event_id, "cured_seqs": reading.copies(evidence.now, event_id)}


def show_guards(evidence: Evidence) -> Shown:
    """Show the three duplicates of this attempt, each with its guard."""
    memory = evidence.memory
    seqs = _and(memory.get("cured_seqs", ()))
    places = (
        Place("The request, twice", f"operation id: {memory.get('operation', '')}, at the database", True),
        Place(
            "The publish, twice, inside the window", f"message id: {memory.get('window_id', '')}, at the broker", True
        ),
        Place("The message, twice, after it", f"event id: {memory.get('cured_id', '')}, at the edge", True),
    )
    records = (
        f"without operation ids: {'; '.join(memory.get('flips', ()))}",
        f"with one: done before, at revision {memory.get('operation_revision', 0)}",
        f"broker: {memory.get('window_id', '')} at seq {', '.join(map(str, memory.get('window_seqs', ())))}, duplicate",
        f"stream: {memory.get('cured_id', '')} at seq {seqs}; iad applied it once",
    )
    return Shown(
        records, Figure("Three places where something can happen twice, and no guard stands in for another.", places)
    )


def happened(memory: Memory) -> tuple[str, ...]:
    """Tell the lab in the audit's words."""
    twice = _and(memory.get("twice_seqs", ()))
    return (
        f"One request, repeated: {'; '.join(memory.get('flips', ()))}. The audit had nothing to say.",
        f"Under operation {memory.get('operation', '')} the repetition was answered “done before”.",
        f"{memory.get('twice_id', '')} was stored at seq {twice}.",
        *memory.get("twice_said", ()),
        f"{memory.get('cured_id', '')} was stored twice as well, and took effect once.",
    )
