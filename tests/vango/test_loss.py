"""Total loss in both directions: an empty bus converges from the database; a lost database does not come from the bus."""

from __future__ import annotations

from typing import Any

import pytest

from tests.vango.conftest import Hands
from vango.actors.errors import Refused
from vango.bench.bench import Bench


def all_at(sequence: int) -> Any:
    return lambda seen: seen.relay.state != "waiting" and all(e.claim == f"current at {sequence}" for e in seen.edges)


def up_at(sequence: int) -> Any:
    return lambda seen: seen.relay.state == "up" and all_at(sequence)(seen)


@pytest.fixture
def trimmed(hands: Hands) -> Hands:
    """A bench whose stream has forgotten some facts, with one more that was never told."""
    hands.do("stream_limits", max_msgs=3)
    hands.do("promote", route="shop", to="alloc-b", operation="op-1")
    for to in ("alloc-c", "alloc-a", "alloc-b"):
        hands.do("promote", route="api", to=to)
    hands.settle()
    hands.do("kill_relay")
    hands.do("promote", route="api", to="alloc-c", operation="op-2")
    return hands


def test_without_a_bus_edges_go_on_answering_and_the_outbox_fills(hands: Hands) -> None:
    hands.do("destroy_bus")
    hands.do("promote", route="shop", to="alloc-b")
    seen = hands.until(lambda seen: seen.outbox.waiting and not seen.stream("ROUTES").available)
    assert [stream.trouble for stream in seen.streams] == ["the server has no such stream"] * 3
    assert (seen.consumers, seen.snapshots) == ((), ())
    assert all(probe.outcome == "right" for edge in seen.edges for probe in edge.probes if probe.route == "blog")


def test_every_edge_converges_from_the_database_when_the_bus_comes_back_empty(hands: Hands) -> None:
    hands.do("kill_edge", edge="syd")
    hands.do("destroy_bus")
    hands.do("promote", route="shop", to="alloc-b")
    hands.do("wipe_view", edge="syd")
    hands.do("restore_bus")
    hands.do("start_edge", edge="syd")
    # A look sees the stream before it sees the edges: wait for both.
    seen = hands.until(lambda seen: all_at(4)(seen) and seen.stream("ROUTES").cells)
    assert [(cell.seq, cell.sequence) for cell in seen.stream("ROUTES").cells] == [(1, 4)]
    owners = {route.name: route.owner for route in seen.truth.routes}
    assert all({row.route: row.owner for row in edge.rows} == owners for edge in seen.edges)


def test_an_empty_database_empties_every_edge_and_the_audit_has_nothing_to_compare_with(trimmed: Hands) -> None:
    trimmed.do("start_relay")
    trimmed.until(all_at(8))
    trimmed.do("destroy_database")
    seen = trimmed.until(all_at(0))
    assert all(edge.rows == () for edge in seen.edges)
    assert seen.audit.soundness == "sound"


def test_what_the_stream_cannot_give_back_is_named_row_by_row(trimmed: Hands) -> None:
    trimmed.do("destroy_database")
    trimmed.do("rebuild_database")
    loss = trimmed.settle().truth.loss
    routes = loss.table("route")
    assert (routes.rows, routes.equal, routes.missing) == (3, 0, 2)
    assert any(
        line == "route blog: was owner alloc-a, epoch 1, event 2, revision 9; is no row" for line in routes.lines
    )
    assert any(
        "was owner alloc-c, epoch 5, event 8" in line and "is owner alloc-b, epoch 4, event 7" in line
        for line in routes.lines
    )
    assert loss.table("operation").equal == 0
    assert loss.table("allocation").equal == 4
    assert "event route 8: " in " ".join(loss.table("event").lines)
    assert any(refusal.endswith("a feed has no holes") for refusal in loss.refused)


def test_an_operation_that_was_done_is_done_again_on_a_rebuilt_database_and_not_on_the_old_one(trimmed: Hands) -> None:
    trimmed.do("destroy_database")
    trimmed.do("rebuild_database")
    assert "under epoch" in trimmed.do("promote", route="api", to="alloc-a", operation="op-1")
    trimmed.do("restore_database")
    assert "was done before" in trimmed.do("promote", route="shop", to="alloc-b", operation="op-1")
    trimmed.do("start_relay")
    assert trimmed.until(all_at(8)).truth.loss is None


def test_from_a_stream_that_forgot_nothing_every_told_row_comes_back(hands: Hands) -> None:
    hands.do("promote", route="shop", to="alloc-b", operation="op-1")
    hands.settle()
    hands.do("destroy_database")
    hands.do("rebuild_database")
    loss = hands.settle().truth.loss
    assert {table.table: table.rows - table.equal for table in loss.tables} == dict.fromkeys(
        ("allocation", "route", "operation", "event", "revision", "outbox"), 0
    )
    assert loss.refused == ()


def test_nothing_is_destroyed_twice_and_nothing_is_put_back_that_was_not_lost(hands: Hands) -> None:
    for verb in ("rebuild_database", "restore_database"):
        with pytest.raises(Refused, match="was not destroyed"):
            hands.do(verb)
    hands.do("destroy_database")
    with pytest.raises(Refused, match="Put that back first"):
        hands.do("destroy_database")


def test_a_lost_database_is_still_lost_after_a_restart_and_reset_ends_it(run: Any, keeper: Any, tmp_path: Any) -> None:
    folder = tmp_path / "bench"
    bench = run(Bench.open(folder, keeper))
    run(bench.wait_until(up_at(3)))
    run(bench.perform("destroy_database"))
    run(bench.wait_until(up_at(0)))
    run(bench.close())
    bench = run(Bench.open(folder, keeper))
    assert run(bench.wait_until(up_at(0))).truth.routes == ()
    run(bench.perform("reset"))
    seen = run(bench.wait_until(up_at(3)))
    assert (seen.truth.loss, len(seen.truth.routes)) == (None, 3)
    run(bench.close())


def test_a_relay_that_has_only_just_been_started_runs_again_after_a_restart(
    run: Any, keeper: Any, tmp_path: Any
) -> None:
    bench = run(Bench.open(tmp_path / "bench", keeper))
    run(bench.perform("kill_relay"))
    run(bench.perform("start_relay"))
    run(bench.wait_until(lambda seen: seen.relay.state == "up"))
    run(bench.close())
    bench = run(Bench.open(tmp_path / "bench", keeper))
    assert run(bench.wait_until(lambda seen: seen.relay.state == "up"))
    run(bench.close())
