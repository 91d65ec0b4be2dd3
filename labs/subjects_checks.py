"""What lab 2 looks for: pure functions of the evidence, each with a sentence for what it saw or what still differs."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

from studylab.lab import (
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
    ledgers,
    reading,
)

SAMPLES = 500
CHANGES = 3
FEW = 0.05
WAITED = 100
READS_ALL = "fra"
MISTYPED = "syd"
OVERLAP = "10065"
ROUTE_SUBJECT = "route.owner.updated.shop"
SAMPLE_SUBJECT = "telemetry.sampled.host-0"
ALLOCATION_SUBJECT = "allocation.ready.alloc-a"
RENAMED = "a field renamed"


@dataclass(frozen=True, slots=True)
class _Behind:
    """A change of owner that an edge has not applied yet: when it was committed, and what had been passed over by then."""

    at: float
    sequence: int
    passed_over: int


@dataclass(frozen=True, slots=True)
class _Wait:
    """How a change of owner fared at an edge: messages passed over between commit and apply, and the time it took."""

    sequence: int
    passed_over: int
    ms: int


class _Waits:
    """The changes that an edge has applied: the last of them, and the one that waited longest.

    It holds those that the edge has not applied yet, the last 20,000.
    """

    def __init__(self) -> None:
        self.last: _Wait | None = None
        self.worst: _Wait | None = None
        self._behind: deque[_Behind] = deque(maxlen=2 * ledgers.HELD_NUMBERS)
        self._passed_over = 0

    def add(self, moment: Moment) -> None:
        """Take in the next moment."""
        if reading.is_change(moment):
            self._behind.append(_Behind(moment.at, moment.detail["sequence"], self._passed_over))
        elif moment.kind == "apply":
            while self._behind and self._behind[0].sequence <= moment.detail.get("position", 0):
                self._note(self._behind.popleft(), moment.at)
        elif moment.kind != "commit":
            self._passed_over += moment.detail.get("count" if moment.kind == "noise" else "foreign", 0)

    def _note(self, behind: _Behind, at: float) -> None:
        passed_over, ms = self._passed_over - behind.passed_over, round((at - behind.at) * 1000)
        self.last = _Wait(behind.sequence, passed_over, ms)
        if self.worst is None or passed_over > self.worst.passed_over:
            self.worst = self.last


def _waits(evidence: Evidence, edge: str) -> _Waits:
    """Return how the changes fared that an edge has applied since the step began."""
    kinds = [("database", "commit"), *((edge, kind) for kind in ("apply", "got", "noise"))]
    return evidence.moments.ask(_Waits, kinds)


# The flood.


def samples_handed(evidence: Evidence) -> Result:
    """The edge that reads everything was handed a flood."""
    count, foreign, size = reading.handed(evidence, READS_ALL)
    if foreign < SAMPLES:
        return NotYet(f"{READS_ALL} was handed {foreign} messages of other domains; {SAMPLES} samples make a flood.")
    return Passed(f"{READS_ALL} was handed {count} messages, {size:,} bytes. {foreign} were of other domains.")


def change_waited(evidence: Evidence) -> Result:
    """A change of owner stood behind a backlog of samples."""
    worst = _waits(evidence, READS_ALL).worst
    if worst is None:
        return NotYet(f"{READS_ALL} has applied no change of owner that was committed since this step began.")
    if worst.passed_over < WAITED:
        return NotYet(
            f"{READS_ALL} passed over {worst.passed_over} messages before event {worst.sequence}. "
            f"It keeps up while it runs: kill it first, so that a backlog forms."
        )
    return Passed(
        f"Event {worst.sequence} was committed; {READS_ALL} went through {worst.passed_over} samples first "
        f"and applied it {worst.ms} ms after the commit."
    )


def changes_arrived(evidence: Evidence) -> Result:
    """Three changes were made, and every edge has them."""
    made = reading.count_commits(evidence)
    if made < CHANGES:
        return NotYet(f"{made} changes of owner since this step began; make {CHANGES}.")
    differs = reading.disagreement(evidence.now)
    return NotYet(differs) if differs else Passed(f"{made} changes of owner, and every edge serves them.")


def share_that_mattered(evidence: Evidence) -> Measured:
    """Measure the first prediction."""
    count, foreign, _ = reading.handed(evidence, READS_ALL)
    own, share = count - foreign, (count - foreign) / count
    option = "few" if share < FEW else "half" if share < 0.9 else "all"
    return Measured(option, f"{own} of {count} deliveries to {READS_ALL} were about routes: {share:.1%}.")


def keep_flood(evidence: Evidence) -> Memory:
    """Keep what the flood cost each edge, and what the change that waited longest had to wait for."""
    worst = _waits(evidence, READS_ALL).worst
    count, foreign, _ = reading.handed(evidence, READS_ALL)
    return {
        "own": count - foreign,
        "foreign": foreign,
        "handed": count,
        "delay_ms": worst.ms if worst is not None else 0,
        "cost": [
            [edge.name, *reading.handed(evidence, edge.name), edge.rules.foreign.value] for edge in evidence.now.edges
        ],
    }


def show_flood(evidence: Evidence) -> Shown:
    """Show what each edge was handed, and what it needed of it."""
    cost = evidence.memory.get("cost", ())
    records = tuple(
        f"{edge}: {count} deliveries, {size:,} bytes; {foreign} of other domains; what matters: {(count - foreign) / count:.1%}"
        for edge, count, foreign, size, _ in cost
        if count
    )
    subjects = " ".join(evidence.now.stream("ROUTES").subjects)
    places = (
        Place("Hosts", f"{SAMPLES} samples"),
        Place("Stream ROUTES", subjects, False),
        *(Place(edge, f"filter >: {foreign} for nothing", not foreign) for edge, _, foreign, _, _ in cost),
    )
    return Shown(records, Figure("What everybody may publish, everybody with this filter is handed.", places))


# Somebody else's event.


def is_stuck(evidence: Evidence) -> Result:
    """An edge keeps failing at a message of another domain."""
    said = reading.findings(evidence.now, "stuck")
    if said:
        return Passed(said[0])
    return NotYet(f"{READS_ALL} has read every message that it was handed. Let a host send one of the new shape.")


def change_does_not_arrive(evidence: Evidence) -> Result:
    """A change that was published stands behind the message, while the other edges serve it."""
    edge = evidence.now.edge(READS_ALL)
    behind = _published_since(evidence, edge.sequence)
    if not behind:
        return NotYet(f"No change of owner waits for {READS_ALL}. Promote a route while it is stuck.")
    if not edge.stuck:
        return NotYet(f"{READS_ALL} is not stuck yet; it says: {edge.claim}.")
    served = [other.name for other in evidence.now.edges if other.sequence >= behind[0]]
    if not served:
        return NotYet(f"Event {behind[0]} has reached no other edge yet.")
    return Passed(
        f"Event {behind[0]} is published, {reading.listed(served)} serve it, and {READS_ALL} is {edge.claim}."
    )


def _published_since(evidence: Evidence, position: int) -> list[int]:
    """Return the sequences that were committed since the step began, stand in ROUTES and are not covered by a position."""
    stored = {cell.sequence for cell in evidence.now.stream("ROUTES").cells if cell.route}
    made = {fact.sequence for fact in reading.changes(evidence)}
    return sorted(sequence for sequence in made & stored if sequence > position)


def who_stopped(evidence: Evidence) -> Measured:
    """Measure the second prediction."""
    stuck = [edge.name for edge in evidence.now.edges if edge.stuck]
    if stuck == [READS_ALL]:
        return Measured("one", f"{evidence.now.edge(READS_ALL).stuck}. The other two passed over it.")
    return Measured("all", f"{reading.listed(stuck)} are stuck.") if stuck else Measured("none", "No edge is stuck.")


def keep_stuck(evidence: Evidence) -> Memory:
    """Keep the audit's sentence."""
    return {"stuck_said": reading.findings(evidence.now, "stuck")}


