"""What the parts of lab 4 share: the two edges, and their sleeps."""

from __future__ import annotations

from studylab.lab import Evidence, reading
from studylab.lab.observed import Advisory, ConsumerSeen, Moment, Observation

KEPT = "fra"
FLEETING = "iad"
CHANGES = 3


def consumers_of(seen: Observation, edge: str) -> list[ConsumerSeen]:
    """Return the consumers on ROUTES that an edge reads with or has read with."""
    return [c for c in seen.consumers if c.stream == "ROUTES" and is_of(c.name, edge)]


def deletions(evidence: Evidence, edge: str) -> list[tuple[Moment, str]]:
    """Return the server's advisories of deleted consumers of an edge since the step began, with their names."""
    told = [(moment, said.consumer) for moment, said in reading.advisories(evidence, Advisory.DELETED)]
    return [(moment, name) for moment, name in told if is_of(name, edge)]


def is_of(consumer: str, edge: str) -> bool:
    """Return whether a consumer of that name is an edge's: its own name, or its name with a random end."""
    return consumer.partition("-")[0] == edge


def in_words(consumer: ConsumerSeen) -> str:
    """Return a consumer in words: its name and kind, its cursor, and what it has not processed."""
    kind = "durable" if consumer.durable else "ephemeral"
    return f"{consumer.name} ({kind}, Ack Floor {consumer.ack_floor}, Unprocessed {consumer.num_pending})"
