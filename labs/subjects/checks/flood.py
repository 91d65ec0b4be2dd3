"""What a flood and somebody else's event did to edges that listen to everything."""

from __future__ import annotations

from labs.subjects.checks.common import CHANGES, FEW, READS_ALL, SAMPLES, WAITED, waits_of
from studylab.lab import Evidence, Measured, Memory, NotYet, Passed, Place, Result, Shown, reading, shown, unless


def samples_handed(evidence: Evidence) -> Result:
    """The edge that reads everything was handed a flood."""
    count, foreign, size = reading.handed(evidence, READS_ALL)
    if foreign < SAMPLES:
        return NotYet(f"{READS_ALL} received {foreign} messages of other domains; a flood has {SAMPLES} samples.")
    return Passed(f"{READS_ALL} received {count} messages, {size:,} bytes. {foreign} were of other domains.")


def change_waited(evidence: Evidence) -> Result:
    """A change of owner stood behind a backlog of samples."""
    worst = waits_of(evidence, READS_ALL).worst
    if worst is None:
        return NotYet(f"{READS_ALL} has applied no change of owner that was committed since this step began.")
    if worst.passed_over < WAITED:
        return NotYet(
            f"{READS_ALL} skipped {worst.passed_over} messages before event {worst.sequence}. It keeps up while it "
            "runs: kill it first, so that a backlog forms."
        )
    return Passed(
        f"Event {worst.sequence} was committed; {READS_ALL} went through {worst.passed_over} samples first and "
        f"applied it {worst.ms} ms after the commit."
    )


def changes_arrived(evidence: Evidence) -> Result:
    """Three changes were made, and every edge has them."""
    made = reading.count_commits(evidence)
    if made < CHANGES:
        return NotYet(f"{made} changes of owner since this step began; make {CHANGES}.")
    return unless(reading.disagreement(evidence.now), f"{made} changes of owner, and every edge serves them.")


def share_that_mattered(evidence: Evidence) -> Measured:
    """Measure the first prediction."""
    count, foreign, _ = reading.handed(evidence, READS_ALL)
    own, share = count - foreign, (count - foreign) / count
    option = "few" if share < FEW else "half" if share < 0.9 else "all"
    return Measured(option, f"{own} of {count} deliveries to {READS_ALL} were about routes: {share:.1%}.")


def keep_flood(evidence: Evidence) -> Memory:
    """Keep what the flood cost each edge, and what the change that waited longest had to wait for."""
    worst = waits_of(evidence, READS_ALL).worst
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
        (
            f"{edge}: {count} deliveries, {size:,} bytes; {foreign} of other domains; own share: "
            f"{(count - foreign) / count:.1%}"
        )
        for edge, count, foreign, size, _ in cost
        if count
    )
    subjects = " ".join(evidence.now.stream("ROUTES").subjects)
    places = (
        Place("Hosts", f"{SAMPLES} samples"),
        Place("Stream ROUTES", subjects, False),
        *(Place(edge, f"filter >: {foreign} for nothing", not foreign) for edge, _, foreign, _, _ in cost),
    )
    return shown(
        records, "Everyone may publish on these subjects, and every edge with this filter receives it.", places
    )


# Somebody else's event.


def is_stuck(evidence: Evidence) -> Result:
    """An edge keeps failing at a message of another domain."""
    found = reading.findings(evidence.now, "stuck")
    if found:
        return Passed(found[0].sentence)
    return NotYet(f"{READS_ALL} has read every message that it received. Let a host send one in the new format.")


def change_does_not_arrive(evidence: Evidence) -> Result:
    """A change that was published stands behind the message, while the other edges serve it."""
    edge = evidence.now.edge(READS_ALL)
    behind = published_since(evidence, edge.sequence)
    if not behind:
        return NotYet(f"No change of owner waits for {READS_ALL}. Promote a route while it is stuck.")
    if not edge.is_stuck:
        return NotYet(f"{READS_ALL} is not stuck yet; it says: {edge.claim}.")
    served = [other.name for other in evidence.now.edges if other.sequence >= behind[0]]
    if not served:
        return NotYet(f"Event {behind[0]} has reached no other edge yet.")
    return Passed(
        f"Event {behind[0]} is published, {reading.listed(served)} serve it, and {READS_ALL} is {edge.claim}."
    )


def published_since(evidence: Evidence, position: int) -> list[int]:
    """Return the sequences committed since the step began that stand in ROUTES and that no position covers."""
    stored = {cell.sequence for cell in evidence.now.stream("ROUTES").cells if cell.route}
    made = {fact.sequence for fact in reading.changes(evidence)}
    return sorted(sequence for sequence in made & stored if sequence > position)


def who_stopped(evidence: Evidence) -> Measured:
    """Measure the second prediction."""
    stuck = [edge.name for edge in evidence.now.edges if edge.is_stuck]
    if stuck == [READS_ALL]:
        return Measured("one", f"{evidence.now.edge(READS_ALL).stuck}. The other two skipped it.")
    return Measured("all", f"{reading.listed(stuck)} are stuck.") if stuck else Measured("none", "No edge is stuck.")


def keep_stuck(evidence: Evidence) -> Memory:
    """Keep the audit's sentence."""
    return {"stuck_said": reading.said(evidence.now, "stuck")}


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
            Place(edge.name, f"{reads[edge.rules.foreign.value]}: {edge.claim}", not edge.is_stuck)
            for edge in evidence.now.edges
        ),
    )
    return shown(records, "Another team renamed a field of its own event, and a router stopped.", places)
