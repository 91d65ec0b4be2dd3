"""Scars: findings about the past, which nothing can repair and which are wrong no longer. They never make a verdict red.

Which findings can be scars follows from what each kind says:

    phantom, resurrected     a row as it is now. They end with the row that is wrong, and leave nothing to tell.
    false confidence, lost   a claim as it is now. They end when a later event or a snapshot covers what was missing.
    stuck                    a message or a row that waits now. It ends when that is terminated, corrected or taken.
    double effect            a drain that has happened. It is a scar once a later event has changed the row, because
                             the edge has then moved an owner once and served it rightly.
    untold                   a fact that nobody will publish. It is a scar once an edge holds that owner or a later
                             one, and no edge answers from an earlier one.
"""

from __future__ import annotations

from collections.abc import Sequence

from vango.core.judge import Row
from vango.core.modes import ANSWERS
from vango.core.records import Claim, Fact


def drained_too_often(row: Row) -> bool:
    """Return whether a promotion took effect twice: each owner but the first drains its predecessor once."""
    return row.drains > row.highest_epoch - 1


def is_outlived(row: Row) -> bool:
    """Return whether a row that drained too often was changed by a later event since."""
    return row.epoch == row.highest_epoch > row.doubled_at


def is_overtaken(fact: Fact, claims: Sequence[Claim]) -> bool:
    """Return whether an untold fact misleads nobody any more. An edge that does not answer misleads nobody."""
    held = [(claim.mode in ANSWERS, _epoch(claim, fact.route)) for claim in claims]
    return any(epoch >= fact.epoch for _, epoch in held) and all(
        epoch >= fact.epoch for answers, epoch in held if answers
    )


def _epoch(claim: Claim, route: str) -> int:
    return next((row.epoch for row in claim.rows if row.route == route), 0)
