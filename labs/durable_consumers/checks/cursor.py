"""What a durable and an ephemeral consumer brought after a sleep."""

from __future__ import annotations

from labs.durable_consumers.checks.common import CHANGES, FLEETING, KEPT, consumers_of, deletions, in_words
from studylab.lab import Evidence, Measured, Memory, NotYet, Passed, Place, Result, Shown, reading, shown
from studylab.lab.observed import Observation


def both_moved(evidence: Evidence) -> Result:
    """A change was read through a durable and through an ephemeral consumer."""
    made = reading.commits(evidence)
    if not made:
        return NotYet("No promotion was committed since this step began.")
    stored = [cell.seq for cell in evidence.now.stream("ROUTES").cells if cell.event_id == made[-1][1]]
    if not stored:
        return NotYet(f"{made[-1][1]} is committed and not in the stream yet.")
    said = []
    for edge in (KEPT, FLEETING):
        read = [consumer for consumer in consumers_of(evidence.now, edge) if consumer.ack_floor >= stored[0]]
        if not read:
            return NotYet(f"No consumer of {edge} has acked stream seq {stored[0]} yet.")
        said.append(in_words(read[0]))
    return Passed(" and ".join(said))


def keep_before(evidence: Evidence) -> Memory:
    """Keep the list of consumers before anybody sleeps."""
    return {"before": [in_words(c) for edge in (KEPT, FLEETING) for c in consumers_of(evidence.now, edge)]}


# Both sleep.


def both_slept(evidence: Evidence) -> Result:
    """Two edges were down while three changes were made."""
    for edge in (KEPT, FLEETING):
        if reading.last_sleep(evidence, edge, CHANGES) is None:
            counts = [sleep.missed for sleep in reading.sleeps(evidence, edge)]
            if not counts:
                return NotYet(f"{edge} has not been down since this step began.")
            return NotYet(f"{edge} missed {max(counts)} changes of owner while it was down. It must miss {CHANGES}.")
    return Passed(f"{KEPT} and {FLEETING} were down during {CHANGES} changes or more.")


def one_is_gone(evidence: Evidence) -> Result:
    """The server has deleted the ephemeral consumer and kept the durable one."""
    gone = deletions(evidence, FLEETING)
    if not gone:
        return NotYet(f"The server still has the consumer of {FLEETING}. Wait until its inactive threshold is over.")
    kept = evidence.now.consumer(KEPT)
    if kept is None:
        return NotYet(f"The consumer {KEPT} is not there.")
    return Passed(f"Advisory: {gone[0][0].text}. Still there: {in_words(kept)}.")


def one_caught_up(evidence: Evidence) -> Result:
    """The edge with the durable consumer received what it had missed."""
    sleep = reading.last_sleep(evidence, KEPT, CHANGES)
    if sleep is None or sleep.ended is None:
        return NotYet(f"{KEPT} is not back from three changes.")
    handed = sleep.handed
    if handed < sleep.missed or not reading.is_current(evidence.now.edge(KEPT)):
        return NotYet(f"{KEPT} received {handed} of {sleep.missed}; it says: {evidence.now.edge(KEPT).claim}.")
    return Passed(f"{KEPT} missed {sleep.missed} and received {handed}.")


def other_never_learns(evidence: Evidence) -> Result:
    """The edge with the ephemeral consumer received nothing and claims to be current."""
    sleep, edge = reading.last_sleep(evidence, FLEETING, CHANGES), evidence.now.edge(FLEETING)
    if sleep is None or sleep.ended is None:
        return NotYet(f"{FLEETING} is not back from three changes.")
    found = reading.findings(evidence.now, "lost", FLEETING)
    if not found:
        return NotYet(f"{FLEETING} received {sleep.handed} of {sleep.missed}; it says: {edge.claim}.")
    return Passed(f"{FLEETING} received {sleep.handed} of {sleep.missed}. {found[0].sentence}")


