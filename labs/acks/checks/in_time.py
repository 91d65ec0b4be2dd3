"""What happened to an event that was applied before it was acked, and to one that came back late."""

from __future__ import annotations

from collections.abc import Sequence

from labs.acks.checks.common import AFTER_ACK, AFTER_APPLY, came_again, iad
from studylab.lab import Evidence, Measured, Memory, NotYet, Passed, Result, reading, unless
from studylab.lab.observed import AckOrder, Moment, Outcome, Stumble

KNOWN = (Outcome.DUPLICATE, Outcome.STALE_EPOCH)
"""An edge recognises an event by its id; when a later one of the route was applied meanwhile, by its epoch."""


def crashed_after_apply(evidence: Evidence) -> Result:
    """iad crashed between apply and ack, with acks that mean something."""
    seq = reading.crashed_with(evidence, "iad", AFTER_APPLY)
    if seq and iad(evidence.now).rules.ack is AckOrder.NEVER:
        return NotYet("iad never acks: the broker counts a message as done when it is delivered, applied or not.")
    if seq:
        return Passed(f"iad applied stream seq {seq}, then crashed before it acked it.")
    if seq := reading.crashed_with(evidence, "iad", AFTER_ACK):
        return NotYet(
            f"iad acked stream seq {seq} before it applied it. However short ack_wait is, an acked message is not "
            "redelivered."
        )
    return NotYet("iad has not crashed between apply and ack since this step began.")


def absorbed(evidence: Evidence) -> Result:
    """The second delivery came after ack_wait, and was recognised."""
    seq = reading.crashed_with(evidence, "iad", AFTER_APPLY)
    if not seq:
        return NotYet("First iad must crash between apply and ack.")
    again = came_again(evidence, seq)
    if isinstance(again, NotYet):
        return again
    verdicts = reading.verdicts(evidence, "iad", seq)
    known = [moment for moment, verdict in verdicts if verdict in KNOWN]
    if not known:
        return NotYet(
            f"Stream seq {seq} came again, and iad did not recognise it: {_quoted(verdicts) or 'it was applied twice'}."
        )
    return Passed(f"{again.why} iad: {known[-1].text}.")


def _quoted(verdicts: Sequence[tuple[Moment, Outcome | None]]) -> str:
    return "; ".join(moment.text for moment, _ in verdicts)


def nothing_missing(evidence: Evidence) -> Result:
    """After the crash, iad serves what the database has."""
    crashes = [moment.n for moment in reading.moments(evidence, "iad", "crash")]
    if not crashes or evidence.now.moment < crashes[-1]:
        return NotYet("First iad must crash.")
    found = reading.findings(evidence.now, "lost", "iad")
    if found:
        return NotYet(f"{found[0].sentence} The broker counts it as done.")
    if not reading.is_current(iad(evidence.now)):
        return NotYet(f"iad is {iad(evidence.now).claim}.")
    return unless(reading.disagreement(evidence.now), "Every row of every edge is the database’s row.")


def what_second_did(evidence: Evidence) -> Measured:
    """Measure the effect of the second delivery."""
    result = absorbed(evidence)
    return Measured("known", result.why) if isinstance(result, Passed) else Measured("twice", result.differs)


def keep_cure(evidence: Evidence) -> Memory:
    """Keep the delivery count and the time between the two deliveries."""
    times = reading.deliveries(evidence, "iad", reading.crashed_with(evidence, "iad", AFTER_APPLY))
    return {"again_s": round(times[1][0].at - times[0][0].at, 2), "again_count": times[1][1]}


# Out of order.


def _stumbled(evidence: Evidence) -> int:
    stumbles = reading.moments(evidence, "iad", "stumble")
    return stumbles[-1].read(Stumble).stream_seq if stumbles else 0


def came_back_late(evidence: Evidence) -> Result:
    """An event came again after a later one of the same route had been applied."""
    seq = _stumbled(evidence)
    if not seq:
        return NotYet("Since this step began, iad has handled every message at its first delivery.")
    again = came_again(evidence, seq)
    if isinstance(again, NotYet):
        return again
    cells = {cell.seq: cell for cell in evidence.now.stream("ROUTES").cells}
    back, first = reading.deliveries(evidence, "iad", seq)[-1][0], cells.get(seq)
    behind = [c for c in cells.values() if first and c.route == first.route and c.seq > seq]
    later = [c for c in behind if _applied_before(evidence, c.sequence, back.n)]
    if first is None or not later:
        return NotYet(
            f"Stream seq {seq} came again, but no later event of its route had been applied: the order was kept."
        )
    return Passed(f"Event {later[-1].sequence} was applied, then event {first.sequence} of the same route came again.")


def _applied_before(evidence: Evidence, sequence: int, n: int) -> bool:
    applied = reading.about(evidence, "iad", "apply", "sequences", sequence)
    return bool(applied) and applied[0].n < n


def order_did_no_harm(evidence: Evidence) -> Result:
    """The older event was recognised by its epoch, and the view is right."""
    if isinstance(came_back_late(evidence), NotYet):
        return NotYet("First an event must come back after a later one.")
    seq = _stumbled(evidence)
    verdicts = reading.verdicts(evidence, "iad", seq)
    if not any(verdict is Outcome.STALE_EPOCH for _, verdict in verdicts):
        return NotYet(
            f"iad has not refused stream seq {seq} because of its epoch: {_quoted(verdicts) or 'no verdict yet'}."
        )
    stale = [moment for moment, verdict in verdicts if verdict is Outcome.STALE_EPOCH]
    return unless(reading.disagreement(evidence.now), f"iad: {stale[-1].text}.")
