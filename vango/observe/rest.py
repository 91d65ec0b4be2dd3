"""Rest: when another look at a bench would show the same."""

from __future__ import annotations

from vango.actors.crash_points import Tempo
from vango.core.audit import Soundness
from vango.core.modes import Mode
from vango.observe.model import Observation

RESTING = frozenset({Mode.CURRENT, Mode.DOWN, Mode.FAILED_CLOSED})
"""The modes that an edge stays in until something happens."""


def has_converged(seen: Observation) -> bool:
    """Return whether nothing waits in the outbox, every edge rests, and the audit knows its verdict."""
    is_known = seen.audit.soundness is not Soundness.NOT_YET_KNOWN
    return is_known and not seen.outbox.waiting and all(edge.mode in RESTING for edge in seen.edges)


def is_at_rest(seen: Observation) -> bool:
    """Return whether a bench is at rest: another look would then show the same."""
    runs = seen.pace.tempo is Tempo.LIVE and seen.relay.state == "up" and seen.broker.state == "up"
    return (
        runs
        and has_converged(seen)
        and all(stream.available for stream in seen.streams)
        and all(c.num_waiting and not c.num_pending and not c.num_ack_pending for c in seen.consumers)
    )
