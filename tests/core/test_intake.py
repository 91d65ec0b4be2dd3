"""A batch is taken in as its messages would be one by one, and nothing that was passed in changes."""

from __future__ import annotations

from tests.core.bench import SAMPLE, UNREADABLE
from tests.core.model import Delivered, Truth
from vango.core.events import Event, encode
from vango.core.intake import Intake, take_in
from vango.core.judge import Position, Row
from vango.core.recent_ids import RecentIds
from vango.core.routes import ROUTE_FACTS
from vango.core.rules import EdgeRules, OnGap, Poison

CORRECT = EdgeRules()


def history(*routes: str) -> list[Event]:
    truth = Truth()
    return [truth.commit(route) for route in routes]


def messages(*payloads: bytes | Event) -> list[Delivered]:
    return [Delivered(p if isinstance(p, bytes) else encode(p), seq) for seq, p in enumerate(payloads, 1)]


def taken(batch: list[Delivered], rules: EdgeRules = CORRECT) -> Intake[Delivered, Event, Row]:
    return take_in(ROUTE_FACTS, {}, Position(), batch, rules, RecentIds())


def test_each_message_is_judged_against_the_rows_that_those_before_it_made() -> None:
    intake = taken(messages(*history("shop", "shop", "shop")))
    assert intake.rows == {"shop": Row("shop", "alloc-3", 3, "e3", 2, 3)}
    assert intake.position == Position(3, "e3", 3)


def test_a_gap_ends_the_batch_and_leaves_the_message_that_showed_it_unacked() -> None:
    first, _, third = history("shop", "blog", "shop")
    batch = messages(first, third, first)
    intake = taken(batch)
    assert (intake.done, intake.gap_at) == ([batch[0]], batch[1])
    assert intake.stopped == "event 3 came after 1: 2 is missing"
    assert intake.position == Position(1, "e1", 1)


def test_an_edge_that_carries_on_applies_what_came_after_the_gap() -> None:
    first, _, third = history("shop", "blog", "shop")
    intake = taken(messages(first, third), EdgeRules(on_gap=OnGap.CARRY_ON))
    assert (len(intake.done), intake.stopped, intake.position.sequence) == (2, "", 3)


def test_what_cannot_be_read_stops_nobody_unless_it_is_to_be_retried() -> None:
    batch = messages(UNREADABLE, *history("shop"))
    assert taken(batch).done == [batch[1]]
    assert taken(batch, EdgeRules(poison=Poison.RETRY)).done == []


def test_another_domains_message_is_done_and_moves_nothing() -> None:
    batch = messages(SAMPLE)
    intake = taken(batch)
    assert (intake.done, intake.rows, intake.position) == (batch, {}, Position())


def test_what_was_passed_in_stays_as_it_was() -> None:
    rows, recent_ids = {"shop": Row("shop", "alloc-1", 1, "e1", 0, 1)}, RecentIds(5)
    intake = take_in(ROUTE_FACTS, rows, Position(1, "e1", 1), messages(history("shop", "shop")[1]), CORRECT, recent_ids)
    assert rows == {"shop": Row("shop", "alloc-1", 1, "e1", 0, 1)}
    assert ("e2" in recent_ids, "e2" in intake.recent_ids) == (False, True)
