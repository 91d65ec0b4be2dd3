"""What the parts of lab 12 share: storms, tries of one fault, and what was found."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from studylab.lab import Evidence, reading

Played = Mapping[str, Any]
"""One storm as the journal has it: the fields of `StormSeen`."""

WANTED_CELLS = 3
WANTED_MISSING = 2
NOTHING = "·"
NO_STORM = "No storm has been played since this step began."


def storms(evidence: Evidence) -> list[Played]:
    """Return the storms played since the step began, oldest first. A shrunk one comes again, with its script."""
    return [moment.detail for moment in reading.moments(evidence, "learner", "storm")]


def filled_cells(evidence: Evidence) -> dict[tuple[str, str], Mapping[str, Any]]:
    """Return the cells filled since the step began, by the keys of protection and fault."""
    return {(m.detail["protection"], m.detail["fault"]): m.detail for m in reading.moments(evidence, "learner", "cell")}


def found_in(played: Played) -> str:
    """Return the kinds of findings of a storm as prose, or the audit's verdict when there are none."""
    return reading.listed(list(played["kinds"])) or str(played["soundness"])


def is_sound(played: Played) -> bool:
    """Return whether the audit found nothing wrong and no edge had failed closed."""
    return bool(played["soundness"] == "sound" and not played["closed"])