def who_got_what(evidence: Evidence) -> Measured:
    """Measure the first prediction."""
    kept, fleeting = reading.last_sleep(evidence, KEPT, CHANGES), reading.last_sleep(evidence, FLEETING, CHANGES)
    if kept is None or fleeting is None:
        return Measured("", "No edge was down.")
    got, other, missed = kept.handed, fleeting.handed, fleeting.missed
    sentence = f"Of {missed} missed changes {KEPT} received {got} and {FLEETING} {other}."
    if other > missed:
        return Measured("all", sentence)
    if got and other:
        return Measured("both", sentence)
    return Measured("one" if got else "none", sentence)


def keep_sleep(evidence: Evidence) -> Memory:
    """Keep the consumers' fates and the audit's words."""
    sleep = reading.last_sleep(evidence, FLEETING, CHANGES)
    return {
        "missed": sleep.missed if sleep else 0,
        "gone": [name for _, name in deletions(evidence, FLEETING)][:1],
        "after": [in_words(c) for edge in (KEPT, FLEETING) for c in consumers_of(evidence.now, edge)],
        "lost_said": reading.said(evidence.now, "lost", FLEETING),
    }


def show_cursors(evidence: Evidence) -> Shown:
    """Show the list of consumers before, during and after the sleep."""
    memory = evidence.memory
    gone = reading.listed(memory.get("gone", ()))
    records = (
        f"before: {', '.join(memory.get('before', ()))}",
        f"during: the server has deleted {gone}; {KEPT} is still there",
        f"after: {', '.join(memory.get('after', ()))}",
        *reading.records(evidence.now, "lost"),
    )
    places = (
        Place(KEPT, "a name, a cursor", True),
        Place("while it was down", f"{memory.get('missed', 0)} unprocessed", True),
        Place("back", evidence.now.edge(KEPT).claim, True),
        Place(FLEETING, "a cursor for as long as it reads"),
        Place("while it was down", f"{gone} deleted", False),
        Place("back", f"{evidence.now.edge(FLEETING).claim}: a new cursor, from new", False),
    )
    return shown(records, "A durable consumer outlives its reader. An ephemeral one ends with it.", places)


# Durable for both.


def is_durable(evidence: Evidence) -> Result:
    """The server keeps a durable consumer for the edge that had none, and does not let it expire."""
    consumer = evidence.now.consumer(FLEETING)
    if consumer is None or not consumer.durable:
        mine = ", ".join(in_words(c) for c in consumers_of(evidence.now, FLEETING)) or "none"
        return NotYet(f"There is no durable consumer {FLEETING}; its consumers are: {mine}.")
    if consumer.inactive_threshold_s:
        return NotYet(
            f"{FLEETING} is durable, with an inactive threshold of {consumer.inactive_threshold_s:g} s. Set it to 0."
        )
    return Passed(in_words(consumer))


def remembered(evidence: Evidence) -> Result:
    """The edge slept through three changes and received these and no others, with nothing applied twice."""
    doubled = reading.findings(evidence.now, "double effect", FLEETING)
    if doubled:
        return NotYet(
            f"{doubled[0].sentence} It received events that it had applied before. "
            "Load a snapshot into it to correct that."
        )
    sleep = reading.last_sleep(evidence, FLEETING, CHANGES)
    if sleep is None:
        counts = [one.missed for one in reading.sleeps(evidence, FLEETING)]
        return NotYet(
            f"{FLEETING} missed {max(counts, default=0)} changes while it was down in this step. It must miss "
            f"{CHANGES}."
        )
    if sleep.ended is None:
        return NotYet(f"{FLEETING} is down; start it again.")
    handed, missed = sleep.handed, sleep.missed
    if handed != missed or not reading.is_current(evidence.now.edge(FLEETING)):
        return NotYet(f"{FLEETING} missed {missed} and received {handed}; it is {evidence.now.edge(FLEETING).claim}.")
    differs = reading.disagreement(evidence.now)
    return (
        NotYet(str(differs))
        if differs
        else Passed(f"{FLEETING} missed {missed}, received {handed}, and every row is right.")
    )


def has_doubled(seen: Observation) -> bool:
    """Return whether some change took effect twice at the edge."""
    return bool(reading.findings(seen, "double effect", FLEETING))
