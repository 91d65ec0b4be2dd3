"""What they did to an edge that checks epochs, and what a late ack was worth."""

from __future__ import annotations

import math

from labs.replay.checks.common import from_the_past, iad, is_read_through, read_again, replay
from labs.replay.checks.past import zombies_stored
from studylab.lab import Evidence, Measured, Memory, NotYet, Passed, Result, ledgers, reading
from studylab.lab.observed import Got, Judged, Moment, Outcome


class _Verdicts(ledgers.Latest):
    """The moments in which an edge came to one verdict, the latest 500 at least."""

    def __init__(self, verdict: Outcome) -> None:
        super().__init__()
        self._verdict = verdict

    def add(self, moment: Moment) -> None:
        """Take in the next moment."""
        if moment.read(Judged).verdict is self._verdict:
            super().add(moment)


def _count(evidence: Evidence, verdict: Outcome, since: int) -> int:
    """Return how often iad came to a verdict after a moment."""
    return len(reading.after(evidence.moments.ask(_Verdicts, [("iad", "verdict")], verdict).held, since))


def _judged(evidence: Evidence, wanted: Outcome, seq: int) -> bool:
    """Return whether iad came to a verdict about a message since the step began."""
    return any(verdict is wanted for _, verdict in reading.verdicts(evidence, "iad", seq))


def replay_was_harmless(evidence: Evidence) -> Result:
    """The last replay applied nothing older, and epochs are the reason."""
    since = replay(evidence)
    if not since:
        return NotYet("iad has not read anything again since this step began.")
    true_now = {route.sequence for route in evidence.now.truth.routes}
    old = [old for old in from_the_past(evidence, since) if old.sequence not in true_now]
    if old:
        return NotYet(
            f"iad went back in time again: {'; '.join(map(str, old))}. "
            "At any speed it passes through the former owners."
        )
    if not is_read_through(evidence.now) or not read_again(evidence):
        return NotYet("iad is still reading.")
    stale, known = _count(evidence, Outcome.STALE_EPOCH, since), _count(evidence, Outcome.DUPLICATE, since)
    if not stale:
        return NotYet(
            f"iad recognised {known} events by their ids and none by its epoch. It remembers "
            f"{iad(evidence.now).remembered} ids: after a longer past or a restart, old events look new."
        )
    return Passed(f"Of {read_again(evidence)} messages iad counted {stale} as stale and {known} as duplicates.")


def zombie_was_harmless(evidence: Evidence) -> Result:
    """An old event that was stored again in this step was refused for its epoch."""
    zombies = zombies_stored(evidence)
    if not zombies:
        return NotYet("No event of a former owner was stored again since this step began.")
    event_id, seq = zombies[-1]
    if not _judged(evidence, Outcome.STALE_EPOCH, seq):
        by_id = _judged(evidence, Outcome.DUPLICATE, seq)
        return NotYet(
            f"{event_id} came again at seq {seq}, and iad "
            + ("knew its id, while it is in memory." if by_id else "has not refused it.")
        )
    return Passed(f"{event_id} came again at seq {seq}; iad counted it as stale.")


def all_right_again(evidence: Evidence) -> Result:
    """No wrong answer is left in iad's strip and every view is the database's."""
    if isinstance(replay_was_harmless(evidence), NotYet) or isinstance(zombie_was_harmless(evidence), NotYet):
        return NotYet("First cause both accidents.")
    if differs := reading.disagreement(evidence.now):
        return NotYet(str(differs))
    wrong = sum(probe.outcome == "wrong" for probe in iad(evidence.now).probes)
    if wrong:
        return NotYet(
            f"{wrong} of the last {len(iad(evidence.now).probes)} requests to iad were answered wrongly, before "
            "the cure."
        )
    return Passed(f"The last {len(iad(evidence.now).probes)} requests to iad were answered rightly.")


def keep_cure(evidence: Evidence) -> Memory:
    """Keep how many events were refused for their epoch."""
    return {"stale": _count(evidence, Outcome.STALE_EPOCH, 0)}


# The late ack.


def _slow(evidence: Evidence) -> tuple[int, float, float]:
    """Return stream seq, seconds from first delivery to first ack, and ack_wait, of the latest late ack; else zeros."""
    wait_s = iad(evidence.now).rules.ack_wait_s
    for seq, took_s in reversed(evidence.moments.ask(_Acks, [("iad", "got"), ("iad", "ack")]).held):
        if took_s > wait_s:
            return seq, took_s, wait_s
    return 0, 0.0, wait_s


class _Acks:
    """Stream seq and seconds from first delivery to first ack: of each ack that no later one has outlasted.

    It holds when each message came first, of the latest `HELD_NUMBERS` at least; of an acked one, that it counts no
    more.
    """

    def __init__(self) -> None:
        self.held: list[tuple[int, float]] = []
        self._came: dict[int, float] = {}

    def add(self, moment: Moment) -> None:
        """Take in the next moment."""
        for seq in moment.read(Got).stream_seqs:
            if moment.kind == "got":
                self._came.setdefault(seq, moment.at)
            elif (came := self._came.get(seq, math.inf)) < math.inf:
                self._note(seq, moment.at - came)
                self._came[seq] = math.inf
        ledgers.shorten_names(self._came)

    def _note(self, seq: int, took_s: float) -> None:
        while self.held and self.held[-1][1] <= took_s:
            self.held.pop()
        self.held.append((seq, took_s))
        ledgers.shorten(self.held, ledgers.HELD)


def accepted_late(evidence: Evidence) -> Result:
    """The floor moved on the first delivery's ack, which came after ack_wait."""
    seq, took_s, wait_s = _slow(evidence)
    if not seq:
        rules = iad(evidence.now).rules
        return NotYet(
            f"iad has acked nothing later than ack_wait: it takes {rules.handling_s:g} s over an event, ack_wait "
            f"is {wait_s:g} s."
        )
    acks = len(reading.about(evidence, "iad", "ack", "stream_seqs", seq))
    consumer = evidence.now.consumer("iad")
    if acks == 1 and consumer is not None and consumer.ack_floor >= seq and not consumer.num_ack_pending:
        return Passed(
            f"iad acked stream seq {seq} {took_s:.2f} s after it received it. ack_wait is {wait_s:g} s. The broker "
            f"accepted the ack: Ack Floor {consumer.ack_floor}, Outstanding Acks 0."
        )
    return NotYet(
        f"Stream seq {seq} was acked {acks} time{'s' * (acks != 1)}, so the ack that moved the floor is unknown. "
        "Promote once more."
    )


def delivered_again(evidence: Evidence) -> Result:
    """The broker had handed the message out once more meanwhile, and iad recognised it."""
    seq, _, _ = _slow(evidence)
    if not seq:
        return NotYet("First iad must ack late.")
    times = reading.deliveries(evidence, "iad", seq)
    if len(times) < 2 or not _judged(evidence, Outcome.DUPLICATE, seq):
        return NotYet(f"Stream seq {seq} was handled {len(times)} time{'s' * (len(times) != 1)} so far.")
    return Passed(f"Stream seq {seq} came again as delivery {times[1][1]} all the same, and iad recognised it.")


def what_late_did(evidence: Evidence) -> Measured:
    """Measure the third prediction."""
    result = accepted_late(evidence)
    return (
        Measured("taken", result.why)
        if isinstance(result, Passed)
        else Measured("taken", "The floor moved, and the message came again.")
    )


def keep_late(evidence: Evidence) -> Memory:
    """Keep how late the ack was."""
    _, took_s, wait_s = _slow(evidence)
    return {"late_s": round(took_s, 2), "wait_s": wait_s}
