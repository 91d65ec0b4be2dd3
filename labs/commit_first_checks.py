"""What lab 1 looks for: pure functions of the evidence, each with a sentence for what it saw or what still differs."""

from __future__ import annotations

from collections import deque

from studylab.lab import (
    CellSeen,
    EdgeSeen,
    Evidence,
    Figure,
    Measured,
    Memory,
    Moment,
    NotYet,
    Observation,
    Passed,
    Place,
    Result,
    Shown,
    reading,
)

PUBLISHED = "published"
NO_ROW = "no outbox row"
AHEAD = 100
NOT_CRASHED = "The control plane has not crashed since this step began. Arm the crash, then promote."


def _crashed_ids(evidence: Evidence) -> list[str]:
    """Return the event ids of the commits that a crash followed, oldest first."""
    crashes = reading.moments(evidence, "database", "crash")
    before = [reading.last_commit(evidence, before=crash.n) for crash in crashes]
    return [event_id for event_id in before if event_id]


class _Early:
    """What was published before its commit: the first that was `found`, and the last that the last refusal `invented`.

    It holds the ids that were published and not committed since the last refusal, and those committed: the latest 100.
    """

    def __init__(self) -> None:
        self.found: tuple[str, int, int] | None = None
        self.invented = ""
        self._ahead: dict[str, int] = {}
        self._made: deque[str] = deque(maxlen=AHEAD)

    def add(self, moment: Moment) -> None:
        """Take in the next moment."""
        if moment.kind == "publish":
            self._note(moment.text.split()[1], moment.n)
        elif moment.kind == "commit":
            event_id = moment.detail["event_id"]
            self._made.append(event_id)
            published = self._ahead.pop(event_id, 0)
            if published and self.found is None and reading.is_change(moment):
                self.found = (event_id, published, moment.n)
        else:
            self.invented = next(reversed(self._ahead), "")
            self._ahead.clear()

    def _note(self, event_id: str, n: int) -> None:
        if event_id not in self._made:
            self._ahead[event_id] = n
        if len(self._ahead) > AHEAD:
            del self._ahead[next(iter(self._ahead))]


def _early(evidence: Evidence) -> _Early:
    return evidence.moments.ask(_Early, [("database", kind) for kind in ("publish", "commit", "refused")])


def _phantoms(seen: Observation) -> list[CellSeen]:
    return [cell for cell in seen.stream("ROUTES").cells if cell.event_id and not cell.known]


def _invented(edge: EdgeSeen) -> list[str]:
    return [f"{row.route} → {row.owner}" for row in edge.rows if row.cause == "invented"]


# Watch.


def promotion_served(evidence: Evidence) -> Result:
    """A commit since the step began has reached every view."""
    commits = reading.commits(evidence)
    if not commits:
        return NotYet("No promotion was committed since this step began.")
    event_id = commits[-1][1]
    without = [edge.name for edge in evidence.now.edges if event_id not in {row.event_id for row in edge.rows}]
    return (
        NotYet(f"{event_id} has not reached {reading.listed(without)}.")
        if without
        else Passed(f"Every edge has {event_id}.")
    )


def published_before_commit(evidence: Evidence) -> Result:
    """The journal has the publish before the commit."""
    if (found := _early(evidence).found) is not None:
        event_id, published, committed = found
        return Passed(f"Journal: {event_id} published at moment {published}, committed at moment {committed}.")
    return NotYet("No promotion was committed whose event had been published before.")


# The phantom.


def was_refused(evidence: Evidence) -> Result:
    """The database has refused since the step began."""
    said = [m.text for m in reading.moments(evidence, "database", "refused")]
    return Passed(said[-1]) if said else NotYet("Nothing was refused. Give a route to an allocation that is not ready.")


def phantom_stored(evidence: Evidence) -> Result:
    """The stream has an event that the history lacks."""
    cells = _phantoms(evidence.now)
    if not cells:
        return NotYet("Every event in the stream is in the history as well.")
    return Passed(f"Stream seq {cells[-1].seq} is {cells[-1].event_id}; the history has no such event.")


