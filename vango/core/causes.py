"""Causes: why an edge refuses to answer, as a value beside the words that a person reads."""

from __future__ import annotations

from enum import StrEnum


class Cause(StrEnum):
    """What made an edge fail closed. `NOT_KNOWN` also stands for none, and for what an older journal does not say."""

    NOT_KNOWN = ""
    MISSING = "events missing"
    OTHER_PREDECESSOR = "another predecessor"
    SAME_SEQUENCE = "two events with one sequence"
    UNSEEN = "an event that was never seen"
    SAME_EPOCH = "two events with one epoch"
    MISSING_END = "missing end"
    TRUTH_BEHIND = "truth is behind"
    OTHER_TRUTH = "another event in truth"
    CHECKSUM = "checksum"
    BAD_SNAPSHOT = "unreadable snapshot"
    NO_SNAPSHOT = "no snapshot"
    INTERRUPTED = "interrupted rebuild"
    ERROR = "error"


CHAIN = frozenset({Cause.MISSING, Cause.OTHER_PREDECESSOR, Cause.SAME_SEQUENCE})
"""The causes that the next event shows: it does not follow the last one."""


class Reason(str):
    """A reason in words that knows its cause. It is read as text everywhere; only `cause_of` looks for the cause."""

    cause: Cause

    def __new__(cls, words: str, cause: Cause) -> Reason:
        """Make a reason of words and a cause."""
        reason = super().__new__(cls, words)
        reason.cause = cause
        return reason


def cause_of(reason: str) -> Cause:
    """Return the cause of a reason; `NOT_KNOWN` of plain words."""
    return reason.cause if isinstance(reason, Reason) else Cause.NOT_KNOWN
