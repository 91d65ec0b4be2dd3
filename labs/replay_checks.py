"""What lab 6 looks for: owners of the past that come back, why, and what keeps them away."""

from __future__ import annotations

import math

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
    RouteSeen,
    Shown,
    ledgers,
    reading,
)


def iad(seen: Observation) -> EdgeSeen:
    """Return the edge that this lab is about."""
    return seen.edge("iad")


def is_read_through(seen: Observation) -> bool:
    """Say whether iad has handled and acked everything that the stream holds."""
    consumer, last = seen.consumer("iad"), seen.stream("ROUTES").last_seq
    return consumer is not None and consumer.ack_floor == last and not consumer.num_pending


def _handed_on(seen: Observation) -> RouteSeen:
    """Return the route with the most owners so far."""
    return max(seen.truth.routes, key=lambda route: route.epoch)


def _path(seen: Observation, route: str) -> str:
    """Return every owner that a route had, as the history has them."""
    facts = [fact for fact in seen.truth.history[::-1] if fact.route == route]
    return ", ".join(f"{fact.owner} (epoch {fact.epoch})" for fact in facts)


def _from_the_past(evidence: Evidence, since: int) -> list[tuple[str, int]]:
    """Return text and sequence of what iad applied after a moment though its position was past it."""
    applied = reading.after(evidence.moments.ask(_Past, [("iad", "apply")]).held, since)
    return [(m.text, n) for m in applied for n in m.detail["sequences"] if n <= m.detail["before"]]


class _Past(ledgers.Latest):
    """The moments in which an event was applied that the position was past."""

    def add(self, moment: Moment) -> None:
        """Take in the next moment."""
        if any(n <= moment.detail["before"] for n in moment.detail["sequences"]):
            super().add(moment)


def _replay(evidence: Evidence) -> int:
    """Return the moment of iad's last replay since the step began, or 0."""
    return max((moment.n for moment in reading.moments(evidence, "iad", "replay")), default=0)


def _read_again(evidence: Evidence) -> int:
    """Return how many messages came to iad since its last replay."""
    return reading.handed(evidence, "iad", after=_replay(evidence))[0]


def _has_come_again(evidence: Evidence, seq: int) -> bool:
    """Say whether a message came to iad since its last replay."""
    return bool(reading.after(reading.about(evidence, "iad", "got", "stream_seqs", seq), _replay(evidence)))


# The history.


def three_owners(evidence: Evidence) -> Result:
    """Some route has had three owners."""
    route = _handed_on(evidence.now)
    if route.epoch < 3:
        return NotYet(f"{route.name} is at epoch {route.epoch}. Give one route two new owners.")
    return Passed(f"{route.name}: {_path(evidence.now, route.name)}.")


def all_serve_it(evidence: Evidence) -> Result:
    """Every edge serves what the database has."""
    if _handed_on(evidence.now).epoch < 3:
        return NotYet("This counts once a route has had three owners.")
    differs = reading.disagreement(evidence.now)
    return NotYet(differs) if differs else Passed("Every row of every edge is the database’s row.")


def keep_history(evidence: Evidence) -> Memory:
    """Keep which route it is, and its owners."""
    route = _handed_on(evidence.now)
    return {"route": route.name, "owner": route.owner, "path": _path(evidence.now, route.name)}


# The replay.


def walked_through_the_past(evidence: Evidence) -> Result:
    """iad applied events that its position was past, one after another."""
    if not _replay(evidence):
        return NotYet("iad has not read anything again since this step began.")
    texts = [text for text, _ in _from_the_past(evidence, _replay(evidence))]
    if not texts:
        count = _read_again(evidence)
        return NotYet(
            f"iad has read {count} message{'s' * (count != 1)} again and applied no older event."
            if count
            else "The replay has not begun."
        )
    if not is_read_through(evidence.now) or not _has_come_again(evidence, evidence.now.stream("ROUTES").last_seq):
        return NotYet(f"iad is still reading. So far: {'; '.join(texts)}.")
    return Passed(f"iad, in this order: {'; '.join(texts)}.")


