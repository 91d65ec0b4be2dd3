"""What is left of a durable that has expired or was deleted."""

from __future__ import annotations

from labs.durable_consumers.checks.common import KEPT, deletions, in_words
from studylab.lab import Evidence, Measured, Memory, NotYet, Passed, Place, Result, Shown, reading, shown


def durable_expired(evidence: Evidence) -> Result:
    """The server deleted a durable consumer whose edge was down."""
    for edge in evidence.now.edges:
        for sleep in reading.sleeps(evidence, edge.name):
            for told, name in deletions(evidence, edge.name):
                if name == edge.name and sleep.began < told.n and (sleep.ended is None or told.n <= sleep.ended):
                    return Passed(f"Advisory: {told.text}. It was durable, and no reader used it.")
    waiting = [edge for edge in evidence.now.edges if edge.rules.inactive_threshold_s]
    if not waiting:
        return NotYet("No edge asks for an inactive threshold. Set it in the rules of fra.")
    if not reading.is_down(waiting[0]):
        return NotYet(f"{waiting[0].name} reads, so its consumer is not inactive. Kill it and wait.")
    return NotYet(f"{waiting[0].name} is down; the server has not deleted its consumer yet.")


def is_back(evidence: Evidence) -> Result:
    """The edge is back, with a recreated consumer."""
    if not any(name == edge.name for edge in evidence.now.edges for _, name in deletions(evidence, edge.name)):
        return NotYet("First the server must delete a durable consumer.")
    down = [edge.name for edge in evidence.now.edges if not reading.is_current(edge)]
    if down:
        return NotYet(f"{reading.listed(down)}: not current.")
    return Passed("Every edge is current; the consumer was created again after its edge's own position.")


def what_became_of_it(evidence: Evidence) -> Measured:
    """Measure the second prediction."""
    result = durable_expired(evidence)
    return Measured("deleted", result.why) if isinstance(result, Passed) else Measured("kept", result.differs)


# The name alone.


def _deleted_in_sleep(evidence: Evidence, least: int) -> reading.Sleep | None:
    """Return the last sleep with changes in which the consumer of that name was deleted, or None."""
    names = [(told.n, name) for told, name in deletions(evidence, KEPT) if name == KEPT]
    for sleep in reversed(reading.sleeps(evidence, KEPT)):
        within = [n for n, _ in names if sleep.began < n and (sleep.ended is None or n <= sleep.ended)]
        if within and sleep.missed >= least:
            return sleep
    return None


def _not_deleted(evidence: Evidence) -> NotYet:
    sleeps = reading.sleeps(evidence, KEPT)
    if not sleeps:
        return NotYet(f"{KEPT} has not been down since this step began.")
    if not sleeps[-1].missed:
        return NotYet(f"No change of owner was made while {KEPT} was down.")
    return NotYet(f"The consumer {KEPT} was not deleted while {KEPT} was down: its cursor is still the old one.")


def name_is_no_memory(evidence: Evidence) -> Result:
    """A consumer of the old name is there, and the edge was handed nothing of what it missed."""
    sleep = _deleted_in_sleep(evidence, 1)
    if sleep is None:
        return _not_deleted(evidence)
    consumer, edge = evidence.now.consumer(KEPT), evidence.now.edge(KEPT)
    if sleep.ended is None or consumer is None:
        return NotYet(f"{KEPT} is down. Start it: it creates the consumer again.")
    handed = sleep.handed
    if handed:
        return NotYet(
            f"{KEPT} received {handed} messages: its new consumer began after its own position, not from new."
        )
    found = reading.findings(evidence.now, "lost", KEPT)
    if not found:
        return NotYet(f"{KEPT} says: {edge.claim}.")
    return Passed(f"{in_words(consumer)} is there again. {found[0].sentence}")


def what_the_name_held(evidence: Evidence) -> Measured:
    """Measure the third prediction."""
    refused = reading.moments(evidence, "learner", "refused")
    sleep = _deleted_in_sleep(evidence, 1)
    if sleep is None:
        return Measured("refuse", refused[-1].text if refused else "The consumer was not deleted.")
    handed, missed = sleep.handed, sleep.missed
    sentence = f"{KEPT} missed {missed} and received {handed}."
    return Measured("nothing" if not handed else "missed" if handed == missed else "all", sentence)


def keep_name(evidence: Evidence) -> Memory:
    """Keep where the edge stood and where its new consumer stands."""
    edge, consumer = evidence.now.edge(KEPT), evidence.now.consumer(KEPT)
    return {
        "position": edge.sequence,
        "position_seq": edge.stream_seq,
        "floor": consumer.ack_floor if consumer else 0,
        "name_said": reading.said(evidence.now, "lost", KEPT),
    }


def show_name(evidence: Evidence) -> Shown:
    """Show the two memories of one edge: the server's and its own."""
    memory, last = evidence.memory, evidence.now.stream("ROUTES").last_seq
    consumer = evidence.now.consumer(KEPT)
    records = [f"{KEPT}: position event {memory.get('position', 0)}, stream seq {memory.get('position_seq', 0)}"]
    if consumer is not None:
        records.append(f"consumer {in_words(consumer)}; the stream's last is {last}")
    places = (
        Place("Stream ROUTES", f"last seq {last}"),
        Place(f"Consumer {KEPT}", "begins after the last: nothing to deliver", False),
        Place(f"{KEPT}'s own position", f"stream seq {memory.get('position_seq', 0)}: knows what it needs next", True),
        Place(KEPT, evidence.now.edge(KEPT).claim, False),
    )
    return shown(
        (*records, *reading.records(evidence.now, "lost")), "Two memories, and only one of them was used.", places
    )


def position_saved_it(evidence: Evidence) -> Result:
    """The consumer was deleted in its edge's sleep again, and nothing was lost."""
    sleep = _deleted_in_sleep(evidence, 1)
    if sleep is None:
        return _not_deleted(evidence)
    if sleep.ended is None:
        return NotYet(f"{KEPT} is down; start it again.")
    if [m for m in reading.moments(evidence, KEPT, "snapshot") if m.n > sleep.began]:
        return NotYet(
            f"{KEPT} was rebuilt from a snapshot. Here its own position must be enough. Delete the consumer while it "
            "is down once more."
        )
    handed, missed = sleep.handed, sleep.missed
    if handed < missed:
        return NotYet(
            f"{KEPT} missed {missed} while it was down and received {handed}: its new consumer began too late."
        )
    differs = reading.disagreement(evidence.now)
    if differs or not reading.is_current(evidence.now.edge(KEPT)):
        return NotYet(str(differs or f"{KEPT} is {evidence.now.edge(KEPT).claim}."))
    return Passed(
        f"The consumer was deleted, {missed} changes were made; {KEPT} received {handed} and every row is right."
    )


def keep_saved(evidence: Evidence) -> Memory:
    """Keep how much the position brought back."""
    sleep = _deleted_in_sleep(evidence, 1)
    return {"saved": sleep.handed if sleep else 0}
