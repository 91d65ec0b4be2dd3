"""What lab 4 looks for: pure functions of the evidence, each with a sentence for what it saw or what still differs."""

from __future__ import annotations

from studylab.lab import (
    ConsumerSeen,
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

KEPT = "fra"
FLEETING = "iad"
CHANGES = 3
DELETED = "consumer deleted: "


def consumers_of(seen: Observation, edge: str) -> list[ConsumerSeen]:
    """Return the consumers on ROUTES that an edge reads with or has read with."""
    names = (edge, f"{edge}-")
    return [c for c in seen.consumers if c.stream == "ROUTES" and (c.name == names[0] or c.name.startswith(names[1]))]


def _deletions(evidence: Evidence, edge: str) -> list[tuple[Moment, str]]:
    """Return the server's advisories of deleted consumers of an edge since the step began, with their names."""
    told = [(m, m.text.removeprefix(DELETED)) for m in reading.moments(evidence, "broker", "advisory", begins=DELETED)]
    return [(m, name) for m, name in told if name == edge or name.startswith(f"{edge}-")]


def _slept(evidence: Evidence, edge: str, least: int = CHANGES) -> reading.Sleep | None:
    long = [sleep for sleep in reading.sleeps(evidence, edge) if sleep.missed >= least]
    return long[-1] if long else None


def _in_words(consumer: ConsumerSeen) -> str:
    kind = "durable" if consumer.durable else "ephemeral"
    return f"{consumer.name} ({kind}, Ack Floor {consumer.ack_floor}, Unprocessed {consumer.num_pending})"


# Watch.


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
        said.append(_in_words(read[0]))
    return Passed(" and ".join(said))


def keep_before(evidence: Evidence) -> Memory:
    """Keep the list of consumers before anybody sleeps."""
    return {"before": [_in_words(c) for edge in (KEPT, FLEETING) for c in consumers_of(evidence.now, edge)]}


# Both sleep.


def both_slept(evidence: Evidence) -> Result:
    """Two edges were down while three changes were made."""
    for edge in (KEPT, FLEETING):
        if _slept(evidence, edge) is None:
            counts = [sleep.missed for sleep in reading.sleeps(evidence, edge)]
            if not counts:
                return NotYet(f"{edge} has not been down since this step began.")
            return NotYet(f"{edge} slept through {max(counts)} changes of owner; let it be {CHANGES}.")
    return Passed(f"{KEPT} and {FLEETING} were down during {CHANGES} changes or more.")


def one_is_gone(evidence: Evidence) -> Result:
    """The server has deleted the ephemeral consumer and kept the durable one."""
    gone = _deletions(evidence, FLEETING)
    if not gone:
        return NotYet(
            f"The server still has the consumer of {FLEETING}. It waits for its inactive threshold; so must you."
        )
    kept = evidence.now.consumer(KEPT)
    if kept is None:
        return NotYet(f"The consumer {KEPT} is not there.")
    return Passed(f"Advisory: {gone[0][0].text}. Still there: {_in_words(kept)}.")


def one_caught_up(evidence: Evidence) -> Result:
    """The edge with the durable consumer was handed what it had missed."""
    sleep = _slept(evidence, KEPT)
    if sleep is None or sleep.ended is None:
        return NotYet(f"{KEPT} is not back from three changes.")
    handed = sleep.handed
    if handed < sleep.missed or not reading.is_current(evidence.now.edge(KEPT)):
        return NotYet(f"{KEPT} was handed {handed} of {sleep.missed}; it says: {evidence.now.edge(KEPT).claim}.")
    return Passed(f"{KEPT} missed {sleep.missed} and was handed {handed}.")


def other_never_learns(evidence: Evidence) -> Result:
    """The edge with the ephemeral consumer was handed nothing and claims to be current."""
    sleep, edge = _slept(evidence, FLEETING), evidence.now.edge(FLEETING)
    if sleep is None or sleep.ended is None:
        return NotYet(f"{FLEETING} is not back from three changes.")
    said = [text for text in reading.findings(evidence.now, "lost") if text.startswith(FLEETING)]
    if not said:
        return NotYet(f"{FLEETING} was handed {sleep.handed} of {sleep.missed}; it says: {edge.claim}.")
    return Passed(f"{FLEETING} was handed {sleep.handed} of {sleep.missed}. {said[0]}")


def who_got_what(evidence: Evidence) -> Measured:
    """Measure the first prediction."""
    kept, fleeting = _slept(evidence, KEPT), _slept(evidence, FLEETING)
    if kept is None or fleeting is None:
        return Measured("", "Nobody slept.")
    got, other, missed = kept.handed, fleeting.handed, fleeting.missed
    sentence = f"Of {missed} missed changes {KEPT} was handed {got} and {FLEETING} {other}."
    if other > missed:
        return Measured("all", sentence)
    if got and other:
        return Measured("both", sentence)
    return Measured("one" if got else "none", sentence)


def keep_sleep(evidence: Evidence) -> Memory:
    """Keep the consumers' fates and the audit's words."""
    sleep = _slept(evidence, FLEETING)
    return {
        "missed": sleep.missed if sleep else 0,
        "gone": [name for _, name in _deletions(evidence, FLEETING)][:1],
        "after": [_in_words(c) for edge in (KEPT, FLEETING) for c in consumers_of(evidence.now, edge)],
        "lost_said": [text for text in reading.findings(evidence.now, "lost") if text.startswith(FLEETING)],
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
        Place("while it slept", f"{memory.get('missed', 0)} unprocessed", True),
        Place("back", evidence.now.edge(KEPT).claim, True),
        Place(FLEETING, "a cursor for as long as it reads"),
        Place("while it slept", f"{gone} deleted", False),
        Place("back", f"{evidence.now.edge(FLEETING).claim}: a new cursor, from new", False),
    )
    return Shown(records, Figure("A durable consumer outlives its reader. An ephemeral one is part of it.", places))


# Durable for both.


def is_durable(evidence: Evidence) -> Result:
    """The server keeps a durable consumer for the edge that had none, and does not let it expire."""
    consumer = evidence.now.consumer(FLEETING)
    if consumer is None or not consumer.durable:
        mine = ", ".join(_in_words(c) for c in consumers_of(evidence.now, FLEETING)) or "none"
        return NotYet(f"There is no durable consumer {FLEETING}; its consumers are: {mine}.")
    if consumer.inactive_threshold_s:
        return NotYet(
            f"{FLEETING} is durable, with an inactive threshold of {consumer.inactive_threshold_s:g} s. Set it to 0."
        )
    return Passed(_in_words(consumer))


def remembered(evidence: Evidence) -> Result:
    """The edge slept through three changes and was handed these and no others, with nothing applied twice."""
    doubled = [text for text in reading.findings(evidence.now, "double effect") if text.startswith(FLEETING)]
    if doubled:
        return NotYet(
            f"{doubled[0]} It was handed what it had applied before. Let it load a snapshot to be rid of that."
        )
    sleep = _slept(evidence, FLEETING)
    if sleep is None:
        counts = [one.missed for one in reading.sleeps(evidence, FLEETING)]
        return NotYet(
            f"{FLEETING} slept through {max(counts, default=0)} changes since this step began; let it be {CHANGES}."
        )
    if sleep.ended is None:
        return NotYet(f"{FLEETING} is down; start it again.")
    handed, missed = sleep.handed, sleep.missed
    if handed != missed or not reading.is_current(evidence.now.edge(FLEETING)):
        return NotYet(f"{FLEETING} missed {missed} and was handed {handed}; it is {evidence.now.edge(FLEETING).claim}.")
    differs = reading.disagreement(evidence.now)
    return (
        NotYet(differs)
        if differs
        else Passed(f"{FLEETING} missed {missed}, was handed {handed}, and every row is right.")
    )


def has_doubled(seen: Observation) -> bool:
    """Say whether some change took effect twice at the edge."""
    return any(text.startswith(FLEETING) for text in reading.findings(seen, "double effect"))


# A durable that expires.


def durable_expired(evidence: Evidence) -> Result:
    """The server deleted a durable consumer whose edge was down."""
    for edge in evidence.now.edges:
        for sleep in reading.sleeps(evidence, edge.name):
            for told, name in _deletions(evidence, edge.name):
                if name == edge.name and sleep.began < told.n and (sleep.ended is None or told.n <= sleep.ended):
                    return Passed(f"Advisory: {told.text}. It was durable, and nobody read with it.")
    waiting = [edge for edge in evidence.now.edges if edge.rules.inactive_threshold_s]
    if not waiting:
        return NotYet("No edge asks for an inactive threshold. Set it in the rules of fra.")
    if waiting[0].mode != "down":
        return NotYet(f"{waiting[0].name} reads, so its consumer is not inactive. Kill it and wait.")
    return NotYet(f"{waiting[0].name} is down; the server has not deleted its consumer yet.")


def is_back(evidence: Evidence) -> Result:
    """The edge is back, with a consumer that was made anew."""
    if not any(name == edge.name for edge in evidence.now.edges for _, name in _deletions(evidence, edge.name)):
        return NotYet("This counts after a durable consumer has vanished.")
    down = [edge.name for edge in evidence.now.edges if not reading.is_current(edge)]
    if down:
        return NotYet(f"{reading.listed(down)}: not current.")
    return Passed("Every edge is current; the consumer was created again behind its edge's own position.")


def what_became_of_it(evidence: Evidence) -> Measured:
    """Measure the second prediction."""
    result = durable_expired(evidence)
    return Measured("deleted", result.why) if isinstance(result, Passed) else Measured("kept", result.differs)


# The name alone.


def _deleted_in_sleep(evidence: Evidence, least: int) -> reading.Sleep | None:
    """Return the last sleep with changes in which the consumer of that name was deleted, or None."""
    names = [(told.n, name) for told, name in _deletions(evidence, KEPT) if name == KEPT]
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
            f"{KEPT} was handed {handed} messages: its new consumer began behind its own position, not from new."
        )
    said = [text for text in reading.findings(evidence.now, "lost") if text.startswith(KEPT)]
    if not said:
        return NotYet(f"{KEPT} says: {edge.claim}.")
    return Passed(f"{_in_words(consumer)} is there again. {said[0]}")


