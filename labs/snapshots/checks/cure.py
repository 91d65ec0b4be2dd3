"""Why each wrong beginning is refused, and what the right one proves."""

from __future__ import annotations

from labs.snapshots.checks.common import NEWCOMER, NOT_LOADED, newcomer, snapshot_loads
from studylab.lab import Evidence, Memory, NotYet, Passed, Result, ledgers, reading, unless
from studylab.lab.observed import Cause, CellSeen, FollowFrom, Load, ModeChange, Moment


def _refusals(evidence: Evidence) -> list[tuple[Moment, Cause, Load | None]]:
    """Return when and why syd failed closed, each time with the snapshot that it had loaded last, if any."""
    loads, found = snapshot_loads(evidence), []
    for moment in filter(ledgers.is_closure, reading.moments(evidence, NEWCOMER, "mode")):
        before = [load for n, load in loads if n < moment.n]
        found.append((moment, moment.read(ModeChange).cause, before[-1] if before else None))
    return found


def _after_loading(evidence: Evidence, follow_from: FollowFrom) -> list[Moment]:
    """Return when syd failed closed because of what came, or did not come, after a snapshot that it had believed."""
    refused = [(moment, load) for moment, cause, load in _refusals(evidence) if cause is not Cause.CHECKSUM]
    return [moment for moment, load in refused if load is not None and load.follow_from is follow_from]


def flip_refused(evidence: Evidence) -> Result:
    """A snapshot that does not match its checksum was refused."""
    refused = [moment for moment, cause, _ in _refusals(evidence) if cause is Cause.CHECKSUM]
    if refused:
        return Passed(f"syd {refused[-1].text}.")
    if newcomer(evidence).rules.verify_checksum:
        return NotYet("syd has refused no snapshot for its checksum. Corrupt the latest and let syd load it.")
    return NotYet("syd does not verify checksums: it would believe any snapshot.")


def old_refused(evidence: Evidence) -> Result:
    """What came after a snapshot did not chain on to it, and syd refused."""
    refused = _after_loading(evidence, FollowFrom.SNAPSHOT)
    if refused:
        # The first: a restart with other rules finds the same view wanting once more, in other numbers.
        return Passed(f"syd {refused[0].text}.")
    if not newcomer(evidence).rules.prove_continuity:
        return NotYet("syd demands no continuity proof: it would follow anything.")
    return NotYet(
        "syd has refused no message after a snapshot that is too old. Take one, burst, purge all but 2, wipe syd."
    )


def new_refused(evidence: Evidence) -> Result:
    """After reading on from new, syd learnt that something was missing, and refused."""
    refused = _after_loading(evidence, FollowFrom.NEW)
    if refused:
        return Passed(f"syd {refused[-1].text}.")
    rules = newcomer(evidence).rules
    if not rules.ask_high_water_mark:
        return NotYet("syd trusts “nothing pending”: if no further event comes, it never knows.")
    if rules.follow_from is not FollowFrom.NEW:
        return NotYet("Set syd to read on from new once more, to see that it refuses now.")
    return NotYet("Take a snapshot, promote, and wipe syd: it must miss what is committed in between.")


def keep_refused(evidence: Evidence) -> Memory:
    """Keep the three reasons."""
    results = (flip_refused(evidence), old_refused(evidence), new_refused(evidence))
    return {"refused_said": [result.why for result in results if isinstance(result, Passed)]}


# Load, then follow.


def chained_on(evidence: Evidence) -> Result:
    """Syd loaded a snapshot, an event had been stored since, and that event was proven to follow the snapshot's."""
    loads, seen = snapshot_loads(evidence), evidence.now
    if not loads:
        return NotYet(NOT_LOADED)
    (n, load), syd = loads[-1], newcomer(evidence)
    if load.follow_from is FollowFrom.NEW:
        return NotYet("syd read on from new: it cannot have what was committed between the snapshot and that moment.")
    following = next((cell for cell in seen.stream("ROUTES").cells if cell.sequence == load.sequence + 1), None)
    if following is None or not _fell_between(evidence, n, following):
        return NotYet(
            f"No event fell between the snapshot at {load.sequence} and its loading, so this proves nothing about "
            "missing events."
        )
    if not (syd.rules.prove_continuity and syd.rules.verify_checksum and syd.rules.ask_high_water_mark):
        return NotYet("syd demands less proof than before: if it has everything, that is luck.")
    if following.previous_id != load.event_id:
        return NotYet(
            f"Event {following.sequence} follows {following.previous_id}, the snapshot ends in {load.event_id}."
        )
    return Passed(
        f"The snapshot ends in {load.event_id}; event {following.sequence} says that it follows "
        f"{following.previous_id}."
    )


def _fell_between(evidence: Evidence, loaded: int, cell: CellSeen) -> bool:
    """Return whether an event was committed before the moment of a load."""
    made = reading.about(evidence, "database", "commit", "event_id", cell.event_id)
    return bool(made) and reading.is_change(made[0]) and made[0].n < loaded


def current_and_right(evidence: Evidence) -> Result:
    """After that load, syd claims the latest and serves the truth."""
    if isinstance(waits := chained_on(evidence), NotYet):
        return waits
    syd = newcomer(evidence)
    if not reading.is_current(syd) or syd.sequence < evidence.now.truth.sequence:
        return NotYet(f"syd is {syd.claim}; the truth is at {evidence.now.truth.sequence}.")
    return unless(reading.disagreement(evidence.now), f"syd is {syd.claim}, and every row is the database's row.")


def keep_cure(evidence: Evidence) -> Memory:
    """Keep the link that was proven."""
    result, (_, load) = chained_on(evidence), snapshot_loads(evidence)[-1]
    return {
        "cured_said": result.why if isinstance(result, Passed) else "",
        "cured_at": load.sequence,
        "cured_seq": load.stream_seq,
    }
