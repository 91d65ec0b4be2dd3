"""What the parts of lab 7 share: what the new edge loaded, and what it was handed after that."""

from __future__ import annotations

from dataclasses import dataclass

from studylab.lab import Evidence, reading
from studylab.lab.observed import EdgeSeen, Observation

NEW = "from new"
NEWCOMER = "syd"

NOT_LOADED = (
    "syd has loaded no snapshot since this step began. Take one, then wipe syd's view: an empty edge loads the latest."
)


@dataclass(frozen=True, slots=True)
class Load:
    """One load of a snapshot by syd, from the journal: its moment, where the snapshot stands, where syd read on."""

    n: int
    sequence: int
    event_id: str
    stream_seq: int
    follows: str


def snapshot_loads(evidence: Evidence) -> list[Load]:
    """Return the snapshots that the new edge has loaded since the step began, oldest first."""
    moments = reading.moments(evidence, NEWCOMER, "snapshot")
    return [Load(m.n, *(m.detail[name] for name in ("sequence", "event_id", "stream_seq", "follows"))) for m in moments]


def newcomer(evidence: Evidence) -> EdgeSeen:
    """Return the new edge."""
    return evidence.now.edge(NEWCOMER)


def got_after(evidence: Evidence, n: int) -> list[int]:
    """Return the stream seqs that syd got after a moment."""
    got = reading.after(reading.moments(evidence, NEWCOMER, "got"), n)
    return [seq for moment in got for seq in moment.detail["stream_seqs"]]


def nothing_left(seen: Observation) -> bool:
    """Return whether the server has nothing left for the new edge."""
    consumer = seen.consumer(NEWCOMER)
    return consumer is not None and not consumer.num_pending and not consumer.num_ack_pending


def finding(evidence: Evidence, kind: str) -> str:
    """Return the audit's sentence of one kind about syd; empty when there is none."""
    found = [f for f in evidence.now.audit.findings if f.where == NEWCOMER and f.kind.value == kind]
    return found[0].sentence if found else ""
