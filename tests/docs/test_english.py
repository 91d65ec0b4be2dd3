"""The English of labs, page, documents, code and names of tests: plain words, and short sentences in the steps of a lab."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from labs import LABS
from studylab.lab import Do, Lab, Predict, Step
from tests.docs.prose import ROOT, Text, texts

MAX_WORDS = 22
"""Words in a sentence of a step."""

BANNED = (
    r"say(?:s|ing)? whether",
    r"of late",
    r"so many",
    r"by (?:itself|themselves)",
    r"(?:is|are|was|were) not so",
    r"whoever|whomever",
    r"shall",
    r"let it be",
    r"of chance",
    r"carried out again",
    r"that which|one that is|what it is that",
    r"for want of",
    r"in vain",
    r"anew|afresh",
    r"takes? note of",
    r"(?:tells?|telling|told) of",
    r"nought|whence|thence|hereby|thereof|wherein",
    r"(?:seq|events?|messages?|snapshot|position) behind",
    r"(?:begins?|reads? on|follows?|starts?) behind",
    r"is no (?:proof|refusal|question|wall)",
    r"what becomes of|what became of",
)
"""Turns that nobody would say aloud, as regular expressions of whole words."""

RIGHT: dict[tuple[str, str], str] = {}
"""Where a banned turn is right: (path, the turn as it is written there), and why."""

TURN = re.compile("|".join(rf"\b(?:{turn})\b" for turn in BANNED), re.IGNORECASE)
SENTENCE = re.compile(r"(?<=[.!?;])[*”)]*\s+|\n\n|\n(?=\s*[-*] )")
THIS_FILE = "tests/docs/test_english.py"


def turns(text: Text) -> list[str]:
    """Return the banned turns in a text that have no reason to be there."""
    return [turn for turn in TURN.findall(text.words) if (text.path, turn.lower()) not in RIGHT]


def test_no_text_has_a_turn_that_nobody_would_say_aloud() -> None:
    found = [f"{text}: {turns(text)} in {text.words[:160]!r}" for text in texts() if text.path != THIS_FILE]
    found = [line for line in found if ": [] in " not in line]
    assert not found, "\n".join(found)


def test_no_name_of_a_test_has_such_a_turn() -> None:
    named = {
        name: TURN.findall(name.replace("_", " "))
        for path in (ROOT / "tests").rglob("test_*.py")
        for name in re.findall(r"def (test_\w+)", path.read_text(encoding="utf-8"))
    }
    assert not {name: found for name, found in named.items() if found}


def test_every_exception_is_still_needed() -> None:
    written = {(text.path, turn.lower()) for text in texts() for turn in TURN.findall(text.words)}
    assert not RIGHT.keys() - written


def prose(step: Step) -> Iterator[str]:
    """Yield what a learner reads of a step before it is done."""
    yield step.title
    yield step.prose
    if isinstance(step, Predict):
        yield from (words for option in step.options for words in (option.text, option.explanation))
    if isinstance(step, Do):
        yield from (check.label for check in step.checks)
        yield from (step.hints.nudge, step.hints.look, step.hints.principle, step.hints.verb)


@pytest.mark.parametrize("lab", LABS, ids=lambda lab: lab.slug)
def test_no_sentence_of_a_step_is_long(lab: Lab) -> None:
    said = [sentence for step in lab.steps for text in prose(step) for sentence in SENTENCE.split(text)]
    long = {sentence: length for sentence in said if (length := len(sentence.split())) > MAX_WORDS}
    assert not long


@pytest.mark.parametrize(
    "words",
    [
        "It says whether it is up.",
        "Shall we?",
        "It was told\n   of it.",
        "Whoever reads it",
        "the seq behind the snapshot",
    ],
)
def test_a_banned_turn_is_found_in_any_case_and_over_the_end_of_a_line(words: str) -> None:
    assert turns(Text("a file", 1, " ".join(words.split())))
