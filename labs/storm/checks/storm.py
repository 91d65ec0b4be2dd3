"""What a quiet day and a storm left, and the few moves that show it."""

from __future__ import annotations

from labs.storm.checks.common import NO_STORM, found_in, storms
from studylab.lab import Evidence, Measured, Memory, NotYet, Passed, Place, Result, Shown, reading, shown


def quiet_day(evidence: Evidence) -> Result:
    """A change has reached every edge, with protections missing, and nothing is wrong."""
    commits, now = reading.commits(evidence), evidence.now
    if not commits:
        return NotYet("Nothing was committed since this step began.")
    if not reading.all_agree(now):
        return NotYet(str(reading.disagreement(now) or "The event has not reached every edge yet."))
    return Passed(f"Missing: {reading.listed(list(now.missing))}. The audit says: {now.audit.soundness}.")


# A storm, and its minimal script.


def storm_was_found_at_fault(evidence: Evidence) -> Result:
    """A storm ended in a finding."""
    played = storms(evidence)
    if not played:
        return NotYet(f"{NO_STORM} Choose a seed, and play it.")
    failed = [one for one in played if one.kinds]
    if not failed:
        return NotYet(f"Storm {played[-1].seed} ended {found_in(played[-1])}. Try another seed.")
    return Passed(f"Storm {failed[-1].seed}: {found_in(failed[-1])}. {failed[-1].sentence}")


def what_storm_left(evidence: Evidence) -> Measured:
    """Measure the first prediction."""
    last = storms(evidence)[-1]
    if last.kinds:
        return Measured("wrong", f"Storm {last.seed}, with everything running again: {found_in(last)}.")
    return Measured("closed" if last.closed else "sound", f"Storm {last.seed}: {found_in(last)}.")


def keep_storm(evidence: Evidence) -> Memory:
    """Keep the storm that failed."""
    failed = [one for one in storms(evidence) if one.kinds][-1]
    return {
        "seed": failed.seed,
        "length": failed.length,
        "acts": len(failed.script),
        "kinds": list(failed.kinds),
        "said": failed.sentence,
    }


def was_shrunk(evidence: Evidence) -> Result:
    """A smaller script than the storm's was found, and fails alike."""
    shrunk = [one for one in storms(evidence) if one.minimal]
    if not shrunk:
        last = evidence.now.storm
        if last is None or not last.kinds:
            return NotYet("The last storm found nothing, so there is nothing to shrink. Play one that fails.")
        return NotYet(f"Storm {last.seed} has {len(last.script)} acts and has not been shrunk.")
    last_shrunk = shrunk[-1]
    if len(last_shrunk.minimal) >= len(last_shrunk.script):
        return NotYet("No act could be left out of this one. Play another storm that fails, and shrink that.")
    return Passed(
        f"{len(last_shrunk.minimal)} of {len(last_shrunk.script)} acts are enough: {'; '.join(last_shrunk.minimal)}."
    )


def keep_minimal(evidence: Evidence) -> Memory:
    """Keep the minimal script with the storm that it was found in."""
    shrunk = [one for one in storms(evidence) if one.minimal][-1]
    return {
        "seed": shrunk.seed,
        "length": shrunk.length,
        "acts": len(shrunk.script),
        "kinds": list(shrunk.kinds),
        "said": shrunk.sentence,
        "minimal": list(shrunk.minimal),
        "records": list(shrunk.records),
    }


def show_minimal(evidence: Evidence) -> Shown:
    """Show the minimal script, and the records of what it leaves."""
    memory = evidence.memory
    places = (
        Place("The storm", f"seed {memory['seed']}, {memory['acts']} acts"),
        *(Place(f"Act {number}", line) for number, line in enumerate(memory["minimal"], 1)),
        Place("The audit", reading.listed(memory["kinds"]), False),
    )
    caption = "Acts were left out while the same finding remained, each time on a fresh bench."
    return shown(memory["records"], caption, places)
