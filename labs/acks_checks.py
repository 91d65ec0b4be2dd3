"""What lab 5 looks for: deliveries and their counts, what the broker still owes, and what an edge never applied."""

from __future__ import annotations

from studylab.lab import (
    EdgeSeen,
    Evidence,
    Figure,
    Measured,
    Memory,
    NotYet,
    Observation,
    Passed,
    Place,
    Result,
    Shown,
    reading,
)

AFTER_ACK = "after ack, before apply"
AFTER_APPLY = "after apply, before ack"
NOT_CRASHED = "iad has not crashed between ack and apply since this step began. Arm the crash, then promote."
EARLY = 0.9
"""A delivery is journalled a little after the server's clock started: this share of ack_wait must have passed."""


def iad(seen: Observation) -> EdgeSeen:
    """Return the edge that this lab is about."""
    return seen.edge("iad")


def is_down_owing(seen: Observation) -> bool:
    """Say whether iad has crashed and the broker waits for its ack."""
    consumer = seen.consumer("iad")
    return iad(seen).mode == "down" and consumer is not None and consumer.num_ack_pending > 0


def is_down(seen: Observation) -> bool:
    """Say whether iad has crashed."""
    return iad(seen).mode == "down"


def _owed(seen: Observation) -> str:
    consumer = seen.consumer("iad")
    if consumer is None:
        return "the broker has no consumer iad"
    return f"Ack Floor {consumer.ack_floor}, Unprocessed {consumer.num_pending}, Outstanding Acks {consumer.num_ack_pending}"


def came_again(evidence: Evidence, seq: int) -> Result:
    """A message was delivered once more, as delivery 2, when ack_wait was over and not before."""
    times = reading.deliveries(evidence, "iad", seq)
    again = next((moment for moment, count in times if count > 1), None)
    if again is None:
        state = "iad is down: start it" if is_down(evidence.now) else _owed(evidence.now)
        return NotYet(f"Stream seq {seq} has not come to iad a second time. {state}.")
    wait_s = iad(evidence.now).rules.ack_wait_s
    since, first_at = _delivered_at(evidence, seq, times[0][0].at, wait_s)
    passed_s = again.at - first_at
    if passed_s < EARLY * wait_s:
        return NotYet(f"Stream seq {seq} came again after {passed_s:.2f} s, before ack_wait of {wait_s:g} s was over.")
    return Passed(f"{again.text}: {passed_s:.2f} s after {since}; ack_wait is {wait_s:g} s.")


def _delivered_at(evidence: Evidence, seq: int, told_at: float, wait_s: float) -> tuple[str, float]:
    """Say since when the broker's timer can have run. A busy machine journals the delivery of a new message late.

    When it was stored, the server says: of a message that came soon after that, this is the earliest it can have been.
    """
    stored = next((cell.stored_at for cell in evidence.now.stream("ROUTES").cells if cell.seq == seq), 0.0)
    return ("it was stored", stored) if 0 <= told_at - stored < wait_s else ("the first delivery", told_at)


# The ack that was only queued.


def crashed_after_ack(evidence: Evidence) -> Result:
    """iad crashed between ack and apply."""
    seq = reading.crashed_with(evidence, "iad", AFTER_ACK)
    return Passed(f"iad acked stream seq {seq}, then crashed before it applied it.") if seq else NotYet(NOT_CRASHED)


def ack_unheard(evidence: Evidence) -> Result:
    """The broker still waits for the ack, or has delivered again for want of it."""
    seq, consumer = reading.crashed_with(evidence, "iad", AFTER_ACK), evidence.now.consumer("iad")
    if not seq or consumer is None:
        return NotYet(NOT_CRASHED)
    if consumer.num_ack_pending and consumer.ack_floor < seq:
        return Passed(f"The broker still waits for it: {_owed(evidence.now)}.")
    if isinstance(came_again(evidence, seq), Passed):
        return Passed(f"The broker never heard of it: it delivered stream seq {seq} again.")
    return NotYet(f"{_owed(evidence.now)}: the broker has heard the ack.")


def queued_came_again(evidence: Evidence) -> Result:
    """What was acked into the void came again and was applied."""
    seq = reading.crashed_with(evidence, "iad", AFTER_ACK)
    if not seq:
        return NotYet(NOT_CRASHED)
    again = came_again(evidence, seq)
    if isinstance(again, Passed) and iad(evidence.now).stream_seq < seq:
        return NotYet(f"Stream seq {seq} came again and is not applied yet.")
    return again


def what_queued_did(evidence: Evidence) -> Measured:
    """Measure the first prediction."""
    seq = reading.crashed_with(evidence, "iad", AFTER_ACK)
    again = came_again(evidence, seq)
    if isinstance(again, Passed):
        return Measured("again", again.why)
    return Measured("lost" if not reading.deliveries(evidence, "iad", seq)[1:] else "at-once", again.differs)


