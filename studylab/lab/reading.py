"""Reading the evidence: the small questions that several labs ask of an observation and of the journal. Pure."""

from __future__ import annotations

import math
from bisect import bisect_left, bisect_right
from collections.abc import Collection, Sequence
from typing import Any

from studylab.lab.disagreement import disagreement as disagreement
from studylab.lab.ledgers import Advisories, ByName, Commits, Handed, InHand, Latest, Sleeps
from studylab.lab.ledgers import Sleep as Sleep
from studylab.lab.ledgers import is_change as is_change
from studylab.lab.model import Evidence
from vango.actors.crash_points import Point
from vango.core.findings import Finding, Kind
from vango.core.judge import Outcome
from vango.core.modes import Mode
from vango.journal.facts import Advised, Asked, Got, Judged
from vango.journal.kinds import Advisory
from vango.journal.moment import Moment
from vango.observe.model import EdgeSeen, FactSeen, Observation, ProbeSeen


def all_agree(seen: Observation) -> bool:
    """Return whether nothing waits and every edge is current and serves what the database has."""
    return not seen.outbox.waiting and not disagreement(seen) and all(is_current(edge) for edge in seen.edges)


def is_current(edge: EdgeSeen) -> bool:
    """Return whether an edge claims to be current, at whatever sequence."""
    return edge.mode is Mode.CURRENT


def is_down(edge: EdgeSeen) -> bool:
    """Return whether an edge does not run."""
    return edge.is_down


def has_failed_closed(edge: EdgeSeen) -> bool:
    """Return whether an edge refuses to answer because something is unknown to it."""
    return edge.mode is Mode.FAILED_CLOSED


def held(edge: EdgeSeen, route: str) -> str:
    """Return the owner of a route in an edge's view, or “no row”."""
    return next((row.owner for row in edge.rows if row.route == route), "no row")


def other_owner(seen: Observation, route: str) -> str:
    """Return a ready allocation that does not own a route now."""
    ready = [allocation.name for allocation in seen.truth.allocations if allocation.state == "ready"]
    now = next((found.owner for found in seen.truth.routes if found.name == route), "")
    return next(name for name in reversed(ready) if name != now)


def fact(seen: Observation, event_id: str) -> FactSeen | None:
    """Return the row of the history with that event id, or None."""
    return next((fact for fact in seen.truth.history if fact.event_id == event_id), None)


def findings(seen: Observation, kind: str, edge: str = "") -> list[Finding]:
    """Return what the audit found of one kind: phantom, lost, untold and so on; of one edge only when it is named."""
    found = [finding for finding in seen.audit.findings if finding.kind is Kind(kind)]
    return [finding for finding in found if not edge or finding.where == edge]


def said(seen: Observation, kind: str, edge: str = "") -> list[str]:
    """Return the audit's sentences of one kind, to be kept and shown."""
    return [finding.sentence for finding in findings(seen, kind, edge)]


def records(seen: Observation, kind: str) -> list[str]:
    """Return the records that prove the audit's findings of one kind."""
    return [record for finding in findings(seen, kind) for record in finding.records]


def moments(evidence: Evidence, actor: str, kind: str) -> Sequence[Moment]:
    """Return the latest that one actor did of one kind since the step began, oldest first: at least the last 500."""
    return evidence.moments.ask(Latest, [(actor, kind)]).held


def about(evidence: Evidence, actor: str, kind: str, field: str, name: object) -> Sequence[Moment]:
    """Return the moments of one kind since the step began whose detail names a number or an id, oldest first.

    Of very many the first and the latest.
    """
    return evidence.moments.ask(ByName, [(actor, kind)], field).held.get(name, ())


def named(evidence: Evidence, actor: str, kind: str, field: str) -> Collection[Any]:
    """Return the numbers or ids that a field of the moments of one kind has named since the step began."""
    return evidence.moments.ask(ByName, [(actor, kind)], field).held.keys()


def commits(evidence: Evidence) -> Sequence[tuple[int, str]]:
    """Return moment and event id of the route commits since the step began, oldest first: at least the last 10,000."""
    return _commits(evidence).held


def count_commits(evidence: Evidence, up_to: float = math.inf) -> int:
    """Return how many route commits there were since the step began, up to a moment; 0 when that is too long ago."""
    made = _commits(evidence)
    return made.gone + len(made.held) if up_to == math.inf else made.up_to(int(up_to))


def last_commit(evidence: Evidence, after: int = 0, before: float = math.inf) -> str:
    """Return the event id of the last route commit between two moments of this step; empty when there was none."""
    made = commits(evidence)
    at = len(made) if before == math.inf else bisect_left(made, before, key=lambda one: one[0])
    return made[at - 1][1] if at and made[at - 1][0] > after else ""


def last_commits(evidence: Evidence, count: int, before: float = math.inf) -> list[str]:
    """Return the event ids of the last n route commits before a moment, oldest first."""
    made = commits(evidence)
    end = len(made) if before == math.inf else bisect_left(made, before, key=lambda one: one[0])
    return [event_id for _, event_id in made[max(0, end - count) : end]]


def changes(evidence: Evidence) -> list[FactSeen]:
    """Return the rows of the history that were committed since the step began, oldest first."""
    history = evidence.now.truth.history
    made = {event_id for _, event_id in commits(evidence)[-len(history) :]} if history else set()
    return [fact for fact in history[::-1] if fact.event_id in made]