def show_stuck(evidence: Evidence) -> Shown:
    """Show who stopped at the message and who did not."""
    consumer = evidence.now.consumer(READS_ALL)
    records = [*reading.records(evidence.now, "stuck")]
    if consumer is not None:
        records.append(
            f"consumer {READS_ALL}: Last Delivered {consumer.last_delivered}, Ack Floor {consumer.ack_floor}, "
            f"Unprocessed {consumer.num_pending}"
        )
    reads = {"read": "reads every field", "skip": "looks at the type"}
    places = (
        Place("Host", "cpu is now cpu_percent"),
        *(
            Place(edge.name, f"{reads[edge.rules.foreign.value]}: {edge.claim}", not edge.stuck)
            for edge in evidence.now.edges
        ),
    )
    return Shown(tuple(records), Figure("Another team renamed a field of its own event, and a router stopped.", places))


# A typing error.


def is_silent(evidence: Evidence) -> Result:
    """A filter that matches no route event was accepted, and the edge behind it notices nothing."""
    edge, consumer = evidence.now.edge(MISTYPED), evidence.now.consumer(MISTYPED)
    if consumer is None:
        return NotYet(f"The server has no consumer {MISTYPED}.")
    if reading.matches(consumer.subject_filter, ROUTE_SUBJECT):
        return NotYet(f"The filter of {MISTYPED} is {consumer.subject_filter}: it matches {ROUTE_SUBJECT}.")
    missing = _published_since(evidence, edge.sequence)
    if not missing:
        return NotYet(
            f"The server took the filter {consumer.subject_filter}. Now promote a route and look at {MISTYPED}."
        )
    if consumer.num_pending or consumer.num_ack_pending or not reading.is_current(edge):
        return NotYet(f"{MISTYPED} is {edge.claim}, with {consumer.num_pending} messages unprocessed.")
    return Passed(
        f"Filter {consumer.subject_filter}: accepted. Event {missing[0]} is in the stream; "
        f"the server has 0 unprocessed for {MISTYPED}, and {MISTYPED} says: {edge.claim}."
    )