def phantom_served(evidence: Evidence) -> Result:
    """Every edge has a row that the database never chose."""
    right = [edge.name for edge in evidence.now.edges if not _invented(edge)]
    if right:
        return NotYet(f"{reading.listed(right)} serve{'s' if len(right) == 1 else ''} nothing invented.")
    return Passed(" ".join(reading.findings(evidence.now, "phantom")[:1]) or "All three serve an invented owner.")


def probes_wrong(evidence: Evidence) -> Result:
    """A request was answered with another owner than the database has."""
    for edge in evidence.now.edges:
        if probe := reading.wrong_probe(edge):
            return Passed(
                f"{edge.name} sent a request for {probe.route} to {probe.answer}; right was {probe.expected}."
            )
    return NotYet("No request was answered wrongly so far.")


def what_edges_did(evidence: Evidence) -> Measured:
    """Measure the first prediction."""
    wrong = [edge for edge in evidence.now.edges if _invented(edge)]
    if not wrong:
        return Measured("nothing", "No edge took over anything that the database refused.")
    return Measured(
        "route",
        f"{reading.listed([edge.name for edge in wrong])} serve {_invented(wrong[0])[0]}; the database refused it.",
    )


def keep_phantom(evidence: Evidence) -> Memory:
    """Keep what the quiz and the debrief need of the phantom."""
    cell = _phantoms(evidence.now)[-1]
    rows = sum(fact.event_id == cell.event_id for fact in evidence.now.truth.history)
    return {
        "phantom_id": cell.event_id,
        "phantom_rows": rows,
        "phantom_said": reading.findings(evidence.now, "phantom"),
    }


def show_phantom(evidence: Evidence) -> Shown:
    """Show the same route at the database, in the stream and at the edges."""
    cell = _phantoms(evidence.now)[-1]
    owner = next((route.owner for route in evidence.now.truth.routes if route.name == cell.route), "no such route")
    places = (
        Place("Database", f"{cell.route} → {owner}", True),
        Place("Stream", f"seq {cell.seq}: {cell.route} → {cell.owner}", False),
        *(Place(edge.name, ", ".join(_invented(edge)), not _invented(edge)) for edge in evidence.now.edges),
    )
    return Shown(
        tuple(reading.records(evidence.now, "phantom")),
        Figure("The news went on, and the decision was never made.", places),
    )


def stream_is_clean(evidence: Evidence) -> Result:
    """No stored event is missing in the history."""
    cells = _phantoms(evidence.now)
    if cells:
        return NotYet(
            f"{cells[0].event_id} is still in the stream, at seq {cells[0].seq}: whoever replays it believes it again."
        )
    return Passed("Every event in the stream is in the history.")


def edges_are_clean(evidence: Evidence) -> Result:
    """No edge holds an invented row."""
    wrong = [f"{edge.name}: {row}" for edge in evidence.now.edges for row in _invented(edge)]
    return (
        NotYet(f"Still served: {'; '.join(wrong)}.")
        if wrong
        else Passed("Every owner served is one that the database chose.")
    )


# The untold fact.


def crashed(evidence: Evidence) -> Result:
    """The control plane crashed after a commit."""
    ids = _crashed_ids(evidence)
    return Passed(f"It crashed after {ids[-1]} was committed.") if ids else NotYet(NOT_CRASHED)


def untold(evidence: Evidence) -> Result:
    """A committed fact has neither an outbox row nor a message."""
    said = reading.findings(evidence.now, "untold")
    return Passed(said[0]) if said else NotYet("Every committed fact is in the stream, or waits in the outbox.")


def nobody_knows(evidence: Evidence) -> Result:
    """Every edge claims to be current and lacks the fact."""
    ids = _crashed_ids(evidence)
    if not ids:
        return NotYet(NOT_CRASHED)
    for edge in evidence.now.edges:
        if ids[-1] in {row.event_id for row in edge.rows}:
            return NotYet(f"{edge.name} has {ids[-1]}: it was told.")
        if not reading.is_current(edge):
            return NotYet(f"{edge.name} is {edge.claim}.")
    return Passed("; ".join(f"{edge.name}: {edge.claim}" for edge in evidence.now.edges))


