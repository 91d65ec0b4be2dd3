"""What lab 3 looks for: pure functions of the evidence, each with a sentence for what it saw or what still differs."""

from __future__ import annotations

import math

from studylab.lab import Evidence, Figure, Measured, Memory, Moment, NotYet, Passed, Place, Result, Shown, reading

SLEEPER = "syd"
OUTAGE = 12
LONG_OUTAGE = 24
CHANGES_AN_HOUR = 4
OUTAGE_H = 6
SAFETY = 2
NEEDED = CHANGES_AN_HOUR * OUTAGE_H * SAFETY
NEEDED_S = OUTAGE_H * SAFETY * 3600
BUDGET = 64 * 1024
TYPICAL_BYTES = 455
MIN_WINDOW_S = 60
WINDOW_ERROR = "10052"
USUAL_HEADERS = {"Nats-Msg-Id"}


def _slept(evidence: Evidence, least: int) -> reading.Sleep | None:
    """Return the last time in which the edge was down for that many changes, or None."""
    long = [sleep for sleep in reading.sleeps(evidence, SLEEPER) if sleep.missed >= least]
    return long[-1] if long else None


def _sleep_so_far(evidence: Evidence, least: int) -> NotYet:
    counts = [sleep.missed for sleep in reading.sleeps(evidence, SLEEPER)]
    if not counts:
        return NotYet(f"{SLEEPER} has not been down since this step began. Kill it first.")
    return NotYet(f"{SLEEPER} slept through {max(counts)} changes of owner; the outage has {least}.")


# The outage.


def slept(evidence: Evidence) -> Result:
    """The edge was down while twelve changes were made."""
    sleep = _slept(evidence, OUTAGE)
    return Passed(f"{sleep.missed} changes while {SLEEPER} was down.") if sleep else _sleep_so_far(evidence, OUTAGE)


def handed_the_rest(evidence: Evidence) -> Result:
    """On its return the edge was handed fewer messages than it had missed."""
    sleep = _slept(evidence, OUTAGE)
    if sleep is None:
        return _sleep_so_far(evidence, OUTAGE)
    if sleep.ended is None:
        first = evidence.now.stream("ROUTES").first_seq
        return NotYet(f"{SLEEPER} is still down. The stream's first sequence is {first} by now. Start {SLEEPER}.")
    if not sleep.seqs or evidence.now.outbox.waiting or not reading.is_current(evidence.now.edge(SLEEPER)):
        return NotYet(f"{SLEEPER} was handed {sleep.seqs} so far; it says: {evidence.now.edge(SLEEPER).claim}.")
    if sleep.seqs >= sleep.missed:
        return NotYet(f"{SLEEPER} was handed all {sleep.missed} messages: the stream still had them.")
    return Passed(
        f"{sleep.missed} changes were missed, {sleep.seqs} messages came: {sleep.first_seq} to {sleep.last_seq}."
    )


def told_nothing(evidence: Evidence) -> Result:
    """Neither the server's numbers nor an advisory says that anything is missing."""
    if isinstance(before := handed_the_rest(evidence), NotYet):
        return before
    consumer, edge = evidence.now.consumer(SLEEPER), evidence.now.edge(SLEEPER)
    if consumer is None or consumer.num_pending or consumer.num_ack_pending or not reading.is_current(edge):
        return NotYet(f"{SLEEPER} is not through yet; it says: {edge.claim}.")
    if _advisories(evidence):
        return NotYet(f"The server told of it: {_advisories(evidence)[-1].text}.")
    return Passed(
        f"Unprocessed 0, Outstanding Acks 0, Ack Floor {consumer.ack_floor}, no advisory. {SLEEPER} says: {edge.claim}."
    )


def wrong_all_the_same(evidence: Evidence) -> Result:
    """The audit finds false confidence at the edge that came back."""
    said = [text for text in reading.findings(evidence.now, "false confidence") if text.startswith(SLEEPER)]
    if said:
        return Passed(said[0])
    return NotYet(f"{SLEEPER} serves nothing wrong so far. What is gone must be the last change of some route.")


