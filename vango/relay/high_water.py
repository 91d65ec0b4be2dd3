"""The high-water mark on the wire: the heartbeat that the relay sends unasked, and its answer to a request.

The heartbeat covers every feed. An edge follows the routes, so it reads that mark.
"""

from __future__ import annotations

import json

from vango.actors import told
from vango.core.claims import Mark
from vango.truth.outbox import FEEDS, high_water_mark
from vango.truth.store import Truth

HEARTBEAT = "control.heartbeat"
REQUEST = "control.mark"


def write(truth: Truth) -> bytes:
    """Return the high-water mark of every feed, as JSON."""
    found = {feed: high_water_mark(truth, feed) for feed in FEEDS}
    return json.dumps(
        {feed: {"sequence": m.sequence, "id": m.event_id, "published": m.published} for feed, m in found.items()}
    ).encode()


def read(payload: bytes) -> Mark:
    """Return the mark of the routes. Raises `ValueError` for a payload that says none."""
    try:
        word = told.read_object(payload)["route"]
        return Mark(int(word["sequence"]), str(word["id"]), int(word["published"]))
    except (told.Unreadable, ValueError, KeyError, TypeError, OverflowError) as error:
        raise ValueError(f"no mark of the routes in {payload[:100]!r}") from error
