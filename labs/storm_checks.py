"""What lab 12 looks for: pure functions of the evidence, each with a sentence for what it saw or what still differs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from studylab.lab import Evidence, Figure, Measured, Memory, NotYet, Passed, Place, Result, Shown, reading

Played = Mapping[str, Any]
"""One storm as the journal has it: the fields of `StormSeen`."""
WANTED_CELLS = 3
WANTED_MISSING = 2
NOTHING = "·"
NO_STORM = "No storm has been played since this step began."


def _storms(evidence: Evidence) -> list[Played]:
    """Return the storms played since the step began, oldest first; a shrunk one comes again, with its minimal script."""
    return [moment.detail for moment in reading.moments(evidence, "learner", "storm")]


def _cells(evidence: Evidence) -> dict[tuple[str, str], Mapping[str, Any]]:
    """Return the cells filled since the step began, by the keys of protection and fault."""
    return {(m.detail["protection"], m.detail["fault"]): m.detail for m in reading.moments(evidence, "learner", "cell")}


def _found(played: Played) -> str:
    return reading.listed(list(played["kinds"])) or str(played["soundness"])


def _is_sound(played: Played) -> bool:
    return bool(played["soundness"] == "sound" and not played["closed"])


# A quiet day.


def quiet_day(evidence: Evidence) -> Result:
    """A change has reached every edge, with protections missing, and nothing is wrong."""
    commits, now = reading.commits(evidence), evidence.now
    if not commits:
        return NotYet("Nothing was committed since this step began.")
    if not reading.at_rest(now):
        return NotYet(reading.disagreement(now) or "The news has not arrived everywhere yet.")
    return Passed(f"Missing: {reading.listed(list(now.missing))}. The audit says: {now.audit.soundness}.")


# A storm, and its minimal script.


def storm_was_found_at_fault(evidence: Evidence) -> Result:
    """A storm ended in a finding."""
    played = _storms(evidence)
    if not played:
        return NotYet(f"{NO_STORM} Choose a seed, and let it begin.")
    failed = [one for one in played if one["kinds"]]
    if not failed:
        return NotYet(f"Storm {played[-1]['seed']} ended {_found(played[-1])}. Try another seed.")
    return Passed(f"Storm {failed[-1]['seed']}: {_found(failed[-1])}. {failed[-1]['sentence']}")


def what_storm_left(evidence: Evidence) -> Measured:
    """Measure the first prediction."""
    last = _storms(evidence)[-1]
    if last["kinds"]:
        return Measured("wrong", f"Storm {last['seed']}, with everything running again: {_found(last)}.")
    return Measured("closed" if last["closed"] else "sound", f"Storm {last['seed']}: {_found(last)}.")


def keep_storm(evidence: Evidence) -> Memory:
    """Keep the storm that failed."""
    failed = [one for one in _storms(evidence) if one["kinds"]][-1]
    return {
        "seed": failed["seed"],
        "length": failed["length"],
        "acts": len(failed["script"]),
        "kinds": list(failed["kinds"]),
        "said": failed["sentence"],
    }


def was_shrunk(evidence: Evidence) -> Result:
    """A smaller script than the storm's was found, and fails alike."""
    shrunk = [one for one in _storms(evidence) if one["minimal"]]
    if not shrunk:
        last = evidence.now.storm
        if last is None or not last.kinds:
            return NotYet("The last storm found nothing, so there is nothing to shrink. Play one that fails.")
        return NotYet(f"Storm {last.seed} has {len(last.script)} acts and has not been shrunk.")
    last_shrunk = shrunk[-1]
    if len(last_shrunk["minimal"]) >= len(last_shrunk["script"]):
        return NotYet("No act could be left out of this one. Play another storm that fails, and shrink that.")
    return Passed(
        f"{len(last_shrunk['minimal'])} of {len(last_shrunk['script'])} acts are enough: {'; '.join(last_shrunk['minimal'])}."
    )


def keep_minimal(evidence: Evidence) -> Memory:
    """Keep the minimal script with the storm that it was found in."""
    shrunk = [one for one in _storms(evidence) if one["minimal"]][-1]
    return {"seed": shrunk["seed"], "length": shrunk["length"], "acts": len(shrunk["script"]), "kinds": list(shrunk["kinds"]),
            "said": shrunk["sentence"], "minimal": list(shrunk["minimal"]), "records": list(shrunk["records"])}  # fmt: skip


def show_minimal(evidence: Evidence) -> Shown:
    """Show the minimal script, and the records of what it leaves."""
    memory = evidence.memory
    places = (
        Place("The storm", f"seed {memory['seed']}, {memory['acts']} acts"),
        *(Place(f"Act {number}", line) for number, line in enumerate(memory["minimal"], 1)),
        Place("The audit", reading.listed(memory["kinds"]), False),
    )
    caption = "Acts were left out as long as the same finding remained, each time on a fresh bench."
    return Shown(tuple(memory["records"]), Figure(caption, places))


# The same storm with everything on.


def same_storm_is_sound(evidence: Evidence) -> Result:
    """The storm that failed is sound with every protection."""
    seed, length, played = evidence.memory["seed"], evidence.memory["length"], _storms(evidence)
    if not played:
        return NotYet(f"{NO_STORM} Play storm {seed} again, with every protection.")
    last = played[-1]
    if last["missing"]:
        return NotYet(
            f"Storm {last['seed']} was played without {reading.listed(list(last['missing']))}. Give everything back."
        )
    if (last["seed"], last["length"]) != (seed, length):
        return NotYet(
            f"That was storm {last['seed']}, of length {last['length']}. Play storm {seed} of length {length} again."
        )
    if not _is_sound(last):
        return NotYet(f"Storm {seed} ended {_found(last)}.")
    return Passed(f"Storm {seed}, {len(last['script'])} acts, nothing missing: sound.")


