"""What an edge may claim: its own position, held against the control plane's word for the latest. Pure.

That nothing is left to read proves nothing. A purged tail looks exactly like being up to date: nothing pending, no
error, and no later event to reveal the gap (docs/nats-facts.md#ack-floor). Only a mark that says n allows the claim
"current at n", and the claim ends in the moment in which the last mark no longer says it:

    what the mark says                         standing
    n, and the id of n                         reached
    n, and another id                          a gap: certain
    more than n                                behind; what was published and is not pending is owed
    less than n, or there is none:
      it answers a question put since n        a gap: certain
      one is on its way                        behind; wait for it
      the last question had no answer          behind
      otherwise                                behind; ask
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from vango.core.causes import Cause, Reason
from vango.core.judge import Position
from vango.core.modes import Signal


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


@dataclass(frozen=True, slots=True)
class Standing:
    """Where an edge stands. `gap` names a break that is certain; `owed` one that is, if the broker has nothing left.

    `waits` and `asks` say what to do before more can be said.
    """

    signal: Signal
    gap: str = ""
    owed: str = ""
    waits: bool = False
    asks: bool = False


def stand(position: Position, word: Word) -> Standing:
    """Say where an edge at a position stands, by the control plane's last word. Only here a claim is allowed."""
    if word.mark is not None and (word.answers or word.mark.sequence >= position.sequence):
        return weigh(position, word.mark)
    return Standing(Signal.BEHIND, waits=word.is_coming, asks=not word.is_coming and not word.unanswered)


def weigh(position: Position, mark: Mark) -> Standing:
    """Hold a position against a mark that is no older than the position."""
    n = position.sequence
    if mark.sequence < n:
        words = f"this view is at {n}, the truth has only {mark.sequence}"
        return Standing(Signal.SURPRISE, gap=Reason(words, Cause.TRUTH_BEHIND))
    if mark.sequence == n and mark.event_id != position.event_id:
        words = f"event {n} is {mark.event_id} in truth and {position.event_id or 'nothing'} here"
        return Standing(Signal.SURPRISE, gap=Reason(words, Cause.OTHER_TRUTH))
    if mark.sequence == n:
        return Standing(Signal.REACHED)
    if mark.published > n:
        owed = f"event {n + 1} was" if mark.published == n + 1 else f"events {n + 1} to {mark.published} were"
        return Standing(Signal.BEHIND, owed=Reason(f"{owed} published, and nothing is pending", Cause.MISSING_END))
    return Standing(Signal.BEHIND)
