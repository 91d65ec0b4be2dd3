"""What the parts of lab 4 share: the two edges, and their sleeps."""

from __future__ import annotations

from studylab.lab import Evidence, reading
from studylab.lab.observed import ConsumerSeen, Moment, Observation

KEPT = "fra"
FLEETING = "iad"
CHANGES = 3
DELETED = "consumer deleted: "


def consumers_of(seen: Observation, edge: str) -> list[ConsumerSeen]:
    """Return the consumers on ROUTES that an edge reads with or has read with."""
    names = (edge, f"{edge}-")
    return [c for c in seen.consumers if c.stream == "ROUTES" and (c.name == names[0] or c.name.startswith(names[1]))]


def deletions(evidence: Evidence, edge: str) -> list[tuple[Moment, str]]:
    """Return the server's advisories of deleted consumers of an edge since the step began, with their names."""
    told = [(m, m.text.removeprefix(DELETED)) for m in reading.moments(evidence, "broker", "advisory", begins=DELETED)]
    return [(m, name) for m, name in told if name == edge or name.startswith(f"{edge}-")]


def in_words(consumer: ConsumerSeen) -> str:
    """Return a consumer in words: its name and kind, its cursor, and what it has not processed."""
    kind = "durable" if consumer.durable else "ephemeral"
    return f"{consumer.name} ({kind}, Ack Floor {consumer.ack_floor}, Unprocessed {consumer.num_pending})"