def what_crash_left(evidence: Evidence) -> Measured:
    """Measure the second prediction."""
    event_id = _crashed_ids(evidence)[-1]
    fact = reading.fact(evidence.now, event_id)
    if fact is None:
        return Measured("back", f"The history has no {event_id}.")
    if fact.told.startswith(NO_ROW) and reading.findings(evidence.now, "untold"):
        return Measured(
            "untold", f"History: event {fact.sequence}, {fact.route} → {fact.owner}; {fact.told}; not in the stream."
        )
    return Measured("later", f"Event {fact.sequence} is in the stream.")


def keep_untold(evidence: Evidence) -> Memory:
    """Keep what the quiz and the debrief need of the untold fact."""
    fact = reading.fact(evidence.now, _crashed_ids(evidence)[-1])
    return {"untold_sequence": fact.sequence if fact else 0, "untold_said": reading.findings(evidence.now, "untold")}


def show_untold(evidence: Evidence) -> Shown:
    """Show how far the news of the fact came: not at all."""
    fact = reading.fact(evidence.now, _crashed_ids(evidence)[-1])
    route, owner = (fact.route, fact.owner) if fact else ("", "")
    places = (
        Place("Database", f"{route} → {owner}", True),
        Place("Outbox", "no row", False),
        Place("Stream", "never seen", False),
        *(
            Place(edge.name, reading.held(edge, route), reading.held(edge, route) == owner)
            for edge in evidence.now.edges
        ),
    )
    return Shown(
        tuple(reading.records(evidence.now, "untold")),
        Figure("The decision was made, and the news never left.", places),
    )


# The cure.


def refusal_was_silent(evidence: Evidence) -> Result:
    """The last promotion that was refused had not been published."""
    if not reading.moments(evidence, "database", "refused"):
        return NotYet("No promotion was refused since this step began.")
    if invented := _early(evidence).invented:
        return NotYet(f"{invented} was published, and then the database refused it.")
    return Passed("Refused, and nothing was published.")


def has_phantoms(seen: Observation) -> bool:
    """Say whether an invention is in the stream or in a view."""
    return bool(_phantoms(seen)) or any(_invented(edge) for edge in seen.edges)


def crash_was_harmless(evidence: Evidence) -> Result:
    """A fact whose commit a crash followed was published from its own outbox row."""
    facts = [fact for event_id in _crashed_ids(evidence) if (fact := reading.fact(evidence.now, event_id)) is not None]
    if not facts:
        return NotYet(NOT_CRASHED)
    fact = facts[-1]
    if fact.told == PUBLISHED:
        return Passed(
            f"The crash came after event {fact.sequence} was committed; its row waited and the relay sent it."
        )
    if fact.told != NO_ROW:
        return NotYet(f"Event {fact.sequence} is {fact.told}. The relay is {evidence.now.relay.state}.")
    if fact.event_id in {cell.event_id for cell in evidence.now.stream("ROUTES").cells}:
        return NotYet(
            f"Event {fact.sequence} was brought by hand: it has no outbox row, so the next crash loses its event again."
        )
    return NotYet(f"Event {fact.sequence} has no outbox row: the crash has lost it.")


def edges_agree(evidence: Evidence) -> Result:
    """After a harmless crash, every view is what the database has."""
    if isinstance(crash_was_harmless(evidence), NotYet):
        return NotYet("This counts after a crash that lost nothing.")
    differs = reading.disagreement(evidence.now)
    return NotYet(differs) if differs else Passed("Every row of every edge is the database's row.")


def keep_cure(evidence: Evidence) -> Memory:
    """Keep which event survived the crash."""
    fact = reading.fact(evidence.now, _crashed_ids(evidence)[-1])
    return {"cured_sequence": fact.sequence if fact else 0}


def happened(memory: Memory) -> tuple[str, ...]:
    """Tell the lab in the audit's words."""
    return (
        *memory.get("phantom_said", ()),
        *memory.get("untold_said", ()),
        f"Event {memory.get('cured_sequence', 0)} met the same crash: its row waited in the outbox, and the relay sent it.",
    )
