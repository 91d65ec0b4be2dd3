"""What an edge may claim: its own position, held against the control plane's word for the latest. Pure.

That nothing is left to read proves nothing. A purged tail looks exactly like being up to date: nothing pending, no
error, and no later event to reveal the gap (docs/nats-facts.md#ack-floor). Only a mark that says n allows the claim
"current at n", and the claim ends in the moment in which the last mark no longer says it. `stand` is this table:

    what the mark says                         step
    n, and the id of n                         claim
    n, and another id                          fail closed
    more than n, and it is published           behind; fail closed if the broker has nothing left
    more than n, and it is not published       behind
    less than n, or there is none:
      it answers a question put since n        fail closed: truth went backwards
      it is stale, and one is on its way       wait
      it is stale, and nobody answered         behind
      it is stale                              ask
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum

from vango.core.causes import Cause, Reason
from vango.core.judge import Position


@dataclass(frozen=True, slots=True)
class Mark:
    """The control plane's word for the latest of a feed, and how far of it the broker has confirmed."""

    sequence: int
    event_id: str
    published: int


@dataclass(frozen=True, slots=True)
class Word:
    """The control plane's last word, and how old it is beside the position that it is held against.

    `answers` says that the mark answers a question put since the position moved: it is not older than the position.
    `is_coming` says that the next mark will be told unasked, `unanswered` that the last question had no answer.
    """

    mark: Mark | None = None
    answers: bool = False
    is_coming: bool = False
    unanswered: bool = False

    def moved(self, position: Position, *, mark_follows: bool) -> Word:
        """The position moved. `mark_follows` says that the relay tells a mark after what moved it."""
        is_older = self.mark is None or self.mark.sequence < position.sequence
        return Word(self.mark, is_coming=mark_follows and is_older)

    def heard(self, mark: Mark) -> Word:
        """A mark was told unasked. It may have been written before the position moved."""
        return Word(mark)

    def answered(self, mark: Mark) -> Word:
        """A question was answered."""
        return Word(mark, answers=True)

    def silent(self) -> Word:
        """A question was not answered, or with no mark."""
        return replace(self, is_coming=False, unanswered=True)

    def waited(self) -> Word:
        """The mark did not come in its usual time."""
        return replace(self, is_coming=False)


class Step(StrEnum):
    """What an edge does next about its claim. `LOOK` is behind, and a gap once the broker has nothing left."""

    CLAIM = "claim"
    BEHIND = "behind"
    LOOK = "look whether the broker has it"
    WAIT = "wait for the mark"
    ASK = "ask for the mark"
    FAIL = "fail closed"


@dataclass(frozen=True, slots=True)
class Standing:
    """Where an edge stands. `gap` says in a sentence what is wrong (`FAIL`) or may turn out to be missing (`LOOK`)."""

    step: Step
    gap: str = ""


def stand(position: Position, word: Word) -> Standing:
    """May an edge at this position say "current"? Only here a claim is allowed."""
    n, mark = position.sequence, word.mark
    if mark is None or is_stale(mark, position, word):
        return Standing(Step.WAIT if word.is_coming else Step.BEHIND if word.unanswered else Step.ASK)
    if mark.sequence < n:
        words = f"this view is at {n}, the truth has only {mark.sequence}"
        return Standing(Step.FAIL, Reason(words, Cause.TRUTH_BEHIND))
    if mark.sequence > n:
        if mark.published > n:
            words = f"{_events(n + 1, mark.published)} published, and nothing is pending"
            return Standing(Step.LOOK, Reason(words, Cause.MISSING_END))
        return Standing(Step.BEHIND)
    if mark.event_id != position.event_id:
        words = f"event {n} is {mark.event_id} in truth and {position.event_id or 'nothing'} here"
        return Standing(Step.FAIL, Reason(words, Cause.OTHER_TRUTH))
    return Standing(Step.CLAIM)


def is_stale(mark: Mark, position: Position, word: Word) -> bool:
    """Whether a mark may be older than the position. Not if it answers a question put since the position moved."""
    return mark.sequence < position.sequence and not word.answers


def _events(first: int, last: int) -> str:
    return f"event {first} was" if first == last else f"events {first} to {last} were"