def what_server_said(evidence: Evidence) -> Measured:
    """Measure the third prediction."""
    refused = [moment.text for moment in reading.moments(evidence, "learner", "refused")]
    if refused:
        return Measured("refuse", refused[-1])
    told = reading.moments(evidence, "broker", "advisory")
    about = [moment.text for moment in told if MISTYPED in moment.text]
    if about:
        return Measured("warn", about[-1])
    count, _, _ = reading.handed(evidence, MISTYPED)
    if count:
        return Measured("all", f"{MISTYPED} was handed {count} messages.")
    return Measured("silent", f"No refusal, no advisory, no delivery: {MISTYPED} was handed 0 messages.")


def keep_silent(evidence: Evidence) -> Memory:
    """Keep the audit's sentence and the filter."""
    consumer = evidence.now.consumer(MISTYPED)
    return {
        "lost_said": reading.findings(evidence.now, "lost"),
        "typo": consumer.subject_filter if consumer is not None else "",
    }


# Overlapping streams.


def overlap_refused(evidence: Evidence) -> Result:
    """The server refused subjects that another stream has, with its code."""
    refused = [
        m.text for m in reading.moments(evidence, "learner", "refused") if m.detail.get("verb") == "stream_subjects"
    ]
    overlaps = [text for text in refused if OVERLAP in text]
    if overlaps:
        return Passed(f"{overlaps[-1]} The journal has it as well.")
    if refused:
        return NotYet(f"Refused for another reason: {refused[-1]} Ask for telemetry.>, as ROUTES has it.")
    return NotYet("No stream was refused. ROUTES stores telemetry.>; ask for the same subject for TELEMETRY.")


# The cure.


def stores(seen: Observation, subject: str) -> str:
    """Return the stream that stores a subject; empty when none does."""
    found = (s.name for s in seen.streams if any(reading.matches(pattern, subject) for pattern in s.subjects))
    return next(found, "")


