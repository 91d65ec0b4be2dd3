"""What the parts of lab 7 share: what the new edge loaded, and what it was handed after that."""

from __future__ import annotations

from studylab.lab import Evidence, reading
from studylab.lab.observed import EdgeSeen, Finding, Got, Load, Observation

NEWCOMER = "syd"

NOT_LOADED = (
    "syd has loaded no snapshot since this step began. Take one, then wipe syd's view: an empty edge loads the latest."
)


def snapshot_loads(evidence: Evidence) -> list[tuple[int, Load]]:
    """Return the snapshots that the new edge has loaded since the step began, with their moments, oldest first."""
    return [(moment.n, moment.read(Load)) for moment in reading.moments(evidence, NEWCOMER, "snapshot")]


def newcomer(evidence: Evidence) -> EdgeSeen:
    """Return the new edge."""
    return evidence.now.edge(NEWCOMER)


def got_after(evidence: Evidence, n: int) -> list[int]:
    """Return the stream seqs that syd got after a moment."""
    got = reading.after(reading.moments(evidence, NEWCOMER, "got"), n)
    return [seq for moment in got for seq in moment.read(Got).stream_seqs]


def nothing_left(seen: Observation) -> bool:
    """Return whether the server has nothing left for the new edge."""
    consumer = seen.consumer(NEWCOMER)
    return consumer is not None and not consumer.num_pending and not consumer.num_ack_pending


def finding(evidence: Evidence, kind: str) -> Finding | None:
    """Return what the audit found of one kind about syd, or None."""
    return next(iter(reading.findings(evidence.now, kind, NEWCOMER)), None)


def said(evidence: Evidence, kind: str) -> str:
    """Return the audit's sentence of one kind about syd, to be kept and shown; empty when there is none."""
    return next(iter(reading.said(evidence.now, kind, NEWCOMER)), "")
