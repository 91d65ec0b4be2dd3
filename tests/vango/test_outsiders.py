"""What others publish: the window that does not slide, the payload that is not compared, and ids of operations."""

from __future__ import annotations

import pytest

from tests.vango.conftest import Hands
from vango.actors.errors import BadInput, NotThere


def test_the_window_runs_from_the_first_store_however_often_the_id_comes(hands: Hands) -> None:
    hands.do("stream_limits", duplicate_window_s=0.4)
    hands.do("promote", route="shop", to="alloc-c")
    hands.settle()
    said = hands.do("republish_often", sequence=4, times=10, every_s=0.1).partition(": ")[2].split(", ")
    at = next(index for index, word in enumerate(said) if word.startswith("stored"))
    assert at > 0
    assert said[:at] == ["duplicate"] * at
    seen = hands.settle()
    assert [cell.sequence for cell in seen.stream("ROUTES").cells[3:]] == [4] * (len(seen.stream("ROUTES").cells) - 3)


def test_another_payload_under_a_known_id_is_dropped_as_a_duplicate(hands: Hands) -> None:
    assert "duplicate" in hands.do("republish_altered", sequence=1, owner="alloc-c")
    seen = hands.settle()
    assert seen.stream("ROUTES").last_seq == 3
    assert all(edge.rows[0].owner == "alloc-a" for edge in seen.edges)


def test_an_event_that_never_was_cannot_be_published_again(hands: Hands) -> None:
    with pytest.raises(NotThere, match="no event 99"):
        hands.do("republish_often", sequence=99)
    with pytest.raises(NotThere, match="no event 99"):
        hands.do("republish_altered", sequence=99, owner="alloc-a")


def test_how_often_and_how_fast_have_limits(hands: Hands) -> None:
    with pytest.raises(BadInput, match="from 1 to 20"):
        hands.do("republish_often", sequence=1, times=21)
    with pytest.raises(BadInput, match="longer than 10 s"):
        hands.do("republish_often", sequence=1, times=20, every_s=0.6)


def test_the_history_says_under_which_operation_a_change_was_asked_for(hands: Hands) -> None:
    hands.do("promote", route="shop", to="alloc-c", operation="op-1")
    assert "done before" in hands.do("promote", route="shop", to="alloc-c", operation="op-1")
    seen = hands.settle()
    assert [fact.operation for fact in seen.truth.history] == ["op-1", "", "", ""]
    assert hands.told("database", "done before") == ["promotion of shop to alloc-c was done before, at r11"]


def test_the_tape_says_when_the_server_stored_a_message(hands: Hands) -> None:
    seen = hands.settle()
    assert 0 <= seen.at - seen.stream("ROUTES").cells[-1].stored_at < 60


def test_after_the_window_the_altered_copy_is_stored_under_the_same_id(hands: Hands) -> None:
    hands.do("stream_limits", duplicate_window_s=0.1)
    seen = hands.until(lambda seen: seen.at - seen.stream("ROUTES").cells[-1].stored_at > 0.5)
    assert "stored as seq 4" in hands.do("republish_altered", sequence=1, owner="alloc-c")
    cell = hands.until(lambda seen: seen.stream("ROUTES").last_seq == 4).stream("ROUTES").cells[-1]
    assert (cell.event_id, cell.owner) == (seen.stream("ROUTES").cells[0].event_id, "alloc-c")
