"""The ids that an edge keeps in memory: a limited number, the oldest forgotten first, and none by default."""

from __future__ import annotations

from vango.core.events import ROUTE_OWNER_UPDATED, Event, encode
from vango.core.intake import take_in
from vango.core.judge import Outcome, Position, Row
from vango.core.recent_ids import RecentIds
from vango.core.routes import ROUTE_FACTS
from vango.core.rules import EdgeRules
from vango.edge.pull import Delivery

OLD = Event("e1", ROUTE_OWNER_UPDATED, "", "", 1, "", 1, "shop", "alloc-a", "", 1)
NOW = {"shop": Row("shop", "alloc-c", 3, "e3", 2, 3)}
TRUSTING = EdgeRules(check_epochs=False, prove_continuity=False)


def taken_in(rules: EdgeRules, recent_ids: RecentIds) -> list[Outcome]:
    delivery = Delivery(encode(OLD), "", 9, 1, 0)
    intake = take_in(ROUTE_FACTS, NOW, Position(3, "e3", 3), [delivery], rules, recent_ids)
    return [verdict.outcome for _, verdict in intake.verdicts]


def remembering(*ids: str, limit: int) -> RecentIds:
    recent_ids = RecentIds(limit)
    for event_id in ids:
        recent_ids.keep(event_id)
    return recent_ids


def test_it_holds_as_many_ids_as_it_may_and_forgets_the_oldest() -> None:
    recent_ids = remembering("a", "b", "a", "c", limit=2)
    assert ("a" in recent_ids, "b" in recent_ids, "c" in recent_ids, len(recent_ids)) == (True, False, True, 2)


def test_with_no_room_it_remembers_nothing() -> None:
    assert "a" not in remembering("a", limit=0)


def test_an_old_event_whose_id_is_remembered_is_a_duplicate() -> None:
    assert taken_in(TRUSTING, remembering("e1", limit=5)) == [Outcome.DUPLICATE]


def test_an_old_event_whose_id_was_forgotten_is_news_again_and_only_its_epoch_gives_it_away() -> None:
    forgot = remembering("e1", "e2", "e3", limit=2)
    assert taken_in(TRUSTING, forgot) == []
    assert taken_in(EdgeRules(prove_continuity=False), remembering(limit=2)) == [Outcome.STALE_EPOCH]


def test_an_edge_that_does_not_check_ids_asks_no_memory() -> None:
    careless = EdgeRules(deduplicate=False, check_epochs=False, prove_continuity=False)
    assert taken_in(careless, remembering("e1", limit=5)) == []