# What stands behind what.


def one_missing_was_survived(evidence: Evidence) -> Result:
    """Without the ack after the apply, the crash in between left nothing wrong."""
    cell = _cells(evidence).get(("ack", "edge-crash"))
    if cell is None:
        return NotYet("Try the fault *edge-crash* without the protection *ack*.")
    return (
        Passed(f"Without ack after apply: {_say(cell)}.")
        if cell["found"] == NOTHING
        else NotYet(f"Found: {cell['found']}.")
    )


def two_missing_were_not(evidence: Evidence) -> Result:
    """With the high-water mark missing as well, the same crash is found."""
    cell = _cells(evidence).get(("ack+mark", "edge-crash"))
    if cell is None:
        return NotYet("Try the same fault without *ack+mark*.")
    if not cell["kinds"]:
        return NotYet(f"Without both it ended {_say(cell)}.")
    return Passed(f"Without both: {_say(cell)}. {' '.join(cell['records'][:1])}")


def _say(cell: Mapping[str, Any]) -> str:
    return "sound" if cell["found"] == NOTHING else str(cell["found"])


def what_one_missing_did(evidence: Evidence) -> Measured:
    """Measure the second prediction."""
    cell = _cells(evidence)["ack", "edge-crash"]
    if cell["found"] == NOTHING:
        return Measured(
            "nothing", "The edge asked how far the truth is, saw that it lacked an event, and rebuilt: sound."
        )
    return Measured("lost" if "lost" in cell["kinds"] else "twice", f"Found: {cell['found']}.")


# The learner's own matrix.


def cannot_go(evidence: Evidence) -> Result:
    """Several protections have a fault that proves that they cannot go."""
    proven = _proven(evidence)
    if len(proven) < WANTED_CELLS:
        tried = len(_cells(evidence))
        have = f"{reading.listed(sorted(proven))} cannot go" if proven else "none has been found that cannot go"
        return NotYet(f"{tried} cells were tried: {have}; {WANTED_CELLS} different ones are wanted.")
    return Passed("; ".join(f"without {key}, {fault}: {found}" for key, (fault, found) in sorted(proven.items())) + ".")


def _proven(evidence: Evidence) -> dict[str, tuple[str, str]]:
    """Return each single protection with the fault that was found to need it."""
    cells = _cells(evidence)
    return {key: (fault, cell["found"]) for (key, fault), cell in cells.items() if cell["kinds"] and "+" not in key}


def keep_cells(evidence: Evidence) -> Memory:
    """Keep what each tried protection was needed for."""
    return {"proven": {key: list(proof) for key, proof in sorted(_proven(evidence).items())}}


# As few as possible.


def few_are_enough(evidence: Evidence) -> Result:
    """Two different storms were sound with the same protections missing."""
    by_missing: dict[tuple[str, ...], set[tuple[int, int]]] = {}
    for one in _storms(evidence):
        if _is_sound(one):
            by_missing.setdefault(tuple(one["missing"]), set()).add((one["seed"], one["length"]))
    for missing, seeds in by_missing.items():
        if len(missing) >= WANTED_MISSING and len(seeds) >= 2:
            names = reading.listed([str(seed) for seed, _ in sorted(seeds)])
            return Passed(f"Without {reading.listed(list(missing))}, storms {names} are sound.")
    if not by_missing:
        return NotYet("No storm has ended sound since this step began.")
    most = max(by_missing, key=len)
    if len(most) < WANTED_MISSING:
        return NotYet(
            f"Sound with {len(most)} protections missing. Everything on is no proof: take at least {WANTED_MISSING} away."
        )
    return NotYet(f"Sound once without {reading.listed(list(most))}. Play a second seed under the same rules.")


def one_fewer_is_not(evidence: Evidence) -> Result:
    """With one more protection missing, a storm was found at fault."""
    sound = {
        tuple(one["missing"]) for one in _storms(evidence) if _is_sound(one) and len(one["missing"]) >= WANTED_MISSING
    }
    for one in _storms(evidence):
        for missing in sound:
            if one["kinds"] and len(one["missing"]) == len(missing) + 1 and set(missing) < set(one["missing"]):
                removed = next(iter({*one["missing"]} - {*missing}))
                return Passed(f"Without {removed} as well, storm {one['seed']}: {_found(one)}. {removed} cannot go.")
    return NotYet("Take exactly one more away, and find the seed that shows that it cannot go.")


def keep_few(evidence: Evidence) -> Memory:
    """Keep the smallest set and the storm that proves it."""
    return {"few_said": _why(few_are_enough(evidence)), "proof_said": _why(one_fewer_is_not(evidence))}


def _why(result: Result) -> str:
    return result.why if isinstance(result, Passed) else result.differs


def happened(memory: Memory) -> tuple[str, ...]:
    """Tell the lab in the audit's words."""
    return (
        f"Storm {memory.get('seed', 0)}: {memory.get('said', '')}",
        f"Enough for it: {'; '.join(memory.get('minimal', ())) or 'the whole storm'}.",
        *(f"Without {key}, {proof[0]}: {proof[1]}." for key, proof in memory.get("proven", {}).items()),
        memory.get("few_said", "") or "No smaller set was tried.",
        memory.get("proof_said", "") or "No seed was looked for.",
    )
