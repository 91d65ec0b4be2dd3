"""What the new edge claims after each of three wrong beginnings."""

from __future__ import annotations

from labs.snapshots.checks.common import (
    NOT_LOADED,
    finding,
    got_after,
    newcomer,
    nothing_left,
    said,
    snapshot_loads,
)
from studylab.lab import Evidence, Measured, Memory, NotYet, Passed, Place, Result, Shown, reading, shown
from studylab.lab.observed import CellSeen, FollowFrom, Load, Observation


def missed_between(evidence: Evidence) -> Result:
    """Syd loaded a snapshot, read on from new, and never hears of what was stored in between."""
    loads = snapshot_loads(evidence)
    if not loads:
        return NotYet(NOT_LOADED)
    _, load = loads[-1]
    if load.follow_from is not FollowFrom.NEW:
        return NotYet("syd reads on from its snapshot.")
    if load.sequence >= evidence.now.truth.sequence:
        return NotYet(
            f"Nothing was committed between the snapshot at {load.sequence} and now. Take it first, then promote, "
            "then wipe."
        )
    found = finding(evidence, "lost")
    if found is None or not nothing_left(evidence.now):
        return NotYet(f"syd is {newcomer(evidence).claim}.")
    return Passed(f"{found.sentence} The server has nothing unprocessed for it.")


def claim_after_new(evidence: Evidence) -> Measured:
    """Measure the first prediction."""
    return _claim(evidence, "behind" if finding(evidence, "lost") else "latest")


def _claim(evidence: Evidence, wrong: str) -> Measured:
    syd, truth = newcomer(evidence), evidence.now.truth.sequence
    if reading.has_failed_closed(syd):
        return Measured("refused", f"syd {syd.claim}.")
    if not reading.is_current(syd):
        return Measured("catching", f"syd is {syd.claim}.")
    return Measured(wrong, f"syd says {syd.claim}; the truth is at {truth}. {evidence.now.audit.sentence}")


def keep_new(evidence: Evidence) -> Memory:
    """Keep the audit's words and where the snapshot stood."""
    _, load = snapshot_loads(evidence)[-1]
    return {"new_said": said(evidence, "lost"), "new_at": load.sequence, "new_truth": evidence.now.truth.sequence}


# Older than the stream.


def older_than_stream(evidence: Evidence) -> Result:
    """Syd loaded a snapshot that the stream's first message does not follow, and is confidently wrong."""
    loads = snapshot_loads(evidence)
    if not loads:
        return NotYet(NOT_LOADED)
    (n, load), first_seq = loads[-1], evidence.now.stream("ROUTES").first_seq
    if load.follow_from is FollowFrom.NEW:
        return NotYet("syd still reads on from new after a snapshot. Change that in Rules… of syd.")
    if first_seq <= load.stream_seq + 1:
        return NotYet(
            f"The snapshot stands for stream seq {load.stream_seq}, and the stream still has {first_seq}: nothing "
            "is missing between."
        )
    found, got = finding(evidence, "false confidence"), got_after(evidence, n)
    if found is None or not got:
        return NotYet(f"syd is {newcomer(evidence).claim}.")
    return Passed(
        f"syd asked for stream seq {load.stream_seq + 1} and received {got[0]}, without a warning. {found.sentence}"
    )


def claim_after_old(evidence: Evidence) -> Measured:
    """Measure the second prediction."""
    return _claim(evidence, "wrong" if finding(evidence, "false confidence") else "right")


def keep_old(evidence: Evidence) -> Memory:
    """Keep the audit's words and both sides of the broken link."""
    _, load = snapshot_loads(evidence)[-1]
    cell = _cell_after(evidence.now, load)
    return {
        "old_said": said(evidence, "false confidence"),
        "old_at": load.sequence,
        "old_id": load.event_id,
        "old_asked": load.stream_seq + 1,
        "old_next": cell.sequence if cell else 0,
        "old_got": cell.seq if cell else 0,
        "old_link": cell.previous_id if cell else "",
    }


def _cell_after(seen: Observation, load: Load) -> CellSeen | None:
    return next((cell for cell in seen.stream("ROUTES").cells if cell.seq > load.stream_seq), None)


# One flipped bit.


def flipped_and_believed(evidence: Evidence) -> Result:
    """The latest snapshot does not match its checksum, and syd serves what it says."""
    seen = evidence.now
    if not seen.snapshots:
        return NotYet("No snapshot is stored.")
    latest = seen.snapshots[-1]
    if latest.checksum_ok:
        return NotYet(f"The latest snapshot is intact: its bytes give {latest.computed[:12]}…, as it says.")
    if not any(load.sequence == latest.sequence for _, load in snapshot_loads(evidence)):
        return NotYet("syd has not loaded it since this step began. Wipe its view.")
    found = finding(evidence, "false confidence")
    if found is None:
        return NotYet(f"syd is {newcomer(evidence).claim}.")
    return Passed(
        f"It says {latest.sha256[:12]}…, its bytes give {latest.computed[:12]}…, and syd believed them. "
        f"{found.sentence}"
    )


def claim_after_flip(evidence: Evidence) -> Measured:
    """Measure the third prediction."""
    return _claim(evidence, "wrong" if finding(evidence, "false confidence") else "right")


def keep_flip(evidence: Evidence) -> Memory:
    """Keep the audit's words, the two checksums, and the row that one bit changed."""
    latest = evidence.now.snapshots[-1]
    wrong = next((row for row in newcomer(evidence).rows if row.lie), None)
    right = {route.name: route.owner for route in evidence.now.truth.routes}
    return {
        "flip_said": said(evidence, "false confidence"),
        "flip_claimed": latest.sha256[:12],
        "flip_computed": latest.computed[:12],
        "flip_row": f"{wrong.route}: {right.get(wrong.route, 'no such route')} became {wrong.owner}" if wrong else "",
    }


def show_three(evidence: Evidence) -> Shown:
    """Show what each of the three broke, in the learner's own numbers."""
    memory = evidence.memory
    records = [memory.get(f"{name}_said", "") for name in ("new", "old", "flip")]
    places = (
        Place(
            "From new",
            f"snapshot at {memory.get('new_at')}, truth at {memory.get('new_truth')}: the rest never came",
            False,
        ),
        Place(
            "Snapshot",
            f"ends in event {memory.get('old_at')}, {memory.get('old_id')}; asks for seq {memory.get('old_asked')}",
        ),
        Place(
            "Next message",
            f"seq {memory.get('old_got')}, event {memory.get('old_next')}, follows {memory.get('old_link')}",
            False,
        ),
        Place("Flipped bit", f"{memory.get('flip_row')}", False),
        Place("Checksum", f"says {memory.get('flip_claimed')}…, the bytes give {memory.get('flip_computed')}…", False),
    )
    return shown(
        filter(None, records),
        "Three wrong baselines, and three proofs that would have shown it.",
        places,
    )
