"""Which protections can go, and which fault proves that one cannot."""

from __future__ import annotations

from labs.storm.checks.common import (
    NO_STORM,
    WANTED_CELLS,
    WANTED_MISSING,
    filled_cells,
    found_in,
    is_sound,
    storms,
)
from studylab.lab import Evidence, Measured, Memory, NotYet, Passed, Result, reading
from studylab.lab.observed import Cell


def same_storm_is_sound(evidence: Evidence) -> Result:
    """The storm that failed is sound with every protection."""
    seed, length, played = evidence.memory["seed"], evidence.memory["length"], storms(evidence)
    if not played:
        return NotYet(f"{NO_STORM} Play storm {seed} again, with every protection.")
    last = played[-1]
    if last.missing:
        return NotYet(f"Storm {last.seed} was played without {reading.listed(last.missing)}. Give everything back.")
    if (last.seed, last.length) != (seed, length):
        return NotYet(
            f"That was storm {last.seed}, of length {last.length}. Play storm {seed} of length {length} again."
        )
    if not is_sound(last):
        return NotYet(f"Storm {seed} ended {found_in(last)}.")
    return Passed(f"Storm {seed}, {len(last.script)} acts, nothing missing: sound.")


# What stands behind what.


def one_missing_was_survived(evidence: Evidence) -> Result:
    """Without the ack after the apply, the crash in between left nothing wrong."""
    cell = filled_cells(evidence).get(("ack", "edge-crash"))
    if cell is None:
        return NotYet("Try the fault “edge-crash” without the protection “ack”.")
    return Passed(f"Without ack after apply: {_say(cell)}.") if cell.is_sound else NotYet(f"Found: {cell.found}.")


def two_missing_were_not(evidence: Evidence) -> Result:
    """With the high-water mark missing as well, the same crash is found."""
    cell = filled_cells(evidence).get(("ack+mark", "edge-crash"))
    if cell is None:
        return NotYet("Try the same fault without “ack+mark”: both protections missing.")
    if not cell.kinds:
        return NotYet(f"Without both it ended {_say(cell)}.")
    return Passed(f"Without both: {_say(cell)}. {' '.join(cell.records[:1])}")


def _say(cell: Cell) -> str:
    return "sound" if cell.is_sound else str(cell.found)


def what_one_missing_did(evidence: Evidence) -> Measured:
    """Measure the second prediction."""
    cell = filled_cells(evidence)["ack", "edge-crash"]
    if cell.is_sound:
        return Measured(
            "nothing", "The edge asked for the high-water mark, saw that it lacked an event, and rebuilt: sound."
        )
    return Measured("lost" if "lost" in cell.kinds else "twice", f"Found: {cell.found}.")


# The learner's own matrix.


def cannot_go(evidence: Evidence) -> Result:
    """Several protections have a fault that proves that they cannot go."""
    proven = _proven(evidence)
    if len(proven) < WANTED_CELLS:
        tried = len(filled_cells(evidence))
        have = f"{reading.listed(sorted(proven))} cannot go" if proven else "none has been found that cannot go"
        return NotYet(f"{tried} cells were tried: {have}; you need {WANTED_CELLS} different ones.")
    return Passed("; ".join(f"without {key}, {fault}: {found}" for key, (fault, found) in sorted(proven.items())) + ".")


def _proven(evidence: Evidence) -> dict[str, tuple[str, str]]:
    """Return each single protection with the fault that was found to need it."""
    cells = filled_cells(evidence)
    return {key: (fault, _say(cell)) for (key, fault), cell in cells.items() if cell.kinds and "+" not in key}


def keep_cells(evidence: Evidence) -> Memory:
    """Keep what each tried protection was needed for."""
    return {"proven": {key: list(proof) for key, proof in sorted(_proven(evidence).items())}}


# As few as possible.


def few_are_enough(evidence: Evidence) -> Result:
    """Two different storms were sound with the same protections missing."""
    by_missing: dict[tuple[str, ...], set[tuple[int, int]]] = {}
    for one in storms(evidence):
        if is_sound(one):
            by_missing.setdefault(one.missing, set()).add((one.seed, one.length))
    for missing, seeds in by_missing.items():
        if len(missing) >= WANTED_MISSING and len(seeds) >= 2:
            names = reading.listed([str(seed) for seed, _ in sorted(seeds)])
            return Passed(f"Without {reading.listed(missing)}, storms {names} are sound.")
    if not by_missing:
        return NotYet("No storm has ended sound since this step began.")
    most = max(by_missing, key=len)
    if len(most) < WANTED_MISSING:
        return NotYet(
            f"Sound with {len(most)} protections missing. Everything on proves nothing: take at least {WANTED_MISSING} "
            "away."
        )
    return NotYet(f"Sound once without {reading.listed(most)}. Play a second seed under the same rules.")


def one_fewer_is_not(evidence: Evidence) -> Result:
    """With one more protection missing, a storm was found at fault."""
    sound = {one.missing for one in storms(evidence) if is_sound(one) and len(one.missing) >= WANTED_MISSING}
    for one in storms(evidence):
        for missing in sound:
            if one.kinds and len(one.missing) == len(missing) + 1 and set(missing) < set(one.missing):
                removed = next(iter({*one.missing} - {*missing}))
                return Passed(f"Without {removed} as well, storm {one.seed}: {found_in(one)}. {removed} cannot go.")
    return NotYet("Take exactly one more away, and find a seed that shows that you need it.")


def keep_few(evidence: Evidence) -> Memory:
    """Keep the smallest set and the storm that proves it."""
    return {"few_said": _why(few_are_enough(evidence)), "proof_said": _why(one_fewer_is_not(evidence))}


def _why(result: Result) -> str:
    return result.why if isinstance(result, Passed) else result.differs
