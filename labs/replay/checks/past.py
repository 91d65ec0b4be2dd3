"""What a replay and a zombie did to an edge without a fence."""

from __future__ import annotations

from labs.replay.checks.common import (
    Old,
    from_the_past,
    handed_on,
    has_come_again,
    iad,
    is_read_through,
    path_of,
    read_again,
    replay,
    walk,
)
from studylab.lab import Evidence, Measured, Memory, NotYet, Passed, Place, Result, Shown, reading, shown, unless


def three_owners(evidence: Evidence) -> Result:
    """Some route has had three owners."""
    route = handed_on(evidence.now)
    if route.epoch < 3:
        return NotYet(f"{route.name} is at epoch {route.epoch}. Give one route two new owners.")
    return Passed(f"{route.name}: {path_of(evidence.now, route.name)}.")


def all_serve_it(evidence: Evidence) -> Result:
    """Every edge serves what the database has."""
    if handed_on(evidence.now).epoch < 3:
        return NotYet("First a route must have had three owners.")
    return unless(reading.disagreement(evidence.now), "Every row of every edge is the database’s row.")


def keep_history(evidence: Evidence) -> Memory:
    """Keep which route it is, and its owners."""
    route = handed_on(evidence.now)
    return {"route": route.name, "owner": route.owner, "path": path_of(evidence.now, route.name)}


# The replay.


def walked_through_the_past(evidence: Evidence) -> Result:
    """iad applied events that its position was past, one after another."""
    if not replay(evidence):
        return NotYet("iad has not read anything again since this step began.")
    walked = walk(evidence, replay(evidence))
    if not walked:
        count = read_again(evidence)
        return NotYet(
            f"iad has read {count} message{'s' * (count != 1)} again and applied no older event."
            if count
            else "The replay has not begun."
        )
    if not is_read_through(evidence.now) or not has_come_again(evidence, evidence.now.stream("ROUTES").last_seq):
        return NotYet(f"iad is still reading. So far: {walked}.")
    return Passed(f"iad, in this order: {walked}.")


def misled_while_current(evidence: Evidence) -> Result:
    """A request was answered with an owner of the past, and iad had never withdrawn its claim."""
    since = replay(evidence)
    if not since:
        return NotYet("iad has not read anything again since this step began.")
    probe = reading.wrong_probe(iad(evidence.now))
    if probe is None:
        return NotYet("No request to iad was answered wrongly so far.")
    withdrew = reading.after(reading.moments(evidence, "iad", "mode"), since)
    if withdrew:
        return NotYet(f"iad was not current all the time: {withdrew[0].text}.")
    return Passed(
        f"iad said “{iad(evidence.now).claim}” throughout, and sent a request for {probe.route} to {probe.answer} "
        f"instead of {probe.expected}."
    )


def what_replay_did(evidence: Evidence) -> Measured:
    """Measure the first prediction."""
    walked = walk(evidence, replay(evidence))
    if not walked:
        return Measured("nothing", "iad applied no older event.")
    route = str(evidence.memory.get("route", ""))
    end = f"At the end it holds {route} → {reading.held(iad(evidence.now), route)} again."
    return Measured("walk", f"iad, while it said “{iad(evidence.now).claim}”: {walked}. {end}")


def keep_replay(evidence: Evidence) -> Memory:
    """Keep what iad did on the way, for the records of the next step."""
    row = next((row for row in iad(evidence.now).rows if row.route == evidence.memory.get("route")), None)
    walked = from_the_past(evidence, replay(evidence))
    return {
        "walk": list(map(str, walked)),
        "walked": [[old.sequence, old.route, old.owner] for old in walked],
        "walk_claim": iad(evidence.now).claim,
        "walk_drains": row.drains if row else 0,
        "walk_said": reading.said(evidence.now, "double effect"),
    }


def show_walk(evidence: Evidence) -> Shown:
    """Show the owners that one route had at iad during the replay."""
    memory = evidence.memory
    route = str(memory.get("route", ""))
    path = [old for old in (Old(*kept) for kept in memory.get("walked", ())) if old.route == route]
    now = next(r for r in evidence.now.truth.routes if r.name == route)
    places = (
        Place("Database, all the time", f"{route} → {now.owner}", True),
        *(Place(f"iad, event {old.sequence}", f"{route} → {old.owner}", old.owner == now.owner) for old in path),
    )
    drained = (
        f"iad drained old owners of {route} {memory.get('walk_drains', 0)} times; owners changed {now.epoch - 1} times"
    )
    return shown(
        (*map(str, path), drained, *reading.records(evidence.now, "double effect")),
        "Each of these was true once. Only the last is true now.",
        places,
    )


# The zombie.


def zombies_stored(evidence: Evidence) -> list[tuple[str, int]]:
    """Return event id and stream seq of every old event that was stored again since the step began."""
    current = {route.sequence for route in evidence.now.truth.routes}
    cells = evidence.now.stream("ROUTES").cells
    began = evidence.moments.first_at or evidence.now.at
    again = [c for c in cells if reading.copies(evidence.now, c.event_id)[0] < c.seq and c.stored_at >= began]
    return [(cell.event_id, cell.seq) for cell in again if cell.sequence and cell.sequence not in current]


def stored_again(evidence: Evidence) -> Result:
    """The stream holds an old event twice."""
    zombies = zombies_stored(evidence)
    if not zombies:
        sent = reading.moments(evidence, "learner", "publish")
        return NotYet(f"No event of a former owner was stored again. {sent[-1].text + '.' if sent else ''}".strip())
    event_id, _ = zombies[-1]
    seqs = " and ".join(map(str, reading.copies(evidence.now, event_id)))
    return Passed(f"{event_id} is in the stream at seq {seqs}: same id, same bytes, two messages.")


def back_for_good(evidence: Evidence) -> Result:
    """iad serves an owner of the past and says that it is current."""
    if not zombies_stored(evidence):
        return NotYet("First an old event must be stored again.")
    found = reading.findings(evidence.now, "resurrected", "iad")
    if not found or not reading.is_current(iad(evidence.now)):
        return NotYet(f"iad is {iad(evidence.now).claim} and serves no former owner.")
    return Passed(f"{found[0].sentence} It says: {iad(evidence.now).claim}.")


def nothing_corrects_it(evidence: Evidence) -> Result:
    """Nothing is pending for iad, and the correct edges have counted the event as stale."""
    consumer = evidence.now.consumer("iad")
    if isinstance(back_for_good(evidence), NotYet) or consumer is None:
        return NotYet("First iad must serve a former owner.")
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
    event_id, seq = zombies_stored(evidence)[-1]
    found = reading.findings(evidence.now, "false confidence", "iad")
    if not found:
        return Measured("known", f"{event_id} was stored at seq {seq}, and iad did not apply it.")
    return Measured("forever", f"{event_id} was stored again at seq {seq}. {found[0].sentence} Nothing is pending.")


def keep_zombie(evidence: Evidence) -> Memory:
    """Keep which event came back and what the audit said."""
    event_id, seq = zombies_stored(evidence)[-1]
    first = reading.copies(evidence.now, event_id)[0]
    said = reading.said(evidence.now, "resurrected") + reading.said(evidence.now, "false confidence")
    return {"zombie_id": event_id, "zombie_seqs": [first, seq], "zombie_said": said}