def misled_while_current(evidence: Evidence) -> Result:
    """A request was answered with an owner of the past, and iad had never withdrawn its claim."""
    since = _replay(evidence)
    if not since:
        return NotYet("iad has not read anything again since this step began.")
    probe = reading.wrong_probe(iad(evidence.now))
    if probe is None:
        return NotYet("No request to iad was answered wrongly so far.")
    withdrew = [m.text for m in reading.after(reading.moments(evidence, "iad", "mode"), since)]
    if withdrew:
        return NotYet(f"iad was not current all the time: {withdrew[0]}.")
    return Passed(f"iad said “{iad(evidence.now).claim}” throughout, and sent a request for {probe.route} to {probe.answer}; "
                  f"right was {probe.expected}.")  # fmt: skip


def what_replay_did(evidence: Evidence) -> Measured:
    """Measure the first prediction."""
    texts = [text for text, _ in _from_the_past(evidence, _replay(evidence))]
    if not texts:
        return Measured("nothing", "iad applied no older event.")
    route = str(evidence.memory.get("route", ""))
    end = f"At the end it holds {route} → {reading.held(iad(evidence.now), route)} again."
    return Measured("walk", f"iad, while it said “{iad(evidence.now).claim}”: {'; '.join(texts)}. {end}")


def keep_replay(evidence: Evidence) -> Memory:
    """Keep what iad did on the way, for the records of the next step."""
    row = next((row for row in iad(evidence.now).rows if row.route == evidence.memory.get("route")), None)
    return {
        "walk": [text for text, _ in _from_the_past(evidence, _replay(evidence))],
        "walk_claim": iad(evidence.now).claim,
        "walk_drains": row.drains if row else 0,
        "walk_said": reading.findings(evidence.now, "double effect"),
    }


def show_walk(evidence: Evidence) -> Shown:
    """Show the owners that one route had at iad during the replay."""
    memory = evidence.memory
    route = str(memory.get("route", ""))
    path = [text for text in memory.get("walk", ()) if f": {route} →" in text]
    now = next(r for r in evidence.now.truth.routes if r.name == route)
    places = (
        Place("Database, all the time", f"{route} → {now.owner}", True),
        *(
            Place(
                f"iad, event {text.split(':')[0].split()[-1]}", text.partition(": ")[2], text.endswith(f" {now.owner}")
            )
            for text in path
        ),
    )
    drained = (
        f"iad drained old owners of {route} {memory.get('walk_drains', 0)} times; owners changed {now.epoch - 1} times"
    )
    return Shown(
        (*path, drained, *reading.records(evidence.now, "double effect")),
        Figure("Each of these was true once; only the last is true now.", places),
    )


# The zombie.


def _zombies(evidence: Evidence) -> list[tuple[str, int]]:
    """Return event id and stream seq of every old event that was stored again since the step began."""
    current = {route.sequence for route in evidence.now.truth.routes}
    cells = evidence.now.stream("ROUTES").cells
    began = evidence.moments.first_at or evidence.now.at
    again = [c for c in cells if reading.copies(evidence.now, c.event_id)[0] < c.seq and c.stored_at >= began]
    return [(cell.event_id, cell.seq) for cell in again if cell.sequence and cell.sequence not in current]


def stored_again(evidence: Evidence) -> Result:
    """The stream holds an old event twice."""
    zombies = _zombies(evidence)
    if not zombies:
        said = [m.text for m in reading.moments(evidence, "learner", "publish")]
        return NotYet(f"No event of a past owner was stored again. {said[-1] + '.' if said else ''}".strip())
    event_id, _ = zombies[-1]
    seqs = " and ".join(map(str, reading.copies(evidence.now, event_id)))
    return Passed(f"{event_id} is in the stream at seq {seqs}: same id, same bytes, two messages.")