def what_the_name_held(evidence: Evidence) -> Measured:
    """Measure the third prediction."""
    refused = [moment.text for moment in reading.moments(evidence, "learner", "refused")]
    sleep = _deleted_in_sleep(evidence, 1)
    if sleep is None:
        return Measured("refuse", refused[-1] if refused else "The consumer was not deleted.")
    handed, missed = sleep.handed, sleep.missed
    sentence = f"{KEPT} missed {missed} and was handed {handed}."
    return Measured("nothing" if not handed else "missed" if handed == missed else "all", sentence)


def keep_name(evidence: Evidence) -> Memory:
    """Keep where the edge stood and where its new consumer stands."""
    edge, consumer = evidence.now.edge(KEPT), evidence.now.consumer(KEPT)
    return {
        "position": edge.sequence,
        "position_seq": edge.stream_seq,
        "floor": consumer.ack_floor if consumer else 0,
        "name_said": [text for text in reading.findings(evidence.now, "lost") if text.startswith(KEPT)],
    }


def show_name(evidence: Evidence) -> Shown:
    """Show the two memories of one edge: the server's and its own."""
    memory, last = evidence.memory, evidence.now.stream("ROUTES").last_seq
    consumer = evidence.now.consumer(KEPT)
    records = [f"{KEPT}: position event {memory.get('position', 0)}, stream seq {memory.get('position_seq', 0)}"]
    if consumer is not None:
        records.append(f"consumer {_in_words(consumer)}; the stream's last is {last}")
    places = (
        Place("Stream ROUTES", f"last seq {last}"),
        Place(f"Consumer {KEPT}", "begins behind the last: nothing to hand over", False),
        Place(f"{KEPT}'s own position", f"stream seq {memory.get('position_seq', 0)}: knows what it needs next", True),
        Place(KEPT, evidence.now.edge(KEPT).claim, False),
    )
    return Shown(
        (*records, *reading.records(evidence.now, "lost")),
        Figure("Two memories, and only one of them was asked.", places),
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
            f"{KEPT} was rebuilt from a snapshot; here its own position must do. Delete the consumer in its sleep once more."
        )
    handed, missed = sleep.handed, sleep.missed
    if handed < missed:
        return NotYet(f"{KEPT} missed {missed} in its sleep and was handed {handed}: its new consumer began too late.")
    differs = reading.disagreement(evidence.now)
    if differs or not reading.is_current(evidence.now.edge(KEPT)):
        return NotYet(differs or f"{KEPT} is {evidence.now.edge(KEPT).claim}.")
    return Passed(
        f"The consumer was deleted, {missed} changes were made; {KEPT} was handed {handed} and every row is right."
    )


def keep_saved(evidence: Evidence) -> Memory:
    """Keep how much the position brought back."""
    sleep = _deleted_in_sleep(evidence, 1)
    return {"saved": sleep.handed if sleep else 0}


def happened(memory: Memory) -> tuple[str, ...]:
    """Tell the lab in the audit's words, with the numbers beside them."""
    return (
        *memory.get("lost_said", ()),
        *memory.get("name_said", ()),
        f"With its consumer deleted once more, {KEPT} was handed {memory.get('saved', 0)} messages from its own position on.",
    )
