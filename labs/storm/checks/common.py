"""What the parts of lab 12 share: storms, tries of one fault, and what was found."""

from __future__ import annotations

from studylab.lab import Evidence, reading
from studylab.lab.observed import Cell, Soundness, Storm

WANTED_CELLS = 3
WANTED_MISSING = 2
NO_STORM = "No storm has been played since this step began."


def storms(evidence: Evidence) -> list[Storm]:
    """Return the storms played since the step began, oldest first. A shrunk one comes again, with its script."""
    return [moment.read(Storm) for moment in reading.moments(evidence, "learner", "storm")]


def filled_cells(evidence: Evidence) -> dict[tuple[str, str], Cell]:
    """Return the cells filled since the step began, by the keys of protection and fault."""
    cells = [moment.read(Cell) for moment in reading.moments(evidence, "learner", "cell")]
    return {(cell.protection, cell.fault): cell for cell in cells}


def found_in(played: Storm) -> str:
    """Return the kinds of findings of a storm as prose, or the audit's verdict when there are none."""
    return reading.listed(played.kinds) or f"{played.soundness}"


def is_sound(played: Storm) -> bool:
    """Return whether the audit found nothing wrong and no edge had failed closed."""
    return played.soundness is Soundness.SOUND and not played.closed
