"""The high-water mark on the wire: the heartbeat that the relay sends unasked, and its answer to a request.

The heartbeat says it of every feed. An edge follows one of them, so that is the mark that it reads.
"""

from __future__ import annotations

import json

from vango.actors import told
from vango.core.claims import Mark
from vango.core.names import ROUTES
from vango.truth.outbox import Outbox, high_water_mark

HEARTBEAT, REQUEST = ROUTES.control.heartbeat, ROUTES.control.mark
"""The subjects of a bench."""


def write(outbox: Outbox) -> bytes:
    """Return the high-water mark of every feed, as JSON."""
    found = {feed: high_water_mark(outbox, feed) for feed in outbox.feeds}
    return json.dumps(
        {feed: {"sequence": m.sequence, "id": m.event_id, "published": m.published} for feed, m in found.items()}
    ).encode()


def read(payload: bytes, feed: str = ROUTES.feed) -> Mark:
    """Return the mark of one feed. Raises `ValueError` for a payload that says none."""
    try:
        word = told.read_object(payload)[feed]
        return Mark(int(word["sequence"]), str(word["id"]), int(word["published"]))
    except (told.Unreadable, ValueError, KeyError, TypeError, OverflowError) as error:
        raise ValueError(f"no mark of the feed {feed} in {payload[:100]!r}") from error
