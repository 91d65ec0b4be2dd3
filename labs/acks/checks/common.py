"""What the parts of lab 5 share: the edge that it is about, and when a message came again."""

from __future__ import annotations

from studylab.lab import Evidence, NotYet, Passed, Result, reading
from studylab.lab.observed import EdgeSeen, Observation, Point

AFTER_ACK, AFTER_APPLY = Point.AFTER_ACK, Point.AFTER_APPLY
NOT_CRASHED = "iad has not crashed between ack and apply since this step began. Arm the crash, then promote."
EARLY = 0.9
"""A delivery is journalled a little after the server's clock started: this share of ack_wait must have passed."""


def iad(seen: Observation) -> EdgeSeen:
    """Return the edge that this lab is about."""
    return seen.edge("iad")


def is_down_owing(seen: Observation) -> bool:
    """Return whether iad has crashed and the broker waits for its ack."""
    consumer = seen.consumer("iad")
    return is_down(seen) and consumer is not None and consumer.num_ack_pending > 0


def is_down(seen: Observation) -> bool:
    """Return whether iad has crashed."""
    return reading.is_down(iad(seen))


def owed(seen: Observation) -> str:
    """Return what the broker still expects of iad, in the server's words."""
    consumer = seen.consumer("iad")
    if consumer is None:
        return "the broker has no consumer iad"
    return (
        f"Ack Floor {consumer.ack_floor}, Unprocessed {consumer.num_pending}, Outstanding Acks "
        f"{consumer.num_ack_pending}"
    )


def came_again(evidence: Evidence, seq: int) -> Result:
    """A message was delivered once more, as delivery 2, when ack_wait was over and not before."""
    times = reading.deliveries(evidence, "iad", seq)
    again = next((moment for moment, count in times if count > 1), None)
    if again is None:
        state = "iad is down: start it" if is_down(evidence.now) else owed(evidence.now)
        return NotYet(f"Stream seq {seq} has not come to iad a second time. {state}.")
    wait_s = iad(evidence.now).rules.ack_wait_s
    since, first_at = _delivered_at(evidence, seq, times[0][0].at, wait_s)
    passed_s = again.at - first_at
    if passed_s < EARLY * wait_s:
        return NotYet(f"Stream seq {seq} came again after {passed_s:.2f} s, before ack_wait of {wait_s:g} s was over.")
    return Passed(f"{again.text}: {passed_s:.2f} s after {since}; ack_wait is {wait_s:g} s.")


def _delivered_at(evidence: Evidence, seq: int, told_at: float, wait_s: float) -> tuple[str, float]:
    """Say since when the broker's timer can have run. A busy machine journals the delivery of a new message late.

    When it was stored, the server says: of a message that came soon after that, this is the earliest it can have been.
    """
    stored = next((cell.stored_at for cell in evidence.now.stream("ROUTES").cells if cell.seq == seq), 0.0)
    return ("it was stored", stored) if 0 <= told_at - stored < wait_s else ("the first delivery", told_at)