def back_for_good(evidence: Evidence) -> Result:
    """iad serves an owner of the past and says that it is current."""
    if not _zombies(evidence):
        return NotYet("This counts once an old event was stored again.")
    said = [f for f in reading.findings(evidence.now, "resurrected") if f.startswith("iad")]
    if not said or not reading.is_current(iad(evidence.now)):
        return NotYet(f"iad is {iad(evidence.now).claim} and holds no owner of the past.")
    return Passed(f"{said[0]} It says: {iad(evidence.now).claim}.")


def nothing_corrects_it(evidence: Evidence) -> Result:
    """Nothing is pending for iad, and the correct edges have counted the event as stale."""
    consumer = evidence.now.consumer("iad")
    if isinstance(back_for_good(evidence), NotYet) or consumer is None:
        return NotYet("This counts once iad serves an owner of the past.")
    if consumer.num_pending or consumer.num_ack_pending:
        return NotYet(f"Unprocessed {consumer.num_pending}, Outstanding Acks {consumer.num_ack_pending}.")
    stale = [
        f"{edge.name} counted {edge.counters['stale']} stale" for edge in evidence.now.edges if edge.counters["stale"]
    ]
    if not stale:
        return NotYet("No other edge has counted a stale event.")
    return Passed(f"Nothing is pending for iad. {' and '.join(stale)} and kept the right owner.")


def what_zombie_did(evidence: Evidence) -> Measured:
    """Measure the second prediction."""
    event_id, seq = _zombies(evidence)[-1]
    said = [f for f in reading.findings(evidence.now, "false confidence") if f.startswith("iad")]
    if not said:
        return Measured("known", f"{event_id} was stored at seq {seq}, and iad did not take it.")
    return Measured("forever", f"{event_id} was stored again at seq {seq}. {said[0]} Nothing is pending.")


def keep_zombie(evidence: Evidence) -> Memory:
    """Keep which event came back and what the audit said."""
    event_id, seq = _zombies(evidence)[-1]
    first = reading.copies(evidence.now, event_id)[0]
    said = reading.findings(evidence.now, "resurrected") + reading.findings(evidence.now, "false confidence")
    return {"zombie_id": event_id, "zombie_seqs": [first, seq], "zombie_said": said}


# The cure.


def _verdicts(evidence: Evidence, word: str, since: int) -> list[int]:
    """Return the stream seqs at which iad came to a verdict after a moment."""
    told = reading.after(reading.moments(evidence, "iad", "verdict", begins=word), since)
    return [int(moment.detail["stream_seq"]) for moment in told if "stream_seq" in moment.detail]


def _judged(evidence: Evidence, word: str, seq: int) -> bool:
    """Say whether iad came to a verdict about a message since the step began."""
    return any(m.text.startswith(word) for m in reading.about(evidence, "iad", "verdict", "stream_seq", seq))


def replay_was_harmless(evidence: Evidence) -> Result:
    """The last replay applied nothing older, and epochs are the reason."""
    since = _replay(evidence)
    if not since:
        return NotYet("iad has not read anything again since this step began.")
    true_now = {route.sequence for route in evidence.now.truth.routes}
    texts = [text for text, n in _from_the_past(evidence, since) if n not in true_now]
    if texts:
        return NotYet(
            f"iad went back in time again: {'; '.join(texts)}. However fast it reads, it passes through the past."
        )
    if not is_read_through(evidence.now) or not _read_again(evidence):
        return NotYet("iad is still reading.")
    stale, known = _verdicts(evidence, "stale epoch", since), _verdicts(evidence, "duplicate", since)
    if not stale:
        return NotYet(f"iad recognised {len(known)} events by their ids and none by its epoch. It has "
                      f"{iad(evidence.now).remembered} ids in memory: a longer past, or a restart, and they are news again.")  # fmt: skip
    return Passed(
        f"Of {_read_again(evidence)} messages iad counted {len(stale)} as stale and {len(known)} as duplicates."
    )


