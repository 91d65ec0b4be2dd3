"""What an edge was handed after its outage, and whether the limits fit."""

from __future__ import annotations

import math

from labs.streams.checks.common import (
    BUDGET,
    CHANGES_AN_HOUR,
    LONG_OUTAGE,
    NEEDED,
    NEEDED_S,
    OUTAGE,
    OUTAGE_H,
    SAFETY,
    SLEEPER,
    TYPICAL_BYTES,
    USUAL_HEADERS,
    sleep_so_far,
)
from studylab.lab import Evidence, Measured, Memory, NotYet, Passed, Place, Result, Shown, reading, shown
from studylab.lab.observed import Moment


def slept(evidence: Evidence) -> Result:
    """The edge was down while twelve changes were made."""
    sleep = reading.last_sleep(evidence, SLEEPER, OUTAGE)
    return Passed(f"{sleep.missed} changes while {SLEEPER} was down.") if sleep else sleep_so_far(evidence, OUTAGE)


def handed_the_rest(evidence: Evidence) -> Result:
    """On its return the edge was handed fewer messages than it had missed."""
    sleep = reading.last_sleep(evidence, SLEEPER, OUTAGE)
    if sleep is None:
        return sleep_so_far(evidence, OUTAGE)
    if sleep.ended is None:
        first = evidence.now.stream("ROUTES").first_seq
        return NotYet(f"{SLEEPER} is still down. The stream's first sequence is {first} by now. Start {SLEEPER}.")
    if not sleep.seqs or evidence.now.outbox.waiting or not reading.is_current(evidence.now.edge(SLEEPER)):
        return NotYet(f"{SLEEPER} received {sleep.seqs} so far; it says: {evidence.now.edge(SLEEPER).claim}.")
    if sleep.seqs >= sleep.missed:
        return NotYet(f"{SLEEPER} received all {sleep.missed} messages: the stream still had them.")
    return Passed(
        f"{sleep.missed} changes were missed, {sleep.seqs} messages came: {sleep.first_seq} to {sleep.last_seq}."
    )


def told_nothing(evidence: Evidence) -> Result:
    """Neither the server's numbers nor an advisory says that anything is missing."""
    if isinstance(before := handed_the_rest(evidence), NotYet):
        return before
    consumer, edge = evidence.now.consumer(SLEEPER), evidence.now.edge(SLEEPER)
    if consumer is None or consumer.num_pending or consumer.num_ack_pending or not reading.is_current(edge):
        return NotYet(f"{SLEEPER} has not finished reading; it says: {edge.claim}.")
    if _advisories(evidence):
        return NotYet(f"The server reported it: {_advisories(evidence)[-1].text}.")
    return Passed(
        f"Unprocessed 0, Outstanding Acks 0, Ack Floor {consumer.ack_floor}, no advisory. {SLEEPER} says: {edge.claim}."
    )


def wrong_all_the_same(evidence: Evidence) -> Result:
    """The audit finds false confidence at the edge that came back."""
    found = reading.findings(evidence.now, "false confidence", SLEEPER)
    if found:
        return Passed(found[0].sentence)
    return NotYet(
        f"{SLEEPER} serves nothing wrong so far. The evicted events must include the last change of some route."
    )


def _advisories(evidence: Evidence) -> list[Moment]:
    sleep = reading.last_sleep(evidence, SLEEPER, OUTAGE)
    if sleep is None or sleep.ended is None:
        return []
    return [*reading.after(reading.advisories_on(evidence, SLEEPER), sleep.ended)]


def what_it_was_told(evidence: Evidence) -> Measured:
    """Measure the first prediction."""
    sleep = reading.last_sleep(evidence, SLEEPER, OUTAGE)
    if sleep is None:
        return Measured("", f"{SLEEPER} missed no changes.")
    headers = reading.listed(sorted(sleep.headers))
    if sleep.closed or _advisories(evidence):
        return Measured("error", [*sleep.closed, *_advisories(evidence)][0].text)
    if sleep.seqs >= sleep.missed:
        return Measured("all", f"{SLEEPER} received all {sleep.seqs}.")
    if sleep.headers - USUAL_HEADERS:
        return Measured("header", f"The first message had the headers {headers}.")
    return Measured(
        "rest", f"{sleep.seqs} messages, stream seq {sleep.first_seq} to {sleep.last_seq}; headers: {headers}."
    )


def keep_outage(evidence: Evidence) -> Memory:
    """Keep how much was missed, how much came, and the audit's words."""
    sleep = reading.last_sleep(evidence, SLEEPER, OUTAGE)
    return {
        "missed": sleep.missed if sleep else 0,
        "handed": sleep.seqs if sleep else 0,
        "first": sleep.first_seq if sleep else 0,
        "false_said": reading.said(evidence.now, "false confidence"),
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
    caption = "The server's cursor moved past the gap without a warning. Only the edge's own position could show it."
    return shown(reading.records(evidence.now, "false confidence"), caption, places)


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
    sleep = reading.last_sleep(evidence, SLEEPER, LONG_OUTAGE)
    if sleep is None:
        return sleep_so_far(evidence, LONG_OUTAGE)
    if sleep.ended is None:
        return NotYet(f"{SLEEPER} is down; start it again.")
    if [m for m in reading.moments(evidence, SLEEPER, "snapshot") if m.n > sleep.began]:
        return NotYet(
            f"{SLEEPER} was rebuilt from a snapshot after that outage. Here the stream alone must be enough. Repeat "
            "the outage."
        )
    if sleep.seqs < sleep.missed:
        return NotYet(f"The stream kept too little: {SLEEPER} received {sleep.seqs} of {sleep.missed}.")
    differs = reading.disagreement(evidence.now)
    if differs:
        return NotYet(f"{differs} If it was wrong before the outage, load a snapshot into it and repeat the outage.")
    if not reading.is_current(evidence.now.edge(SLEEPER)):
        return NotYet(f"{SLEEPER} is {evidence.now.edge(SLEEPER).claim}.")
    return Passed(
        f"{sleep.missed} changes missed, {sleep.seqs} received, no snapshot needed: every row is the database's row."
    )


def keep_size(evidence: Evidence) -> Memory:
    """Keep what the stream was set to."""
    sleep = reading.last_sleep(evidence, SLEEPER, LONG_OUTAGE)
    return {"replayed": sleep.missed if sleep else 0, "each": round(_bytes_each(evidence))}