def _advisories(evidence: Evidence) -> list[Moment]:
    sleep = _slept(evidence, OUTAGE)
    if sleep is None or sleep.ended is None:
        return []
    told = reading.after(reading.moments(evidence, "broker", "advisory"), sleep.ended)
    return [moment for moment in told if SLEEPER in moment.text]


def what_it_was_told(evidence: Evidence) -> Measured:
    """Measure the first prediction."""
    sleep = _slept(evidence, OUTAGE)
    if sleep is None:
        return Measured("", f"{SLEEPER} slept through no outage.")
    headers = reading.listed(sorted(sleep.headers))
    if sleep.closed or _advisories(evidence):
        return Measured("error", (sleep.closed or [_advisories(evidence)[0].text])[0])
    if sleep.seqs >= sleep.missed:
        return Measured("all", f"{SLEEPER} was handed all {sleep.seqs}.")
    if sleep.headers - USUAL_HEADERS:
        return Measured("header", f"The first message had the headers {headers}.")
    return Measured(
        "rest", f"{sleep.seqs} messages, stream seq {sleep.first_seq} to {sleep.last_seq}; headers: {headers}."
    )


def keep_outage(evidence: Evidence) -> Memory:
    """Keep how much was missed, how much came, and the audit's words."""
    sleep = _slept(evidence, OUTAGE)
    return {
        "missed": sleep.missed if sleep else 0,
        "handed": sleep.seqs if sleep else 0,
        "first": sleep.first_seq if sleep else 0,
        "false_said": reading.findings(evidence.now, "false confidence"),
    }


def show_outage(evidence: Evidence) -> Shown:
    """Show where the edge stood, where the stream began, and what lay between."""
    memory, stream = evidence.memory, evidence.now.stream("ROUTES")
    first, missed, handed = memory.get("first", 0), memory.get("missed", 0), memory.get("handed", 0)
    stood = first - 1 - (missed - handed)
    consumer = evidence.now.consumer(SLEEPER)
    floor = consumer.ack_floor if consumer else 0
    places = (
        Place(f"{SLEEPER}'s position", f"had applied up to stream seq {stood}"),
        Place("Evicted", f"{stood + 1} to {first - 1}", False),
        Place("Stream ROUTES", f"began at {first}, keeps {stream.rules.max_msgs}"),
        Place(f"Consumer {SLEEPER}", f"Ack Floor {floor}, nothing pending"),
        Place(SLEEPER, evidence.now.edge(SLEEPER).claim, False),
    )
    caption = "The server's cursor walked over the hole without a word; only the edge's own position could know."
    return Shown(tuple(reading.records(evidence.now, "false confidence")), Figure(caption, places))


# Retention that fits.


def _bytes_each(evidence: Evidence) -> float:
    stream = evidence.now.stream("ROUTES")
    return stream.bytes / stream.messages if stream.messages else TYPICAL_BYTES


def _room(evidence: Evidence) -> float:
    """Return how many messages the limits leave room for."""
    rules = evidence.now.stream("ROUTES").rules
    by_count = rules.max_msgs if rules.max_msgs > 0 else math.inf
    by_bytes = rules.max_bytes / _bytes_each(evidence) if rules.max_bytes > 0 else math.inf
    return min(by_count, by_bytes)


