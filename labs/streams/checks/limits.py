"""What a lower limit evicted, and what the duplicate window recognised."""

from __future__ import annotations

from labs.streams.checks.common import MIN_WINDOW_S, NEEDED_S, OUTAGE_H, SAFETY, WINDOW_ERROR
from labs.streams.checks.outage import limits_fit
from studylab.lab import Evidence, Measured, Memory, NotYet, Passed, Result, reading
from studylab.lab.observed import Asked, Commit, Limits, Moment, Publish, StreamRules

Again = tuple[Moment, Publish]
"""What was published again, and when."""


def evicted_at_once(evidence: Evidence) -> Result:
    """A limit was lowered on the running stream, and the server evicted in the same moment."""
    changes = _changes(evidence)
    for change in changes:
        if change.after < change.before:
            return Passed(
                f"{change.before} messages before the change, {change.after} in the server's answer to it. "
                "Nothing was published."
            )
    if not changes:
        return NotYet("No limit of ROUTES was changed since this step began.")
    return NotYet(f"That limit leaves room for all {changes[-1].after} messages. Choose a lower one.")


def _changes(evidence: Evidence) -> list[Limits]:
    """Return the changes of the limits of ROUTES since the step began, oldest first."""
    changes = [moment.read(Limits) for moment in reading.moments(evidence, "stream", "limits")]
    return [change for change in changes if change.stream == "ROUTES"]


def when_evicted(evidence: Evidence) -> Measured:
    """Measure the second prediction."""
    result = evicted_at_once(evidence)
    return Measured("once", result.why) if isinstance(result, Passed) else Measured("later", result.differs)


def keep_lower(evidence: Evidence) -> Memory:
    """Keep the numbers of the eviction."""
    evicting = [change for change in _changes(evidence) if change.after < change.before]
    return {"before": evicting[-1].before, "after": evicting[-1].after} if evicting else {}


# How far a window reaches.


def _republished(evidence: Evidence) -> tuple[list[Again], list[Again]]:
    """Return what was published again after the last restart of the broker: stored again, and recognised."""
    starts = [m.n for m in reading.moments(evidence, "broker", "start")]
    again = reading.after(reading.moments(evidence, "learner", "publish"), starts[-1]) if starts else ()
    told = [(moment, moment.read(Publish)) for moment in again]
    return [one for one in told if not one[1].ack.duplicate], [one for one in told if one[1].ack.duplicate]


def id_forgotten(evidence: Evidence) -> Result:
    """An evicted event was stored a second time inside the window, after a restart."""
    if not reading.moments(evidence, "broker", "start"):
        return NotYet("The broker has not been restarted since this step began.")
    stored, _ = _republished(evidence)
    window_s = evidence.now.stream("ROUTES").rules.duplicate_window_s
    for moment, again in stored:
        made = _commit_of(evidence, again.event_id)
        if made is not None and moment.at - made.at < window_s:
            return Passed(
                f"Event {made.read(Commit).sequence} was stored again as seq {again.ack.seq}, "
                f"{moment.at - made.at:.0f} s after its commit. The window is {window_s:g} s."
            )
    held = {cell.event_id for cell in evidence.now.stream("ROUTES").cells}
    gone = next((event_id for _, event_id in reading.commits(evidence) if event_id not in held), "")
    made = _commit_of(evidence, gone)
    if made is None:
        return NotYet("No event of this step has been evicted yet. Make more changes than the stream holds.")
    sequence = made.read(Commit).sequence
    return NotYet(f"After the restart, republish an event of this step that was evicted: {sequence}, for example.")


def _commit_of(evidence: Evidence, event_id: str) -> Moment | None:
    made = reading.about(evidence, "database", "commit", "event_id", event_id)
    return made[0] if made and reading.is_change(made[0]) else None


def id_remembered(evidence: Evidence) -> Result:
    """An event that is still stored was recognised after the restart."""
    _, known = _republished(evidence)
    if known:
        return Passed(f"{known[-1][0].text}: its message is still in the stream.")
    return NotYet(
        "After the restart, republish an event of this step that the stream still holds: the latest, for example."
    )


def keep_forgotten(evidence: Evidence) -> Memory:
    """Keep which event was forgotten, in words."""
    result = id_forgotten(evidence)
    return {"forgotten": result.why if isinstance(result, Passed) else ""}


def window_refused(evidence: Evidence) -> Result:
    """The server refused a duplicate window longer than the age that messages reach."""
    rules = evidence.now.stream("ROUTES").rules
    refused = reading.refusals(evidence, "stream_limits")
    about = [moment for moment, asked in refused if asked.err_code == WINDOW_ERROR and _is_too_wide(asked, rules)]
    if about:
        return Passed(about[-1].text)
    if refused:
        return NotYet(f"Refused for another reason: {refused[-1][0].text}")
    return NotYet(f"Nothing was refused. max_age is {rules.max_age_s:g} s, the window {rules.duplicate_window_s:g} s.")


def _is_too_wide(asked: Asked, rules: StreamRules) -> bool:
    """Return whether a window longer than max_age was asked for; what was not named stays as the rules have it."""
    age_s, window_s = asked.arguments.get("max_age_s"), asked.arguments.get("duplicate_window_s")
    age_s = rules.max_age_s if age_s is None else age_s
    return 0 < age_s < (rules.duplicate_window_s if window_s is None else window_s)


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
            f"The window is {rules.duplicate_window_s:g} s; the relay may publish again for {MIN_WINDOW_S} s."
        )
    return Passed(
        f"{room.why} max_age {rules.max_age_s:g} s, duplicate window {rules.duplicate_window_s:g} s inside it."
    )
