"""Accusing: every part of an observation gets the findings that accuse it, and the newest finding leads."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from vango.core.accused import Part
from vango.core.ages import Item, met, newest_first
from vango.core.audit import say
from vango.core.findings import Finding
from vango.observe.model import Observation

ROUTES = "ROUTES"


def accusing(seen: Observation, before: Mapping[Item, int]) -> tuple[Observation, dict[Item, int]]:
    """Return an observation whose parts know what they are accused of, and when each finding was first seen."""
    of_guests = [finding for guest in seen.guests for finding in guest.findings]
    first_seen = met((*seen.audit.findings, *of_guests), before, seen.moment)
    if not first_seen:
        return seen, first_seen
    found = newest_first(seen.audit.findings, first_seen)
    told = replace(
        seen,
        audit=replace(seen.audit, sentence=say(found), findings=found),
        truth=replace(seen.truth, findings=of(found, Part.DATABASE)),
        relay=replace(seen.relay, findings=of(found, Part.RELAY)),
        streams=tuple(
            replace(stream, findings=of(found, Part.STREAM)) if stream.name == ROUTES else stream
            for stream in seen.streams
        ),
        edges=tuple(replace(edge, findings=of(found, Part.EDGE, edge.name)) for edge in seen.edges),
        guests=tuple(replace(guest, findings=newest_first(guest.findings, first_seen)) for guest in seen.guests),
    )
    return told, first_seen


def of(findings: Sequence[Finding], part: Part, name: str = "") -> tuple[Finding, ...]:
    """Return the findings that accuse one part."""
    return tuple(found for found in findings if any((one.part, one.name) == (part, name) for one in found.accused))
