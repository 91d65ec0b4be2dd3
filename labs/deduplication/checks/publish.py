"""What the broker did with an event that was published twice."""

from __future__ import annotations

import itertools

from labs.deduplication.checks.common import IDS_A_SECOND, NOT_CRASHED, in_hand, joined, last_crash, relay_is_down
from studylab.lab import Evidence, Measured, Memory, NotYet, Passed, Result, reading
from studylab.lab.observed import How, Mark, Moment, Publish


def second_copies(evidence: Evidence) -> list[int]:
    """Return where that event was stored once more. After a purge the only copy in sight may be the second."""
    event_id = in_hand(evidence)
    seqs = reading.copies(evidence.now, event_id)
    # Not every mark after the crash will do: the journal may be ahead of what was seen of the stream.
    marks = reading.after(reading.about(evidence, "relay", "mark", "stored", event_id), last_crash(evidence))
    is_second = len(seqs) == 1 and any(mark.read(Mark).stored[event_id] == seqs[0] for mark in marks)
    return seqs if is_second else seqs[1:]


def relay_crashed(evidence: Evidence) -> Result:
    """The relay crashed between publish and mark."""
    event_id = in_hand(evidence)
    return Passed(f"It had published {event_id} and not marked the row.") if event_id else NotYet(NOT_CRASHED)


def answered_duplicate(evidence: Evidence) -> Result:
    """The broker recognised the second publish by its message id."""
    event_id = in_hand(evidence)
    if not event_id:
        return NotYet(NOT_CRASHED)
    if relay_is_down(evidence.now):
        return NotYet("The relay is down: start it.")
    said = reading.after(reading.moments(evidence, "relay", "duplicate"), last_crash(evidence))
    if not said:
        return NotYet(f"No PubAck for {event_id} said duplicate.")
    seqs = reading.copies(evidence.now, event_id)
    if len(seqs) != 1:
        return NotYet(f"{event_id} is in the stream at seq {', '.join(map(str, seqs)) or 'none'}.")
    return Passed(f"Journal: {said[-1].text}. The stream holds it once, at seq {seqs[0]}.")


def altered_dropped(evidence: Evidence) -> Result:
    """Another payload under a known id was dropped."""
    sent = _published(evidence, How.ALTERED)
    if not sent:
        return NotYet("No publish used a known id with another payload.")
    moment, ack = sent[-1][0], sent[-1][1].ack
    if not ack.duplicate:
        return NotYet(f"It was stored as seq {ack.seq}: the broker no longer knew the id.")
    return Passed(f"{moment.text}. PubAck: seq {ack.seq}, duplicate true.")


def _published(evidence: Evidence, how: How) -> list[tuple[Moment, Publish]]:
    """Return what the learner has published in one way since the step began, oldest first."""
    told = [(moment, moment.read(Publish)) for moment in reading.moments(evidence, "learner", "publish")]
    return [(moment, publish) for moment, publish in told if publish.how is how]


def what_window_did(evidence: Evidence) -> Measured:
    """Measure what the broker did with the second publish."""
    result = answered_duplicate(evidence)
    return Measured("once", result.why) if isinstance(result, Passed) else Measured("twice", result.differs)


def keep_window(evidence: Evidence) -> Memory:
    """Keep which event was recognised by the broker."""
    event_id = in_hand(evidence)
    return {"window_id": event_id, "window_seqs": reading.copies(evidence.now, event_id)}


# The same message twice.


def stored_twice(evidence: Evidence) -> Result:
    """What the relay published before and after its crash was stored both times."""
    event_id = in_hand(evidence)
    if not event_id:
        return NotYet(NOT_CRASHED)
    if relay_is_down(evidence.now):
        return NotYet("The relay is down. Wait until the duplicate window is over, then start it.")
    seqs, again = reading.copies(evidence.now, event_id), second_copies(evidence)
    if len(seqs) > 1:
        return Passed(f"{event_id} is in the stream at seq {joined(seqs)}.")
    if again:
        return Passed(f"{event_id} was stored again, at seq {again[0]}; its first copy is gone.")
    window_s = evidence.now.stream("ROUTES").rules.duplicate_window_s
    return NotYet(f"{event_id} is stored once: the broker still knew its id. {window_price(window_s)}")


def window_price(window_s: float) -> str:
    """Return what a window costs and what it does not cover."""
    ids = f"{window_s * IDS_A_SECOND:,.0f}"
    return (
        f"Its window is {window_s:g} s: at {IDS_A_SECOND} events a second it keeps {ids} ids in memory. After a "
        "restart it knows only the ids of messages that are still stored."
    )


def drained_twice(evidence: Evidence) -> Result:
    """iad let one promotion take effect twice."""
    found = reading.findings(evidence.now, "double effect", "iad")
    return Passed(found[0].sentence) if found else NotYet("iad has drained no owner more often than owners changed.")


def window_does_not_slide(evidence: Evidence) -> Result:
    """An id was stored again though its last duplicate was younger than the window."""
    window_s = evidence.now.stream("ROUTES").rules.duplicate_window_s
    sent = _published(evidence, How.REPUBLISHED)
    for (earlier, before), (later, again) in itertools.pairwise(sent):
        pause_s, is_same = later.at - earlier.at, before.event_id == again.event_id
        if is_same and before.ack.duplicate and not again.ack.duplicate and pause_s < window_s:
            return Passed(
                f"The broker said duplicate, and {pause_s:.2f} s later it stored the same id as seq "
                f"{again.ack.seq}; the window is {window_s:g} s and counts from the first store."
            )
    if not sent:
        return NotYet("No id was published again and again. “Republish often…” does that.")
    answers = ["duplicate" if again.ack.duplicate else f"seq {again.ack.seq}" for _, again in sent]
    return NotYet(
        f"The answers so far: {', '.join(answers)}. The window is {window_s:g} s: continue for longer than that."
    )


def what_after_window(evidence: Evidence) -> Measured:
    """Measure what the broker did after the window."""
    result = stored_twice(evidence)
    return Measured("stored", result.why) if isinstance(result, Passed) else Measured("duplicate", result.differs)


def keep_twice(evidence: Evidence) -> Memory:
    """Keep which event was stored twice and what the audit said."""
    event_id = in_hand(evidence)
    return {
        "twice_id": event_id,
        "twice_seqs": reading.copies(evidence.now, event_id),
        "twice_said": reading.said(evidence.now, "double effect"),
    }
