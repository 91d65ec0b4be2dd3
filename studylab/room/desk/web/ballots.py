"""Votes counted: how many chose what, and how a second vote on the same question differs from the first. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from studylab.room.protocol import Report, VoteRow


@dataclass(frozen=True, slots=True)
class Bar:
    """One option of a vote. `share` is of those who voted, from 0 to 1."""

    key: str
    text: str
    count: int
    share: float


@dataclass(frozen=True, slots=True)
class Count:
    """A vote, counted. `bars` is empty while the vote is open: nobody is to follow the others."""

    vote: VoteRow
    voted: int
    bars: tuple[Bar, ...]


@dataclass(frozen=True, slots=True)
class Change:
    """How many who had chosen one option chose another the second time. `was` is empty for who did not vote before."""

    was: str
    now: str
    count: int


def chosen(vote: VoteRow, reports: Mapping[str, Report]) -> dict[str, str]:
    """Return the option of each seat that voted for one that there is."""
    key = str(vote.number)
    return {seat: report.votes[key] for seat, report in reports.items() if report.votes.get(key) in vote.options}


def count(vote: VoteRow, reports: Mapping[str, Report]) -> Count:
    """Count a vote."""
    votes = chosen(vote, reports)
    if not vote.closed:
        return Count(vote, len(votes), ())
    found = Counter(votes.values())
    bars = (Bar(key, text, found[key], found[key] / len(votes) if votes else 0.0) for key, text in vote.options.items())
    return Count(vote, len(votes), tuple(bars))


def before(vote: VoteRow, votes: Sequence[VoteRow]) -> VoteRow | None:
    """Return the vote before this one on the same question; None when it is the first."""
    earlier = [one for one in votes if (one.lab, one.step) == (vote.lab, vote.step) and one.number < vote.number]
    return earlier[-1] if earlier else None


def changes(first: VoteRow, second: VoteRow, reports: Mapping[str, Report]) -> list[Change]:
    """Return how the room changed its mind, the largest groups first. Empty until both votes are closed."""
    if not (first.closed and second.closed):
        return []
    was, now = chosen(first, reports), chosen(second, reports)
    moved = Counter((was.get(seat, ""), option) for seat, option in now.items())
    found = [Change(old, new, times) for (old, new), times in moved.items()]
    return sorted(found, key=lambda change: (change.was == change.now, -change.count, change.was, change.now))
