"""What the scripts of lab 7 share: a new edge, a trimmed stream and a promotion in between."""

from __future__ import annotations

from collections.abc import Callable

from studylab.lab import reading
from studylab.lab.observed import Cause, Observation
from studylab.lab.scripts import Call, Script, Wait, call, promote

VERBS = (
    "promote",
    "burst",
    "take_snapshot",
    "load_snapshot",
    "wipe_view",
    "purge",
    "delete_message",
    "restart_edge",
    "start_edge",
)


def others_rest(seen: Observation) -> bool:
    """Return whether everything is published and the two edges that have been here all along have it."""
    others = [seen.edge(name) for name in ("fra", "iad")]
    return not seen.outbox.waiting and all(
        reading.is_current(edge) and edge.sequence == seen.truth.sequence for edge in others
    )


def syd_claims(seen: Observation) -> bool:
    """Return whether syd claims to be current and the server has nothing left for it."""
    consumer = seen.consumer("syd")
    left = consumer is None or consumer.num_pending or consumer.num_ack_pending
    return reading.is_current(seen.edge("syd")) and not left


def syd_refuses(seen: Observation) -> bool:
    """Return whether syd has failed closed."""
    return reading.has_failed_closed(seen.edge("syd"))


def syd_misses(cause: Cause) -> Callable[[Observation], bool]:
    """Make a question: has syd failed closed for that cause?"""
    return lambda seen: syd_refuses(seen) and seen.edge("syd").cause is cause


OTHERS_CURRENT = Wait("the others to be current", others_rest)
CLAIMS = Wait("syd to say that it is current", syd_claims)


def new_edge(*meanwhile: Call | Wait) -> Script:
    """Take a snapshot, make some calls, and wipe syd, which then begins with that snapshot."""
    return (call("take_snapshot"), *meanwhile, call("wipe_view", edge="syd"))


def promotion(seen: Observation) -> Script:
    """Give shop to a ready owner that it does not have."""
    return (promote("shop", reading.other_owner(seen, "shop")), Wait("it to be published", others_rest))


TRIM: Script = (
    call("burst", n=6),
    Wait("the others to have it", others_rest),
    call("purge", keep=2),
)
