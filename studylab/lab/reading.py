"""Reading the evidence: the small questions that several labs ask of an observation and of the journal. Pure."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from studylab.lab.model import Evidence
from vango.observation import EdgeSeen, FactSeen, Moment, Observation, ProbeSeen


def at_rest(seen: Observation) -> bool:
    """Say whether nothing waits and every edge is current and serves what the database has."""
    return not seen.outbox.waiting and not disagreement(seen) and all(is_current(edge) for edge in seen.edges)


def is_current(edge: EdgeSeen) -> bool:
    """Say whether an edge claims to be current, at whatever sequence."""
    return edge.claim.startswith("current")


def disagreement(seen: Observation) -> str:
    """Return a sentence on the first row of an edge that is not the database's row now; empty when there is none."""
    owners = {(route.name, route.owner, route.epoch) for route in seen.truth.routes}
    for edge in seen.edges:
        for row in edge.rows:
            if (row.route, row.owner, row.epoch) not in owners:
                return f"{edge.name} serves {row.route} from {row.owner}, which is not what the database has."
        if len(edge.rows) != len(owners):
            return f"{edge.name} does not hold every route yet."
    return ""


def held(edge: EdgeSeen, route: str) -> str:
    """Return the owner of a route in an edge's view, or “no row”."""
    return next((row.owner for row in edge.rows if row.route == route), "no row")


def fact(seen: Observation, event_id: str) -> FactSeen | None:
    """Return the row of the history with that event id, or None."""
    return next((fact for fact in seen.truth.history if fact.event_id == event_id), None)


def findings(seen: Observation, kind: str) -> list[str]:
    """Return the audit's sentences of one kind: phantom, lost, untold and so on."""
    return [finding.sentence for finding in seen.audit.findings if finding.kind.value == kind]


def records(seen: Observation, kind: str) -> list[str]:
    """Return the records that prove the audit's findings of one kind."""
    return [record for finding in seen.audit.findings for record in finding.records if finding.kind.value == kind]


def moments(evidence: Evidence, actor: str, kind: str) -> list[Moment]:
    """Return what one actor did of one kind since the step began, oldest first."""
    return [moment for moment in evidence.moments if (moment.actor, moment.kind) == (actor, kind)]


def commits(evidence: Evidence) -> list[tuple[int, str]]:
    """Return moment and event id of every route commit since the step began, oldest first."""
    return [
        (moment.n, moment.detail["event_id"])
        for moment in moments(evidence, "database", "commit")
        if moment.detail.get("subject", "").startswith("route.")
    ]


def since(evidence: Evidence, n: int) -> list[Moment]:
    """Return the moments after a number, oldest first."""
    return [moment for moment in evidence.moments if moment.n > n]


def verbs(evidence: Evidence, name: str) -> list[Moment]:
    """Return the learner's calls of one verb since the step began, oldest first, refused ones among them."""
    return [moment for moment in moments(evidence, "learner", "verb") if moment.detail.get("verb") == name]


def handed(told: Sequence[Moment], edge: str) -> tuple[int, int, int]:
    """Return how many messages an edge was handed in some moments, how many of other domains, and the bytes of all."""
    count = foreign = size = 0
    for moment in told:
        if moment.actor == edge and moment.kind in ("got", "noise"):
            passed_over = moment.kind == "noise"
            count += moment.detail.get("count", 0)
            foreign += moment.detail.get("count" if passed_over else "foreign", 0)
            size += moment.detail.get("bytes", 0)
    return count, foreign, size


def applied_at(told: Sequence[Moment], edge: str, sequence: int) -> Moment | None:
    """Return the moment in which an edge applied the event of a sequence, or None."""
    of_edge = (moment for moment in told if (moment.actor, moment.kind) == (edge, "apply"))
    return next((moment for moment in of_edge if moment.detail.get("position", 0) >= sequence), None)


@dataclass(frozen=True, slots=True)
class Sleep:
    """A time in which an edge was down: the numbers of its last and first moment (None: it still is), and what it missed.

    `commits` are moment and event id of every route commit in between; `told` is what happened from its start to the
    next commit.
    """

    began: int
    ended: int | None
    commits: tuple[tuple[int, str], ...]
    told: tuple[Moment, ...]


def sleeps(evidence: Evidence, edge: str) -> list[Sleep]:
    """Return the times in which an edge was down since the step began, oldest first."""
    made = commits(evidence)
    found: list[Sleep] = []
    began: int | None = None
    for moment in evidence.moments:
        if moment.actor != edge or moment.kind not in ("kill", "crash", "start"):
            continue
        if moment.kind == "start" and began is not None:
            found.append(_sleep(evidence, made, began, moment.n))
        began = None if moment.kind == "start" else moment.n
    return found if began is None else [*found, _sleep(evidence, made, began, None)]


def _sleep(evidence: Evidence, made: Sequence[tuple[int, str]], began: int, ended: int | None) -> Sleep:
    missed = tuple(commit for commit in made if began < commit[0] < (ended or math.inf))
    following = next((n for n, _ in made if ended is not None and n > ended), math.inf)
    told = tuple(moment for moment in evidence.moments if ended is not None and ended <= moment.n < following)
    return Sleep(began, ended, missed, told)


def matches(pattern: str, subject: str) -> bool:
    """Say whether a subject filter matches a subject, as the server matches them."""
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
    return [
        (moment, count)
        for moment in moments(evidence, edge, "got")
        for at, count in zip(moment.detail["stream_seqs"], moment.detail["deliveries"], strict=True)
        if at == seq
    ]


def crashed_with(evidence: Evidence, edge: str, point: str) -> int:
    """Return the stream seq that an edge had in hand when it last crashed at a point since the step began, or 0."""
    crashes = [moment.n for moment in moments(evidence, edge, "crash") if moment.text == f"crashed {point}"]
    got = [moment for moment in moments(evidence, edge, "got") if crashes and moment.n < crashes[-1]]
    return int(got[-1].detail["stream_seqs"][0]) if got else 0


def advisories(evidence: Evidence, kind: str, consumer: str) -> list[Moment]:
    """Return the server's advisories of one kind on a consumer since the step began: “max deliveries” and so on."""
    told = [moment for moment in moments(evidence, "broker", "advisory") if moment.text.startswith(f"{kind}:")]
    return [moment for moment in told if moment.detail.get("consumer") == consumer]


def copies(seen: Observation, event_id: str) -> list[int]:
    """Return the stream seqs under which ROUTES holds an event, oldest first."""
    return [cell.seq for cell in seen.stream("ROUTES").cells if cell.event_id == event_id]


def window_is_over(seen: Observation) -> bool:
    """Say whether ROUTES was still for long enough to have forgotten every message id.

    The server forgets on a timer, measured up to 2.4 windows after the store, and later on a busy machine.
    """
    stream = seen.stream("ROUTES")
    last = max((cell.stored_at for cell in stream.cells), default=0.0)
    return seen.at - last > 3 * stream.rules.duplicate_window_s + 0.4


def times(count: int) -> str:
    """Return a count as prose: “once”, “twice”, “3 times”."""
    return {1: "once", 2: "twice"}.get(count, f"{count} times")