def one_stream_a_domain(evidence: Evidence) -> Result:
    """Routes, allocations and telemetry are stored in three streams."""
    where = {subject: stores(evidence.now, subject) for subject in (ROUTE_SUBJECT, ALLOCATION_SUBJECT, SAMPLE_SUBJECT)}
    for subject, stream in where.items():
        if not stream:
            return NotYet(f"{subject} is stored nowhere: whoever publishes it is heard by nobody.")
    if where[SAMPLE_SUBJECT] == where[ROUTE_SUBJECT]:
        return NotYet(f"{SAMPLE_SUBJECT} is stored in {where[SAMPLE_SUBJECT]}, together with the routes.")
    if len(set(where.values())) < len(where):
        return NotYet(f"{ALLOCATION_SUBJECT} is stored in {where[ALLOCATION_SUBJECT]}, together with another domain.")
    return Passed("; ".join(f"{subject.partition('.')[0]}: {stream}" for subject, stream in where.items()))


def _flood(evidence: Evidence) -> Moment | None:
    """Return the moment with which the last whole flood began: 500 samples or more, one of them at least renamed."""
    count, renamed = 0, False
    for sent in reversed(reading.verbs(evidence, "telemetry")):
        asked = sent.detail.get("arguments", {})
        count, renamed = count + asked.get("n", 0), renamed or asked.get("shape") == RENAMED
        if count >= SAMPLES and renamed:
            return sent
    return None


def flood_touched_nobody(evidence: Evidence) -> Result:
    """After a flood with renamed fields every edge was handed a change of owner, and nothing else."""
    flood = _flood(evidence)
    if flood is None:
        for edge in evidence.now.edges:
            if edge.stuck and not reading.matches(edge.rules.subject_filter, SAMPLE_SUBJECT):
                return NotYet(_still_stuck(edge))
        return NotYet(f"No flood since this step began: {SAMPLES} samples with a field renamed.")
    for edge in evidence.now.edges:
        _, foreign, size = reading.handed(evidence, edge.name, after=flood.n)
        if foreign:
            return NotYet(
                f"{edge.name} was handed {foreign} messages of other domains after the flood, {size:,} bytes in all. "
                f"Passing over them is not the same as not getting them. Put it right and let the flood come again."
            )
    return _change_after(evidence, flood.n)


def _still_stuck(edge: EdgeSeen) -> str:
    return (
        f"{edge.name} is stuck: {edge.stuck}. A filter chooses what is delivered next; "
        f"what was delivered and not acked comes again all the same."
    )


def _change_after(evidence: Evidence, n: int) -> Result:
    commits = reading.after(reading.moments(evidence, "database", "commit"), n)
    if not commits:
        return NotYet("No change of owner was committed after the flood. Make one, and see what it waits for.")
    last = commits[-1]
    for edge in evidence.now.edges:
        if edge.stuck:
            return NotYet(_still_stuck(edge))
        applied = reading.after(reading.moments(evidence, edge.name, "apply"), last.n)
        if not any(moment.detail.get("position", 0) >= last.detail["sequence"] for moment in applied):
            return NotYet(f"{edge.name} has not applied event {last.detail['sequence']}; it says: {edge.claim}.")
    differs = reading.disagreement(evidence.now)
    lasts = ((edge.name, _waits(evidence, edge.name).last) for edge in evidence.now.edges)
    waits = ", ".join(f"{name} {wait.ms} ms" for name, wait in lasts if wait is not None)
    if differs:
        return NotYet(differs)
    return Passed(
        f"0 messages of other domains at any edge. Event {last.detail['sequence']} was applied after: {waits}."
    )


def keep_cure(evidence: Evidence) -> Memory:
    """Keep how long the last change took to reach the edge that had waited."""
    wait = _waits(evidence, READS_ALL).last
    return {"cured_ms": wait.ms if wait is not None else 0}


def happened(memory: Memory) -> tuple[str, ...]:
    """Tell the lab in the audit's words, with the numbers beside them."""
    return (
        (
            f"{memory.get('own', 0)} of {memory.get('handed', 0)} deliveries to {READS_ALL} were about routes; a change of "
            f"owner took {memory.get('delay_ms', 0)} ms behind the samples, and {memory.get('cured_ms', 0)} ms without them."
        ),
        *memory.get("stuck_said", ()),
        *memory.get("lost_said", ()),
    )
