"""The judge's verdicts one by one, and what it says of them."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.core.model import Truth
from vango.core.events import Event
from vango.core.judge import Outcome, Position, Row, advance, apply, judge
from vango.core.rules import NAIVE_EDGE, EdgeRules, in_words

RULES = EdgeRules()


def history(*routes: str) -> list[Event]:
    truth = Truth()
    return [truth.commit(route) for route in routes]


def view_of(events: list[Event]) -> tuple[Position, dict[str, Row]]:
    position, rows = Position(), dict[str, Row]()
    for event in events:
        rows[event.route] = apply(rows.get(event.route), event)
        position = advance(position, event, event.sequence)
    return position, rows


def test_the_next_event_of_the_chain_is_applied() -> None:
    events = history("shop", "blog", "shop")
    position, rows = view_of(events[:2])
    assert judge(position, rows["shop"], events[2], RULES).outcome is Outcome.APPLY


def test_another_domains_event_is_foreign_and_changes_nothing() -> None:
    event = replace(history("shop")[0], type="allocation.ready")
    assert judge(Position(), None, event, RULES).outcome is Outcome.FOREIGN


def test_the_event_that_made_the_row_is_a_duplicate() -> None:
    events = history("shop", "blog")
    position, rows = view_of(events)
    verdict = judge(position, rows["shop"], events[0], RULES)
    assert verdict.outcome is Outcome.DUPLICATE
    assert verdict.reason == "event e1 already made the row of shop"


def test_an_older_owner_is_stale() -> None:
    events = history("shop", "shop")
    position, rows = view_of(events)
    verdict = judge(position, rows["shop"], events[0], RULES)
    assert (verdict.outcome, verdict.reason) == (Outcome.STALE_EPOCH, "epoch 1 of shop is older than 2")


@pytest.mark.parametrize(
    ("came", "reason"),
    [(3, "event 3 came after 1: 2 is missing"), (5, "event 5 came after 1: 2 to 4 are missing")],
)
def test_a_gap_names_what_is_missing(came: int, reason: str) -> None:
    events = history("shop", "blog", "shop", "blog", "shop")
    position, rows = view_of(events[:1])
    event = events[came - 1]
    verdict = judge(position, rows.get(event.route), event, RULES)
    assert (verdict.outcome, verdict.reason) == (Outcome.GAP, reason)


def test_the_right_number_with_another_predecessor_is_a_gap() -> None:
    events = history("shop", "blog")
    position, rows = view_of(events[:1])
    verdict = judge(position, rows.get("blog"), replace(events[1], previous_id="other"), RULES)
    assert verdict.outcome is Outcome.GAP
    assert verdict.reason == "event 2 says that it follows other, but this view ends in e1"


def test_one_sequence_that_names_two_events_is_a_gap() -> None:
    events = history("shop", "blog")
    position, rows = view_of(events)
    phantom = replace(events[1], id="phantom", route="shop", epoch=2)
    assert judge(position, rows["shop"], phantom, RULES).reason == "sequence 2 names two events: e2 and phantom"


def test_a_covered_event_that_the_view_never_saw_is_a_gap() -> None:
    events = history("shop", "blog", "shop")
    position, rows = view_of([events[0], events[2]])
    assert judge(position, rows.get("blog"), events[1], RULES).outcome is Outcome.GAP


@pytest.mark.parametrize("owner", ["alloc-1", "alloc-x"])
def test_two_events_under_one_epoch_are_a_gap_whether_or_not_they_name_the_same_owner(owner: str) -> None:
    events = history("shop", "blog")
    position, rows = view_of(events)
    verdict = judge(position, rows["shop"], replace(events[0], id="twin", owner=owner), RULES)
    assert (verdict.outcome, verdict.reason) == (Outcome.GAP, "two events gave shop epoch 1: e1 and twin")


def test_a_naive_edge_applies_whatever_it_is_handed() -> None:
    events = history("shop", "shop", "shop")
    position, rows = view_of(events)
    assert all(judge(position, rows["shop"], event, NAIVE_EDGE).outcome is Outcome.APPLY for event in events)


def test_a_position_never_goes_back() -> None:
    first, second = history("shop", "shop")
    assert advance(advance(Position(), second, 8), first, 9) == Position(2, "e2", 8)


def test_a_first_owner_drains_nobody_and_each_later_one_drains_once() -> None:
    first, second = history("shop", "shop")
    row = apply(None, first)
    assert (row.drains, apply(row, second).drains) == (0, 1)


def test_correct_rules_have_no_departures_and_naive_ones_are_said_in_words() -> None:
    assert in_words(EdgeRules()) == ()
    assert "does not check epochs" in in_words(NAIVE_EDGE)
