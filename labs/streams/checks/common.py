"""What the parts of lab 3 share: the outage, and the numbers that the limits are worked out from."""

from __future__ import annotations

from studylab.lab import Evidence, NotYet, reading

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
WINDOW_ERROR = 10052
"""The server’s number for a stream whose settings do not fit each other."""
USUAL_HEADERS = {"Nats-Msg-Id"}


def sleep_so_far(evidence: Evidence, least: int) -> NotYet:
    """Answer how many changes syd has missed so far, and how many it takes."""
    counts = [sleep.missed for sleep in reading.sleeps(evidence, SLEEPER)]
    if not counts:
        return NotYet(f"{SLEEPER} has not been down since this step began. Kill it first.")
    return NotYet(f"{SLEEPER} missed {max(counts)} changes of owner while it was down; the outage has {least}.")
