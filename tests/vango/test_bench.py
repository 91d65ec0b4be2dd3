"""A bench as a whole: it is found again, it resets, it notices what others do, and it leaves nothing behind."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from pathlib import Path
from typing import Any

import pytest

from tests.vango.conftest import DEADLINE_S, Hands, Run
from vango.actors.errors import BadInput, NotThere, Unavailable
from vango.bench.bench import Bench
from vango.bench.changes import Changes
from vango.broker.keeper import Keeper
from vango.core.modes import Mode
from vango.edge.edge import Edge
from vango.observe.broker import OUTSIDE_SHOWN

PAGE = 260
"""More than the 256 streams that the server lists in one answer."""


def test_a_closed_bench_is_found_again_with_everything(run: Run, keeper: Keeper, tmp_path: Path) -> None:  # type: ignore[type-arg]
    first = Hands(run, run(Bench.open(tmp_path / "bench", keeper)))
    first.do("edge_rules", edge="syd", check_epochs=False)
    first.do("promote", route="shop", to="alloc-c")
    first.do("kill_edge", edge="iad")
    before = first.settle()
    run(first.bench.close())
    again = Hands(run, run(Bench.open(tmp_path / "bench", keeper)))
    try:
        after = again.settle()
        assert after.truth.routes == before.truth.routes
        assert after.stream("ROUTES").last_seq == before.stream("ROUTES").last_seq
        assert not after.edge("syd").rules.check_epochs
        assert after.edge("iad").mode == "down"
        assert after.moment > before.moment
    finally:
        run(again.bench.close())


def test_rules_that_a_bench_was_started_with_are_found_again(run: Run, keeper: Keeper, tmp_path: Path) -> None:  # type: ignore[type-arg]
    first = Hands(run, run(Bench.open(tmp_path / "bench", keeper)))
    first.do("edge_rules", edge="syd", check_epochs=False)
    run(first.bench.afresh(first.bench.settings))
    first.do("take_snapshot")
    run(first.bench.close())
    again = Hands(run, run(Bench.open(tmp_path / "bench", keeper)))
    try:
        assert not again.bench.edges["syd"].rules.check_epochs
    finally:
        run(again.bench.close())


def test_a_reset_gives_a_fresh_truth_a_fresh_stream_and_correct_rules(hands: Hands) -> None:
    hands.do("edge_rules", edge="syd", check_epochs=False)
    hands.do("burst", n=30)
    hands.do("reset")
    seen = hands.settle()
    assert (seen.truth.sequence, seen.stream("ROUTES").last_seq) == (3, 3)
    assert seen.edge("syd").departures == ()


def test_two_processes_cannot_share_a_bench(hands: Hands, keeper: Keeper) -> None:
    with pytest.raises(Unavailable, match="in use"):
        hands._run(Bench.open(hands.bench.folder, keeper))


def test_bad_input_changes_nothing(hands: Hands) -> None:
    before = hands.settle().moment
    for verb, arguments, error in (
        ("no_such_verb", {}, NotThere),
        ("promote", {"route": "<b>shop</b>", "to": "alloc-c"}, BadInput),
        ("promote", {"route": "shop", "to": "a" * 300}, BadInput),
        ("burst", {"n": "many"}, BadInput),
    ):
        with pytest.raises(error):
            hands.do(verb, **arguments)
    assert hands.bench.journal.last == before


def test_a_change_from_outside_is_noticed(hands: Hands) -> None:
    changes: list[None] = []
    hands.bench.changes.on_change = lambda: changes.append(None)
    hands._run(hands.bench.wire().api("STREAM.PURGE.ROUTES", {}))
    seen = hands.until(lambda seen: seen.stream("ROUTES").messages == 0 and bool(changes))
    assert seen.stream("ROUTES").first_seq == 4


def test_a_stream_that_somebody_else_makes_is_seen_and_gone_when_it_is_deleted(hands: Hands) -> None:
    wire = hands.bench.wire()
    hands._run(wire.api("STREAM.CREATE.ORDERS", {"name": "ORDERS", "subjects": ["orders.>"]}))
    hands._run(wire.store("orders.new", b"one"))
    seen = hands.until(lambda seen: any(stream.messages for stream in seen.outside))
    assert [(stream.name, stream.subjects, stream.last_seq) for stream in seen.outside] == [
        ("ORDERS", ("orders.>",), 1)
    ]
    hands._run(wire.api("STREAM.DELETE.ORDERS"))
    hands.until(lambda seen: not seen.outside)


def test_more_streams_than_the_server_lists_at_once_hide_none_of_the_bench(hands: Hands) -> None:
    wire = hands.bench.wire()
    for n in range(PAGE):
        hands._run(wire.api(f"STREAM.CREATE.A{n}", {"name": f"A{n}", "subjects": [f"a.{n}"], "storage": "memory"}))
    seen = hands.until(lambda seen: len(seen.outside) == OUTSIDE_SHOWN)
    assert all(stream.available for stream in seen.streams)
    assert seen.stream("ROUTES").messages == 3


def test_a_consumer_that_somebody_else_makes_is_seen(hands: Hands) -> None:
    changes: list[None] = []
    hands.bench.changes.on_change = lambda: changes.append(None)
    config = {"name": "theirs", "durable_name": "theirs", "ack_policy": "explicit"}
    hands._run(hands.bench.wire().api("CONSUMER.CREATE.ROUTES.theirs", {"stream_name": "ROUTES", "config": config}))
    assert hands.until(lambda seen: seen.consumer("theirs") is not None and bool(changes)).consumer("theirs").durable


def test_looking_does_not_cause_a_change(hands: Hands) -> None:
    changes: list[None] = []
    hands.settle()
    hands.settle()
    hands.bench.changes.on_change = lambda: changes.append(None)
    for _ in range(5):
        hands._run(hands.bench.observe())
    hands._run(hands.bench.wire().api("STREAM.INFO.ROUTES"))
    assert len(changes) <= 2


def test_a_broker_that_dies_unasked_is_started_again_and_the_journal_says_so(hands: Hands) -> None:
    import os
    import signal

    os.kill(hands.bench.broker.pid, signal.SIGKILL)
    hands.until(lambda seen: seen.broker.restarts >= 1 and seen.broker.state == "up" and seen.streams[0].available)
    assert hands.told("broker", "exit")
    hands.do("promote", route="shop", to="alloc-c")
    assert hands.settle().audit.soundness == "sound"


@pytest.mark.long
def test_twenty_benches_leave_no_thread_behind(run: Run, keeper: Keeper, tmp_path: Path) -> None:  # type: ignore[type-arg]
    threads = threading.active_count()
    descriptors = len(list(Path("/proc/self/fd").iterdir())) if Path("/proc/self/fd").exists() else 0
    for number in range(20):
        bench = run(Bench.open(tmp_path / str(number), keeper))
        run(bench.settle())
        run(bench.close())
    assert threading.active_count() == threads
    if descriptors:
        assert len(list(Path("/proc/self/fd").iterdir())) <= descriptors + 2


def test_a_down_edge_still_shows_the_view_that_it_committed(hands: Hands) -> None:
    hands.do("kill_edge", edge="syd")
    hands.do("promote", route="shop", to="alloc-c")
    syd = hands.settle().edge("syd")
    assert (syd.sequence, [row.owner for row in syd.rows]) == (3, ["alloc-a", "alloc-a", "alloc-b"])


def test_a_look_during_a_reset_shows_a_whole_bench(hands: Hands) -> None:
    async def look_all_the_while() -> list[int]:
        reset = asyncio.ensure_future(hands.bench.perform("reset", {}))
        seen = []
        while not reset.done():
            seen.append((await hands.bench.observe()).truth.sequence)
            await asyncio.sleep(0)
        await reset
        return seen

    hands.do("promote", route="shop", to="alloc-c")
    assert set(hands._run(look_all_the_while())) <= {4, 0, 1, 2, 3}


def test_a_bench_opens_though_an_edge_is_for_ever_on_its_way(
    run: Run[Any], keeper: Keeper, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On Python 3.11 a wait may swallow the cancellation of a time-out around it, which is then not heard again."""

    async def swallows(changes: Changes, timeout_s: float = 1.0) -> bool:
        with contextlib.suppress(asyncio.CancelledError):
            await asyncio.sleep(timeout_s)
        return False

    monkeypatch.setattr(Changes, "wait", swallows)
    monkeypatch.setattr(Edge, "mode", property(lambda edge: Mode.CATCHING_UP))
    bench = run(asyncio.wait_for(Bench.open(tmp_path / "bench", keeper), DEADLINE_S))
    monkeypatch.undo()
    run(bench.close())


def test_a_bench_that_is_not_connected_to_its_broker_has_not_settled(
    hands: Hands, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("vango.bench.bench_connection.RETRY_S", 1.0)
    hands.do("kill_broker")
    hands.do("start_broker")
    hands.settle()
    assert hands.bench.link.is_open