# The ack that was confirmed.


def crashed_after_confirmed(evidence: Evidence) -> Result:
    """iad crashed between a confirmed ack and apply."""
    seq = reading.crashed_with(evidence, "iad", AFTER_ACK)
    if not seq:
        return NotYet(NOT_CRASHED)
    said = reading.about(evidence, "iad", "ack", "stream_seqs", seq)
    if not any("confirmed" in moment.text for moment in said):
        return NotYet(f"The ack of stream seq {seq} was queued and not confirmed, so the broker never heard it. "
                      "Choose ack: before apply.")  # fmt: skip
    return Passed(f"Journal: {said[-1].text}. Then it crashed.")


def nothing_owed(evidence: Evidence) -> Result:
    """The broker counts the message as done and has nothing for iad."""
    seq, consumer = reading.crashed_with(evidence, "iad", AFTER_ACK), evidence.now.consumer("iad")
    if not seq or consumer is None:
        return NotYet(NOT_CRASHED)
    if is_down(evidence.now):
        return NotYet("iad is down: start it, and see what the broker has for it.")
    if consumer.ack_floor < seq or consumer.num_pending or consumer.num_ack_pending:
        return NotYet(f"{_owed(evidence.now)}: the broker still owes iad something.")
    return Passed(f"{_owed(evidence.now)}: stream seq {seq} counts as done.")


def lost(evidence: Evidence) -> Result:
    """iad says that it is current and never applied the event."""
    said = [f for f in reading.findings(evidence.now, "lost") if f.startswith("iad")]
    seq = reading.crashed_with(evidence, "iad", AFTER_ACK)
    if said and seq:
        return Passed(said[0])
    if seq and len(reading.deliveries(evidence, "iad", seq)) > 1:
        return NotYet(f"Stream seq {seq} came again and was applied: nothing is lost.")
    return NotYet(f"iad is {iad(evidence.now).claim}; the audit finds nothing lost.")


def what_confirmed_did(evidence: Evidence) -> Measured:
    """Measure the second prediction."""
    seq = reading.crashed_with(evidence, "iad", AFTER_ACK)
    if len(reading.deliveries(evidence, "iad", seq)) > 1:
        return Measured("again", f"Stream seq {seq} came again.")
    consumer = evidence.now.consumer("iad")
    if consumer is not None and (consumer.num_pending or consumer.num_ack_pending):
        return Measured("pending", f"{_owed(evidence.now)}.")
    return Measured("lost", f"{_owed(evidence.now)}. iad says: {iad(evidence.now).claim}.")


def keep_lost(evidence: Evidence) -> Memory:
    """Keep what the quiz and the debrief need of the loss."""
    consumer = evidence.now.consumer("iad")
    return {
        "lost_said": reading.findings(evidence.now, "lost"),
        "lost_seq": reading.crashed_with(evidence, "iad", AFTER_ACK),
        "lost_floor": consumer.ack_floor if consumer else 0,
        "lost_claim": iad(evidence.now).claim,
    }


def show_lost(evidence: Evidence) -> Shown:
    """Show one event at the database, in the stream, in the broker's cursor and at iad."""
    seq = int(evidence.memory.get("lost_seq", 0))
    cell = next((cell for cell in evidence.now.stream("ROUTES").cells if cell.seq == seq), None)
    route, owner = (cell.route, cell.owner) if cell else ("", "")
    places = (
        Place("Database", f"{route} → {owner}", True),
        Place("Stream", f"seq {seq}: {route} → {owner}", True),
        Place("Broker’s cursor for iad", _owed(evidence.now), None),
        Place("iad", f"{iad(evidence.now).claim}: {route} → {reading.held(iad(evidence.now), route)}", False),
    )
    return Shown(
        tuple(reading.records(evidence.now, "lost")),
        Figure("Every part did what it was told. The ack was a promise that nobody kept.", places),
    )


# The cure.


def crashed_after_apply(evidence: Evidence) -> Result:
    """iad crashed between apply and ack, with acks that mean something."""
    seq = reading.crashed_with(evidence, "iad", AFTER_APPLY)
    if seq and iad(evidence.now).rules.ack == "never":
        return NotYet("iad never acks: for the broker a message is done when it is delivered, applied or not.")
    if seq:
        return Passed(f"iad applied stream seq {seq}, then crashed before it acked it.")
    if seq := reading.crashed_with(evidence, "iad", AFTER_ACK):
        return NotYet(
            f"iad acked stream seq {seq} before it applied it. However short ack_wait is, what was acked is not redelivered."
        )
    return NotYet("iad has not crashed between apply and ack since this step began.")


