"""What lab 7 looks for: which snapshot an edge loaded, where it read on, what came next, and with which words it refused."""

from __future__ import annotations

from dataclasses import dataclass

from studylab.lab import (
    CellSeen,
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

NEW = "from new"
NEWCOMER = "syd"
NOT_LOADED = (
    "syd has loaded no snapshot since this step began. Take one, then wipe syd's view: an empty edge loads the latest."
)


@dataclass(frozen=True, slots=True)
class Load:
    """One load of a snapshot by syd, from the journal: at which moment, where the snapshot stands, where syd read on."""

    n: int
    sequence: int
    event_id: str
    stream_seq: int
    follows: str


def _loads(evidence: Evidence) -> list[Load]:
    moments = reading.moments(evidence, NEWCOMER, "snapshot")
    return [Load(m.n, *(m.detail[name] for name in ("sequence", "event_id", "stream_seq", "follows"))) for m in moments]


def _syd(evidence: Evidence) -> EdgeSeen:
    return evidence.now.edge(NEWCOMER)


def _got_after(evidence: Evidence, n: int) -> list[int]:
    """Return the stream seqs that syd got after a moment."""
    got = reading.after(reading.moments(evidence, NEWCOMER, "got"), n)
    return [seq for moment in got for seq in moment.detail["stream_seqs"]]


def _nothing_left(seen: Observation) -> bool:
    consumer = seen.consumer(NEWCOMER)
    return consumer is not None and not consumer.num_pending and not consumer.num_ack_pending


def _finding(evidence: Evidence, kind: str) -> str:
    """Return the audit's sentence of one kind about syd; empty when there is none."""
    found = [f for f in evidence.now.audit.findings if f.where == NEWCOMER and f.kind.value == kind]
    return found[0].sentence if found else ""


# From new.


def missed_between(evidence: Evidence) -> Result:
    """Syd loaded a snapshot, read on from new, and never hears of what was stored in between."""
    loads = _loads(evidence)
    if not loads:
        return NotYet(NOT_LOADED)
    load = loads[-1]
    if load.follows != NEW:
        return NotYet("syd reads on from where its snapshot stands.")
    if load.sequence >= evidence.now.truth.sequence:
        return NotYet(
            f"Nothing was committed between the snapshot at {load.sequence} and now. Take it first, then promote, then wipe."
        )
    said = _finding(evidence, "lost")
    if not said or not _nothing_left(evidence.now):
        return NotYet(f"syd is {_syd(evidence).claim}.")
    return Passed(f"{said} The server has nothing unprocessed for it.")


def claim_after_new(evidence: Evidence) -> Measured:
    """Measure the first prediction."""
    return _claim(evidence, "behind" if _finding(evidence, "lost") else "latest")


def _claim(evidence: Evidence, wrong: str) -> Measured:
    syd, truth = _syd(evidence), evidence.now.truth.sequence
    if syd.mode.value == "failed closed":
        return Measured("refused", f"syd {syd.claim}.")
    if not reading.is_current(syd):
        return Measured("catching", f"syd is {syd.claim}.")
    return Measured(wrong, f"syd says {syd.claim}; the truth is at {truth}. {evidence.now.audit.sentence}")


def keep_new(evidence: Evidence) -> Memory:
    """Keep the audit's words and where the snapshot stood."""
    load = _loads(evidence)[-1]
    return {"new_said": _finding(evidence, "lost"), "new_at": load.sequence, "new_truth": evidence.now.truth.sequence}


# Older than the stream.


def older_than_stream(evidence: Evidence) -> Result:
    """Syd loaded a snapshot that the stream's first message does not follow, and is confidently wrong."""
    loads = _loads(evidence)
    if not loads:
        return NotYet(NOT_LOADED)
    load, first_seq = loads[-1], evidence.now.stream("ROUTES").first_seq
    if load.follows == NEW:
        return NotYet("syd still reads on from new after a snapshot. Rules… of syd has what it does then.")
    if first_seq <= load.stream_seq + 1:
        return NotYet(
            f"The snapshot stands for stream seq {load.stream_seq}, and the stream still has {first_seq}: nothing is missing between."
        )
    said, got = _finding(evidence, "false confidence"), _got_after(evidence, load.n)
    if not said or not got:
        return NotYet(f"syd is {_syd(evidence).claim}.")
    return Passed(f"syd asked for stream seq {load.stream_seq + 1} and was handed {got[0]}, without a word. {said}")


def claim_after_old(evidence: Evidence) -> Measured:
    """Measure the second prediction."""
    return _claim(evidence, "wrong" if _finding(evidence, "false confidence") else "right")


def keep_old(evidence: Evidence) -> Memory:
    """Keep the audit's words and both sides of the broken link."""
    load = _loads(evidence)[-1]
    cell = _cell_after(evidence.now, load)
    return {
        "old_said": _finding(evidence, "false confidence"),
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
        return NotYet(f"The latest snapshot is whole: its bytes give {latest.computed[:12]}…, as it says.")
    if not any(load.sequence == latest.sequence for load in _loads(evidence)):
        return NotYet("syd has not loaded it since this step began. Wipe its view.")
    said = _finding(evidence, "false confidence")
    if not said:
        return NotYet(f"syd is {_syd(evidence).claim}.")
    return Passed(
        f"It says {latest.sha256[:12]}…, its bytes give {latest.computed[:12]}…, and syd believed them. {said}"
    )


def claim_after_flip(evidence: Evidence) -> Measured:
    """Measure the third prediction."""
    return _claim(evidence, "wrong" if _finding(evidence, "false confidence") else "right")


def keep_flip(evidence: Evidence) -> Memory:
    """Keep the audit's words, the two checksums, and the row that one bit changed."""
    latest = evidence.now.snapshots[-1]
    wrong = next((row for row in _syd(evidence).rows if row.lie), None)
    right = {route.name: route.owner for route in evidence.now.truth.routes}
    return {
        "flip_said": _finding(evidence, "false confidence"),
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
    return Shown(
        tuple(filter(None, records)),
        Figure("Three baselines that were not what they seemed, and three things that would have told.", places),
    )


# Refused, each for its own reason.


def _refusals(evidence: Evidence) -> list[tuple[str, Load | None]]:
    """Return syd's words when it failed closed, each with the load that led to it (none when it was refused outright)."""
    loads, found = _loads(evidence), []
    for moment in reading.moments(evidence, NEWCOMER, "mode"):
        if moment.detail.get("after") == "failed closed":
            before = [load for load in loads if load.n < moment.n]
            found.append((moment.text, None if "the checksum says" in moment.text else before[-1] if before else None))
    return found


def flip_refused(evidence: Evidence) -> Result:
    """A snapshot that does not match its checksum was refused."""
    said = [text for text, _ in _refusals(evidence) if "the checksum says" in text]
    if said:
        return Passed(f"syd {said[-1]}.")
    if _syd(evidence).rules.verify_checksum:
        return NotYet("syd has refused no snapshot for its checksum. Corrupt the latest and let syd load it.")
    return NotYet("syd does not verify checksums: it would believe any snapshot.")


def old_refused(evidence: Evidence) -> Result:
    """What came after a snapshot did not chain on to it, and syd refused."""
    said = [text for text, load in _refusals(evidence) if load is not None and load.follows != NEW]
    if said:
        # The first: a restart with other rules finds the same view wanting once more, in other numbers.
        return Passed(f"syd {said[0]}.")
    if not _syd(evidence).rules.prove_continuity:
        return NotYet("syd demands no continuity proof: it would follow anything.")
    return NotYet(
        "syd has refused no message behind a snapshot that is too old. Take one, burst, purge all but 2, wipe syd."
    )


def new_refused(evidence: Evidence) -> Result:
    """After reading on from new, syd learnt that something was missing, and refused."""
    said = [text for text, load in _refusals(evidence) if load is not None and load.follows == NEW]
    if said:
        return Passed(f"syd {said[-1]}.")
    rules = _syd(evidence).rules
    if not rules.ask_high_water_mark:
        return NotYet("syd trusts “nothing pending”: where no further event comes, it would never know.")
    if rules.follow_from.value != "new":
        return NotYet("Let syd read on from new once more, to see that this is refused now.")
    return NotYet("Take a snapshot, promote, and wipe syd: between the two lies what it must miss.")


def keep_refused(evidence: Evidence) -> Memory:
    """Keep the three reasons."""
    results = (flip_refused(evidence), old_refused(evidence), new_refused(evidence))
    return {"refused_said": [result.why for result in results if isinstance(result, Passed)]}


# Load, then follow.


def chained_on(evidence: Evidence) -> Result:
    """Syd loaded a snapshot, an event had been stored since, and that event was proven to follow the snapshot's."""
    loads, seen = _loads(evidence), evidence.now
    if not loads:
        return NotYet(NOT_LOADED)
    load, syd = loads[-1], _syd(evidence)
    if load.follows == NEW:
        return NotYet("syd read on from new: whatever fell between the snapshot and that moment it cannot have.")
    following = next((cell for cell in seen.stream("ROUTES").cells if cell.sequence == load.sequence + 1), None)
    if following is None or not _fell_between(evidence, load, following):
        return NotYet(
            f"No event fell between the snapshot at {load.sequence} and its loading, so this proves nothing about what may be missed."
        )
    if not (syd.rules.prove_continuity and syd.rules.verify_checksum and syd.rules.ask_high_water_mark):
        return NotYet("syd demands less proof than before: that it has everything is luck.")
    if following.previous_id != load.event_id:
        return NotYet(
            f"Event {following.sequence} follows {following.previous_id}, the snapshot ends in {load.event_id}."
        )
    return Passed(
        f"The snapshot ends in {load.event_id}; event {following.sequence} says that it follows {following.previous_id}."
    )


def _fell_between(evidence: Evidence, load: Load, cell: CellSeen) -> bool:
    """Say whether an event was committed before the load, and not covered by it."""
    made = reading.about(evidence, "database", "commit", "event_id", cell.event_id)
    return bool(made) and reading.is_change(made[0]) and made[0].n < load.n


def current_and_right(evidence: Evidence) -> Result:
    """After that load, syd claims the latest and serves the truth."""
    if isinstance(waits := chained_on(evidence), NotYet):
        return waits
    syd = _syd(evidence)
    if not reading.is_current(syd) or syd.sequence < evidence.now.truth.sequence:
        return NotYet(f"syd is {syd.claim}; the truth is at {evidence.now.truth.sequence}.")
    differs = reading.disagreement(evidence.now)
    return NotYet(differs) if differs else Passed(f"syd is {syd.claim}, and every row is the database's row.")


def keep_cure(evidence: Evidence) -> Memory:
    """Keep the link that was proven."""
    result, load = chained_on(evidence), _loads(evidence)[-1]
    return {
        "cured_said": result.why if isinstance(result, Passed) else "",
        "cured_at": load.sequence,
        "cured_seq": load.stream_seq,
    }


def happened(memory: Memory) -> tuple[str, ...]:
    """Tell the lab in the audit's words."""
    said = [memory.get(f"{name}_said", "") for name in ("new", "old", "flip")]
    return tuple(filter(None, [*said, *memory.get("refused_said", ()), memory.get("cured_said", "")]))
