"""What happened to a message that the edge cannot read."""

from __future__ import annotations

from labs.acks.checks.common import iad, owed
from studylab.lab import Evidence, Measured, Memory, NotYet, Passed, Result, reading
from studylab.lab.observed import Advised, Advisory


def _advised(evidence: Evidence, kind: Advisory) -> list[Advised]:
    """Return what the server has said of one kind about iad since the step began, oldest first."""
    return [told for _, told in reading.advisories(evidence, kind) if told.consumer == "iad"]


def _poison(evidence: Evidence) -> int:
    """Return the stream seq of the last message in sight that no edge can read and that came since the step began."""
    unread = [cell.seq for cell in evidence.now.stream("ROUTES").cells if not cell.sequence]
    seqs = [seq for seq in unread if reading.about(evidence, "iad", "got", "stream_seqs", seq)]
    return seqs[-1] if seqs else 0


def handed_out_often(evidence: Evidence) -> Result:
    """The broker delivered the poison as often as max_deliver allows."""
    seq, consumer = _poison(evidence), evidence.now.consumer("iad")
    if not seq or consumer is None:
        return NotYet("Since this step began, iad has received no message that it cannot read.")
    count = reading.deliveries(evidence, "iad", seq)[-1][1]
    if any(told.stream_seq == seq for told in _advised(evidence, Advisory.TERMINATED)):
        return NotYet(f"iad terminated stream seq {seq} after {count} deliveries, so the broker never had to give up.")
    if consumer.max_deliver < 1:
        return NotYet(
            f"Stream seq {seq} was delivered {count} times, and max_deliver sets no limit: everything behind it waits."
        )
    if count < consumer.max_deliver:
        return NotYet(
            f"Stream seq {seq} was delivered {count} of {consumer.max_deliver} times. What iad cannot read, it is "
            f"set to {iad(evidence.now).rules.poison}."
        )
    return Passed(f"Stream seq {seq} was delivered {count} times; max_deliver is {consumer.max_deliver}.")


def gave_up(evidence: Evidence) -> Result:
    """The server's advisory says that it gave up."""
    told = _advised(evidence, Advisory.MAX_DELIVERIES)
    if not told:
        return NotYet("The server has sent no MAX_DELIVERIES advisory for iad.")
    return Passed(f"MAX_DELIVERIES advisory: stream_seq {told[-1].stream_seq}, deliveries {told[-1].deliveries}.")


def went_on_silently(evidence: Evidence) -> Result:
    """What came behind the skipped message was applied, and the cursor looks as if all were well."""
    told, consumer = _advised(evidence, Advisory.MAX_DELIVERIES), evidence.now.consumer("iad")
    if not told or consumer is None:
        return NotYet("First the broker must give up.")
    seq = told[-1].stream_seq
    if iad(evidence.now).stream_seq <= seq:
        return NotYet("iad has applied nothing after the message yet. Promote a route.")
    if consumer.ack_floor < seq or not reading.is_current(iad(evidence.now)):
        return NotYet(f"iad is {iad(evidence.now).claim}; {owed(evidence.now)}.")
    return Passed(
        f"iad says: {iad(evidence.now).claim}. {owed(evidence.now)}: past seq {seq}, which no edge processed."
    )


def what_poison_did(evidence: Evidence) -> Measured:
    """Measure the prediction about poison."""
    told = gave_up(evidence)
    return Measured("skipped", told.why) if isinstance(told, Passed) else Measured("stuck", told.differs)


def keep_poison(evidence: Evidence) -> Memory:
    """Keep which message was given up, and after how many deliveries."""
    told = _advised(evidence, Advisory.MAX_DELIVERIES)[-1]
    return {"poison_seq": told.stream_seq, "poison_deliveries": told.deliveries}


def terminated(evidence: Evidence) -> Result:
    """The broker was told never to deliver the message again, and why."""
    told = _advised(evidence, Advisory.TERMINATED)
    if told and told[-1].has_reason:
        return Passed(f"MSG_TERMINATED advisory: stream_seq {told[-1].stream_seq}, reason: {told[-1].reason}.")
    if _advised(evidence, Advisory.MAX_DELIVERIES):
        return NotYet("The broker gave up at its limit: no advisory says what was wrong with the message.")
    return NotYet("The server has sent no MSG_TERMINATED advisory with a reason for iad.")


def read_once(evidence: Evidence) -> Result:
    """The message came once, and nothing waits behind it."""
    told = _advised(evidence, Advisory.TERMINATED)
    if not told:
        return NotYet("First iad must terminate a message.")
    seq, consumer = told[-1].stream_seq, evidence.now.consumer("iad")
    count = len(reading.deliveries(evidence, "iad", seq))
    if consumer is None or consumer.num_ack_pending or not reading.is_current(iad(evidence.now)):
        return NotYet(f"iad is {iad(evidence.now).claim}; {owed(evidence.now)}.")
    return Passed(
        f"Stream seq {seq} was delivered {count} time{'s' * (count != 1)}; iad says: {iad(evidence.now).claim}."
    )


def keep_reason(evidence: Evidence) -> Memory:
    """Keep the reason that iad gave."""
    return {"term_reason": _advised(evidence, Advisory.TERMINATED)[-1].reason}