def absorbed(evidence: Evidence) -> Result:
    """The second delivery came after ack_wait, and was recognised."""
    seq = reading.crashed_with(evidence, "iad", AFTER_APPLY)
    if not seq:
        return NotYet("This counts after a crash between apply and ack.")
    again = came_again(evidence, seq)
    if isinstance(again, NotYet):
        return again
    verdicts = [m.text for m in reading.about(evidence, "iad", "verdict", "stream_seq", seq)]
    if not any(text.startswith("duplicate") for text in verdicts):
        return NotYet(
            f"Stream seq {seq} came again, and iad did not recognise it: {'; '.join(verdicts) or 'it was applied twice'}."
        )
    return Passed(f"{again.why} iad: {verdicts[-1]}.")


def nothing_missing(evidence: Evidence) -> Result:
    """After the crash, iad serves what the database has."""
    crashes = [moment.n for moment in reading.moments(evidence, "iad", "crash")]
    if not crashes or evidence.now.moment < crashes[-1]:
        return NotYet("This counts after a crash.")
    said = [f for f in reading.findings(evidence.now, "lost") if f.startswith("iad")]
    if said:
        return NotYet(f"{said[0]} The broker counts it as done.")
    if not reading.is_current(iad(evidence.now)):
        return NotYet(f"iad is {iad(evidence.now).claim}.")
    differs = reading.disagreement(evidence.now)
    return NotYet(differs) if differs else Passed("Every row of every edge is the database’s row.")


def what_second_did(evidence: Evidence) -> Measured:
    """Measure what became of the second delivery."""
    result = absorbed(evidence)
    return Measured("known", result.why) if isinstance(result, Passed) else Measured("twice", result.differs)


def keep_cure(evidence: Evidence) -> Memory:
    """Keep the delivery count and the time between the two deliveries."""
    times = reading.deliveries(evidence, "iad", reading.crashed_with(evidence, "iad", AFTER_APPLY))
    return {"again_s": round(times[1][0].at - times[0][0].at, 2), "again_count": times[1][1]}


# Out of order.


def _stumbled(evidence: Evidence) -> int:
    stumbles = reading.moments(evidence, "iad", "stumble")
    return int(stumbles[-1].detail["stream_seq"]) if stumbles else 0


def came_back_late(evidence: Evidence) -> Result:
    """An event came again after a later one of the same route had been applied."""
    seq = _stumbled(evidence)
    if not seq:
        return NotYet("iad has handled everything at the first delivery since this step began.")
    again = came_again(evidence, seq)
    if isinstance(again, NotYet):
        return again
    cells = {cell.seq: cell for cell in evidence.now.stream("ROUTES").cells}
    back, first = reading.deliveries(evidence, "iad", seq)[-1][0], cells.get(seq)
    behind = [c for c in cells.values() if first and c.route == first.route and c.seq > seq]
    later = [c for c in behind if _applied_before(evidence, c.sequence, back.n)]
    if first is None or not later:
        return NotYet(
            f"Stream seq {seq} came again, and no later event of its route had been applied: the order was kept."
        )
    return Passed(f"Event {later[-1].sequence} was applied, then event {first.sequence} of the same route came again.")


def _applied_before(evidence: Evidence, sequence: int, n: int) -> bool:
    applied = reading.about(evidence, "iad", "apply", "sequences", sequence)
    return bool(applied) and applied[0].n < n


def order_did_no_harm(evidence: Evidence) -> Result:
    """The older event was recognised by its epoch, and the view is right."""
    if isinstance(came_back_late(evidence), NotYet):
        return NotYet("This counts once an event has come back behind a later one.")
    seq = _stumbled(evidence)
    verdicts = [m.text for m in reading.about(evidence, "iad", "verdict", "stream_seq", seq)]
    if not any(text.startswith("stale epoch") for text in verdicts):
        return NotYet(f"iad has not refused stream seq {seq} for its epoch: {'; '.join(verdicts) or 'no verdict yet'}.")
    differs = reading.disagreement(evidence.now)
    return NotYet(differs) if differs else Passed(f"iad: {verdicts[-1]}.")


# Poison.


def _poison(evidence: Evidence) -> int:
    """Return the stream seq of the last message in sight that no edge can read and that came since the step began."""
    unread = [cell.seq for cell in evidence.now.stream("ROUTES").cells if not cell.sequence]
    seqs = [seq for seq in unread if reading.about(evidence, "iad", "got", "stream_seqs", seq)]
    return seqs[-1] if seqs else 0


