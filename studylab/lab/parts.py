"""Short ways to write what every lab has: a quiz and its questions, an explain step's records, a check's answer."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from studylab.lab.model import (
    Figure,
    Memory,
    NotYet,
    Option,
    Passed,
    Place,
    Question,
    Quiz,
    Result,
    Shown,
)


def quiz(
    *questions: Question,
    title: str = "Three questions",
    prose: str = "All three are about what you have just measured.",
) -> Quiz:
    """Make the last step of a lab."""
    return Quiz(id="quiz", title=title, prose=prose, questions=questions)


def question(
    id: str,
    text: str | Callable[[Memory], str],
    options: tuple[Option, ...] | Callable[[Memory], tuple[Option, ...]],
    right: str | Callable[[Memory], str],
) -> Question:
    """Make a quiz question. Each part is a plain value, or a function of what this attempt has measured.

    `right` is the key of the right option.
    """
    return Question(
        id,
        text if callable(text) else lambda _: text,
        options if callable(options) else lambda _: options,
        right if callable(right) else lambda _: right,
    )


def shown(records: Iterable[str], caption: str, places: Iterable[Place]) -> Shown:
    """Put records before the learner, and a figure of some places with its caption."""
    return Shown(tuple(records), Figure(caption, tuple(places)))


def unless(differs: object, why: str) -> Result:
    """Answer with what still differs, in its own words; passed, with the reason why, when that is empty or None."""
    return NotYet(str(differs)) if differs else Passed(why)
