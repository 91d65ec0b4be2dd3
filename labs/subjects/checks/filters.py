"""What filters and streams by domain let through."""

from __future__ import annotations

from labs.subjects.checks.common import (
    ALLOCATION_SUBJECT,
    MISTYPED,
    OVERLAP,
    READS_ALL,
    RENAMED,
    ROUTE_SUBJECT,
    SAMPLE_SUBJECT,
    SAMPLES,
    waits_of,
)
from labs.subjects.checks.flood import published_since
from studylab.lab import Evidence, Measured, Memory, NotYet, Passed, Result, reading
from studylab.lab.observed import Applied, Asked, Commit, EdgeSeen, Moment, Observation


def is_silent(evidence: Evidence) -> Result:
    """A filter that matches no route event was accepted, and the edge behind it notices nothing."""
    edge, consumer = evidence.now.edge(MISTYPED), evidence.now.consumer(MISTYPED)
    if consumer is None:
        return NotYet(f"The server has no consumer {MISTYPED}.")
    if reading.matches(consumer.subject_filter, ROUTE_SUBJECT):
        return NotYet(f"The filter of {MISTYPED} is {consumer.subject_filter}: it matches {ROUTE_SUBJECT}.")
    missing = published_since(evidence, edge.sequence)
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
    refused = reading.moments(evidence, "learner", "refused")
    if refused:
        return Measured("refuse", refused[-1].text)
    about = reading.advisories_on(evidence, MISTYPED)
    if about:
        return Measured("warn", about[-1].text)
    count, _, _ = reading.handed(evidence, MISTYPED)
    if count:
        return Measured("all", f"{MISTYPED} received {count} messages.")
    return Measured("silent", f"No refusal, no advisory, no delivery: {MISTYPED} received 0 messages.")


def keep_silent(evidence: Evidence) -> Memory:
    """Keep the audit's sentence and the filter."""
    consumer = evidence.now.consumer(MISTYPED)
    return {
        "lost_said": reading.said(evidence.now, "lost"),
        "typo": consumer.subject_filter if consumer is not None else "",
    }


# Overlapping streams.


def overlap_refused(evidence: Evidence) -> Result:
    """The server refused subjects that another stream has, with its code."""
    refused = reading.refusals(evidence, "stream_subjects")
    overlaps = [moment for moment, asked in refused if asked.err_code == OVERLAP]
    if overlaps:
        return Passed(f"{overlaps[-1].text} The journal has it as well.")
    if refused:
        return NotYet(f"Refused for another reason: {refused[-1][0].text} Ask for telemetry.>, as ROUTES has it.")
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
            return NotYet(f"No stream stores {subject}: its messages are lost.")
    if where[SAMPLE_SUBJECT] == where[ROUTE_SUBJECT]:
        return NotYet(f"{SAMPLE_SUBJECT} is stored in {where[SAMPLE_SUBJECT]}, together with the routes.")
    if len(set(where.values())) < len(where):
        return NotYet(f"{ALLOCATION_SUBJECT} is stored in {where[ALLOCATION_SUBJECT]}, together with another domain.")
    return Passed("; ".join(f"{subject.partition('.')[0]}: {stream}" for subject, stream in where.items()))


def filters_are_exact(evidence: Evidence) -> Result:
    """Every edge asks the server for events of routes, and for nothing else."""
    asked = {edge.name: edge.rules.subject_filter for edge in evidence.now.edges}
    for edge, pattern in asked.items():
        if not reading.matches(pattern, ROUTE_SUBJECT):
            return NotYet(f"The filter of {edge} is {pattern}: it does not match {ROUTE_SUBJECT}.")
        for subject in (SAMPLE_SUBJECT, ALLOCATION_SUBJECT):
            if reading.matches(pattern, subject):
                return NotYet(
                    f"The filter of {edge} is {pattern}: it matches {subject}. What the stream stores next year, this "
                    "edge will receive."
                )
    return Passed("; ".join(f"{edge}: {pattern}" for edge, pattern in asked.items()))


def _flood(evidence: Evidence) -> Moment | None:
    """Return the moment with which the last whole flood began: 500 samples or more, one of them at least renamed."""
    count, renamed = 0, False
    for sent in reversed(reading.verbs(evidence, "telemetry")):
        asked = sent.read(Asked).arguments
        count, renamed = count + asked.get("n", 0), renamed or asked.get("shape") == RENAMED
        if count >= SAMPLES and renamed:
            return sent
    return None


def flood_touched_nobody(evidence: Evidence) -> Result:
    """After a flood with renamed fields every edge was handed a change of owner, and nothing else."""
    flood = _flood(evidence)
    if flood is None:
        for edge in evidence.now.edges:
            if edge.is_stuck and not reading.matches(edge.rules.subject_filter, SAMPLE_SUBJECT):
                return NotYet(_still_stuck(edge))
        return NotYet(f"No flood since this step began: {SAMPLES} samples with a field renamed.")
    for edge in evidence.now.edges:
        _, foreign, size = reading.handed(evidence, edge.name, after=flood.n)
        if foreign:
            return NotYet(
                f"{edge.name} received {foreign} messages of other domains after the flood, {size:,} bytes in all. To "
                "skip messages is not the same as not to receive them. Correct it and repeat the flood."
            )
    return _change_after(evidence, flood.n)


def _still_stuck(edge: EdgeSeen) -> str:
    return (
        f"{edge.name} is stuck: {edge.stuck}. A filter decides what is delivered next. A message that was delivered "
        "and not acked comes again all the same."
    )


def _change_after(evidence: Evidence, n: int) -> Result:
    commits = reading.after(reading.moments(evidence, "database", "commit"), n)
    if not commits:
        return NotYet("No change of owner was committed after the flood. Make one, and see what it waits for.")
    last, sequence = commits[-1], commits[-1].read(Commit).sequence
    for edge in evidence.now.edges:
        if edge.is_stuck:
            return NotYet(_still_stuck(edge))
        applied = reading.after(reading.moments(evidence, edge.name, "apply"), last.n)
        if not any(moment.read(Applied).position >= sequence for moment in applied):
            if edge.sequence >= sequence:
                said = f"{edge.name} did not apply event {sequence}: a snapshot brought it. Make one more change."
                return NotYet(said)
            return NotYet(f"{edge.name} has not applied event {sequence}; it says: {edge.claim}.")
    differs = reading.disagreement(evidence.now)
    lasts = ((edge.name, waits_of(evidence, edge.name).last) for edge in evidence.now.edges)
    waits = ", ".join(f"{name} {wait.ms} ms" for name, wait in lasts if wait is not None)
    if differs:
        return NotYet(str(differs))
    return Passed(f"0 messages of other domains at any edge. Event {sequence} was applied after: {waits}.")


def keep_cure(evidence: Evidence) -> Memory:
    """Keep how long the last change took to reach the edge that had waited."""
    wait = waits_of(evidence, READS_ALL).last
    return {"cured_ms": wait.ms if wait is not None else 0}