def handed_out_often(evidence: Evidence) -> Result:
    """The broker delivered the poison as often as max_deliver allows."""
    seq, consumer = _poison(evidence), evidence.now.consumer("iad")
    if not seq or consumer is None:
        return NotYet("No message that iad cannot read has come to it since this step began.")
    count = reading.deliveries(evidence, "iad", seq)[-1][1]
    if consumer.max_deliver < 1:
        return NotYet(
            f"Stream seq {seq} was delivered {count} times, and max_deliver sets no limit: everything behind it waits."
        )
    if count < consumer.max_deliver:
        return NotYet(f"Stream seq {seq} was delivered {count} of {consumer.max_deliver} times. "
                      f"iad is set to {iad(evidence.now).rules.poison} what it cannot read.")  # fmt: skip
    return Passed(f"Stream seq {seq} was delivered {count} times; max_deliver is {consumer.max_deliver}.")


def gave_up(evidence: Evidence) -> Result:
    """The server's advisory says that it gave up."""
    told = reading.advisories(evidence, "max deliveries", "iad")
    if not told:
        return NotYet("The server has sent no MAX_DELIVERIES advisory for iad.")
    return Passed(
        f"MAX_DELIVERIES advisory: stream_seq {told[-1].detail['stream_seq']}, deliveries {told[-1].detail['deliveries']}."
    )


def went_on_silently(evidence: Evidence) -> Result:
    """What came behind the skipped message was applied, and the cursor looks as if all were well."""
    told, consumer = reading.advisories(evidence, "max deliveries", "iad"), evidence.now.consumer("iad")
    if not told or consumer is None:
        return NotYet("This counts once the broker has given up.")
    seq = int(told[-1].detail["stream_seq"])
    if iad(evidence.now).stream_seq <= seq:
        return NotYet("Nothing behind the message was applied by iad yet. Promote a route.")
    if consumer.ack_floor < seq or not reading.is_current(iad(evidence.now)):
        return NotYet(f"iad is {iad(evidence.now).claim}; {_owed(evidence.now)}.")
    return Passed(
        f"iad says: {iad(evidence.now).claim}. {_owed(evidence.now)}: past seq {seq}, which nobody processed."
    )


def what_poison_did(evidence: Evidence) -> Measured:
    """Measure the prediction about poison."""
    told = gave_up(evidence)
    return Measured("skipped", told.why) if isinstance(told, Passed) else Measured("stuck", told.differs)


def keep_poison(evidence: Evidence) -> Memory:
    """Keep which message was given up, and after how many deliveries."""
    told = reading.advisories(evidence, "max deliveries", "iad")[-1]
    return {"poison_seq": told.detail["stream_seq"], "poison_deliveries": told.detail["deliveries"]}


def terminated(evidence: Evidence) -> Result:
    """The broker was told never to deliver the message again, and why."""
    told = reading.advisories(evidence, "msg terminated", "iad")
    if told and told[-1].detail.get("reason"):
        return Passed(
            f"MSG_TERMINATED advisory: stream_seq {told[-1].detail['stream_seq']}, reason: {told[-1].detail['reason']}."
        )
    if reading.advisories(evidence, "max deliveries", "iad"):
        return NotYet("The broker gave up by counting: no advisory says what was wrong with the message.")
    return NotYet("The server has sent no MSG_TERMINATED advisory with a reason for iad.")


def read_once(evidence: Evidence) -> Result:
    """The message came once, and nothing waits behind it."""
    told = reading.advisories(evidence, "msg terminated", "iad")
    if not told:
        return NotYet("This counts once iad has terminated a message.")
    seq, consumer = int(told[-1].detail["stream_seq"]), evidence.now.consumer("iad")
    count = len(reading.deliveries(evidence, "iad", seq))
    if consumer is None or consumer.num_ack_pending or not reading.is_current(iad(evidence.now)):
        return NotYet(f"iad is {iad(evidence.now).claim}; {_owed(evidence.now)}.")
    return Passed(
        f"Stream seq {seq} was delivered {count} time{'s' * (count != 1)}; iad says: {iad(evidence.now).claim}."
    )


def keep_reason(evidence: Evidence) -> Memory:
    """Keep the reason that iad gave."""
    return {"term_reason": reading.advisories(evidence, "msg terminated", "iad")[-1].detail["reason"]}


def happened(memory: Memory) -> tuple[str, ...]:
    """Tell the lab in the audit's words."""
    return (
        *memory.get("lost_said", ()),
        (
            f"Acked after it was applied, the same crash brought the event back as delivery {memory.get('again_count', 2)}, "
            f"{memory.get('again_s', 0)} s later, and it was recognised."
        ),
        (
            f"The broker gave up stream seq {memory.get('poison_seq', 0)} after {memory.get('poison_deliveries', 0)} deliveries; "
            "one advisory says so."
        ),
        f"Terminated, the next one left its reason with the broker: {memory.get('term_reason', '')}.",
    )
