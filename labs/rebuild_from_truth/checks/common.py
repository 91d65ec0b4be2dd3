"""What the parts of lab 11 share."""

from __future__ import annotations

from studylab.lab import Evidence, reading
from studylab.lab.observed import EdgeSeen

OPERATION = "op-blue"


def rows_of(edge: EdgeSeen) -> str:
    """Return the rows of an edge as “route → owner”, or “no row”."""
    return ", ".join(f"{row.route} → {row.owner}" for row in edge.rows) or "no row"


def destroyed_at(evidence: Evidence, actor: str) -> int:
    """Return the moment of the last destruction since the step began, 0 when there was none."""
    return max((moment.n for moment in reading.moments(evidence, actor, "destroyed")), default=0)