def zombie_was_harmless(evidence: Evidence) -> Result:
    """An old event that was stored again in this step was refused for its epoch."""
    zombies = _zombies(evidence)
    if not zombies:
        return NotYet("No event of a past owner was stored again since this step began.")
    event_id, seq = zombies[-1]
    if not _judged(evidence, "stale epoch", seq):
        by_id = _judged(evidence, "duplicate", seq)
        return NotYet(f"{event_id} came again at seq {seq}, and iad "
                      + ("knew its id, for as long as it is in memory." if by_id else "has not refused it."))  # fmt: skip
    return Passed(f"{event_id} came again at seq {seq}; iad counted it as stale.")


def all_right_again(evidence: Evidence) -> Result:
    """No wrong answer is left in iad's strip and every view is the database's."""
    if isinstance(replay_was_harmless(evidence), NotYet) or isinstance(zombie_was_harmless(evidence), NotYet):
        return NotYet("This counts after both accidents.")
    if differs := reading.disagreement(evidence.now):
        return NotYet(differs)
    wrong = sum(probe.outcome == "wrong" for probe in iad(evidence.now).probes)
    if wrong:
        return NotYet(
            f"{wrong} of the last {len(iad(evidence.now).probes)} requests to iad were answered wrongly, before the cure."
        )
    return Passed(f"The last {len(iad(evidence.now).probes)} requests to iad were answered rightly.")


def keep_cure(evidence: Evidence) -> Memory:
    """Keep how many events were refused for their epoch."""
    return {"stale": len(_verdicts(evidence, "stale epoch", 0))}


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

    It holds when each message came first, of the latest `HELD_NUMBERS` at least; of an acked one, that it counts no more.
    """

    def __init__(self) -> None:
        self.held: list[tuple[int, float]] = []
        self._came: dict[int, float] = {}

    def add(self, moment: Moment) -> None:
        """Take in the next moment."""
        for seq in moment.detail["stream_seqs"]:
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
            f"iad has acked nothing later than ack_wait: it takes {rules.handling_s:g} s over an event, ack_wait is {wait_s:g} s."
        )
    acks = len(reading.about(evidence, "iad", "ack", "stream_seqs", seq))
    consumer = evidence.now.consumer("iad")
    if acks == 1 and consumer is not None and consumer.ack_floor >= seq and not consumer.num_ack_pending:
        return Passed(f"iad acked stream seq {seq} {took_s:.2f} s after it got it, ack_wait being {wait_s:g} s; the broker "
                      f"took it: Ack Floor {consumer.ack_floor}, Outstanding Acks 0.")  # fmt: skip
    return NotYet(
        f"Stream seq {seq} was acked {acks} time{'s' * (acks != 1)}; whose ack moved the floor cannot be told any more. Promote once more."
    )


def delivered_again(evidence: Evidence) -> Result:
    """The broker had handed the message out once more meanwhile, and iad recognised it."""
    seq, _, _ = _slow(evidence)
    if not seq:
        return NotYet("This counts after a late ack.")
    times = reading.deliveries(evidence, "iad", seq)
    if len(times) < 2 or not _judged(evidence, "duplicate", seq):
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


def happened(memory: Memory) -> tuple[str, ...]:
    """Tell the lab in the audit's words."""
    seqs = " and ".join(map(str, memory.get("zombie_seqs", ())))
    return (
        f"During the replay iad said “{memory.get('walk_claim', '')}” and did this: {'; '.join(memory.get('walk', ()))}.",
        *memory.get("walk_said", ()),
        f"{memory.get('zombie_id', '')} is in the stream at seq {seqs}.",
        *memory.get("zombie_said", ()),
        f"With the epoch check the same replay and the same zombie gave {memory.get('stale', 0)} stale events and no change.",
    )
