"""What the stream's panel says in words and rows: consumers, the last messages, and the other streams.

Its picture, the tape, is in `drawing`.
"""

from __future__ import annotations

from studylab.web.quantities import span
from vango.core.rules import ROUTE_EVENTS
from vango.observe.model import CellSeen, ConsumerSeen, Observation, StreamSeen

STORED_SHOWN = 20


def consumer_words(consumer: ConsumerSeen) -> str:
    """Return what is special about a consumer; empty for a durable one for routes that is kept until it is deleted."""
    words = [] if consumer.durable else ["ephemeral"]
    if consumer.inactive_threshold_s:
        words.append(f"deleted after {span(consumer.inactive_threshold_s)} unread")
    if consumer.subject_filter != ROUTE_EVENTS:
        words.append(f"filter {consumer.subject_filter}")
    return ", ".join(words)


def others(seen: Observation) -> tuple[StreamSeen, ...]:
    """Return the streams other than that of the routes."""
    return tuple(stream for stream in seen.streams if stream.name != "ROUTES")


def stored_cells(stream: StreamSeen) -> list[tuple[CellSeen, bool]]:
    """Return the last messages, newest first, each with whether an earlier one in sight holds the same event."""
    seen: set[str] = set()
    found: list[tuple[CellSeen, bool]] = []
    for cell in stream.cells:
        found.append((cell, cell.event_id in seen))
        seen.add(cell.event_id)
    return found[: -STORED_SHOWN - 1 : -1]
