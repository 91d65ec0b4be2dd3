"""What the scripts of lab 4 share: its two edges and the waits for them."""

from __future__ import annotations

from labs.durable_consumers.checks import common
from studylab.lab.scripts import Wait, claims, published

FRA, IAD = common.KEPT, common.FLEETING
THRESHOLD_S = 0.5
ACK_WAIT_S = 0.5
SENT = published()
EXPIRED = Wait("the server to delete iad's consumer", lambda seen: not common.consumers_of(seen, IAD))


def back(edge: str) -> Wait:
    """Wait until an edge says that it is current."""
    return claims(edge, f"{edge} to be done")