def limits_fit(evidence: Evidence) -> Result:
    """The limits hold what the outage needs, and cost no more than the budget."""
    rules, each, room = evidence.now.stream("ROUTES").rules, _bytes_each(evidence), _room(evidence)
    if room < NEEDED:
        return NotYet(
            f"There is room for {int(room)} messages. {CHANGES_AN_HOUR} changes an hour, {OUTAGE_H} hours, "
            f"times {SAFETY} for safety need {NEEDED}."
        )
    if room * each > BUDGET:
        cost = "without any limit" if math.isinf(room) else f"up to {room * each / 1024:,.0f} KiB"
        return NotYet(
            f"The stream may grow {cost}; the budget is {BUDGET // 1024} KiB. An event takes {each:.0f} bytes."
        )
    if 0 < rules.max_age_s < NEEDED_S:
        return NotYet(f"max_age is {rules.max_age_s:g} s; {OUTAGE_H * SAFETY} hours are {NEEDED_S} s.")
    return Passed(f"Room for {int(room)} messages of {each:.0f} bytes, at most {room * each / 1024:.1f} KiB.")


def replayed(evidence: Evidence) -> Result:
    """After a long outage the edge came back by replay alone."""
    sleep = _slept(evidence, LONG_OUTAGE)
    if sleep is None:
        return _sleep_so_far(evidence, LONG_OUTAGE)
    if sleep.ended is None:
        return NotYet(f"{SLEEPER} is down; start it again.")
    if [m for m in reading.moments(evidence, SLEEPER, "snapshot") if m.n > sleep.began]:
        return NotYet(
            f"{SLEEPER} was rebuilt from a snapshot after that outage; here the stream alone must do. Once more."
        )
    if sleep.seqs < sleep.missed:
        return NotYet(f"The stream kept too little: {SLEEPER} was handed {sleep.seqs} of {sleep.missed}.")
    differs = reading.disagreement(evidence.now)
    if differs:
        return NotYet(f"{differs} If it was wrong before the outage, let it load a snapshot and repeat the outage.")
    if not reading.is_current(evidence.now.edge(SLEEPER)):
        return NotYet(f"{SLEEPER} is {evidence.now.edge(SLEEPER).claim}.")
    return Passed(
        f"{sleep.missed} changes missed, {sleep.seqs} handed over, no snapshot needed: every row is the database's row."
    )


def keep_size(evidence: Evidence) -> Memory:
    """Keep what the stream was set to."""
    sleep = _slept(evidence, LONG_OUTAGE)
    return {"replayed": sleep.missed if sleep else 0, "each": round(_bytes_each(evidence))}


# Lowering a limit.


def evicted_at_once(evidence: Evidence) -> Result:
    """A limit was lowered on the running stream, and the server evicted in the same moment."""
    changes = [m for m in reading.moments(evidence, "stream", "limits") if m.detail.get("stream") == "ROUTES"]
    for change in changes:
        before, after = change.detail["before"], change.detail["after"]
        if after < before:
            return Passed(
                f"{before} messages before the change, {after} in the server's answer to it. Nothing was published."
            )
    if not changes:
        return NotYet("No limit of ROUTES was changed since this step began.")
    held = changes[-1].detail["after"]
    return NotYet(f"That limit leaves room for all {held} messages. Choose a lower one.")


def when_evicted(evidence: Evidence) -> Measured:
    """Measure the second prediction."""
    result = evicted_at_once(evidence)
    return Measured("once", result.why) if isinstance(result, Passed) else Measured("later", result.differs)


def keep_lower(evidence: Evidence) -> Memory:
    """Keep the numbers of the eviction."""
    changes = reading.moments(evidence, "stream", "limits")
    evicting = [m.detail for m in changes if m.detail["after"] < m.detail["before"]]
    return {"before": evicting[-1]["before"], "after": evicting[-1]["after"]} if evicting else {}


# How far a window reaches.


def _republished(evidence: Evidence) -> tuple[list[Moment], list[Moment]]:
    """Return what was published again after the last restart of the broker: stored anew, and recognised."""
    starts = [m.n for m in reading.moments(evidence, "broker", "start")]
    again = [m for m in reading.moments(evidence, "learner", "publish") if starts and m.n > starts[-1]]
    return [m for m in again if not m.detail["ack"].get("duplicate")], [
        m for m in again if m.detail["ack"].get("duplicate")
    ]


