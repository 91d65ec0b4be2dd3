"""What a card says of an edge: its requests, its counters, and its view beside the truth.

It words what the observation has counted and judged, for built-in and external edges alike.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from studylab.web import drawing
from studylab.web.quantities import plural, size
from vango.core.audit import Differs, present
from vango.core.findings import Finding
from vango.core.modes import ANSWERS
from vango.journal.moment import Moment
from vango.observe.model import EdgeSeen, GuestSeen, TruthSeen
from vango.observe.why import Why, why_asked, why_row

QUIET_S = 6.0
_ASKED = {"right": "right", "refused": "refused", "wrong": "misrouted"}
_RARE = {
    "redelivered": "redelivered",
    "duplicates": "duplicate",
    "stale": "stale",
    "gaps": "gap",
    "foreign": "foreign",
    "invalid": "invalid",
    "rebuilds": "rebuild",
}
"""Counters that are shown when they are not 0, with the noun for one."""


def probe_words(edge: EdgeSeen | GuestSeen) -> str:
    """Return the outcomes of the last requests in words."""
    if not edge.probes:
        return "no requests yet"
    counts = Counter(drawing.shown(probe) for probe in edge.probes)
    words = {"right": "right", "wrong": "misrouted", "refused": "refused", "late": "late"}
    said = ", ".join(f"{counts[outcome]} {word}" for outcome, word in words.items() if counts[outcome])
    if len(counts) == 1:
        return f"last {plural(len(edge.probes), 'request')}: all {words.get(next(iter(counts)), '')}".rstrip()
    return f"last {len(edge.probes)}: {said}"


def asked_words(edge: EdgeSeen | GuestSeen, since: str = "with these rules") -> str:
    """Return the outcomes of all requests since the edge got its present rules, or since another event."""
    said = ", ".join(f"{edge.asked.get(outcome, 0)} {word}" for outcome, word in _ASKED.items())
    late = edge.asked.get("late", 0)
    return f"{since}: {said}" + (f", {late} late" if late else "")


def heard_words(edge: EdgeSeen) -> str:
    """Return how old an edge's claim is, if it has heard nothing for longer than an idle relay is silent."""
    silent = edge.mode in ANSWERS and edge.silent_s > QUIET_S
    return f"Answers as of {edge.silent_s} s ago: nothing heard since" if silent else ""


def counter_words(edge: EdgeSeen) -> str:
    """Return the edge's counters in words: always received and applied, the others if not 0."""
    received, applied = (f"{edge.counters.get(name, 0)} {name}" for name in ("received", "applied"))
    shown = [f"{received}, {size(edge.counters.get('bytes', 0))}", applied]
    counts = ((edge.counters.get(name, 0), one, name) for name, one in _RARE.items())
    return " · ".join(shown + [plural(count, one, name) for count, one, name in counts if count])


@dataclass(frozen=True, slots=True)
class Line:
    """One row of an edge's view beside the truth's row of the same route; `owner` is empty when the view has no row."""

    route: str
    owner: str
    epoch: int
    drains: int
    cause: str
    tone: str
    should: str


def view_lines(edge: EdgeSeen | GuestSeen, truth: TruthSeen) -> Iterator[Line]:
    """Yield the view's rows in the truth's order, then those that the truth does not have."""
    rows = {row.route: row for row in edge.rows}
    wrong, past = _accused(present(edge.findings)), _accused(edge.findings)
    owners = {route.name: f"{route.owner}, epoch {route.epoch}" for route in truth.routes}
    for name in [*owners, *(route for route in rows if route not in owners)]:
        row, should = rows.get(name), owners.get(name, "no such route")
        if row is None:
            yield Line(name, "", 0, 0, "no row", "is-lie" if name in wrong else "is-behind", should)
            continue
        cause: str = row.cause or wrong.get(name, "")
        tone = "is-lie" if row.lie or name in wrong else "is-behind" if cause else ""
        if row.cause is Differs.APPLIED_TWICE and tone != "is-lie" and name in past:
            cause, tone = f"past: {row.cause}", "is-past"
        yield Line(row.route, row.owner, row.epoch, row.drains, cause, tone, should)


def _accused(findings: Sequence[Finding]) -> dict[str, str]:
    """Return the accused routes, each with the kind of its first finding."""
    routes = [(route, f.kind.value) for f in findings for accused in f.accused for route in accused.routes]
    return dict(reversed(routes))


def whys_of(edge: EdgeSeen | GuestSeen, moments: Sequence[Moment]) -> Iterator[tuple[str, Why]]:
    """Yield what there is to explain of an edge: the question, and the answer. Nothing when all is right."""
    wrong = _accused(present(edge.findings))
    for row in edge.rows:
        is_past = row.cause is Differs.APPLIED_TWICE and row.route not in wrong
        if row.cause and not is_past and (found := why_row(edge, row, moments)):
            yield f"Why is {row.route} {row.cause}?", found
    if any(probe.outcome != "right" for probe in edge.probes) and (found := why_asked(edge, moments)):
        yield "Why these requests?", found
