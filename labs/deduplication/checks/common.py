"""What the parts of lab 8 share: the edge that it is about, and the event that the relay had in hand."""

from __future__ import annotations

from collections.abc import Sequence

from studylab.lab import Evidence, reading
from studylab.lab.observed import EdgeSeen, FactSeen, Observation, Point, Publish

NOT_CRASHED = "The relay has not crashed between publish and mark since this step began. Arm the crash, then promote."
IDS_A_SECOND = 100


def iad(seen: Observation) -> EdgeSeen:
    """Return the edge that takes every message for news."""
    return seen.edge("iad")


def relay_is_down(seen: Observation) -> bool:
    """Return whether the relay has crashed."""
    return seen.relay.state == "down"


def has_read_all(seen: Observation) -> bool:
    """Return whether iad has applied the last message of a stream that holds some."""
    stream = seen.stream("ROUTES")
    return stream.messages > 0 and iad(seen).stream_seq == stream.last_seq


def is_stored_twice(seen: Observation) -> bool:
    """Return whether the last stored message is an event that was stored before, and iad has handled it."""
    cells, consumer = seen.stream("ROUTES").cells, seen.consumer("iad")
    twice = bool(cells) and len(reading.copies(seen, cells[-1].event_id)) > 1
    return twice and consumer is not None and consumer.ack_floor == cells[-1].seq


def joined(seqs: Sequence[int]) -> str:
    """Return stream seqs as prose: “7 and 9”."""
    return reading.listed([str(seq) for seq in seqs])


def change(fact: FactSeen) -> str:
    """Return a change of owner as “route → owner, epoch n”."""
    return f"{fact.route} → {fact.owner}, epoch {fact.epoch}"


def last_crash(evidence: Evidence) -> int:
    """Return the moment of the relay's last crash before its mark, or 0."""
    crash, _ = reading.in_hand(evidence, "relay", "publish", Point.BEFORE_MARK)
    return crash.n if crash is not None else 0


def in_hand(evidence: Evidence) -> str:
    """Return the id of the route event that the relay had published when it last crashed before its mark, or “”."""
    _, sent = reading.in_hand(evidence, "relay", "publish", Point.BEFORE_MARK)
    return sent.read(Publish).event_id if sent is not None else ""