def id_forgotten(evidence: Evidence) -> Result:
    """An evicted event was stored a second time inside the window, after a restart."""
    if not reading.moments(evidence, "broker", "start"):
        return NotYet("The broker has not been restarted since this step began.")
    stored, _ = _republished(evidence)
    window_s = evidence.now.stream("ROUTES").rules.duplicate_window_s
    for again in stored:
        made = _commit_of(evidence, again.text.split()[1].rstrip(":"))
        if made is not None and again.at - made.at < window_s:
            return Passed(
                f"Event {made.detail['sequence']} was stored again as seq {again.detail['ack']['seq']}, "
                f"{again.at - made.at:.0f} s after its commit. The window is {window_s:g} s."
            )
    held = {cell.event_id for cell in evidence.now.stream("ROUTES").cells}
    gone = next((event_id for _, event_id in reading.commits(evidence) if event_id not in held), "")
    made = _commit_of(evidence, gone)
    if made is None:
        return NotYet("No event of this step has been evicted yet. Make more changes than the stream holds.")
    sequence = made.detail["sequence"]
    return NotYet(f"After the restart, republish an event of this step that was evicted: {sequence}, for example.")


def _commit_of(evidence: Evidence, event_id: str) -> Moment | None:
    made = reading.about(evidence, "database", "commit", "event_id", event_id)
    return made[0] if made and reading.is_change(made[0]) else None


def id_remembered(evidence: Evidence) -> Result:
    """An event that is still stored was recognised after the restart."""
    _, known = _republished(evidence)
    if known:
        return Passed(f"{known[-1].text}: its message is still in the stream.")
    return NotYet(
        "After the restart, republish an event of this step that the stream still holds: the latest, for example."
    )


def keep_forgotten(evidence: Evidence) -> Memory:
    """Keep which event was forgotten, in words."""
    result = id_forgotten(evidence)
    return {"forgotten": result.why if isinstance(result, Passed) else ""}


def window_refused(evidence: Evidence) -> Result:
    """The server refused a duplicate window longer than the age that messages reach."""
    refused = [
        m.text for m in reading.moments(evidence, "learner", "refused") if m.detail.get("verb") == "stream_limits"
    ]
    about = [text for text in refused if WINDOW_ERROR in text and "max age" in text]
    if about:
        return Passed(about[-1])
    if refused:
        return NotYet(f"Refused for another reason: {refused[-1]}")
    rules = evidence.now.stream("ROUTES").rules
    return NotYet(f"Nothing was refused. max_age is {rules.max_age_s:g} s, the window {rules.duplicate_window_s:g} s.")


def what_server_did(evidence: Evidence) -> Measured:
    """Measure the third prediction."""
    result = window_refused(evidence)
    if isinstance(result, Passed):
        return Measured("refuse", result.why)
    return Measured("shorten", result.differs)


def all_fits(evidence: Evidence) -> Result:
    """Room, age and window fit the outage and each other."""
    if isinstance(room := limits_fit(evidence), NotYet):
        return room
    rules = evidence.now.stream("ROUTES").rules
    if not rules.max_age_s:
        return NotYet(f"max_age is not set. {OUTAGE_H * SAFETY} hours are {NEEDED_S} s.")
    if rules.duplicate_window_s < MIN_WINDOW_S:
        return NotYet(
            f"The window is {rules.duplicate_window_s:g} s; the relay may repeat itself for {MIN_WINDOW_S} s."
        )
    return Passed(
        f"{room.why} max_age {rules.max_age_s:g} s, duplicate window {rules.duplicate_window_s:g} s inside it."
    )


def happened(memory: Memory) -> tuple[str, ...]:
    """Tell the lab in the audit's words, with the numbers beside them."""
    return (
        *memory.get("false_said", ()),
        f"{memory.get('missed', 0)} changes were missed, {memory.get('handed', 0)} messages came, and nothing said so.",
        f"With room for the outage {memory.get('replayed', 0)} missed changes came back by replay alone.",
        memory.get("forgotten", "") or "No id was forgotten.",
    )
