"""Ages: when each finding was first seen, so that the newest leads. Pure: the moments known so far go in and come out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from vango.core.findings import Finding, Kind

Item = tuple[Kind, str, str]
"""A part of a finding that has an age of its own: its kind, its place, and the event or the route."""


def met(findings: Sequence[Finding], before: Mapping[Item, int], moment: int) -> dict[Item, int]:
    """Return the moment at which each item of the present findings was first seen. What has gone is forgotten."""
    return {item: before.get(item, moment) for finding in findings for item in _items(finding)}


def newest_first(findings: Sequence[Finding], first_seen: Mapping[Item, int]) -> tuple[Finding, ...]:
    """Return the findings, each with the moment of its newest item: what is wrong now before the scars, newest first."""
    dated = (replace(f, since=max(first_seen.get(item, 0) for item in _items(f))) for f in findings)
    return in_order(tuple(dated))


def in_order(findings: Sequence[Finding]) -> tuple[Finding, ...]:
    """Return dated findings: what is wrong now before the scars, of each the newest first."""
    return tuple(sorted(findings, key=lambda finding: (finding.is_past, -finding.since)))


def _items(finding: Finding) -> Iterator[Item]:
    """Yield what a finding is made of: a route that joins it makes it newer, and one that leaves it does not."""
    routes = [route for accused in finding.accused for route in accused.routes]
    for what in routes or finding.event_ids or ("",):
        yield finding.kind, finding.where, what
