"""Why: two sentences about something wrong, and the moment that made it. Pure: facts in, words and a number out.

The first sentence says what happened, the second why it stays or what ends it. The moment is the newest one in sight
that made it, 0 when none is.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from vango.core.audit import Differs
from vango.core.findings import Finding, Kind
from vango.core.names import ROUTES
from vango.core.words import Sentence, counted
from vango.journal.facts import Applied, Commit, EdgeAck, Loss, Mark, Publish
from vango.journal.moment import Moment
from vango.observe.model import EdgeSeen, GuestSeen, ProbeSeen, RowSeen


@dataclass(frozen=True, slots=True)
class Why:
    """What happened, what follows from it, and the number of the moment that made it (0: none in sight)."""

    happened: Sentence
    follows: Sentence
    moment: int = 0


_HAPPENED = {
    Kind.PHANTOM: "The event was published, and the database never committed it.",
    Kind.RESURRECTED: "An older event was applied after a newer one of the same route.",
    Kind.FALSE_CONFIDENCE: "The edge says that it is current, and serves a row that is not the truth's.",
    Kind.LOST: "The edge has settled the event with the broker, and has not applied it.",
    Kind.DOUBLE_EFFECT: "The edge applied the same change more than once, and each time it drained connections.",
    Kind.UNTOLD: "The change was committed without an outbox row, and its publish never came.",
    Kind.STUCK: "The same message fails each time that it is tried.",
}
"""What happened, for each kind of finding."""

_ROW = {
    Differs.INVENTED: (
        "Its event is not in the database's history.",
        "A later event of the route will replace the row.",
    ),
    Differs.OUT_OF_ORDER: ("An event with a lower epoch was applied last.", "Checking epochs would have refused it."),
    Differs.APPLIED_TWICE: ("Its event was applied more than once.", "Checking event ids would have skipped the copy."),
    Differs.NOT_AS_TOLD: ("The row does not say what its event said.", "A snapshot or a later event will correct it."),
    Differs.NEVER_PUBLISHED: ("The change was committed, and no outbox row exists for it.", "No edge will hear of it."),
    Differs.NOT_PUBLISHED: ("The change waits in the outbox.", "The relay publishes it when it can."),
    Differs.SKIPPED: ("The edge's position has passed the event.", "The edge will not ask for it again."),
    Differs.UNACKED: ("The broker has delivered the event and waits for the ack.", "After ack_wait it delivers again."),
    Differs.NOT_DELIVERED: ("The event is stored and not delivered yet.", "The edge gets it when it reads on."),
    Differs.GONE: ("The stream no longer holds the event.", "The edge must load a snapshot to get over the gap."),
    Differs.NEVER_APPLIED: ("The broker has nothing left for this edge.", "Only a snapshot or a later event helps."),
}
"""Why a row is not the truth's, and what ends that."""


def why_found(finding: Finding, moments: Sequence[Moment]) -> Why:
    """Return why a finding came about."""
    makes: dict[Kind, Callable[[Moment], bool]] = {
        Kind.PHANTOM: lambda m: m.kind == "publish" and m.read(Publish).event_id in finding.event_ids,
        Kind.UNTOLD: lambda m: m.kind == "commit" and m.read(Commit).event_id in finding.event_ids,
        Kind.LOST: lambda m: m.actor == finding.where and m.kind == "ack" and _acks(m, _seqs_of(finding, moments)),
        Kind.STUCK: lambda m: m.kind in ("stumble", "verdict", "refused") and m.actor in (finding.where, "relay"),
    }
    made = makes.get(finding.kind, lambda m: _applies(m, finding))
    return Why(_HAPPENED[finding.kind], finding.repair, _newest(moments, made))


def why_row(edge: EdgeSeen | GuestSeen, row: RowSeen, moments: Sequence[Moment]) -> Why | None:
    """Return why a row is not the truth's row now; None when it is."""
    if row.cause not in _ROW:
        return None
    happened, follows = _ROW[row.cause]
    if row.lie:
        follows = f"The claim covers it all the same: {edge.claim}."
    if row.cause in (Differs.SKIPPED, Differs.GONE) and (purge := _purged_since(moments, row.route)):
        return Why(f"The stream was purged after the event of {row.route} was committed.", follows, purge)
    return Why(happened, follows, _newest(moments, lambda m: _applies_to(m, edge.name, row.route)))


def _purged_since(moments: Sequence[Moment], route: str) -> int:
    """Return the number of the first purge after the newest commit of a route, 0 when none is in sight."""
    made = _newest(moments, lambda m: m.kind == "commit" and m.read(Commit).subject.rpartition(".")[2] == route)
    purges = (m.n for m in moments if m.kind == "purge" and m.n > made and m.read(Loss).stream == ROUTES.stream)
    return next(purges, 0) if made else 0


def why_asked(edge: EdgeSeen | GuestSeen, moments: Sequence[Moment]) -> Why | None:
    """Return why requests to an edge were refused or answered wrongly; None when all in sight are right."""
    wrong = [probe for probe in edge.probes if probe.outcome == "wrong" and not probe.late]
    refused = [probe for probe in edge.probes if probe.outcome == "refused"]
    if wrong:
        last = wrong[-1]
        asked = counted(len(wrong), "request").capitalize()
        happened = f"{asked} for {_routes(wrong)} got the wrong owner, {last.answer} at last."
        row = next((row for row in edge.rows if row.route == last.route), None)
        found = why_row(edge, row, moments) if row is not None else None
        follows = found.happened if found else f"{edge.name} has been corrected since."
        return Why(happened, follows, found.moment if found else 0)
    if refused:
        happened = f"{counted(len(refused), 'request').capitalize()} had no answer. {refused[-1].answer}"
        stopped = _newest(moments, lambda m: m.actor == edge.name and m.kind in ("mode", "kill", "crash"))
        return Why(happened, "An edge that does not know refuses, rather than guess.", stopped)
    return None


def _seqs_of(finding: Finding, moments: Sequence[Moment]) -> set[int]:
    """Return the stream seqs under which the events of a finding were stored, as far as the relay's marks say it."""
    marks = [moment.read(Mark).stored for moment in moments if moment.kind in ("mark", "duplicate")]
    return {stored[one] for stored in marks for one in finding.event_ids if one in stored}


def _acks(moment: Moment, seqs: set[int]) -> bool:
    return not seqs.isdisjoint(moment.read(EdgeAck).stream_seqs)


def _routes(probes: Sequence[ProbeSeen]) -> str:
    return ", ".join(dict.fromkeys(probe.route for probe in probes))


def _applies(moment: Moment, finding: Finding) -> bool:
    if finding.is_past:
        # What the edge applied last came after it.
        return False
    routes = {route for accused in finding.accused for route in accused.routes}
    return any(_applies_to(moment, finding.where, route) for route in routes)


def _applies_to(moment: Moment, edge: str, route: str) -> bool:
    return moment.actor == edge and moment.kind == "apply" and route in moment.read(Applied).routes


def _newest(moments: Sequence[Moment], made: Callable[[Moment], bool]) -> int:
    return next((moment.n for moment in reversed(moments) if made(moment)), 0)
