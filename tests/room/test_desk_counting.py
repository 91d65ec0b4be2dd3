"""The scoreboard of a fault and the bars of a vote, counted from reports."""

from __future__ import annotations

from typing import Any

import pytest

from studylab.room.desk.web import ballots
from studylab.room.desk.web.scores import Outcome, median_s, score, scores, tally
from studylab.room.protocol import Hit, Instruction, Report, Say, SeatRow, VoteRow

SENT = Instruction(5, 4, Say.FAULT, (), {"verb": "purge"}, at=100.0)
FIRST = VoteRow(1, "acks", "predict-queued", "What now?", {"a": "All of it", "b": "Nothing"}, closed=True)
AGAIN = VoteRow(2, "acks", "predict-queued", "What now?", {"a": "All of it", "b": "Nothing"}, closed=True)


def report(**changes: Any) -> Report:
    return Report("s", 1, **{"done": 5, "verdict": "sound", "fault": Hit(5), **changes})


def again(after_s: float | None, number: int = 5) -> Hit:
    return Hit(number, hurt=True, again=True, after_s=after_s)


@pytest.mark.parametrize(
    ("said", "outcome", "after_s"),
    [
        (None, Outcome.WAITING, None),
        (report(done=4), Outcome.WAITING, None),
        (report(fault=Hit(5, "The broker is down.")), Outcome.REFUSED, None),
        (report(fault=Hit(5, "The broker is down."), done=6, since=104.0), Outcome.REFUSED, None),
        (report(verdict="violated", since=101.0), Outcome.WRONG, None),
        (report(verdict="not yet known"), Outcome.CONVERGING, None),
        (report(fault=again(3.2)), Outcome.REPAIRED, 3.2),
        (report(fault=again(None)), Outcome.REPAIRED, None),
        (report(fault=again(3.2), verdict="violated", since=700.0), Outcome.REPAIRED, 3.2),
        (report(since=104.0), Outcome.UNMOVED, None),
        (report(done=6, failed="Another one failed.", fault=again(4.0)), Outcome.REPAIRED, 4.0),
        (report(done=7, fault=Hit(7)), Outcome.LATER, None),
        # A host of an earlier version does not say it.
        (report(fault=Hit(), failed="The broker is down."), Outcome.REFUSED, None),
        (report(fault=Hit(), since=103.0), Outcome.REPAIRED, None),
        (report(fault=Hit(), since=99.0), Outcome.UNMOVED, None),
    ],
)
def test_what_a_fault_did_to_a_bench(said: Report | None, outcome: Outcome, after_s: float | None) -> None:
    found = score(SENT, "s", said)
    assert (found.outcome, found.after_s) == (outcome, after_s)


def test_the_scoreboard_has_the_quickest_first_and_leaves_out_who_was_put_out() -> None:
    seats = {name: SeatRow(name, number, name, "h1", 1, name, out=name == "out")
             for number, name in enumerate(("wrong", "slow", "quick", "out"), 1)}  # fmt: skip
    reports = {
        "wrong": report(verdict="violated"), "slow": report(fault=again(9.0)), "quick": report(fault=again(2.0)),
    }  # fmt: skip
    found = scores(SENT, seats, reports)
    assert [one.seat for one in found] == ["quick", "slow", "wrong"]
    assert (tally(found)[Outcome.REPAIRED], tally(found)[Outcome.WRONG], median_s(found)) == (2, 1, 9.0)


def test_bars_are_shown_only_when_a_vote_is_closed() -> None:
    reports = {"x": report(votes={"1": "a"}), "y": report(votes={"1": "b"}), "z": report(votes={"1": "gone"})}
    is_open = VoteRow(1, "acks", "s", "?", FIRST.options)
    assert (ballots.count(is_open, reports).voted, ballots.count(is_open, reports).bars) == (2, ())
    assert [(bar.count, bar.share) for bar in ballots.count(FIRST, reports).bars] == [(1, 0.5), (1, 0.5)]


def test_a_second_vote_shows_how_many_went_where() -> None:
    votes = {"x": ("a", "b"), "y": ("a", "b"), "z": ("b", "b"), "new": ("", "a"), "gone": ("a", "")}
    reports = {seat: report(votes={str(n): option for n, option in enumerate(chosen, 1) if option})
               for seat, chosen in votes.items()}  # fmt: skip
    assert ballots.before(AGAIN, [FIRST, AGAIN]) is FIRST
    found = [(change.was, change.now, change.count) for change in ballots.changes(FIRST, AGAIN, reports)]
    assert found == [("a", "b", 2), ("", "a", 1), ("b", "b", 1)]


def test_what_changed_is_kept_back_while_the_second_vote_is_open() -> None:
    assert ballots.changes(FIRST, VoteRow(2, "acks", "predict-queued", "?", FIRST.options), {}) == []
