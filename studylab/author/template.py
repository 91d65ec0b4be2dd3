"""What a lab still has of the template that `new` wrote: words that stand for those of its author."""

from __future__ import annotations

from collections.abc import Iterator

from studylab.author.skeleton.lab import LAB as TEMPLATE
from studylab.lab.model import Lab
from studylab.lab.shape import Path

LAB_WORDS = {"question": "the question", "correct_use": "the correct use", "failure_trap": "the failure trap"}


def leftovers(lab: Lab) -> Iterator[tuple[Path, str]]:
    """Yield the path of each text that was not replaced, and what it is."""
    for name, what in LAB_WORDS.items():
        if getattr(lab, name) == getattr(TEMPLATE, name):
            yield (name,), what
    if lab.debrief.prose == TEMPLATE.debrief.prose:
        yield ("debrief", "prose"), "the text of the debrief"
