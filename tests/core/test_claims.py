"""Standing: what may be said of a position, for everything that may be known of the mark."""

from __future__ import annotations

import pytest

from vango.core.claims import Mark, Standing, Step, Word, stand
from vango.core.judge import Position

HERE = Position(4, "e4", 4)
BEHIND, AHEAD, SAME, OTHER = Mark(3, "e3", 3), Mark(6, "e6", 5), Mark(4, "e4", 4), Mark(4, "x4", 4)

TABLE = {
    "nothing heard": (Word(), Standing(Step.ASK)),
    "nothing heard, one is on its way": (Word(is_coming=True), Standing(Step.WAIT)),
    "nothing heard, nobody answers": (Word(unanswered=True), Standing(Step.BEHIND)),
    "older": (Word(BEHIND), Standing(Step.ASK)),
    "older, one is on its way": (Word(BEHIND, is_coming=True), Standing(Step.WAIT)),
    "older, nobody answers": (Word(BEHIND, unanswered=True), Standing(Step.BEHIND)),
    "older, as an answer": (
        Word(BEHIND, answers=True),
        Standing(Step.FAIL, "this view is at 4, the truth has only 3"),
    ),
    "the same": (Word(SAME), Standing(Step.CLAIM)),
    "the same, nobody answers": (Word(SAME, unanswered=True), Standing(Step.CLAIM)),
    "another event": (Word(OTHER), Standing(Step.FAIL, "event 4 is x4 in truth and e4 here")),
    "newer": (Word(AHEAD), Standing(Step.LOOK, "event 5 was published, and nothing is pending")),
    "much newer": (Word(Mark(9, "e9", 7)), Standing(Step.LOOK, "events 5 to 7 were published, and nothing is pending")),
    "newer, not published": (Word(Mark(5, "e5", 4)), Standing(Step.BEHIND)),
}


@pytest.mark.parametrize("row", TABLE)
def test_what_may_be_said(row: str) -> None:
    word, standing = TABLE[row]
    assert stand(HERE, word) == standing


def test_a_move_makes_a_mark_old_and_the_next_one_is_awaited_only_where_one_follows() -> None:
    answered = Word().answered(BEHIND)
    assert answered.moved(HERE, mark_follows=True) == Word(BEHIND, is_coming=True)
    assert answered.moved(HERE, mark_follows=False) == Word(BEHIND)
    assert answered.moved(Position(3, "e3", 3), mark_follows=True) == Word(BEHIND)


def test_a_mark_that_was_told_unasked_is_no_answer_and_ends_the_silence() -> None:
    assert Word(BEHIND, answers=True, unanswered=True).heard(BEHIND) == Word(BEHIND)


def test_silence_and_the_end_of_the_wait_leave_the_mark() -> None:
    coming = Word(BEHIND, is_coming=True)
    assert coming.silent() == Word(BEHIND, unanswered=True)
    assert coming.waited() == Word(BEHIND)
