"""Step and slow: every actor waits at every point of its path, and the learner decides which moves."""

from __future__ import annotations

from typing import Any

import pytest

from tests.vango.conftest import Hands
from tests.vango.test_untold import by_hand
from vango.actors.errors import Refused

pytestmark = pytest.mark.long


def who_waits(seen: Any) -> dict[str, str]:
    return {held.actor: held.point.value for held in seen.pace.waiting}


def goes_on(hands: Hands, actor: str, to: str) -> None:
    """Let an actor go on, and wait until it is at another point or, for an empty text, at none."""
    hands.do("go_on", actor=actor)
    hands.until(lambda seen: who_waits(seen).get(actor, "") == to)


def waits(hands: Hands, actor: str) -> None:
    hands.until(lambda seen: actor in who_waits(seen))


def in_step(hands: Hands) -> None:
    hands.do("pace", tempo="step")
    assert "waits at a point" in hands.do("promote", route="shop", to="alloc-c")
    assert who_waits(hands.until(lambda seen: seen.pace.waiting)) == {"database": "before commit"}


def test_a_promotion_takes_the_steps_that_the_learner_gives_it(hands: Hands) -> None:
    in_step(hands)
    assert hands.bench.truth.owners()["shop"] == "alloc-a"
    goes_on(hands, "database", "between commit and publish")
    assert hands.bench.truth.owners()["shop"] == "alloc-c"
    goes_on(hands, "database", "")
    hands.until(lambda seen: who_waits(seen) == {"relay": "before publish"})
    hands.do("go_on", actor="relay")
    everybody = {"relay": "after publish, before mark", **dict.fromkeys(("fra", "iad", "syd"), "after receive")}
    seen = hands.until(lambda seen: who_waits(seen) == everybody)
    assert (seen.outbox.waiting, seen.edge("syd").sequence) == (1, 3)
    goes_on(hands, "syd", "after apply, before ack")
    seen = hands.until(lambda seen: seen.edge("syd").sequence == 4)
    assert (seen.edge("fra").sequence, seen.consumer("syd").num_ack_pending) == (3, 1)


def test_to_the_end_nobody_waits_and_the_next_act_steps_again(hands: Hands) -> None:
    in_step(hands)
    hands.do("run_on", to="end")
    seen = hands.until(lambda seen: not seen.outbox.waiting and all(edge.sequence == 4 for edge in seen.edges))
    assert (seen.pace.tempo, seen.pace.waiting) == ("step", ())
    hands.do("promote", route="shop", to="alloc-b")
    assert who_waits(hands.until(lambda seen: seen.pace.waiting)) == {"database": "before commit"}


def test_to_the_next_commit_a_burst_waits_before_its_second_change(hands: Hands) -> None:
    hands.do("pace", tempo="step")
    hands.do("burst", n=2)
    hands.until(lambda seen: seen.pace.waiting)
    hands.do("run_on", to="next commit")
    seen = hands.until(lambda seen: seen.truth.sequence == 4 and who_waits(seen).get("database") == "before commit")
    assert seen.pace.tempo == "step"


def test_nobody_goes_on_to_the_end_where_nobody_waits(hands: Hands) -> None:
    with pytest.raises(Refused, match="Nobody waits at a point"):
        hands.do("run_on", to="end")
    hands.do("pace", tempo="step")
    with pytest.raises(Refused, match="Nobody waits at a point"):
        hands.do("run_on", to="next commit")


def test_leaving_step_loses_nothing(hands: Hands) -> None:
    in_step(hands)
    goes_on(hands, "database", "between commit and publish")
    hands.do("pace", tempo="live")
    seen = hands.settle()
    assert [edge.claim for edge in seen.edges] == ["current at 4"] * 3
    assert seen.pace.waiting == ()
    assert seen.audit.soundness == "sound"


def test_an_ack_that_is_held_back_too_long_brings_the_message_again(hands: Hands) -> None:
    hands.do("edge_rules", edge="syd", ack_wait_s=0.3)
    in_step(hands)
    for actor, to in (
        ("database", "between commit and publish"),
        ("database", ""),
        ("relay", "after publish, before mark"),
    ):
        waits(hands, actor)
        goes_on(hands, actor, to)
    hands.until(lambda seen: who_waits(seen).get("syd") == "after receive")
    goes_on(hands, "syd", "after apply, before ack")
    hands.until(lambda seen: seen.consumer("syd").num_redelivered == 1)
    hands.do("pace", tempo="live")
    seen = hands.until(lambda seen: seen.edge("syd").counters["redelivered"] >= 1 and not seen.outbox.waiting)
    assert seen.edge("syd").counters["duplicates"] >= 1
    assert [row.drains for row in seen.edge("syd").rows] == [1, 0, 0]


def test_a_second_command_is_refused_while_the_first_is_on_its_way(hands: Hands) -> None:
    in_step(hands)
    with pytest.raises(Refused, match="Let it continue first"):
        hands.do("promote", route="blog", to="alloc-b")
    with pytest.raises(Refused, match=r"relay waits at no point\. Waiting: database"):
        hands.do("go_on", actor="relay")


def test_an_actor_that_is_killed_where_it_waits_is_gone_from_there(hands: Hands) -> None:
    in_step(hands)
    goes_on(hands, "database", "between commit and publish")
    goes_on(hands, "database", "")
    hands.until(lambda seen: who_waits(seen) == {"relay": "before publish"})
    hands.do("kill_relay")
    assert hands.until(lambda seen: not seen.pace.waiting).outbox.waiting == 1


def test_slow_moves_without_a_key(hands: Hands) -> None:
    hands.do("pace", tempo="slow")
    hands.do("promote", route="shop", to="alloc-c")
    hands.until(lambda seen: who_waits(seen).get("relay") == "before publish")
    hands.until(lambda seen: all(edge.sequence == 4 for edge in seen.edges))


def test_a_reset_runs_live_again(hands: Hands) -> None:
    in_step(hands)
    hands.do("reset")
    seen = hands.settle()
    assert seen.pace.tempo == "live"
    assert seen.truth.sequence == 3


def test_an_event_in_the_place_of_a_row_that_was_deleted_while_its_publish_was_under_way_is_published(
    hands: Hands,
) -> None:
    def commit() -> None:
        for to in ("between commit and publish", ""):
            waits(hands, "database")
            goes_on(hands, "database", to)

    in_step(hands)
    commit()
    waits(hands, "relay")
    goes_on(hands, "relay", "after publish, before mark")
    by_hand(hands.bench.folder, "DELETE FROM outbox WHERE published_at IS NULL")
    hands.do("promote", route="blog", to="alloc-c")
    commit()
    hands.do("pace", tempo="live")
    seen = hands.settle()
    assert [cell.sequence for cell in seen.stream("ROUTES").cells] == [1, 2, 3, 4, 5]
    assert {edge.claim for edge in seen.edges} == {"current at 5"}


def test_a_stored_event_is_not_called_unpublished_before_its_row_is_marked(hands: Hands) -> None:
    in_step(hands)
    for actor, to in (
        ("database", "between commit and publish"),
        ("database", ""),
        ("relay", "after publish, before mark"),
    ):
        waits(hands, actor)
        goes_on(hands, actor, to)
    seen = hands.until(lambda seen: who_waits(seen).get("syd") == "after receive")
    assert seen.outbox.waiting == 1
    assert seen.edge("syd").rows[0].cause == "delivered, unacked"
