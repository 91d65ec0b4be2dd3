"""What happened to an event that was acked before it was applied."""

from __future__ import annotations

from labs.acks.checks.common import AFTER_ACK, NOT_CRASHED, came_again, iad, is_down, owed
from studylab.lab import Evidence, Measured, Memory, NotYet, Passed, Place, Result, Shown, reading, shown
from studylab.lab.observed import EdgeAck


def crashed_after_ack(evidence: Evidence) -> Result:
    """iad crashed between ack and apply."""
    seq = reading.crashed_with(evidence, "iad", AFTER_ACK)
    return Passed(f"iad acked stream seq {seq}, then crashed before it applied it.") if seq else NotYet(NOT_CRASHED)


def ack_unheard(evidence: Evidence) -> Result:
    """The broker still waits for the ack, or has delivered again without it."""
    seq, consumer = reading.crashed_with(evidence, "iad", AFTER_ACK), evidence.now.consumer("iad")
    if not seq or consumer is None:
        return NotYet(NOT_CRASHED)
    if consumer.num_ack_pending and consumer.ack_floor < seq:
        return Passed(f"The broker still waits for the ack: {owed(evidence.now)}.")
    if isinstance(came_again(evidence, seq), Passed):
        return Passed(f"The broker never heard the ack: it delivered stream seq {seq} again.")
    return NotYet(f"{owed(evidence.now)}: the broker has heard the ack.")


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
    if not any(moment.read(EdgeAck).confirmed for moment in said):
        return NotYet(
            f"The ack of stream seq {seq} was queued and not confirmed, so the broker never heard it. Choose ack: "
            "before apply."
        )
    return Passed(f"Journal: {said[-1].text}. Then it crashed.")


def nothing_owed(evidence: Evidence) -> Result:
    """The broker counts the message as done and has nothing for iad."""
    seq, consumer = reading.crashed_with(evidence, "iad", AFTER_ACK), evidence.now.consumer("iad")
    if not seq or consumer is None:
        return NotYet(NOT_CRASHED)
    if isinstance(crashed := crashed_after_confirmed(evidence), NotYet):
        return crashed
    if is_down(evidence.now):
        return NotYet("iad is down: start it, and see what the broker has for it.")
    if consumer.ack_floor < seq or consumer.num_pending or consumer.num_ack_pending:
        return NotYet(f"{owed(evidence.now)}: the broker still owes iad something.")
    return Passed(f"{owed(evidence.now)}: stream seq {seq} counts as done.")


def lost(evidence: Evidence) -> Result:
    """iad says that it is current and never applied the event."""
    found = reading.findings(evidence.now, "lost", "iad")
    seq = reading.crashed_with(evidence, "iad", AFTER_ACK)
    cell = next((cell for cell in evidence.now.stream("ROUTES").cells if cell.seq == seq), None)
    of_this_crash = [one for one in found if cell is not None and cell.event_id in one.event_ids]
    if of_this_crash and reading.is_current(iad(evidence.now)):
        return Passed(of_this_crash[0].sentence)
    if found and seq:
        return NotYet(f"{found[0].sentence} That is not the event of this crash, stream seq {seq}.")
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
        return Measured("pending", f"{owed(evidence.now)}.")
    return Measured("lost", f"{owed(evidence.now)}. iad says: {iad(evidence.now).claim}.")


def keep_lost(evidence: Evidence) -> Memory:
    """Keep what the quiz and the debrief need of the loss."""
    consumer = evidence.now.consumer("iad")
    return {
        "lost_said": reading.said(evidence.now, "lost"),
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
        Place("Broker’s cursor for iad", owed(evidence.now), None),
        Place("iad", f"{iad(evidence.now).claim}: {route} → {reading.held(iad(evidence.now), route)}", False),
    )
    return shown(
        reading.records(evidence.now, "lost"),
        "Every part did what it was told. The ack said that the work was done, and it was not.",
        places,
    )
