"""Which accident a moment of the journal is."""

from __future__ import annotations

from studylab.lab.observed import Limits, Loss, Moment

EVICTED, PURGED, DELETED, RECREATED, ROLLED_BACK = (
    "an eviction",
    "a purge",
    "a deleted message",
    "a new stream",
    "a rollback",
)

ACCIDENTS = (
    ("stream", "limits"),
    ("stream", "purge"),
    ("stream", "deleted"),
    ("stream", "recreated"),
    ("broker", "rollback"),
)
"""The moments that may be one."""
FEW_MESSAGES = 100


def accident(moment: Moment) -> str:
    """Name the accident that a moment of the journal is; empty when it is none."""
    if moment.kind == "rollback":
        return ROLLED_BACK
    if moment.kind == "limits":
        return EVICTED if _is_tight(moment.read(Limits)) else ""
    lost = {"purge": PURGED, "deleted": DELETED, "recreated": RECREATED}
    return lost[moment.kind] if moment.read(Loss).stream == "ROUTES" else ""


def _is_tight(limits: Limits) -> bool:
    """Return whether the routes were given limits that evict within a lab."""
    of_routes, by_count = limits.stream == "ROUTES", 0 < (limits.max_msgs or 0) < FEW_MESSAGES
    return of_routes and (by_count or (limits.max_bytes or 0) > 0 or (limits.max_age_s or 0) > 0)