def _commits(evidence: Evidence) -> Commits:
    return evidence.moments.ask(Commits, [("database", "commit")])


def after(told: Sequence[Moment], n: int) -> Sequence[Moment]:
    """Return those of some moments, oldest first, that came after a number."""
    return told[bisect_right(told, n, key=lambda moment: moment.n) :]


def verbs(evidence: Evidence, name: str) -> list[Moment]:
    """Return the learner's calls of one verb since the step began, oldest first, refused ones among them."""
    return [moment for moment in moments(evidence, "learner", "verb") if moment.read(Asked).verb == name]


def refusals(evidence: Evidence, verb: str) -> list[tuple[Moment, Asked]]:
    """Return the learner's calls of one verb refused since the step began, with what they asked for, oldest first."""
    told = [(moment, moment.read(Asked)) for moment in moments(evidence, "learner", "refused")]
    return [(moment, asked) for moment, asked in told if asked.verb == verb]


def verdicts(evidence: Evidence, edge: str, seq: int) -> list[tuple[Moment, Outcome | None]]:
    """Return what an edge said of a message since the step began, each time with its verdict, oldest first."""
    told = about(evidence, edge, "verdict", "stream_seq", seq)
    return [(moment, moment.read(Judged).verdict) for moment in told]


def handed(evidence: Evidence, edge: str, after: int = 0) -> tuple[int, int, int]:
    """Return how many messages an edge was handed after a moment, how many of other domains, and the bytes of all."""
    return evidence.moments.ask(Handed, [(edge, "got"), (edge, "noise")]).after(after)


def sleeps(evidence: Evidence, edge: str) -> list[Sleep]:
    """Return the times in which an edge was down since the step began, oldest first."""
    return evidence.moments.ask(Sleeps, [("database", "commit"), *((edge, kind) for kind in Sleeps.KINDS)]).all()


def last_sleep(evidence: Evidence, edge: str, least: int) -> Sleep | None:
    """Return the last time in which an edge was down for at least this many changes, or None."""
    return next((sleep for sleep in reversed(sleeps(evidence, edge)) if sleep.missed >= least), None)


def matches(pattern: str, subject: str) -> bool:
    """Return whether a subject filter matches a subject, as the server matches them."""
    wanted, given = pattern.split("."), subject.split(".")
    for place, token in enumerate(wanted):
        if token == ">":
            return len(given) > place
        if place >= len(given) or token not in ("*", given[place]):
            return False
    return len(wanted) == len(given)


def wrong_probe(edge: EdgeSeen) -> ProbeSeen | None:
    """Return the last request that an edge answered wrongly, as far as its strip reaches back, or None."""
    return next((probe for probe in edge.probes[::-1] if probe.outcome == "wrong"), None)


def listed(names: Sequence[str]) -> str:
    """Return names as prose: “fra, iad and syd”; empty for none."""
    return " and ".join(filter(None, (", ".join(names[:-1]), *names[-1:])))


def deliveries(evidence: Evidence, edge: str, seq: int) -> list[tuple[Moment, int]]:
    """Return when a message came to an edge since the step began, each time with the broker's delivery count."""
    told = [(moment, moment.read(Got)) for moment in about(evidence, edge, "got", "stream_seqs", seq)]
    return [
        (moment, count)
        for moment, got in told
        for at, count in zip(got.stream_seqs, got.deliveries, strict=True)
        if at == seq
    ]


def crashed_with(evidence: Evidence, edge: str, point: Point) -> int:
    """Return the stream seq that an edge had in hand when it last crashed at a point since the step began, or 0."""
    _, got = in_hand(evidence, edge, "got", point)
    return got.read(Got).stream_seqs[0] if got is not None else 0


def in_hand(evidence: Evidence, actor: str, kind: str, point: Point) -> tuple[Moment | None, Moment | None]:
    """Return when an actor last crashed at a point since the step began, and the last moment of a kind before that.

    Of publishes only those of the route feed count.
    """
    crashes = evidence.moments.ask(InHand, [(actor, "crash"), (actor, kind)]).held
    return crashes.get(point, (None, None))


def advisories(evidence: Evidence, kind: Advisory) -> list[tuple[Moment, Advised]]:
    """Return the server's advisories of one kind since the step began, each with what it tells, oldest first."""
    told = evidence.moments.ask(Advisories, [("broker", "advisory")], kind).held
    return [(moment, moment.read(Advised)) for moment in told]


def advisories_on(evidence: Evidence, consumer: str) -> list[Moment]:
    """Return the server's advisories of every kind on a consumer since the step began, oldest first."""
    told = moments(evidence, "broker", "advisory")
    return [moment for moment in told if moment.read(Advised).consumer == consumer]


def copies(seen: Observation, event_id: str) -> list[int]:
    """Return the stream seqs under which ROUTES holds an event, oldest first."""
    return [cell.seq for cell in seen.stream("ROUTES").cells if cell.event_id == event_id]


def window_is_over(seen: Observation) -> bool:
    """Return whether ROUTES was still for long enough to have forgotten every message id.

    The server forgets on a timer, measured up to 2.4 windows after the store, and later on a busy machine.
    """
    stream = seen.stream("ROUTES")
    last = max((cell.stored_at for cell in stream.cells), default=0.0)
    return seen.at - last > 3 * stream.rules.duplicate_window_s + 0.4


def times(count: int) -> str:
    """Return a count as prose: “once”, “twice”, “3 times”."""
    return {1: "once", 2: "twice"}.get(count, f"{count} times")
